"""Whose main address changes while a gate is open stays the person they were: one voice, and what was theirs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm_workflows.domain.approvers import person, role
from crm_workflows.domain.elements import Stage
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.panels import Decider, everybody, in_turn
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.engine.case import Case
from crm_workflows.engine.results import Outcome
from tests.engine.conftest import Install
from tests.engine.toys import BOSS, FINANCE, GATE, MATERIALS, STRANGER, Matter, start, toy
from tests.office import Office

QIAN, HE = FINANCE
ANEW = "amy@yongchang.example"


def opened(install: Install, approver: Decider, *then: Stage) -> tuple[Office, str]:
    gate = replace(GATE, approver=approver, then=then)

    def body(case: Case[Matter]) -> Outcome:
        """One gate."""
        return case.reject() if case.approval(gate).rejected else case.approve()

    office = install(toy(body, gate))
    return office, start(office)


def change(office: Office, address: str, **columns: Any) -> None:
    """Another row for one of the staff, a minute later."""
    office.clock.move_to(office.clock.now() + timedelta(minutes=1))
    people = office.staff.people
    changed = [replace(one, **columns) if one.email == address else one for one in people]
    office.staff.people = Directory(changed, people.roles, people.departments)


def renamed(office: Office, address: str) -> None:
    change(office, address, email=ANEW, other_emails=(address,))


def asked(office: Office, code: str) -> list[str]:
    return sorted(item["assignee"]["email"] for item in office.view(code)["waiting_for"])


def test_nobody_is_put_on_a_second_seat_under_their_new_address(install_in_memory: Install) -> None:
    office, code = opened(install_in_memory, everybody(role("finance")))
    office.answer(code, "approve", by=HE)
    renamed(office, HE)
    with pytest.raises(InvalidInput, match="already"):
        office.answer(code, "delegate", by=QIAN, to=ANEW)
    assert asked(office, code) == [QIAN]


def test_a_deputy_of_two_speaks_once_whatever_their_address(install_in_memory: Install) -> None:
    office, code = opened(install_in_memory, everybody(person(QIAN), person(BOSS)))
    today = office.engine.today(office.clock.now())
    change(office, QIAN, deputies=(Deputy(MATERIALS, today),))
    assert office.answer(code, "approve", by=MATERIALS).effective
    renamed(office, MATERIALS)
    change(office, QIAN, deputies=())
    change(office, BOSS, deputies=(Deputy(ANEW, today),))
    assert not office.answer(code, "approve", by=ANEW).effective
    assert asked(office, code) == [BOSS]
    assert office.answer(code, "approve", by=BOSS).effective


def test_what_was_asked_under_the_old_address_is_passed_on_and_given_back(install_in_memory: Install) -> None:
    office, code = opened(install_in_memory, everybody(role("finance")))
    renamed(office, HE)
    office.answer(code, "delegate", by=ANEW, to=STRANGER)
    assert asked(office, code) == sorted([QIAN, STRANGER])
    office.answer(code, "delegate", by=STRANGER, to=ANEW)
    assert asked(office, code) == sorted([QIAN, ANEW])
    office.answer(code, "approve", by=ANEW)
    assert asked(office, code) == [QIAN]
    assert office.view(code)["decisions"][-1]["on_behalf_of"] is None


def test_whose_seat_comes_later_to_somebody_who_has_answered_is_theirs_already(install_in_memory: Install) -> None:
    """QIAN is out when his turn comes, and who stands in for him has said yes under another address."""
    office, code = opened(install_in_memory, in_turn(person(HE), person(BOSS), person(QIAN)))
    office.answer(code, "approve", by=HE)
    renamed(office, HE)
    change(office, QIAN, deputies=(Deputy(ANEW, office.engine.today(office.clock.now())),))
    office.answer(code, "approve", by=BOSS)
    assert office.view(code)["outcome"] == "approved"


def test_a_yes_under_the_old_address_counts_in_the_next_stage(install_in_memory: Install) -> None:
    office, code = opened(install_in_memory, in_turn(person(HE), person(BOSS)), Stage("again", person(HE)))
    office.answer(code, "approve", by=HE)
    renamed(office, HE)
    office.answer(code, "approve", by=BOSS)
    assert office.view(code)["outcome"] == "approved"


@pytest.mark.parametrize("by_mail", [False, True])
def test_who_is_back_under_another_address_answers_what_was_theirs(install_in_memory: Install, by_mail: bool) -> None:
    office, code = opened(install_in_memory, everybody(person(BOSS), person(HE)))
    change(office, HE, deputies=(Deputy(STRANGER, office.engine.today(office.clock.now())),))
    code = start(office)
    renamed(office, HE)
    change(office, ANEW, deputies=())
    if by_mail:
        office.reply(office.mails("approval_request", to=STRANGER)[0], "同意", sender=ANEW)
    else:
        office.answer(code, "approve", by=ANEW)
    assert [(made["by"], made["on_behalf_of"]) for made in office.view(code)["decisions"]] == [(ANEW, None)]
