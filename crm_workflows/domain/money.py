"""Amounts of money: an exact decimal and its currency. It must not convert between currencies or guess one."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.spellings import half_width

CENT: Final = Decimal("0.01")
LIMIT: Final = Decimal(10) ** 13  # below it a JSON number (a double) still tells every cent apart
AMOUNT_PATTERN: Final = r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$"
CURRENCY_PATTERN: Final = r"^[A-Z]{3}$"
AMOUNT_SCHEMA: Final[dict[str, Any]] = {"type": "string", "pattern": AMOUNT_PATTERN, "examples": ["480000.00"]}
SIGNS: Final[dict[str, tuple[str, ...]]] = {
    "¥": ("CNY", "JPY"), "元": ("CNY", "HKD", "JPY"), "RMB": ("CNY",), "€": ("EUR",),
    "£": ("GBP",), "US$": ("USD",), "HK$": ("HKD",), "$": ("USD", "HKD", "AUD", "CAD", "NZD", "SGD", "TWD"),
}  # fmt: skip
"""A sign that people write before or behind a number, and the currencies that it may stand for."""
_SIGN: Final = "|".join(map(re.escape, SIGNS))
WRITTEN: Final = re.compile(
    r"(?:(?P<before>(?!RMB)[A-Z]{3})\s*)?"
    rf"(?P<amount>-?(?:(?:{_SIGN})\s*)?-?[0-9]+(?:\.[0-9]+)?(?:\s*(?:{_SIGN}))?)"
    r"(?:\s*(?P<after>(?!RMB)[A-Z]{3}))?"
)
NUMERAL: Final = re.compile(r"[0-9][0-9.,]*")
IN_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")


def without_thousands(text: str) -> str:
    """What was typed, without the commas between thousands.

    Any other comma stays, so that whoever judges the number refuses it: of "1.000,00" nobody knows what it means.
    """
    return NUMERAL.sub(lambda found: found[0].replace(",", "") if IN_THOUSANDS.fullmatch(found[0]) else found[0], text)


class CurrencyMismatch(AuthorMistake):
    """Two amounts of different currencies were compared or added; there is no rate to convert by."""


def _refuse(chinese: str, english: str) -> NoReturn:
    raise PydanticCustomError("money", "{sentence}", {"sentence": f"{chinese} / {english}"})


def _as_decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float | str):
        _refuse("金额应写成数字，例如 480000.00", "write the amount as a number, for example 480000.00")
    try:
        return Decimal(repr(value) if isinstance(value, float) else str(value).strip())
    except InvalidOperation:
        _refuse("金额应写成数字，例如 480000.00", "write the amount as a number, for example 480000.00")


def exact_amount(value: object) -> Decimal:
    """An amount with exactly two decimals from a Decimal, int, string or float that is exact to the cent.

    A float such as 0.1 + 0.2 is refused rather than rounded: whoever sent it has lost cents already.
    """
    amount = _as_decimal(value)
    if not amount.is_finite():
        _refuse("金额应写成数字，例如 480000.00", "write the amount as a number, for example 480000.00")
    if abs(amount) >= LIMIT:
        _refuse("金额太大，整数部分最多 13 位", "the amount is too large: at most 13 digits before the point")
    rounded = amount.quantize(CENT)
    if rounded != amount:
        _refuse("金额最多两位小数", "an amount has at most two decimals")
    return abs(rounded) if rounded == 0 else rounded


def _currency(value: str) -> str:
    if not re.fullmatch(CURRENCY_PATTERN, value):
        _refuse("币种应为三个大写字母，例如 CNY", "a currency is three capital letters, for example CNY")
    return value


Amount = Annotated[
    Decimal,
    BeforeValidator(exact_amount),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema(AMOUNT_SCHEMA),
]
Currency = Annotated[
    str, AfterValidator(_currency), WithJsonSchema({"type": "string", "pattern": CURRENCY_PATTERN, "default": "CNY"})
]


class Money(BaseModel):
    """An amount, exact to the cent, in one currency (ISO 4217 code); may be negative.

    Validates from `{"amount": "480000.00", "currency": "CNY"}`, from a plain amount (then CNY) and from
    `"480000.00 CNY"`. Its JSON schema is a plain object with a string amount: no choice between number and string,
    which forms would show as a switch. Equal money has equal JSON: always two decimals.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        title="金额 / Money",
        # Without it forms show this docstring to the person who fills them in.
        json_schema_extra={"description": "精确到分 / Exact to the cent"},
    )

    amount: Amount = Field(title="金额 / Amount")
    currency: Currency = Field(default="CNY", title="币种 / Currency")

    @model_validator(mode="before")
    @classmethod
    def _from_plain(cls, value: object) -> object:
        if isinstance(value, str):
            value = _parts(value)
        if isinstance(value, int | float | Decimal):
            return {"amount": value}
        return _as_number(value) if isinstance(value, dict) else value

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str = "CNY") -> Money:
        """Build in code and tests: `Money.of("480000.00")`; raises pydantic's ValidationError on a bad amount."""
        return cls.model_validate({"amount": amount, "currency": currency})

    def shown(self, language: str) -> str:
        """For readers: "¥480,000.00" in Chinese for CNY, else "CNY 480,000.00"."""
        if language == "zh" and self.currency == "CNY":
            return f"{'-' if self.amount < 0 else ''}¥{abs(self.amount):,.2f}"
        return f"{self.currency} {self.amount:,.2f}"

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __add__(self, other: Money) -> Money:
        return Money(amount=self.amount + self._same(other), currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(amount=self.amount - self._same(other), currency=self.currency)

    def _same(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise CurrencyMismatch(
                f"金额 {self} 与 {other} 币种不同，无法比较；请按同一币种填写。"
                f" / {self} and {other} are in different currencies and cannot be compared; give both in one currency."
            )
        return other.amount


def _parts(text: str) -> dict[str, str]:
    match = WRITTEN.fullmatch(without_thousands(half_width(text)))
    if match is None:
        _refuse("金额应写成 480000.00 CNY", "write money as 480000.00 CNY")
    before, after = match["before"], match["after"]
    if before and after:
        _refuse("金额应写成 480000.00 CNY", "write money as 480000.00 CNY")
    parts = {"amount": match["amount"]}
    return parts | ({"currency": before or after} if before or after else {})


def _as_number(parts: dict[Any, Any]) -> dict[Any, Any]:
    """The amount without full width, commas between thousands, and a sign that says the same as the currency beside it.

    A sign that says another currency is refused.
    """
    written, currency = parts.get("amount"), parts.get("currency", "CNY")
    if not isinstance(written, str):
        return parts
    amount = without_thousands(half_width(written))
    sign = amount.strip("0123456789.,- ")
    meant = SIGNS.get(sign, (sign,) if re.fullmatch(CURRENCY_PATTERN, sign) else ())
    is_beside = amount.strip("- ").startswith(sign) or amount.endswith(sign)
    if not meant or not is_beside:  # 12元50 is 12.50, and no 1250
        return parts | {"amount": amount}
    if currency not in meant and re.fullmatch(CURRENCY_PATTERN, str(currency)):
        _refuse(
            f"金额写的是 {sign}，币种却是 {currency}；请改正其中一个",
            f"the amount says {sign}, the currency {currency}; correct one of them",
        )
    return parts | {"amount": amount.replace(sign, "", 1).strip()}


def _not_negative(money: Money) -> Money:
    if money.amount < 0:
        _refuse("金额不能为负", "the amount cannot be negative")
    return money


def _positive(money: Money) -> Money:
    if money.amount <= 0:
        _refuse("金额应大于零", "the amount must be above zero")
    return money


NonNegativeMoney = Annotated[Money, AfterValidator(_not_negative)]
PositiveMoney = Annotated[Money, AfterValidator(_positive)]
