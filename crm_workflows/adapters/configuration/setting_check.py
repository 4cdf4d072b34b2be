"""Says what is wrong with settings: misspelt names, which nobody would miss, and values. It must not use any."""

import difflib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language

PREFIX: Final = "CRMW_"
NEAR: Final = 0.85
"""How alike a name of the environment is to a setting's before it is a slip: containers have names of their own there,
such as CRMW_PORT or CRMW_SERVICE_HOST."""
_LINE: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*(.?)")


_WANTED: Final = (
    ("int", "须为整数 / it must be a whole number"),
    ("float", "须为数字 / it must be a number"),
    ("bool", "须为 on 或 off / it must be on or off"),
    ("literal", "只能是 {choices} 之一 / it must be {expected}"),
    ("greater_than_equal", "不得小于 {ge:g} / it must be at least {ge:g}"),
    ("less_than_equal", "不得大于 {le:g} / it must be at most {le:g}"),
    ("greater_than", "须大于 {gt:g} / it must be more than {gt:g}"),
    ("datetime", "须写成 2026-03-02T09:00:00+08:00 这样 / it must be written as 2026-03-02T09:00:00+08:00"),
)
"""What the library's mistakes ask for, by how their kind begins."""


@contextmanager
def checked(prefix: str, file: str, text: str) -> Iterator[None]:
    """Raises ConfigurationError in place of the library's, naming each setting that is wrong, with its line where it
    stands in the file."""
    try:
        yield
    except ValidationError as error:
        raise ConfigurationError([_wrong(one, prefix, file, text) for one in error.errors()]) from None


def _wrong(error: ErrorDetails, prefix: str, file: str, text: str) -> str:
    name = f"{prefix}{str(error['loc'][0]).upper()}"
    line = None if name in map(str.upper, os.environ) else _lines_of(text).get(name)
    place = f"{file}:{line}: {name}" if line else name
    label = next((label for begin, label in _WANTED if error["type"].startswith(begin)), None)
    limits = error.get("ctx", {})
    choices = re.sub(", | or ", "、", str(limits.get("expected", "")))
    label = label.format(choices=choices, **limits) if label else error["msg"].removeprefix("Value error, ")
    zh, en = (in_language(label, language) for language in LANGUAGES)
    return bilingual(f"{place}：{zh}，请更正此设置", f"{place}: {en}; correct the setting")


def misspelt(known: Collection[str], environment: Collection[str], file: str, text: str) -> list[str]:
    """A label for each name that is meant for us and is none of those known: in the environment, where one is like it;
    in the text of the file, with its line, all that have our prefix or lack nothing else."""
    findings = []
    for name in sorted(environment):
        # Only then is it worth asking what is like it: every command comes by here, and that takes most of the time.
        is_ours = name.upper().startswith(PREFIX) and name.upper() not in known
        if is_ours and (close := _near(name.upper(), known)):
            findings.append(
                bilingual(f"没有设置 {name}，是否指 {close}？", f"there is no setting {name}; did you mean {close}?")
            )
    return [*findings, *_in_file(known, file, text)]


def _lines_of(text: str) -> Mapping[str, int]:
    """On which line of the file each name stands, the last one that counts."""
    return {name.upper(): n for n, name, sign in _names(text) if sign == "="}


def _in_file(known: Collection[str], file: str, text: str) -> Iterator[str]:
    for n, name, sign in _names(text):
        upper, place = name.upper(), f"{file}:{n}"
        if PREFIX + upper in known:
            zh = f"{place}: 没有设置 {name}，是否指 {PREFIX}{upper}？"
            yield bilingual(zh, f"{place}: there is no setting {name}; did you mean {PREFIX}{upper}?")
        elif upper.startswith(PREFIX) and upper not in known:
            close = _near(upper, known)
            zh, en = (f"是否指 {close}？", f"did you mean {close}?") if close else ("请删除", "remove it")
            yield bilingual(f"{place}: 没有设置 {name}，{zh}", f"{place}: there is no setting {name}; {en}")
        elif upper in known and sign != "=":
            yield bilingual(f"{place}: {name} 后面须为等号和值", f"{place}: {name} is followed by = and its value")


def _names(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, name and the sign behind it, of all lines but comments and blank ones."""
    for n, line in enumerate(text.splitlines(), 1):
        found = _LINE.match(line)
        if found:
            yield n, found[1], found[2]


def _near(name: str, known: Collection[str]) -> str:
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=NEAR)), "")
