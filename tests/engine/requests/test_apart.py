"""Whoever has answered one of two that different people must answer is kept from the other, in whatever order (G-2)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from crm_workflows.domain.approvers import person, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate, Stage
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.domain.panels import everybody
from crm_workflows.domain.people import Directory
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions.amending import Amendment, amend
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.decisions.handing import Handover, reassign
from crm_workflows.engine.decisions.overriding import Override, override
from crm_workflows.engine.results import Outcome
from tests.engine.conftest import Install
from tests.engine.toys import ADMIN, BOSS, FINANCE, MATERIALS, OWNER, STRANGER, Matter, Note, row, start, toy
from tests.office import Office

QIAN, HE = FINANCE
PROCESS_OWNER = STRANGER
FIRST = Gate("first", "初审 / First", rule="T-2", approver=role("finance"), due=working_days(2))
SECOND = Gate(
    "second", "复审 / Second", rule="T-2", approver=role("finance"), other_than=("first",), due=working_days(2)
)
CHECKED = FormTask("checked", "核对 / Check", rule="T-3", form=Note, by=role("finance"), other_than="first")
LAST = Gate("last", "终审 / Last", rule="T-3", approver=role("general_manager"), due=working_days(2))

SecondAsked = Callable[[Case[Matter]], object]


def of_two(second: SecondAsked, first: Gate = FIRST) -> Callable[[Case[Matter]], Outcome]:
    """One gate, then what another person must answer."""

    def body(case: Case[Matter]) -> Outcome:
        if case.approval(first, shows=case.subject.shown()).rejected:
            return case.reject()
        second(case)
        return case.approve()

    return body


TWO_GATES = toy(of_two(lambda case: case.approval(SECOND, shows=case.subject.shown())), FIRST, SECOND)
GATE_AND_TASK = toy(of_two(lambda case: case.task(CHECKED, shows=case.subject.shown())), FIRST, CHECKED)


def amended(office: Office, code: str) -> None:
    amend(office.engine, code, Amendment({"what": "螺母"}, OWNER, "写错了", "page"))


def decides(office: Office, request: str, by: str) -> bool:
    return answer(office.engine, request, Answer("approve", by, "page")).effective


def asked_again_at_once(office: Office) -> tuple[str, str]:
    """Both gates are asked on what was amended, and who decides which is not known then."""
    code = start(office)
    office.answer(code, "approve", by=QIAN)
    amended(office, code)
    return f"{code}-R3", f"{code}-R4"


def refused(office: Office, request: str, *people: str) -> None:
    """Each of them is told that it needs another person."""
    for by in people:
        with pytest.raises(NotEntitled, match="needs another person"):
            decides(office, request, by)


def test_of_two_gates_asked_again_at_once_nobody_decides_both(install: Install) -> None:
    """Neither whoever decided the first before the amendment nor whoever did after it; a third is put in their place.

    The dead end of a company with two in a role is left by reassigning, as the refusal says.
    """
    office = install(TWO_GATES)
    first, second = asked_again_at_once(office)
    assert decides(office, first, HE)
    refused(office, second, QIAN, HE)
    how = Handover(ADMIN, "cli", "没有第三人", "root")
    with pytest.raises(InvalidInput, match="cannot be asked"):
        reassign(office.engine, second, from_=HE, to=QIAN, how=how)
    reassign(office.engine, second, from_=HE, to=BOSS, how=how)
    assert decides(office, second, BOSS)


def test_whoever_decides_the_later_of_two_first_is_kept_from_the_earlier(install: Install) -> None:
    office = install(TWO_GATES)
    first, second = asked_again_at_once(office)
    assert decides(office, second, HE)
    refused(office, first, HE)
    how = Handover(ADMIN, "cli", "出差", "root")
    with pytest.raises(InvalidInput, match="cannot be asked"):
        reassign(office.engine, first, from_=QIAN, to=HE, how=how)
    assert decides(office, first, QIAN)
    assert row(office, first.rpartition("-")[0]).outcome == "approved"


def test_whoever_has_done_a_task_is_kept_from_the_gate_before_it_that_is_asked_again(install: Install) -> None:
    """And the other way round."""
    office = install(GATE_AND_TASK)
    for answers_first, by in (("task", HE), ("gate", HE)):
        gate, _ = asked_again_at_once(office)
        if answers_first == "task":
            office.submit(gate.rpartition("-")[0], gate="checked", by=by)
            refused(office, gate, by)
        else:
            assert decides(office, gate, by)
            with pytest.raises(NotEntitled, match="needs another person"):
                office.submit(gate.rpartition("-")[0], gate="checked", by=by)


def test_whoever_decided_what_comes_behind_and_stands_is_kept_from_what_is_asked_again(install: Install) -> None:
    """The second shows nothing that was amended, so its answer stands."""

    def second_and_last(case: Case[Matter]) -> None:
        case.approval(SECOND, shows=Shown((Fact.of("编号 / Number", "1"),)))
        case.approval(LAST)

    office = install(toy(of_two(second_and_last), FIRST, SECOND, LAST))
    code = start(office)
    office.answer(code, "approve", by=QIAN)
    office.answer(code, "approve", by=HE)
    amended(office, code)
    first = office.waiting(code, "first")["id"]
    refused(office, first, HE)
    assert decides(office, first, QIAN)


def test_whoever_has_voted_in_a_panel_that_is_still_open_is_kept_from_the_other(install: Install) -> None:
    """Also where the other shows nothing that was amended, and stays asked as it was."""
    both = replace(FIRST, approver=everybody(person(QIAN), person(MATERIALS)))
    number = Shown((Fact.of("编号 / Number", "1"),))
    office = install(toy(of_two(lambda case: case.approval(SECOND, shows=number), both), both, SECOND))
    code = start(office)
    office.answer(code, "approve", by=QIAN)
    office.answer(code, "approve", by=MATERIALS)
    amended(office, code)
    first, second = (office.waiting(code, name)["id"] for name in ("first", "second"))
    reassign(office.engine, first, from_=MATERIALS, to=HE, how=Handover(ADMIN, "cli", "出差", "root"))
    assert decides(office, first, HE)
    assert office.waiting(code, "first")["id"] == first, "it waits for the other seat"
    refused(office, second, HE)


def test_a_voice_in_a_panel_counts_before_the_panel_has_decided(install: Install) -> None:
    panel = replace(SECOND, approver=everybody(person(HE), person(BOSS)))
    office = install(toy(of_two(lambda case: case.approval(panel, shows=case.subject.shown())), FIRST, panel))
    first, second = asked_again_at_once(office)
    assert decides(office, second, HE)
    refused(office, first, HE)


def test_without_an_amendment_only_the_later_is_kept_from_whoever_did_the_earlier(install: Install) -> None:
    """A procedure that comes by the first again asks anybody: what it judges is new."""

    def second_and_first_again(case: Case[Matter]) -> None:
        case.approval(SECOND)
        case.approval(FIRST)

    office = install(toy(of_two(second_and_first_again), FIRST, SECOND))
    code = start(office)
    for by in (QIAN, HE, HE):
        office.answer(code, "approve", by=by)
    assert row(office, code).outcome == "approved"


def test_a_gate_that_is_asked_twice_keeps_apart_the_stages_of_each_time(install: Install) -> None:
    stages = Gate(
        "stages", "两级 / Two stages", rule="T-2", approver=role("finance"), then=(Stage("next", role("finance")),),
        by_different_people=True,
    )  # fmt: skip

    def body(case: Case[Matter]) -> Outcome:
        case.approval(stages, shows=Shown((Fact.of("编号 / Number", "1"),)))
        case.approval(stages, shows=case.subject.shown())
        return case.approve()

    office = install(toy(body, stages))
    code = start(office)
    for by in (QIAN, HE):
        office.answer(code, "approve", by=by)
    amended(office, code)
    for by in (QIAN, HE):
        office.answer(code, "approve", by=by)
    assert row(office, code).outcome == "approved"


def test_whoever_sends_back_may_decide_what_is_asked_anew(install: Install) -> None:
    """That undoes what they did, and the procedure keeps apart in one direction only."""
    back = Gate(
        "second", "复审 / Second", rule="T-3", approver=role("finance"), other_than=("first",), send_back=("T-2",),
    )  # fmt: skip
    office = install(toy(of_two(lambda case: case.approval(back, shows=case.subject.shown())), FIRST, back))
    code = start(office)
    office.answer(code, "approve", by=QIAN)
    office.answer(code, "send_back", to="T-2", comment="再看", by=HE)
    amended(office, code)
    assert decides(office, office.waiting(code, "first")["id"], HE)


def test_two_who_override_the_first_do_not_override_the_second(install: Install) -> None:
    """Neither by a new proposal nor by one that they made before."""
    office = install(TWO_GATES)
    people = office.staff.people
    more = [replace(one, roles=(*one.roles, "admin")) if one.email == BOSS else one for one in people]
    office.staff.people = Directory(more, people.roles, people.departments)
    first, second = asked_again_at_once(office)

    def overrides(request: str, by: str) -> bool:
        return override(office.engine, request, Override("approve", by, "无人可审", "page")).is_decided

    assert not overrides(second, ADMIN)
    assert not overrides(first, ADMIN)
    assert overrides(first, PROCESS_OWNER)
    for by in (ADMIN, PROCESS_OWNER):
        with pytest.raises(NotEntitled, match="judges what you made"):
            overrides(second, by)
    assert not overrides(second, BOSS), "nobody is left who has proposed it"
    assert decides(office, second, HE)
