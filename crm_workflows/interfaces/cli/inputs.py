"""Reads what a command is given: JSON or YAML documents, and files to hand in. It must not judge their content."""

import json
import mimetypes
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path
from typing import Any, Final

import yaml

from crm_workflows.adapters.files import must_be_file
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.mail.attachments import safe_name
from crm_workflows.domain.papers import MOST_BYTES
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.requests.files import File

MOST_INPUT_BYTES: Final = 5_000_000
STANDARD_INPUT: Final = "-"
_OPEN_XML: Final = "application/vnd.openxmlformats-officedocument."
OFFICE: Final = {
    ".docx": f"{_OPEN_XML}wordprocessingml.document",
    ".xlsx": f"{_OPEN_XML}spreadsheetml.sheet",
    ".pptx": f"{_OPEN_XML}presentationml.presentation",
}


UTF_16: Final = (BOM_UTF16_LE, BOM_UTF16_BE)
"""Of texts that only need to be saved anew; other files with zero bytes are no texts."""


class _Plain(yaml.SafeLoader):
    """YAML without guesses: 2026-03-02 and 480000.10 stay the text they were, so that the form reads them itself."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as in the class that it replaces
        letter: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":float"))]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_document(path: Path) -> Any:
    """The JSON or YAML document in a file, `-` for standard input; InvalidInput names file, line and column."""
    text = _text_of(path)
    name = "stdin" if str(path) == STANDARD_INPUT else str(path)
    is_yaml = path.suffix.lower() in (".yaml", ".yml") or not text.lstrip().startswith(("{", "["))
    return _yaml(text, name) if is_yaml and path.suffix.lower() != ".json" else _json(text, name)


def read_files(paths: list[Path]) -> list[File]:
    """The files by their bare names, made safe; InvalidInput for one that is missing or over 25 MB."""
    return [_file(path) for path in paths]


def _file(path: Path) -> File:
    must_be_file(path)
    size = path.stat().st_size
    if size > MOST_BYTES:
        zh = f"文件 {path} 有 {size / 1_048_576:.0f} MB，超过 25 MB，请提交较小的版本"
        raise InvalidInput(
            bilingual(zh, f"the file {path} has {size / 1_048_576:.0f} MB, more than 25; hand in a smaller one")
        )
    return File(safe_name(path.name) or "file", media_type(path.name), path.read_bytes())


def media_type(filename: str) -> str:
    """What a file's name says it is; Python's own table lacks office files where the system has none."""
    return OFFICE.get(Path(filename).suffix.lower()) or mimetypes.guess_type(filename)[0] or "application/octet-stream"


def _text_of(path: Path) -> str:
    if str(path) == STANDARD_INPUT:
        raw = sys.stdin.buffer.read(MOST_INPUT_BYTES + 1)
    else:
        must_be_file(path)
        with path.open("rb") as file:
            raw = file.read(MOST_INPUT_BYTES + 1)
    if len(raw) > MOST_INPUT_BYTES:
        raise InvalidInput(bilingual(f"{path} 超过 5 MB，不像一份表单", f"{path} is over 5 MB, too large for a form"))
    if raw.startswith(b"%PDF-") or (b"\0" in raw and not raw.startswith(UTF_16)):
        zh = f"{path} 不是文本文件；--input 须为 JSON 或 YAML 文件，示例见 samples 文件夹或 crmw task 编号 --example"
        en = f"{path} is no text: --input takes a JSON or YAML file; see samples, or crmw task ID --example"
        raise InvalidInput(bilingual(zh, en))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        zh = f"{path}:{line}：文件不是 UTF-8 编码，请另存为 UTF-8"
        raise InvalidInput(
            bilingual(zh, f"{path}:{line}: the file is not written in UTF-8; save it as UTF-8")
        ) from None


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_each_key_once, parse_constant=_no_such_number)
    except json.JSONDecodeError as error:
        raise _malformed("JSON", name, error.lineno, error.colno, error.msg) from None
    except (ValueError, RecursionError) as error:
        raise _malformed("JSON", name, 1, 1, str(error)) from None


def _yaml(text: str, name: str) -> Any:
    try:
        return yaml.load(text, Loader=_Plain)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _malformed("YAML", name, line, column, str(error.problem or error.context)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _malformed("YAML", name, 1, 1, str(error)) from None


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!r} stands there twice")
    return found


def _no_such_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _malformed(what: str, name: str, line: int, column: int, said: str) -> InvalidInput:
    place = f"{name}:{line}:{column}"
    said = " ".join(said.split())
    return InvalidInput(
        bilingual(
            f"{place}：不是有效的 {what}（{said}），请改正后重试",
            f"{place}: this is not valid {what} ({said}); correct it and try again",
        )
    )
