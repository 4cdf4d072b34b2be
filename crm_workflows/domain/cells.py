"""Reads one cell of a table that people have filled in: text, day, amount, choice, as they really write them.

Full width, dates as text, numbers where a text was meant. What cannot be read safely is refused with its remedy, never
guessed. It must not know files.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from pydantic_core import PydanticCustomError

from crm_workflows.domain.money import exact_amount, without_thousands
from crm_workflows.domain.spellings import half_width
from crm_workflows.domain.text import HIDDEN, LANGUAGES, bilingual, in_language


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that is calculated; nobody here calculates it."""

    text: str


Raw = str | int | float | bool | date | datetime | Formula | None
"""What a file gives for a cell."""


class CellProblem(Exception):
    """A cell cannot be taken: what is wrong, and what to do; both are labels."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy


CALCULATED: Final = (
    "是公式，不是数值 / is a formula, not a value",
    "复制后“选择性粘贴为数值” / copy it and paste it as a value",
)
DIGITS_LOST: Final = (
    "数字太长，表格软件已丢失末尾数字 / the number is too long: the spreadsheet has lost its last digits",
    "把单元格格式设为“文本”后重新填写 / format the cell as text and type it again",
)
NO_DAY: Final = ("不是能确定的日期 / is no date that can be told for sure", "写成 2026-03-31 / write it as 2026-03-31")
NO_AMOUNT: Final = (
    "不是金额 / is no amount",
    "写成 480000.00，最多两位小数，不带单位 / write it as 480000.00, two decimals at most, without a unit",
)
NO_QUANTITY: Final = (
    "不是数量 / is no quantity",
    "只填数字，如 400 或 12.5，不带单位 / write a number only, such as 400 or 12.5, without a unit",
)
QUANTITY: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")
NO_ADDRESS: Final = ("不是有效的邮箱地址 / is no valid mail address", "核对邮箱地址 / check the address")
NO_PHONE: Final = ("不是电话号码 / is no phone number", "只填一个号码 / give one number only")
TOO_SHORT: Final = ("只有一个字 / has one character only", "填写全称 / write the whole name")
UNSEEN: Final = ("含有看不见的字符 / has characters that cannot be seen", "重新键入 / type it again")
YES: Final = ("是", "y", "yes", "true", "1", "√", "✓", "对")
NO: Final = ("否", "n", "no", "false", "0", "×", "✗", "不")
EXACT: Final = 10**15
"""A spreadsheet keeps 15 digits of a number and makes the others 0."""
SERIALS: Final = range(20_000, 80_000)
"""Days since 1899-12-30, as spreadsheets count: from 1954 to 2119. Below, a number is rather a year or a quantity."""
SERIAL_ZERO: Final = date(1899, 12, 30)
DAY: Final = re.compile(r"(\d{4}) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2}) ?日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")
PACKED_DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
PHONE: Final = re.compile(r"\+?[\d() \-]{5,30}(?:[x转#]\d{1,8})?")


def text(raw: Raw, most: int = 200) -> str:
    """One line of text; a whole number as its digits."""
    if isinstance(raw, Formula):
        raise CellProblem(*CALCULATED)
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, int) and abs(raw) >= EXACT:
        raise CellProblem(*DIGITS_LOST)
    if isinstance(raw, datetime) and not (raw.hour or raw.minute or raw.second):
        raw = raw.date()
    written = " ".join(str(raw).replace("\0", "").split())
    if len(written) > most:
        what = bilingual(f"有 {len(written)} 个字，最多 {most} 个", f"has {len(written)} characters, {most} at most")
        raise CellProblem(what, "缩短 / make it shorter")
    return written


def company(raw: Raw) -> str:
    """The name of a company, as long as the forms about companies take it."""
    return _name(raw, 2, 120)


def person(raw: Raw) -> str:
    """The name of a person, as long as the forms take it; empty for an empty cell."""
    return _name(raw, 1, 80)


def _name(raw: Raw, least: int, most: int) -> str:
    written = text(raw, most)
    if written and len(written) < least:
        raise CellProblem(*TOO_SHORT)
    if HIDDEN.search(written):
        raise CellProblem(*UNSEEN)
    return written


def code(raw: Raw) -> str:
    """A number or code that somebody gave something: half width, no blanks, capitals."""
    return half_width(text(raw, 60)).replace(" ", "").upper()


def day(raw: Raw) -> date | None:
    """A day; None for an empty cell."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, int | float) and not isinstance(raw, bool) and int(raw) in SERIALS:
        return SERIAL_ZERO + timedelta(days=int(raw))
    written = half_width(text(raw))
    if not written:
        return None
    found = DAY.fullmatch(written) or PACKED_DAY.fullmatch(written)
    try:
        made = date(*map(int, found.groups())) if found else None
    except ValueError:
        made = None
    if made is None or not 1900 <= made.year < 2200:
        raise CellProblem(*NO_DAY)
    return made


