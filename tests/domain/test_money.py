"""Money is exact, carries its currency, and shows a plain object to forms."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.money import CurrencyMismatch, Money, NonNegativeMoney, PositiveMoney, without_thousands
from crm_workflows.domain.text import in_language

CENTS = st.integers(min_value=-(10**15) + 1, max_value=10**15 - 1)


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        ('{"amount": "480000.00", "currency": "CNY"}', "480000.00", "CNY"),
        ('{"amount": 480000}', "480000.00", "CNY"),
        ('{"amount": "1.5", "currency": "EUR"}', "1.50", "EUR"),
        ('{"amount": 1.5}', "1.50", "CNY"),
        ('{"amount": "-0"}', "0.00", "CNY"),
        ('"1,000,000.00 CNY"', "1000000.00", "CNY"),
        ('"USD 12"', "12.00", "USD"),
        ('{"amount": "¥1000"}', "1000.00", "CNY"),
        ('{"amount": "1000 元"}', "1000.00", "CNY"),
        ('{"amount": "$ 1000.50", "currency": "USD"}', "1000.50", "USD"),
        ('{"amount": "1,000.00", "currency": "USD"}', "1000.00", "USD"),
        ('{"amount": "$1,000.00", "currency": "USD"}', "1000.00", "USD"),
        ('{"amount": "¥1,000", "currency": "CNY"}', "1000.00", "CNY"),
        ('{"amount": "￥１，０００．５０"}', "1000.50", "CNY"),
        ('"¥1,000"', "1000.00", "CNY"),
        ('"$1,000.00 USD"', "1000.00", "USD"),
        ('"RMB 1,000"', "1000.00", "CNY"),
        ('"-1,000 元"', "-1000.00", "CNY"),
        ("480000", "480000.00", "CNY"),
    ],
)
def test_reads_what_people_and_scripts_write(written: str, amount: str, currency: str) -> None:
    money = Money.model_validate_json(written)
    assert (str(money.amount), money.currency) == (amount, currency)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ('{"amount": "0.001"}', "at most two decimals"),
        ('{"amount": 0.30000000000000004}', "at most two decimals"),
        ('{"amount": "NaN"}', "write the amount as a number"),
        ('{"amount": "Infinity"}', "write the amount as a number"),
        ('{"amount": true}', "write the amount as a number"),
        ('{"amount": null}', "write the amount as a number"),
        ('{"amount": "四十八万"}', "write the amount as a number"),
        ('{"amount": "10000000000000"}', "too large"),
        ('{"amount": 1e400}', "write the amount as a number"),
        ('{"amount": "1", "currency": "cny"}', "three capital letters"),
        ('{"amount": "1", "currency": "¥"}', "three capital letters"),
        ('{"amount": "1", "unit": "kg"}', "Extra inputs"),
        ('"CNY 12 EUR"', "write money as"),
        ('{"amount": "$1000", "currency": "CNY"}', "币种却是 CNY；.* the amount says \\$, the currency CNY"),
        ('{"amount": "¥1000", "currency": "USD"}', "the amount says ¥, the currency USD"),
        ('{"amount": "10²", "currency": "CNY"}', "write the amount as a number"),  # no 102
        ('{"amount": "12元50", "currency": "CNY"}', "write the amount as a number"),  # 12.50, and no 1250
        ('{"amount": "1000元", "currency": "EUR"}', "the amount says 元, the currency EUR"),
        ('{"amount": "EUR 1000"}', "the amount says EUR, the currency CNY"),
        ('{"amount": "@1000"}', "write the amount as a number"),
        ('{"amount": "¥1,000", "currency": "USD"}', "the amount says ¥, the currency USD"),
        ('"$1,000"', "the amount says \\$, the currency CNY"),
        ('"¥1,000 USD"', "the amount says ¥, the currency USD"),
        ('{"amount": "1.000,00", "currency": "EUR"}', "write the amount as a number"),
        ('"1000,000 CNY"', "write money as"),
        ('"about 12"', "write money as"),
    ],
)
def test_refuses_what_would_lose_or_guess_money(written: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Money.model_validate_json(written)


def test_refusals_are_readable_in_both_languages() -> None:
    with pytest.raises(ValidationError) as caught:
        Money.of("0.001")
    message = caught.value.errors()[0]["msg"]
    assert in_language(message, "zh") == "金额最多两位小数"
    assert in_language(message, "en") == "an amount has at most two decimals"


@given(CENTS)
def test_equal_money_has_equal_json_and_survives_it(cents: int) -> None:
    amount = Decimal(cents).scaleb(-2)
    money = Money(amount=amount)
    text = money.model_dump_json()
    assert Money.model_validate_json(text) == money
    assert Money.of(str(amount.normalize())).model_dump_json() == text


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_a_float_that_is_exact_to_the_cent_is_read_exactly(cents: int) -> None:
    as_json_number = json.loads(str(Decimal(cents).scaleb(-2)))
    assert Money.model_validate({"amount": as_json_number}).amount == Decimal(cents).scaleb(-2)


@given(CENTS, CENTS)
def test_order_and_sums_follow_the_amounts(a: int, b: int) -> None:
    first, second = (Money(amount=Decimal(c).scaleb(-2)) for c in (a // 4, b // 4))
    assert (first < second, first <= second, first > second, first >= second) == (
        a // 4 < b // 4,
        a // 4 <= b // 4,
        a // 4 > b // 4,
        a // 4 >= b // 4,
    )
    assert first + second - second == first


@pytest.mark.parametrize("compare", [lambda a, b: a < b, lambda a, b: a >= b, lambda a, b: a + b, lambda a, b: a - b])
def test_currencies_are_never_mixed(compare: Any) -> None:
    with pytest.raises(CurrencyMismatch, match=r"480000\.00 CNY and 9\.00 EUR are in different currencies"):
        compare(Money.of(480000), Money.of(9, "EUR"))
    assert issubclass(CurrencyMismatch, AuthorMistake)
    assert Money.of(9) != Money.of(9, "EUR")


@pytest.mark.parametrize(
    ("money", "zh", "en"),
    [
        (Money.of("480000"), "¥480,000.00", "CNY 480,000.00"),
        (Money.of("-0.50"), "-¥0.50", "CNY -0.50"),
        (Money.of("1234567.8", "EUR"), "EUR 1,234,567.80", "EUR 1,234,567.80"),
    ],
)
def test_is_shown_in_the_readers_way(money: Money, zh: str, en: str) -> None:
    assert (money.shown("zh"), money.shown("en")) == (zh, en)


def test_signs_are_refused_where_asked() -> None:
    assert TypeAdapter(NonNegativeMoney).validate_python("0 CNY") == Money.of(0)
    with pytest.raises(ValidationError, match="cannot be negative"):
        TypeAdapter(NonNegativeMoney).validate_python("-1 CNY")
    with pytest.raises(ValidationError, match="must be above zero"):
        TypeAdapter(PositiveMoney).validate_python("0 CNY")


def test_forms_get_a_plain_object_without_a_switch_between_number_and_text() -> None:
    class Request(BaseModel):
        yearly: PositiveMoney

    for mode in ("validation", "serialization"):
        schema = Request.model_json_schema(mode=mode)
        assert "anyOf" not in json.dumps(schema)
        money = schema["$defs"]["Money"]
        assert money["properties"]["amount"]["type"] == "string"
        assert money["properties"]["amount"]["title"] == "金额 / Amount"
        assert money["properties"]["currency"]["title"] == "币种 / Currency"
        assert money["description"] == "精确到分 / Exact to the cent"
        assert money["required"] == ["amount"]


def test_money_cannot_be_changed_and_can_be_a_key() -> None:
    money = Money.of(5)
    with pytest.raises(ValidationError, match="frozen"):
        money.amount = Decimal(6)  # type: ignore[misc]
    assert {money: 1}[Money.of("5.00")] == 1


@pytest.mark.parametrize(
    ("typed", "left"),
    [("1,000.00", "1000.00"), ("¥12,345,678元", "¥12345678元"), ("CNY 1,000", "CNY 1000"), ("900", "900")],
)
def test_commas_between_thousands_are_left_out(typed: str, left: str) -> None:
    assert without_thousands(typed) == left


@pytest.mark.parametrize("typed", ["1.000,00", "1,00", "1,5", "10,0000", "1,000,00", "0,1,000"])
def test_a_comma_anywhere_else_stays_and_makes_of_no_amount_another(typed: str) -> None:
    assert without_thousands(typed) == typed
