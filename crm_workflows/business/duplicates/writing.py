"""How a name is written, heard and mistaken: width, traditional characters, pinyin. It knows nothing of companies."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Final

HAN: Final = re.compile(r"[\u3400-\u9fff]")
NUMERALS: Final = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
ROMAN: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
CONTRASTS: Final = (frozenset("0123456789一二三四五六七八九十"), frozenset("东西南北中"), frozenset("上下大小新老前后"))
"""Characters that tell two names apart on purpose: 一厂 and 二厂, 华东 and 华南."""
LOOKALIKES: Final = tuple(
    frozenset(group)
    for group in (
        *("末未", "己已巳", "土士", "日曰", "晴睛清情请", "泰秦奉", "昊吴", "巨臣", "东车", "干千于"),
        *("博搏", "瑞端", "恒桓", "宏宠", "杨扬", "拓柘", "沪泸", "微徽", "宇字", "迅讯", "科料", "密蜜"),
        *(
            "岚风凤",
            "晟展",
            "辰晨",
            "弘泓",
            "琦崎",
            "圆园",
            "卓早",
            "冶治",
            "准淮",
            "戊戌戍",
            "澄橙",
            "锋峰烽",
            "陵棱凌",
        ),
    )
)
"""Characters that are taken for each other when a name is copied by eye; no character stands in two groups."""
_BY_EYE: Final = str.maketrans({character: min(group) for group in LOOKALIKES for character in group})
_BLURS: Final = ((re.compile("^([zcs])h"), r"\1"), (re.compile("^n(?=.)"), "l"), (re.compile("(?<=[aei])ng$"), "n"))
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae"})
_SYLLABLES: Final = re.compile(
    "(?:(?:[zcs]h?|[bpmfdtnlgkhjqxryw])?"
    "(?:[iu]ang|iong|[aeiou]ng|i?ao|uai|i?an|[aeiu]n|uan|[aeu]i|i?ou|i[aeu]|u[aeo]|v[e]?|er|[aoeiu]))+"
)


def half_width(written: str) -> str:
    """Half width, lower case, one blank between words."""
    return " ".join(unicodedata.normalize("NFKC", written).casefold().split())


@cache
def _simplify() -> Callable[[str], str]:
    from opencc import OpenCC  # here and below: looked up when first needed, for a command that compares nothing

    return OpenCC("t2s").convert


def simplified(text: str) -> str:
    """The same in simplified characters (OpenCC, character by character and by its phrases)."""
    return _simplify()(text)


def without_accents(text: str) -> str:
    """Latin letters only: ü is `ue` in a German word and `v` after n or l, as pinyin is typed."""
    spelt = re.sub("([nl])(?:ü|yu(?=[^a-z]|$))", r"\1v", text).translate(_UMLAUTS)
    return "".join(c for c in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(c))


@lru_cache(maxsize=20_000)
def syllables(text: str) -> tuple[str, ...]:
    """Pinyin without tones, a syllable for each Chinese character; other characters stand as they are."""
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(text))


def sound(text: str) -> str:
    """The whole as one word of pinyin."""
    return "".join(syllables(text)).replace(" ", "")


def blurred(spoken: tuple[str, ...]) -> tuple[str, ...]:
    """Without the differences that many speakers do not make: zh and z, n and l, -ng and -n."""
    return tuple(_blur(syllable) for syllable in spoken)


@lru_cache(maxsize=2_000)
def _blur(syllable: str) -> str:
    for pattern, instead in _BLURS:
        syllable = pattern.sub(instead, syllable)
    return syllable


def is_pinyin(word: str) -> bool:
    """Whether a word can be read as pinyin; two such words that differ are two names rather than one slip."""
    return bool(_SYLLABLES.fullmatch(word))


@cache
def _distance() -> Callable[..., int]:
    from rapidfuzz.distance import OSA

    return OSA.distance


def is_one_slip(one: str, other: str) -> bool:
    """Whether one character other, missing, too many or changed with its neighbour makes the one the other, or none."""
    return _distance()(one, other, score_cutoff=1) <= 1


def are_lookalikes(one: str, other: str) -> bool:
    """Whether two characters are taken for each other by eye."""
    return any(one in group and other in group for group in LOOKALIKES)


def by_eye(text: str) -> str:
    """The same text for all that differ by such characters only."""
    return text.translate(_BY_EYE)


def are_contrasted(one: str, other: str) -> bool:
    """Whether two characters differ on purpose."""
    return any(one in group and other in group for group in CONTRASTS)
