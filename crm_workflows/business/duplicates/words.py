"""The words of company names that are no trade name: places, lines of business, legal forms. Facts only, no judging.

`regions.txt` and `business.txt` say in their first lines how they are written.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from crm_workflows.business.duplicates.writing import sound

Place = tuple[str, ...]
"""From the province down: ("江苏", "苏州", "昆山"); the empty one is the whole country."""

_PLACE: Final = re.compile(r"(?P<names>[^\s:()]+)(?P<opens>[:(]?)(?P<closes>\)?)")
_LENGTHS: Final = (6, 5, 4, 3, 2)
_SUFFIX: Final = re.compile(
    "(?:特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|省|市(?![政场民])|县|新区|地区|区(?![域块]))?"
    "(?:(?:工业园|高新技术产业开发|高新|经济技术开发|经济开发|开发)区)?"
)
_BRACKETS: Final = re.compile(r"\([^()]{2,}\)")
COUNTRY: Final = ("中国", "中华", "china", "prc", "prchina", "peoplesrepublicofchina")

_PREFIX_FORM: Final = r"(?:集团|控股|实业集团)*"
LEGAL_FORM: Final = re.compile(
    _PREFIX_FORM
    + r"(?:股份有限责任公司|股份有限公司|有限责任公司|有限公司|股份公司|责任公司|总公司|公司|总厂|工厂|厂|商行|商社"
    r"|经营部|事务所|合作社|株式会社)$|(?:集团|控股)+$"
)
_LATIN_FORMS: Final = """
co company ltd limited coltd inc incorporated corp corporation llc llp lp plc gmbh mbh ag kg ohg se sa sarl sas srl spa
bv nv oy ab as aps kk pte pty pvt private sdn bhd group grp holding holdings und and youxian gongsi gufen zeren jituan
"""
LATIN_FORMS: Final = frozenset(_LATIN_FORMS.split())


def _lines(name: str) -> Iterator[str]:
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def _places() -> Iterator[tuple[str, Place]]:
    """Each way to write a place, in Chinese and in Latin letters, with the place."""
    for line in _lines("regions.txt"):
        path: Place = ()
        for match in _PLACE.finditer(line):
            chinese, *english = match["names"].split("=")
            here = (*path, chinese)
            yield from ((name, here) for name in (chinese, sound(chinese), *_spelt(english)))
            if match["opens"]:
                path = here
            if match["closes"]:
                path = path[:-1]


def _spelt(english: list[str]) -> Iterator[str]:
    return (name.replace("_", "").casefold() for name in english)


@cache
def places() -> dict[str, frozenset[Place]]:
    """Places by name; Suzhou is 苏州 as well as 宿州, 吉林 a province as well as a city."""
    found: dict[str, set[Place]] = defaultdict(set)
    for name, place in _places():
        found[name].add(place)
    found.update((name, {()}) for name in COUNTRY)
    return {name: frozenset(where) for name, where in found.items()}


@cache
def _first_characters() -> frozenset[str]:
    return frozenset(name[0] for name in places() if not name.isascii())


def is_place(text: str) -> bool:
    """Whether a text is nothing but a place."""
    found = leading_place(text)
    return text in places() or (found is not None and found.end == len(text))


@dataclass(frozen=True)
class PlaceFound:
    """A Chinese place in a name, from `start` to `end`, with the 省, 市 or 高新区 behind it."""

    name: str
    start: int
    end: int


def leading_place(text: str, start: int = 0) -> PlaceFound | None:
    """A Chinese place at the beginning of a name, or at `start`; the longest."""
    if text[start : start + 1] not in _first_characters():
        return None
    known = places()
    for length in _LENGTHS:
        name = text[start : start + length]
        if name in known and len(name) == length:
            suffix = _SUFFIX.match(text, start + length)
            return PlaceFound(name, start, suffix.end() if suffix else start + length)
    return None


def bracketed_place(text: str) -> PlaceFound | None:
    """Chinese places in brackets, anywhere; the last of them, with its brackets."""
    for match in _BRACKETS.finditer(text):
        inside, found = match.end() - 1, leading_place(text, match.start() + 1)
        while found and found.end < inside:
            found = leading_place(text, found.end)
        if found:
            return PlaceFound(found.name, match.start(), match.end())
    return None


def closing_place(text: str) -> PlaceFound | None:
    """A Chinese place at the end, as that of a branch."""
    for start in range(max(0, len(text) - 8), len(text) - 1):
        found = leading_place(text, start)
        if found and found.end == len(text):
            return found
    return None


@cache
def _vocabulary() -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    same = {word: line.split()[1] for line in _lines("business.txt") if line[0] == "=" for word in line.split()[1:]}
    terms = {}
    for line in _lines("business.txt"):
        if line[0] != "=":
            chinese, *english = line.split()
            terms[chinese] = tuple(same.get(word, word) for word in english)
            same.update((word, word) for word in english if word not in same)
    return terms, same


def english_business(word: str) -> str | None:
    """The one word for a line of business that this English word is a form of; None for any other word."""
    return _vocabulary()[1].get(word)


def closing_business(text: str, keep: int) -> tuple[str, tuple[str, ...]] | None:
    """The longest Chinese term of business at the end, with its English words, that leaves `keep` characters."""
    terms = _vocabulary()[0]
    for length in range(min(6, len(text) - keep), 1, -1):
        if english := terms.get(text[-length:]):
            return text[-length:], english
    return None
