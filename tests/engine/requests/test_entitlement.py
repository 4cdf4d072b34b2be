"""Whose answer a mail carries where several are asked, somebody stands in, or the requester decides (G-2, G-5)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from crm_workflows.domain.approvers import owner, role
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.panels import everybody
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.domain.records import Decision
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running.opening import cancel
from tests.engine.conftest import Install
from tests.engine.toys import FINANCE, GATE, OWNER, STRANGER, Matter, start, toy
from tests.office import Office

QIAN, HE = FINANCE


def asking(install: Install, **how: Any) -> Office:
    """One gate, of finance unless told otherwise."""
    gate: Gate = replace(GATE, send_back=(), **{"approver": role("finance")} | how)

    def body(case: Case[Matter]) -> Outcome:
        """One gate."""
        return case.reject() if case.approval(gate).rejected else case.approve()

    return install(toy(body, gate))


def away(office: Office, address: str, stand_in: str) -> None:
    """For all of March somebody stands in."""
    deputies = (Deputy(stand_in, date(2026, 3, 1), date(2026, 3, 31)),)
    people = office.staff.people
    changed = [replace(one, deputies=deputies) if one.email == address else one for one in people.people]
    office.staff.people = Directory(changed, people.roles, people.departments)


def decided(office: Office) -> list[tuple[str, str | None]]:
    with office.engine.store.read() as reader:
        return [(one.by, one.on_behalf_of) for one in reader.find(Decision, order="n")]


def test_the_mail_of_another_who_is_asked_as_well_decides_nothing(install_in_memory: Install) -> None:
    """Else one of them could make it look as if the other had decided."""
    office = asking(install_in_memory)
    start(office)
    office.reply(office.mails("approval_request", to=QIAN)[0], "同意", sender=HE)
    (refused,) = office.mails("refused", to=HE)
    assert "somebody else's secret" in refused.context["reason"]
    assert decided(office) == []


def test_whoever_stands_in_answers_with_the_mail_of_whom_they_stand_in_for(install_in_memory: Install) -> None:
    office = asking(install_in_memory)
    start(office)
    away(office, QIAN, STRANGER)
    office.reply(office.mails("approval_request", to=QIAN)[0], "同意", sender=STRANGER)
    assert decided(office) == [(STRANGER, QIAN)]


def test_who_is_back_answers_with_the_mail_of_whoever_was_asked_in_their_place(install_in_memory: Install) -> None:
    office = asking(install_in_memory)
    away(office, QIAN, STRANGER)
    start(office)
    office.reply(office.mails("approval_request", to=STRANGER)[0], "同意", sender=QIAN)
    assert decided(office) == [(QIAN, None)]


@pytest.mark.breaks_invariants("a gate of the requester's own beside that of the engine", "nobody decides who may not")
def test_a_requester_decides_where_the_gate_is_theirs(install_in_memory: Install) -> None:
    office = asking(install_in_memory, approver=owner, requester_decides=True)
    assert office.answer(start(office), "approve", by=OWNER).effective
    assert decided(office) == [(OWNER, None)]


def test_an_answer_to_a_withdrawn_request_hears_that_it_was_withdrawn_whoever_answered_before(
    install_in_memory: Install,
) -> None:
    office = asking(install_in_memory, approver=everybody(role("finance")))
    code = start(office)
    request = office.waiting(code)["id"]
    assert office.answer(code, "approve", by=QIAN).effective
    cancel(office.engine, code, by=OWNER, reason="不买了")
    late = answer(office.engine, request, Answer("approve", HE, "link"))
    assert late.sentence.endswith(f"request {request} was withdrawn; your answer is kept without effect")
    assert late.decided_by is None
