"""The parts of a company name: place, trade name 字号, line of business, legal form. It compares nothing.

A Chinese name is place + trade name + business + legal form (企业名称登记管理规定, article 6); the place may also stand
in brackets. An English name is read by the same parts, word by word.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final

from crm_workflows.business.duplicates.blocks import blocks_of
from crm_workflows.business.duplicates.company_name import CompanyName
from crm_workflows.business.duplicates.words import (
    COUNTRY,
    LATIN_FORMS,
    LEGAL_FORM,
    Place,
    bracketed_place,
    closing_business,
    closing_place,
    english_business,
    leading_place,
    places,
)
from crm_workflows.business.duplicates.writing import (
    HAN,
    NUMERALS,
    ROMAN,
    half_width,
    simplified,
    sound,
    syllables,
    without_accents,
)

KEPT_NAMES: Final = 50_000
"""How many names are held taken apart in one process: about 2 KB each."""
_LATIN_TAIL: Final = re.compile(r"(?<=公司)[\s(]*[a-z][a-z0-9 .,&()'-]{7,}$")
_NO_LETTERS: Final = re.compile(r"[\W_]+")
_BRANCH: Final = re.compile(r"(?P<of>.+(?:公司|集团|厂))(?P<at>.{2,12}?)(?:分公司|分厂|办事处|代表处|营业部|门店)$")
_BARE_BRANCH: Final = re.compile(r"(?P<of>.{2,}?)(?:分公司|分厂|办事处|代表处|营业部|门店)$")
_NUMBER: Final = r"第?(?:[0-9]+|[一二三四五六七八九十]{1,3}|(?<![a-z])[a-d]|(?<![a-z])i{1,3}|iv)号?"
_UNIT: Final = re.compile(rf"{_NUMBER}(?:分?厂|工厂|分?公司|分店|车间|号|期|局|院|处|队)$|(?<=公司){_NUMBER}$")
_DIGITS: Final = re.compile(r"[0-9]+|[一二三四五六七八九十]+|[a-d]$|iv|i+")
_LATIN_UNIT: Final = re.compile(
    r"\b(?:no|plant|factory|works|unit)\s*\.?\s*(?P<number>[0-9]+|i{1,3}|iv|one|two|three)\b"
)
_SINGLE_LETTERS: Final = re.compile(r"\b([a-z])\.(?=[a-z]\b)")
_LATIN_BRANCH: Final = re.compile(r"\b(?:[a-z]+ )?(?:branch|representative office)\b.*$")


@lru_cache(maxsize=KEPT_NAMES)
def taken_apart(written: str) -> CompanyName:
    """The parts of a name as somebody typed it, Chinese or English, with anything in it; a pure function."""
    narrow = half_width(written)
    simple = simplified(narrow)
    text = _LATIN_TAIL.sub("", simple)
    parts = _Chinese(text) if HAN.search(text) else _Latin(text)
    name = CompanyName(
        written=written,
        text=letters(text),
        core=parts.core,
        trade=parts.trade,
        business=tuple(parts.business),
        segments=(*parts.before, parts.trade, *parts.terms),
        places=_most_exact(parts.places),
        form=parts.form,
        unit=parts.unit,
        is_branch=parts.is_branch,
        is_traditional=simple != narrow,
        spoken=parts.spoken(),
        trade_sound=sound(parts.trade),
    )
    return replace(name, blocks=frozenset(blocks_of(name, parts.initials)))


def letters(text: str) -> str:
    """Letters and digits only."""
    return _NO_LETTERS.sub("", text)


def _most_exact(found: list[frozenset[Place]]) -> frozenset[Place]:
    """江苏苏州 is 苏州; the country alone says nothing."""
    return max(found, key=lambda some: max(map(len, some)), default=frozenset()) - {()}


class _Parts:
    """What the two readings of a name have in common; each fills these in from the text."""

    core: str = ""
    trade: str = ""
    form: str = ""
    unit: str = ""
    is_branch: bool = False
    initials: tuple[str, ...] = ()

    def spoken(self) -> tuple[str, ...]:
        """The core, a syllable each: the trade name once, the few terms of business from memory."""
        if not HAN.search(self.core):
            return (self.core,)
        return tuple(syllable for part in (self.trade, *self.terms) for syllable in syllables(part))

    def __init__(self) -> None:
        self.business: list[str] = []
        self.before: list[str] = []
        self.terms: list[str] = []
        self.places: list[frozenset[Place]] = []


class _Chinese(_Parts):
    """A name with Chinese characters: from the outside in, so that what is left in the middle is the trade name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        while match := bracketed_place(text):
            self.places.append(places()[match.name])
            text = text[: match.start] + text[match.end :]
        text = letters(text)
        text = self._without_form(self._without_branch(text))
        text = self._without_leading_places(text)
        self.core = text or letters(self.form)
        self._split(self.core)

    def _without_branch(self, text: str) -> str:
        if match := _BRANCH.match(text) or _BARE_BRANCH.match(text):
            self.is_branch = True
            text = match["of"]
        if not self.is_branch and (match := _UNIT.search(text)) and match.start() >= 2:
            self.unit = _number(match[0])
            text = text[: match.start()]
        return text

    def _without_form(self, text: str) -> str:
        if match := LEGAL_FORM.search(text):
            self.form = match[0]
            text = text[: match.start()]
        if (match := _UNIT.search(text)) and match.start() >= 2 and not self.unit:
            self.unit = _number(match[0])
            text = text[: match.start()]
        if (place := closing_place(text)) and place.start >= 2:
            self.places.append(places()[place.name])
            text = text[: place.start]
        return text

    def _without_leading_places(self, text: str) -> str:
        """Stops where nothing would be left that could be a trade name: 红河谷 is none of 红河."""
        while (match := leading_place(text)) and _leaves_a_name(match.name, text[match.end :]):
            self.places.append(places()[match.name])
            self.before.append(match.name)
            text = text[match.end :]
        return text

    def _split(self, core: str) -> None:
        self.trade, terms = _trade_of(core)
        self.terms = [chinese for chinese, _ in terms]
        self.business = [word for _, english in terms for word in english]


