"""Choices that the policy lists: what a form offers under a policy, and what it refuses."""

from typing import Any

import pytest
from pydantic import Field

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.forms import Form, read_form
from crm_workflows.domain.listed import as_listed, listed_in
from crm_workflows.domain.policy import Policy

USUAL = {"wear": "磨损 / Wear", "other": "其他 / Other"}
OWN = Policy({"causes.other": "别的 / Something else", "causes.rust": "锈蚀 / Rust", "causes.wear": "磨损 / Worn out"})


class Cause(Form):
    """A form with one listed choice."""

    kind: str | None = Field(
        default=None, title="类别 / Kind", examples=["wear"], json_schema_extra=listed_in("causes", USUAL)
    )
    words: str = Field(default="", title="说明 / Words")


def offered(policy: Policy) -> dict[str, Any]:
    """The field as pages and programs see it."""
    found: dict[str, Any] = as_listed(Cause, policy).model_json_schema()["properties"]["kind"]
    return found


def test_a_form_offers_what_the_policy_lists_with_other_last() -> None:
    field = offered(OWN)
    assert field["anyOf"][0]["enum"] == ["rust", "wear", "other"]
    assert field["labels"] == {"rust": "锈蚀 / Rust", "wear": "磨损 / Worn out", "other": "别的 / Something else"}
    assert as_listed(Cause, OWN).example() == {"kind": "wear"}


def test_without_a_list_in_the_policy_the_usual_ones_are_offered() -> None:
    assert offered(Policy({}))["labels"] == USUAL
    assert as_listed(Cause, Policy({})) is as_listed(Cause, Policy({"pass_mark": 60})), "one class for one list"


def test_the_example_is_one_of_the_list() -> None:
    assert as_listed(Cause, Policy({"causes.rust": "锈蚀 / Rust"})).example() == {"kind": "rust"}


def test_what_is_not_listed_is_refused_and_what_is_is_told_by_its_label() -> None:
    form = as_listed(Cause, OWN)
    with pytest.raises(InvalidInput, match="rust, wear, other"):
        read_form(form, {"kind": "magic"}, "原因 / Cause")
    given = read_form(form, {"kind": "rust"}, "原因 / Cause")
    assert isinstance(given, Cause)
    assert given.named("kind") == "锈蚀 / Rust"
    assert [fact.said("en") for fact in given.facts()] == ["Rust"]


def test_a_form_without_listed_choices_stays_as_it_is() -> None:
    class Plain(Form):
        words: str = ""

    assert as_listed(Plain, OWN) is Plain
