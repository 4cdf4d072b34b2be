"""Whether two company names may mean one company, and why, in words for a person. It refuses nothing: people decide."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from crm_workflows.business.duplicates.company_name import CompanyName
from crm_workflows.business.duplicates.names import taken_apart
from crm_workflows.business.duplicates.words import Place, is_place
from crm_workflows.business.duplicates.writing import (
    are_contrasted,
    are_lookalikes,
    blurred,
    is_one_slip,
    is_pinyin,
)
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language

ENOUGH: Final = 50
"""The least score, out of 100, at which two names are shown beside each other."""


class Reason(Enum):
    """In what two names differ: the label for people and the doubt, out of 100, that it casts."""

    SAME = "名称相同 / the same name", 0
    WRITING = "仅全半角、空格或标点不同 / the same name but for width, blanks or punctuation", 0
    TRADITIONAL = "一个用繁体字 / one is in traditional characters", 0
    LEGAL_FORM = "组织形式写法不同 / the legal form is written otherwise", 2
    REGION = "地区写法不同 / the same but for the region", 5
    BRANCH = "一个是分支机构 / one is a branch or works of the other", 10
    TRANSLATION = "中英文（拼音）名称对应 / the Chinese name and its English or pinyin form", 10
    SHORT_FORM = "一个是另一个的简称 / one is a short form of the other", 15
    WORDING = "行业用词不同 / the line of business in other words", 5
    BUSINESS = "字号相同，行业部分相同 / the same trade name, part of the business the same", 20
    ONE_CHARACTER = "仅一字之差 / one character differs", 25
    SOUND = "读音相同 / the same sound", 25
    SOUND_ONLY = "读音相同，用字全不同 / the same sound, in other characters", 35
    OTHER_REGION = "字号相同，地区不同，可能同属一个集团 / the same group name in another region", 30
    OTHER_BUSINESS = "同地同字号，行业不同 / the same trade name and place, another line of business", 40

    def __init__(self, label: str, doubt: int) -> None:
        self.label = label
        self.doubt = doubt


@dataclass(frozen=True)
class Likeness:
    """How far two names are alike, from 0 to 1, and in what they differ, the weightiest first."""

    score: float
    reasons: tuple[Reason, ...]

    @property
    def reason(self) -> Reason:
        """The weightiest."""
        return self.reasons[0]

    @property
    def explained(self) -> str:
        """All reasons for a person, "中文 / English"."""
        said = {language: [in_language(r.label, language) for r in self.reasons] for language in LANGUAGES}
        return bilingual("；".join(said["zh"]), "; ".join(said["en"]))


def alike(one: CompanyName | str, other: CompanyName | str) -> Likeness | None:
    """How far two names are alike, the same either way round; None where they mean two companies."""
    a = taken_apart(one) if isinstance(one, str) else one
    b = taken_apart(other) if isinstance(other, str) else other
    if not a.text or not b.text or (a.unit and b.unit and a.unit != b.unit):
        return None
    if a.text == b.text:
        return Likeness(1.0, (_same_text(a, b),))
    reasons = _in_core(a, b)
    if reasons is None:
        return None
    every = {*reasons, *_in_place(a, b), *_around(a, b)}
    if a.form != b.form and a.is_chinese == b.is_chinese and (not every or (a.form and b.form)):
        every.add(Reason.LEGAL_FORM)
    every = every or {_left_over(a, b)}
    if Reason.OTHER_BUSINESS in every and (Reason.OTHER_REGION in every or not (a.places and b.places)):
        return None
    score = 100 - sum(reason.doubt for reason in every)
    if score < ENOUGH:
        return None
    return Likeness(score / 100, tuple(sorted(every, key=lambda reason: -reason.doubt)))


def _same_text(a: CompanyName, b: CompanyName) -> Reason:
    if a.is_traditional != b.is_traditional:
        return Reason.TRADITIONAL
    return Reason.SAME if a.written.strip() == b.written.strip() else Reason.WRITING


def _left_over(a: CompanyName, b: CompanyName) -> Reason:
    """All parts are equal, the whole is not: the place stands elsewhere, 澄岚（苏州）, or it is a way of spelling."""
    is_moved = a.is_chinese or sorted(a.text) == sorted(b.text)
    return Reason.REGION if a.places and is_moved else Reason.WRITING


def _around(a: CompanyName, b: CompanyName) -> Iterator[Reason]:
    if a.is_traditional != b.is_traditional:
        yield Reason.TRADITIONAL
    if a.is_branch != b.is_branch or a.unit != b.unit:
        yield Reason.BRANCH


def _in_place(a: CompanyName, b: CompanyName) -> Iterator[Reason]:
    if a.places and b.places and not any(_within(p, q) for p in a.places for q in b.places):
        yield Reason.OTHER_REGION
    elif a.places != b.places and not a.places & b.places:
        yield Reason.REGION


def _within(one: Place, other: Place) -> bool:
    """Whether one place lies in the other: 昆山 in 苏州 in 江苏."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _in_core(a: CompanyName, b: CompanyName) -> set[Reason] | None:
    """The differences of trade name and business; None where these are not alike."""
    if a.core == b.core:
        return set()
    if a.is_chinese != b.is_chinese and a.core_sound == b.core_sound:
        return {Reason.TRANSLATION}
    if (slip := _slip_in_core(a, b)) is not None:
        return {slip}
    in_trade = _in_trade(a, b)
    if in_trade is None:
        return {Reason.SHORT_FORM} if _is_short_form(a, b) or _is_short_form(b, a) else None
    in_business = _in_business(a, b)
    has_no_trade_name = is_place(a.trade) or is_place(b.trade)
    return None if in_business and has_no_trade_name else in_trade | in_business


