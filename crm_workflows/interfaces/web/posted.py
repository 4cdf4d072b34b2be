"""Reads what a form posts: fields and files, within limits. It must not judge what they mean.

A file over the limit is refused as soon as its surplus arrives, and a body that announces too much before any of it.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from crm_workflows.domain.mail.attachments import safe_name
from crm_workflows.domain.papers import MOST_BYTES
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.requests.files import File

MOST_FIELDS: Final = 400
MOST_FILES: Final = 40
MOST_FIELD_BYTES: Final = 256 * 1024
FILE_TOO_LARGE: Final = bilingual(
    "有文件超过 25 MB，没有接收任何文件；请压缩或拆分后重新上传",
    "a file is over 25 MB, and nothing was taken; please make it smaller or split it, then upload again",
)
UNREADABLE: Final = bilingual(
    "提交的内容无法读取，请返回页面重新提交", "what was sent cannot be read; please go back and send it again"
)


@dataclass(frozen=True)
class Posted:
    """Fields by name, in the order sent, and files with the name of the field they came in."""

    fields: Mapping[str, list[str]]
    files: tuple[tuple[str, File], ...] = ()

    def text(self, name: str) -> str:
        """The first value of a field without surrounding blanks; empty when it is absent."""
        return next(iter(self.fields.get(name, ())), "").strip().replace("\r\n", "\n")


View = Callable[[Request, Posted], Response]


def posting(view: View) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads the form, then runs `view` in a thread, since the database is waited for there."""

    async def endpoint(request: Request) -> Response:
        form = await _form(request)
        try:
            return await run_in_threadpool(lambda: view(request, _posted(form)))
        finally:
            await form.close()

    return endpoint


async def _form(request: Request) -> FormData:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _multipart(request)
    if kind in ("application/x-www-form-urlencoded", ""):
        try:
            text = (await request.body()).decode("ascii")
            fields = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
            return FormData([(name, value) for name, value in fields])
        except ValueError as error:
            raise HTTPException(400, UNREADABLE) from error
    raise HTTPException(415, UNREADABLE)


async def _multipart(request: Request) -> FormData:
    parser = _Limited(
        request.headers, request.stream(), max_files=MOST_FILES, max_fields=MOST_FIELDS,
        max_part_size=MOST_FIELD_BYTES,
    )  # fmt: skip
    try:
        return await parser.parse()
    except _FileTooLarge as error:
        raise HTTPException(413, FILE_TOO_LARGE) from error
    except (MultiPartException, KeyError, ValueError) as error:
        raise HTTPException(400, UNREADABLE) from error


class _FileTooLarge(MultiPartException):
    """The parser closes what it has taken so far when this passes through it."""


class _Limited(MultiPartParser):
    """Starlette's parser limits the number of files and the size of fields, but not the size of a file."""

    _part_size = 0

    def on_part_begin(self) -> None:
        self._part_size = 0
        super().on_part_begin()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._part_size += end - start
        if self._part_size > MOST_BYTES:
            raise _FileTooLarge(FILE_TOO_LARGE)
        super().on_part_data(data, start, end)


def _posted(form: FormData) -> Posted:
    fields: dict[str, list[str]] = defaultdict(list)
    files: list[tuple[str, File]] = []
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            fields[name].append(clean(value))
        elif value.filename:
            filename = safe_name(clean(value.filename)) or "file"
            media_type = value.content_type or "application/octet-stream"
            files.append((name, File(filename, clean(media_type)[:100], value.file.read())))
    return Posted(dict(fields), tuple(files))


def clean(text: str) -> str:
    """The text if the database can hold it; a NUL or half a character is nobody's input. HTTPException 400."""
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise HTTPException(400, UNREADABLE)
    return text
