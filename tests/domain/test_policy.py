"""A policy answers by key and kind, survives being frozen into a case, and cannot be changed."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy, Value

POLICY = Policy(
    {
        "recognition_finance_above": Money.of(1_000_000),
        "recognition_due": 2,
        "growth": Decimal("1.25"),
        "approve_on_silence": False,
        "note": "see SV-7",
        "criteria_weights.cost": 15,
        "criteria_weights.cooperation": 10,
    }
)


def test_values_are_read_by_key_and_kind() -> None:
    assert POLICY.amount("recognition_finance_above") == Money.of(1_000_000)
    assert POLICY.number("recognition_due") == 2
    assert POLICY.decimal("growth") == Decimal("1.25")
    assert POLICY.decimal("recognition_due") == Decimal(2)
    assert POLICY.flag("approve_on_silence") is False
    assert POLICY.text("note") == "see SV-7"
    assert POLICY.numbers("criteria_weights") == {"cooperation": 10, "cost": 15}


@pytest.mark.parametrize("reader", ["amount", "number", "decimal", "text", "flag", "numbers"])
def test_an_unknown_key_is_named(reader: str) -> None:
    with pytest.raises(AuthorMistake, match=r'"recognition_dew".*add it to the policy file'):
        getattr(POLICY, reader)("recognition_dew")


@pytest.mark.parametrize(
    ("reader", "key"),
    [
        ("amount", "recognition_due"),
        ("number", "approve_on_silence"),
        ("number", "growth"),
        ("decimal", "approve_on_silence"),
        ("text", "recognition_due"),
        ("flag", "recognition_due"),
    ],
)
def test_a_value_of_another_kind_is_refused(reader: str, key: str) -> None:
    with pytest.raises(AuthorMistake, match=f'"{key}" must be'):
        getattr(POLICY, reader)(key)


values = st.one_of(
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.text(),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**6), max_value=10**6),
    st.integers(0, 10**9).map(lambda cents: Money(amount=Decimal(cents).scaleb(-2), currency="EUR")),
)


@given(st.dictionaries(st.text(min_size=1), values))
def test_survives_being_frozen_into_a_case(content: dict[str, Value]) -> None:
    policy = Policy(content)
    text = policy.as_text
    again = Policy.from_text(text)
    assert again == policy == Policy.from_json(json.loads(text))
    assert {key: type(value) for key, value in again.items()} == {key: type(value) for key, value in policy.items()}
    assert again.as_text == text == Policy(dict(reversed(content.items()))).as_text


@pytest.mark.parametrize("damaged", [None, 1.5, [1], {"decimal": "1", "more": 1}])
def test_a_damaged_record_is_refused(damaged: object) -> None:
    with pytest.raises(AuthorMistake, match='"due" cannot be read back'):
        Policy.from_json({"due": damaged})


def test_only_values_with_a_kind_are_taken_and_none_can_be_changed() -> None:
    with pytest.raises(AuthorMistake, match='"rate" has a value of type float'):
        Policy({"rate": 0.1})  # type: ignore[dict-item]
    content: dict[str, Value] = {"due": 1}
    policy = Policy(content)
    content["due"] = 2
    assert policy.number("due") == 1
    with pytest.raises(TypeError):
        policy["due"] = 3  # type: ignore[index]