def _leaves_a_name(place: str, rest: str) -> bool:
    return len(_trade_of(rest, keep=2 if place in COUNTRY else 0)[0]) >= 2


def _trade_of(core: str, keep: int = 2) -> tuple[str, list[tuple[str, tuple[str, ...]]]]:
    """The trade name, two characters at least where there are two, and the terms of business after it."""
    terms: list[tuple[str, tuple[str, ...]]] = []
    while found := closing_business(core, keep):
        terms.insert(0, found)
        core = core[: -len(found[0])]
    return core, terms


def _number(text: str) -> str:
    match = _DIGITS.search(text)
    said = match[0] if match else ""
    return str(NUMERALS.get(said) or ROMAN.get(said) or said)


class _Latin(_Parts):
    """A name in Latin letters, word by word."""

    def __init__(self, text: str) -> None:
        super().__init__()
        text = _SINGLE_LETTERS.sub(r"\1", without_accents(text)).replace("&", " ").replace("'", "")
        if match := _LATIN_UNIT.search(text):
            self.unit = _number(match["number"])
            text = text[: match.start()] + text[match.end() :]
        if _LATIN_BRANCH.search(text):
            self.is_branch, text = True, _LATIN_BRANCH.sub("", text)
        words = re.findall(r"[^\W_]+", text)
        named = [word for word in words if word not in LATIN_FORMS and word != "the"]
        self.form = " ".join(word for word in words if word in LATIN_FORMS)
        every = named or words
        own = self._without_places(every)
        self.core = "".join(own)
        self._split(own)
        self.initials = tuple(_initials(every, own))

    def _without_places(self, words: list[str]) -> list[str]:
        """All words but places and what is said of them; all of them where nothing else would be left."""
        kept, at = list[str](), 0
        while at < len(words):
            for length in (3, 2, 1):
                place = "".join(words[at : at + length])
                if place in places() and at + length <= len(words):
                    self.places.append(places()[place])
                    at += length
                    break
            else:
                if words[at] not in ("province", "city") or not self.places:
                    kept.append(words[at])
                at += 1
        if any(english_business(word) is None for word in kept):
            return kept
        self.places.clear()
        return words

    def _split(self, words: list[str]) -> None:
        end = len(words)
        while end > 1 and english_business(words[end - 1]):
            end -= 1
        self.trade, self.terms = "".join(words[:end]), words[end:]
        self.business = [english_business(word) or word for word in self.terms]


def _initials(every: list[str], own: list[str]) -> Iterator[str]:
    """What an English name is called for short: three letters at least, with and without the place."""
    for words in (every, own):
        if len(words) >= 3:
            yield "".join(word[0] for word in words)
