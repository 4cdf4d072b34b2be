"""A decision is undone 撤销 within minutes, while nothing has come of it: else it says why."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from crm_workflows.domain.approvers import role
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.record import auditing
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import opening
from tests.engine.conftest import Install
from tests.engine.decisions.test_passing import HE, PANEL, QIAN, panel, passing
from tests.engine.toys import (
    ADMIN,
    BOSS,
    GATE,
    HEAD,
    MATERIALS,
    NOTE,
    OWNER,
    SUPPLIER,
    Matter,
    journal,
    requests,
    row,
    start,
    step,
    toy,
)
from tests.office import Office


@step("T-6", after_send_back="once")
def number() -> str:
    return "N-1"


@step("T-1")
def look() -> int:
    return 1


def then_a_form(case: Case[Matter]) -> Outcome:
    """A gate, then somebody fills in a form."""
    look()
    if case.approval(GATE).rejected:
        return case.reject(notify=[Contact("陈", SUPPLIER)])
    case.task(NOTE)
    return case.approve()


def then_a_number(case: Case[Matter]) -> Outcome:
    """A gate, then a number that is given once, then a form."""
    look()
    if case.approval(GATE).rejected:
        return case.reject()
    number()
    case.task(NOTE)
    return case.approve()


GATE2 = replace(GATE, name="second", rule="T-7", approver=role("general_manager"))


def then_another_gate(case: Case[Matter]) -> Outcome:
    """Two gates."""
    look()
    if case.approval(GATE).rejected or case.approval(GATE2).rejected:
        return case.reject()
    return case.approve()


def later(office: Office, minutes: int) -> None:
    office.move_to(office.clock.now() + timedelta(minutes=minutes))


def test_an_approval_is_undone_by_a_word_and_the_gate_is_asked_anew(install: Install) -> None:
    office = install(toy(then_a_form, GATE, NOTE))
    code = start(office)
    asking = office.asking(code)
    later(office, 1)
    office.reply(asking, "同意")
    receipt = office.mails("receipt", to=HEAD)[0]
    assert receipt.context["undo_until"] == (office.clock.now() + timedelta(minutes=10)).isoformat().replace(
        "+00:00", "Z"
    )
    later(office, 9)
    office.reply(receipt, "撤销")
    (item,) = office.view(code)["waiting_for"]
    assert (item["gate"], item["round"], item["assignee"]["email"]) == ("gate", 2, HEAD)
    assert (1, "step", "T-1:look") in journal(office, code), "what lies before the gate is not done again"
    assert office.mails("decision_notice", to=OWNER)[-1].context["decision"] in ("approve", "undo")
    assert "undo" in [mail.context["decision"] for mail in office.mails("decision_notice", to=OWNER)]
    assert [d["decision"] for d in office.view(code)["decisions"]] == ["approve"], "it stays on record"
    office.answer(code, "reject", comment="太贵")
    assert office.view(code)["outcome"] == "rejected"
    assert auditing.verify(office.engine) == []


def test_a_case_that_the_decision_closed_is_opened_again_and_ends_once_more(install: Install) -> None:
    office = install(toy(passing, GATE))
    code = start(office)
    later(office, 1)
    office.answer(code, "reject", comment="手滑")
    assert row(office, code).status == "closed"
    answers.answer(office.engine, f"{code}-R1", Answer("undo", HEAD, "page"))
    found = row(office, code)
    assert (found.status, found.outcome, found.closed_at) == ("waiting", None, None)
    assert auditing.verify(office.engine) == []
    office.answer(code, "approve")
    assert office.view(code)["outcome"] == "approved"
    assert auditing.verify(office.engine) == []


@pytest.mark.parametrize("ends", ["cancel", "recall"])
def test_a_case_that_was_opened_again_can_be_ended_as_any_other(install: Install, ends: str) -> None:
    """Those whom its first end was told hear of this one as well."""
    office = install(toy(passing, GATE))
    code = start(office)
    office.answer(code, "reject", comment="手滑")
    answers.answer(office.engine, f"{code}-R1", Answer("undo", HEAD, "page"))
    if ends == "cancel":
        opening.cancel(office.engine, code, by=ADMIN, reason="不买了")
    else:
        answers.answer(office.engine, f"{code}-R2", Answer("recall", OWNER, "page"))
    assert row(office, code).status == "cancelled"
    assert {mail.context["outcome"] for mail in office.mails("case_closed", to=HEAD)} == {"rejected", "withdrawn"}


def a_while(office: Office, code: str) -> None:
    later(office, 11)


def the_form(office: Office, code: str) -> None:
    office.submit(code)


@pytest.mark.parametrize(
    ("body", "decision", "between", "says"),
    [
        (then_a_form, "approve", a_while, "the time in which it could be undone is over"),
        (then_a_form, "approve", the_form, "somebody has answered or decided something since"),
        (then_a_form, "reject", lambda _office, _code: None, "a mail to somebody outside the company has followed"),
        (then_a_number, "approve", lambda _office, _code: None, "a number was given"),
        (then_a_form, "send_back", lambda _office, _code: None, "no decision of yours"),
    ],
)
def test_what_has_had_consequences_is_not_undone_and_says_why(
    install_in_memory: Install,
    body: Callable[[Case[Matter]], Outcome],
    decision: str,
    between: Callable[[Office, str], None],
    says: str,
) -> None:
    office = install_in_memory(toy(body, GATE, NOTE))
    code = start(office)
    asking = office.asking(code)
    later(office, 1)
    office.answer(code, decision, comment="原因", to="T-1" if decision == "send_back" else None)
    between(office, code)
    before = journal(office, code)
    office.reply(asking, "撤销")
    assert says in office.mails("refused", to=HEAD)[0].context["reason"]
    assert journal(office, code) == before


def test_only_whoever_decided_undoes_it_and_not_over_others_of_a_panel(install_in_memory: Install) -> None:
    office = install_in_memory(toy(panel, PANEL))
    code = start(office)
    later(office, 1)
    office.answer(code, "approve", by=QIAN)
    with pytest.raises(InvalidInput, match="no decision of yours"):
        office.answer(code, "undo", by=HE)
    with pytest.raises(NotEntitled):
        office.answer(code, "undo", by=BOSS)
    later(office, 1)
    assert office.answer(code, "undo", by=QIAN).effective
    assert sorted(i["assignee"]["email"] for i in office.view(code)["waiting_for"]) == sorted([QIAN, HE])
    office.answer(code, "approve", by=QIAN)
    office.answer(code, "approve", by=HE)
    with pytest.raises(InvalidInput, match="somebody has answered or decided"):
        answers.answer(office.engine, f"{code}-R2", Answer("undo", HE, "page"))


def test_what_the_next_gate_had_asked_somebody_needs_no_answer_any_more(install: Install) -> None:
    office = install(toy(then_another_gate, GATE, GATE2))
    code = start(office)
    later(office, 1)
    office.answer(code, "approve")
    office.answer(code, "ask", to=MATERIALS, comment="为什么？")
    answers.answer(office.engine, f"{code}-R1", Answer("undo", HEAD, "page"))
    assert requests(office, code) == {
        f"{code}-R1": "decided", f"{code}-R2": "superseded", f"{code}-R3": "withdrawn", f"{code}-R4": "open",
    }  # fmt: skip
    assert [item["assignee"]["email"] for item in office.view(code)["waiting_for"]] == [HEAD]


def test_an_old_answer_after_an_undo_is_led_to_the_request_that_is_asked_now(install_in_memory: Install) -> None:
    office = install_in_memory(toy(then_a_form, GATE, NOTE))
    code = start(office)
    old = office.asking(code)
    office.reply(old, "同意")
    office.reply(office.mails("receipt", to=HEAD)[0], "撤销")
    (item,) = office.view(code)["waiting_for"]
    office.reply(old, "驳回 太贵")
    (told,) = office.mails("refused", to=HEAD)
    assert f"answer the new request {item['id']}" in told.context["reason"]
    assert told.context["decided_by"] is None, "the decision that was undone is not told as one that stands"
    assert [i["id"] for i in office.view(code)["waiting_for"]] == [item["id"]]
