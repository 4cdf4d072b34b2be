"""Labels in two languages, written as one string "中文 / English". It must not touch what users typed."""

import re
from datetime import date, datetime
from typing import Final, Literal, Protocol, runtime_checkable

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
SEPARATOR: Final = " / "
HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]"
)
"""Characters that cannot be seen, or that reorder what is read: never printed. Line feed and tab are not among them."""
_ASCII_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: Final = {"zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
                   "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}  # fmt: skip
"""Fixed here: the standard library's names follow the locale of the machine."""


@runtime_checkable
class InLanguage(Protocol):
    """A value that can say itself in either language, such as money."""

    def shown(self, language: str) -> str: ...


def in_language(label: str, language: str) -> str:
    """The part of an authored label for `language`; a label without both parts is returned whole."""
    chinese, separator, english = label.partition(SEPARATOR)
    if not separator:
        return label
    return chinese if language == "zh" else english


def bilingual(chinese: str, english: str) -> str:
    """Join two sentences into one label; the inverse of `in_language`."""
    # What the Chinese one quotes may hold a separator of its own: a reader would see half of each.
    return f"{chinese.replace(SEPARATOR, '/')}{SEPARATOR}{english}"


def part_of(whole: str, part: str) -> str:
    """The label of a part behind that of the whole: 联系人 · 姓名 / Contact · Name."""
    return bilingual(*(f"{in_language(whole, language)} · {in_language(part, language)}" for language in LANGUAGES))


def beginning_of(text: str, most: int) -> str:
    """So many characters of what somebody typed, on one line, without what cannot be seen."""
    line = " ".join(HIDDEN.sub(" ", text).split())
    return line if len(line) <= most else f"{line[:most].rstrip()}…"


def counted(n: int, one: str, more: str) -> str:
    """So many of something in English: 1 customer, 2 customers."""
    return f"{n} {one if n == 1 else more}"


def upfirst(text: str) -> str:
    """With a capital, for what stands alone: labels are written so that they can also follow a colon."""
    return text[:1].upper() + text[1:]


def size_in_words(count: int) -> str:
    """Bytes for people, in units that both languages have."""
    return f"{count / 1_048_576:.1f} MB" if count >= 1_048_576 else f"{max(1, round(count / 1024))} KB"


def ascii_lower(text: str) -> str:
    """A to Z as a to z and nothing else, as both databases do it whatever their locale."""
    return text.translate(_ASCII_LOWER)


def day_in(day: date, language: str) -> str:
    """A date as people write it: 2035年12月31日, 31 Dec 2035."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def moment_in(local: datetime, language: str) -> str:
    """A day with its weekday and the time, on the clock of the instant that is given."""
    day, weekday = day_in(local, language), WEEKDAYS["zh" if language == "zh" else "en"][local.weekday()]
    return f"{day} {weekday} {local:%H:%M}" if language == "zh" else f"{weekday} {day}, {local:%H:%M}"


def _zone_in(at: datetime, language: str) -> str:
    """How far the clock of an instant is from UTC, since whoever reads it may live by another: (UTC+5:30)."""
    offset = at.utcoffset()
    if offset is None:
        return ""
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    said = f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")
    return f"（{said}）" if language == "zh" else f" ({said})"


def shown_in(value: object, language: str) -> str:
    """A value of a form in one language: yes or no, a date, an instant on its own clock (and which that is), money; a
    text as it was typed, nothing as a dash."""
    if value is None or value == "":
        return "—"
    # Nearly all that is shown is one of these, and what the last line asks costs more than all else here.
    if type(value) in (str, int):
        return str(value)
    if isinstance(value, bool):
        return in_language("是 / Yes" if value else "否 / No", language)
    if isinstance(value, datetime):
        return f"{day_in(value, language)} {value:%H:%M}{_zone_in(value, language)}"
    if isinstance(value, date):
        return day_in(value, language)
    if isinstance(value, list | tuple):
        return ("、" if language == "zh" else ", ").join(shown_in(one, language) for one in value) or "—"
    return value.shown(language) if isinstance(value, InLanguage) else str(value)
