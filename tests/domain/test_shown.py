"""What a request shows: one language at a time, what was typed as it was typed, old records still readable (G-6)."""

from datetime import date

import pytest

from crm_workflows.domain.money import Money
from crm_workflows.domain.shown import Fact, Shown


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (True, "是", "Yes"),
        (False, "否", "No"),
        (date(2035, 12, 31), "2035年12月31日", "31 Dec 2035"),
        (Money.of("480000.00"), "¥480,000.00", "CNY 480,000.00"),
        (180, "180", "180"),
        (None, "—", "—"),
        ("", "—", "—"),
        ("螺栓 / 螺母", "螺栓 / 螺母", "螺栓 / 螺母"),
    ],
)
def test_a_value_is_said_in_the_language_of_its_reader(value: object, chinese: str, english: str) -> None:
    fact = Fact.of("项目 / Item", value)
    assert (fact.said("zh"), fact.said("en")) == (chinese, english)


def test_a_name_of_ours_is_split_and_a_typed_one_is_not() -> None:
    assert Fact.named("类别 / Category", "包装材料 / Packaging").said("en") == "Packaging"
    assert Fact("类别 / Category", "包装材料 / Packaging").said("en") == "包装材料 / Packaging"


def test_a_record_written_before_there_were_two_forms_is_read_and_fingerprinted_as_it_was() -> None:
    old = {"facts": [{"label": "是否 / Whether", "value": "是 yes"}], "attachments": []}
    shown = Shown.from_json(old)
    assert shown.facts[0].said("en") == "是 yes"
    assert shown.to_json() == old


def test_both_forms_survive_being_kept() -> None:
    shown = Shown((Fact.of("盈利 / Profitable", True), Fact("商品 / Goods", "铸件")))
    assert Shown.from_json(shown.to_json()) == shown
    other = Shown((Fact.of("盈利 / Profitable", False), shown.facts[1]))
    assert shown.fingerprint() != other.fingerprint()