def amount(raw: Raw) -> Decimal | None:
    """An amount with two decimals; None for an empty cell."""
    if isinstance(raw, date | datetime | bool):
        raise CellProblem(*NO_AMOUNT)
    written = without_thousands(half_width(text(raw))).removeprefix("¥").removesuffix("元").strip()
    if not written:
        return None
    try:
        return exact_amount(round(raw, 2) if isinstance(raw, float) and abs(raw - round(raw, 2)) < 1e-6 else written)
    except PydanticCustomError as error:
        raise CellProblem(*NO_AMOUNT) from error


def quantity(raw: Raw) -> Decimal | None:
    """How many, or how much; not below zero. None for an empty cell."""
    if isinstance(raw, date | datetime | bool):
        raise CellProblem(*NO_QUANTITY)
    written = without_thousands(half_width(text(round(raw, 6) if isinstance(raw, float) else raw)))
    if not written:
        return None
    if not QUANTITY.fullmatch(written):
        raise CellProblem(*NO_QUANTITY)
    return Decimal(written)


def yes_no(raw: Raw) -> bool | None:
    """Yes or no; None for an empty cell."""
    written = half_width(text(raw)).casefold()
    if not written:
        return None
    if written in YES or written in NO:
        return written in YES
    raise CellProblem("应为“是”或“否” / should be yes or no", "填“是”或“否” / write yes or no")


def choice(raw: Raw, labels: Mapping[str, str]) -> str:
    """One of some values, by its value or its label in either language; empty for an empty cell."""
    written = _unspaced(text(raw))
    for value, label in labels.items():
        if written in (_unspaced(value), *(_unspaced(in_language(label, tongue)) for tongue in LANGUAGES)):
            return value
    if not written:
        return ""
    zh, en = ("、".join(in_language(label, "zh") for label in labels.values()), ", ".join(labels))
    raise CellProblem("不在可选范围内 / is none of the choices", bilingual(f"可填：{zh}", f"write one of: {en}"))


def _unspaced(written: str) -> str:
    """Chinese people write A级 where a label is set as A 级."""
    return "".join(half_width(written).casefold().split())


def address(raw: Raw) -> str:
    """A mail address in lower case; empty for an empty cell."""
    written = half_width(text(raw)).removeprefix("mailto:").lower()
    return _valid(written) if written else ""


def colleague(raw: Raw) -> str:
    """The address of somebody of the staff, or their name; empty for an empty cell."""
    written = half_width(text(raw))
    return address(raw) if "@" in written else person(raw)


@lru_cache(maxsize=1000)
def _valid(written: str) -> str:
    """The same few account managers stand in every row of a table."""
    from email_validator import EmailNotValidError, validate_email  # takes its time, and most processes ask it nothing

    try:
        return validate_email(written, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise CellProblem(*NO_ADDRESS) from error


def phone(raw: Raw) -> str:
    """A phone number as it was written, half width; empty for an empty cell."""
    written = half_width(text(raw, 60))
    if written and not PHONE.fullmatch(written):
        raise CellProblem(*NO_PHONE)
    return written


def grade(raw: Raw) -> int | None:
    """Satisfaction from 1 to 5; None for an empty cell."""
    written = half_width(text(raw))
    if not written:
        return None
    if written not in ("1", "2", "3", "4", "5"):
        raise CellProblem("应为 1 到 5 / goes from 1 to 5", "填 1 到 5 的整数 / write a whole number, 1 to 5")
    return int(written)
