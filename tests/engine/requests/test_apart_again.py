"""Of two requests kept apart, where a case goes on after an amendment: who is barred, by what, and who is asked (G-2).

In `test_apart` whoever has done one tries the other.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from crm_workflows.domain.approvers import person
from crm_workflows.domain.panels import everybody, in_turn
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.domain.records import Assignee
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions.leavers import move_on
from crm_workflows.engine.results import Outcome
from tests.engine.conftest import Install
from tests.engine.requests.test_apart import (
    FIRST,
    HE,
    LAST,
    QIAN,
    SECOND,
    TWO_GATES,
    amended,
    asked_again_at_once,
    decides,
    of_two,
    refused,
)
from tests.engine.toys import BOSS, MATERIALS, Matter, row, start, toy
from tests.office import Office

NUMBER = Shown((Fact.of("编号 / Number", "1"),))


def now(office: Office, address: str, **how: Any) -> None:
    """From now on this stands in the people file."""
    people = office.staff.people
    changed = [replace(one, **how) if one.email == address else one for one in people]
    office.staff.people = Directory(changed, people.roles, people.departments)


def asked_in(office: Office, request: str) -> set[str]:
    with office.engine.store.read() as reader:
        return {one.person for one in reader.find(Assignee, request=request, is_active=True)}


def second(case: Case[Matter]) -> None:
    case.approval(SECOND, shows=case.subject.shown())


def test_whoever_decided_before_an_amendment_is_kept_from_what_is_asked_later(install: Install) -> None:
    """Though another has decided on what was amended: in any round counts, as after a send-back."""

    def last_and_second(case: Case[Matter]) -> None:
        case.approval(LAST, shows=case.subject.shown())
        second(case)

    office = install(toy(of_two(last_and_second), FIRST, LAST, SECOND))
    code = start(office)
    office.answer(code, "approve", by=QIAN)
    amended(office, code)
    assert decides(office, office.waiting(code, "first")["id"], HE)
    assert decides(office, office.waiting(code, "last")["id"], BOSS)
    refused(office, office.waiting(code, "second")["id"], QIAN, HE)


def test_whoever_decided_the_second_decides_the_first_that_comes_again_behind_it_and_is_amended(
    install: Install,
) -> None:
    """It lies behind, as it did before the amendment: what it judges is new."""

    def body(case: Case[Matter]) -> Outcome:
        case.approval(FIRST, shows=NUMBER)
        case.approval(SECOND, shows=NUMBER)
        case.approval(FIRST, shows=case.subject.shown())
        return case.approve()

    office = install(toy(body, FIRST, SECOND))
    code = start(office)
    for by in (QIAN, HE):
        office.answer(code, "approve", by=by)
    amended(office, code)
    assert decides(office, office.waiting(code, "first")["id"], HE)
    assert row(office, code).outcome == "approved"


def test_nobody_stands_in_for_whoever_is_kept_apart(install: Install) -> None:
    """Neither is a deputy asked in their place where that is known at once."""
    office = install(TWO_GATES)
    first, other = asked_again_at_once(office)
    assert decides(office, first, HE)
    now(office, HE, deputies=(Deputy(MATERIALS, date(2026, 1, 1)),))
    refused(office, other, MATERIALS)


def test_what_a_leaver_was_asked_goes_past_whoever_is_kept_apart(install: Install) -> None:
    """Asked beside them, they would be left alone with what they must not answer, and nobody told."""
    office = install(TWO_GATES)
    first, other = asked_again_at_once(office)
    assert decides(office, other, HE)
    now(office, QIAN, active=False)
    assert move_on(office.engine) == 1
    assert asked_in(office, first) == {HE, BOSS}
    assert decides(office, first, BOSS)


def test_a_leaver_s_seat_goes_past_a_manager_who_is_kept_apart(install: Install) -> None:
    both = replace(FIRST, approver=everybody(person(MATERIALS), person(BOSS)))
    office = install(toy(of_two(second, both), both, SECOND))
    code = start(office)
    for by in (MATERIALS, BOSS):
        office.answer(code, "approve", by=by)
    amended(office, code)
    assert decides(office, office.waiting(code, "second")["id"], HE)
    now(office, MATERIALS, active=False, manager=HE)
    move_on(office.engine)
    assert HE not in asked_in(office, office.waiting(code, "first")["id"])


def test_the_turn_passes_by_whoever_is_kept_apart(install: Install) -> None:
    """Their manager is asked, as where it is known at once."""
    turns = replace(FIRST, approver=in_turn(person(MATERIALS), person(HE)))
    office = install(toy(of_two(second, turns), turns, SECOND))
    code = start(office)
    now(office, HE, deputies=(Deputy(BOSS, date(2026, 1, 1)),))
    for by in (MATERIALS, BOSS):
        office.answer(code, "approve", by=by)
    now(office, HE, deputies=())
    amended(office, code)
    first, other = (office.waiting(code, name)["id"] for name in ("first", "second"))
    assert decides(office, other, HE)
    assert decides(office, first, MATERIALS)
    assert asked_in(office, first) == {QIAN}
    assert decides(office, first, QIAN)
    assert row(office, code).outcome == "approved"
