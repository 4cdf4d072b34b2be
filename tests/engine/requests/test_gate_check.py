"""Gates that could not come out are found when processes, people or policy are taken in, with file and line."""

from datetime import date
from typing import Literal

import pytest

from crm_workflows import bootstrap
from crm_workflows.domain.approvers import department, field, person, role
from crm_workflows.domain.elements import Gate, when
from crm_workflows.domain.panels import Decider, at_least, beyond, by_amount, is_one_of, is_yes, up_to
from crm_workflows.engine.case import Case
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests import gate_check, needs
from crm_workflows.engine.results import Outcome
from tests.engine.toys import Matter, toy
from tests.office import shipped_company, shipped_text


class Chosen(Matter):
    """A subject with something to choose."""

    urgent: bool = False
    kind: Literal["tool", "part"] = "tool"


def body(case: Case[Chosen]) -> Outcome:
    """Nothing."""
    return case.approve()


def versions(approver: Decider, *then: object) -> dict[tuple[str, int], Procedure]:
    gate = Gate("checked", "门 / Gate", rule="T-1", approver=approver, then=then)  # type: ignore[arg-type]
    return {("toy", 1): toy(body, gate)}


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (when(is_yes("hurried"), role("finance")), "there is no field hurried"),
        (when(is_yes("kind"), role("finance")), "kind is not a yes or no"),
        (when(is_one_of("urgent", "yes"), role("finance")), "urgent is a yes or no"),
        (when(is_one_of("kind", "tool", "whole"), role("finance")), "kind is never 'whole'"),
        (when(is_yes("urgent"), field("chooser")), "the field chooser: there is none"),
    ],
)
def test_a_condition_that_can_never_hold_is_found_where_the_gate_is_written(stage: object, said: str) -> None:
    assert not list(gate_check.faults_as_written(versions(role("finance"), *when(is_yes("urgent"), field("owner")))))
    (fault,) = gate_check.faults_as_written(versions(role("finance"), *stage))  # type: ignore[misc]
    assert said in fault.message
    assert fault.where.startswith("tests/engine/requests/test_gate_check.py:")


def test_bands_that_overlap_by_the_policy_are_found_at_the_gate() -> None:
    finance = role("finance")
    ladder = by_amount(up_to("class_a_from_amount", finance), up_to("class_b_from_amount", finance), beyond(finance))
    found = bootstrap.check("policy", shipped_text("policy"), "policy.yaml", versions(ladder), date(2026, 3, 2))
    assert [(f.file, f.severity) for f in found] == [("tests/engine/requests/test_gate_check.py", "error")]
    assert "class_b_from_amount (500000.00 CNY) must be above class_a_from_amount (2000000.00 CNY)" in found[0].message


@pytest.mark.parametrize(
    ("approver", "said"),
    [
        (department("legal"), "the department legal, where nobody is"),
        (at_least(3, role("finance"), person("qian.zhiyuan@yongchang.example")), "3 different people, and there are 2"),
    ],
)
def test_a_group_without_people_or_with_too_few_is_found_when_people_are_taken_in(approver: Decider, said: str) -> None:
    people, today = shipped_text("people"), date(2026, 3, 2)
    assert bootstrap.check("people", people, "p.yaml", versions(at_least(2, role("finance"))), today) == []
    (found,) = bootstrap.check("people", people, "p.yaml", versions(approver), today)
    assert said in found.message
    assert found.file == "tests/engine/requests/test_gate_check.py"


def test_a_misspelt_role_is_found_where_the_gate_is_written_and_told_with_the_right_one() -> None:
    (people, policy, _), made = shipped_company(), versions(role("finanse"))
    (fault,) = gate_check.faults_by_people(made, people, policy)
    assert fault.where.startswith("tests/engine/requests/test_gate_check.py:")
    assert "the role finanse, which the people file does not have; did you mean finance?" in fault.message
    (found,) = bootstrap.check("people", shipped_text("people"), "p.yaml", made, date(2026, 3, 2))
    assert f'which {fault.where} asks; give it to somebody, or did you mean "finance" there?' in found.message


def test_a_number_from_the_policy_is_held_against_the_people() -> None:
    (people, policy, _), made = shipped_company(), versions(at_least("recognition_rounds", role("finance")))
    found = gate_check.faults_by_people(made, people, policy)
    assert ["3 different people" in fault.message for fault in found] == [True]


def test_what_a_gate_reads_of_the_policy_and_the_roles_inside_its_panels_are_needed() -> None:
    ladder = by_amount(up_to("small", at_least("how_many", role("a"))), beyond(role("b")))
    made = versions(ladder)
    assert {key: kind for key, kind in needs.policy_read(made).items() if key in ("small", "how_many")} == {
        "small": "amount", "how_many": "whole number",
    }  # fmt: skip
    assert {"a", "b"} <= needs.roles_asked(made).keys()