def _slip_in_core(a: CompanyName, b: CompanyName) -> Reason | None:
    """One character other, missing or too many behind the trade name: 精蜜轴承."""
    if not (a.is_chinese and b.is_chinese) or min(len(a.core), len(b.core)) < 4:
        return None
    if len(a.core) == len(b.core):
        differing = [i for i, (x, y) in enumerate(zip(a.core, b.core, strict=True)) if x != y]
        if len(differing) != 1 or differing[0] < min(len(a.trade), len(b.trade)):
            return None
        x, y = a.core[differing[0]], b.core[differing[0]]
        if are_contrasted(x, y) or (len(a.trade) == len(b.trade) and not set(a.business) & set(b.business)):
            return None
        return Reason.SOUND if a.spoken == b.spoken else Reason.ONE_CHARACTER
    if a.business == b.business or not is_one_slip(a.core, b.core):
        return None
    short, long = sorted((a, b), key=lambda name: len(name.core))
    is_behind_trade = short.core[:2] == long.core[:2] and len(long.business) > len(short.business)
    return Reason.ONE_CHARACTER if is_behind_trade and short.trade != long.trade else None


def _in_trade(a: CompanyName, b: CompanyName) -> set[Reason] | None:
    if a.trade == b.trade:
        return set()
    if a.is_chinese != b.is_chinese:
        return {Reason.TRANSLATION} if a.trade_sound == b.trade_sound else None
    return _between_chinese(a, b) if a.is_chinese else _between_latin(a, b)


def _between_chinese(a: CompanyName, b: CompanyName) -> set[Reason] | None:
    """A homophone, a character taken for another by eye, or one of four and more behind the first two.

    The first two alone are often the whole trade name, with a business behind them that we have no word for: 捷虹颜料.
    """
    if len(a.trade) != len(b.trade):
        return None
    pairs = [(x, y) for x, y in zip(a.trade, b.trade, strict=True) if x != y]
    if any(are_contrasted(x, y) for x, y in pairs):
        return None
    if a.trade_sound == b.trade_sound:
        return {Reason.SOUND if len(pairs) < len(a.trade) else Reason.SOUND_ONLY}
    if len(pairs) > 1:
        return None
    size, is_behind = len(a.trade), a.trade[:2] == b.trade[:2]
    seen_or_heard = are_lookalikes(*pairs[0]) or blurred(a.spoken[:size]) == blurred(b.spoken[:size])
    return {Reason.ONE_CHARACTER} if (size >= 4 and is_behind) or seen_or_heard else None


def _between_latin(a: CompanyName, b: CompanyName) -> set[Reason] | None:
    """One letter of seven and more, unless both are pinyin: Huasheng and Huaheng are two names."""
    if min(len(a.trade), len(b.trade)) < 6 or not is_one_slip(a.trade, b.trade):
        return None
    if is_pinyin(a.trade) and is_pinyin(b.trade) and not _is_blurred_g(a.trade, b.trade):
        return None
    return {Reason.ONE_CHARACTER}


def _is_blurred_g(one: str, other: str) -> bool:
    """Chenglan and Chenlan, Zhongda and Zongda: what many speakers do not tell apart."""
    return _without_blur(one) == _without_blur(other)


def _without_blur(word: str) -> str:
    return word.replace("ng", "n").replace("zh", "z").replace("ch", "c").replace("sh", "s")


def _in_business(a: CompanyName, b: CompanyName) -> set[Reason]:
    one, other = set(a.business), set(b.business)
    if one == other:
        is_worded_otherwise = a.core[len(a.trade) :] != b.core[len(b.trade) :]
        return {Reason.WORDING} if is_worded_otherwise and a.is_chinese == b.is_chinese else set()
    if one <= other or other <= one:
        return {Reason.SHORT_FORM}
    return {Reason.BUSINESS if one & other else Reason.OTHER_BUSINESS}


def _is_short_form(short: CompanyName, long: CompanyName) -> bool:
    """中石化 of 中国石油化工, 上汽 of 上海汽车, SPB of Suzhou Precision Bearing."""
    if short.business or short.places or not 2 <= len(short.core) <= 5:
        return False
    if not short.is_chinese:
        return short.core in long.blocks and len(short.core) >= 3 and not long.is_chinese
    segments = tuple(segment.removeprefix("第") for segment in long.segments)
    trade = long.trade.removeprefix("第")
    return long.is_chinese and _made_of(short.core, segments, trade, every=len(short.core) == 2)


def _made_of(short: str, segments: tuple[str, ...], trade: str, *, every: bool, used: int = 0) -> bool:
    """Whether `short` is made of beginnings of the segments, in order: of every one, or of two with the trade name."""
    if not short:
        return used >= 2 and trade not in segments and not (every and segments)
    if not segments:
        return False
    first, rest = segments[0], segments[1:]
    for length in range(1, min(len(first), len(short)) + 1):
        if short[:length] != first[:length]:
            break
        if _made_of(short[length:], rest, trade, every=every, used=used + 1):
            return True
    return not every and first != trade and _made_of(short, rest, trade, every=every, used=used)
