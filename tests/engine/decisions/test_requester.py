"""Whoever requested a case reminds those who are asked 催办 and recalls the request 撤回, and decides nothing by it."""

import pytest

from crm_workflows.domain.durations import working_hours
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.domain.records import Message
from crm_workflows.engine.case import Case
from crm_workflows.engine.record import auditing
from crm_workflows.engine.results import Outcome
from tests.engine.conftest import Install
from tests.engine.decisions.test_passing import PANEL, QIAN, panel, passing
from tests.engine.toys import (
    BOSS,
    GATE,
    HEAD,
    NOTE,
    OTHER_NOTE,
    OWNER,
    STRANGER,
    Matter,
    journal,
    requests,
    row,
    start,
    step,
    toy,
)
from tests.office import Office


@step("T-1")
def look() -> int:
    return 1


def own_form(case: Case[Matter]) -> Outcome:
    """The owner fills in a form, somebody else another; then it is decided."""
    look()
    case.task(OTHER_NOTE)
    case.task(NOTE)
    return case.reject() if case.approval(GATE).rejected else case.approve()


def own(office: Office) -> Message:
    return office.mails("case_opened", to=OWNER)[0]


def test_the_requester_reminds_by_a_word_and_not_too_often(install: Install) -> None:
    office = install(toy(passing, GATE))
    code = start(office)
    office.reply(own(office), "催办\n客户在等")
    (mail,) = office.mails("reminder", to=HEAD)
    assert mail.context["request"]["note"] == "王芳 催办：客户在等"
    assert office.mails("receipt", to=OWNER)[0].context["decision"] == "remind"
    office.advance(working_hours(3))
    with pytest.raises(InvalidInput, match="remind again from Mon 2 Mar 2026, 14:00 on"):
        office.answer(code, "remind", by=OWNER)
    office.advance(working_hours(1))
    assert office.answer(code, "remind", by=OWNER, channel="api", evidence="api:k").effective
    assert office.answer(code, "remind", by=OWNER, channel="api", evidence="api:k").effective, "the same call again"
    assert len(office.mails("reminder", to=HEAD)) == 2
    office.reply(mail, "同意")
    assert office.view(code)["outcome"] == "approved"
    assert auditing.verify(office.engine) == []


def test_while_a_question_is_out_whoever_must_answer_it_is_reminded(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    office.answer(code, "ask", to=STRANGER, comment="交期多久？")
    office.answer(code, "remind", gate="gate", by=OWNER)
    assert [mail.recipient for mail in office.mails("reminder")] == [STRANGER]


def test_a_recall_before_any_decision_leads_back_to_the_requesters_last_form(install: Install) -> None:
    office = install(toy(own_form, OTHER_NOTE, NOTE, GATE))
    code = start(office)
    office.submit(code, text="第一版")
    office.submit(code)
    office.reply(own(office), "撤回 单价写错了")
    item = office.waiting(code)
    assert (item["gate"], item["assignee"]["email"], item["round"]) == ("other_note", OWNER, 2)
    note = office.mails("task_request", to=OWNER)[-1].context["request"]["note"]
    assert note == "单价写错了"
    assert (1, "step", "T-1:look") in journal(office, code), "what lies before is kept"
    told = office.mails("decision_notice", to=HEAD)[0].context
    assert (told["decision"], told["asked_as_well"]) == ("recall", True)
    assert requests(office, code)[f"{code}-R3"] == "superseded"
    office.submit(code, text="第二版")
    office.submit(code)
    office.answer(code, "approve")
    assert office.view(code)["outcome"] == "approved"
    assert auditing.verify(office.engine) == []


def test_where_the_requester_has_filled_in_nothing_a_recall_ends_the_case(install: Install) -> None:
    office = install(toy(passing, GATE))
    code = start(office)
    asking = office.asking(code)
    assert office.answer(code, "recall", by=OWNER, comment="不需要了").effective
    assert (row(office, code).status, row(office, code).outcome) == ("cancelled", "withdrawn")
    assert office.mails("case_closed", to=HEAD)[0].context["comment"] == "不需要了"
    office.reply(asking, "同意")
    assert "已撤销" in office.mails("refused", to=HEAD)[0].context["reason"]
    assert auditing.verify(office.engine) == []


def test_once_somebody_has_decided_nothing_is_recalled(install: Install) -> None:
    office = install(toy(panel, PANEL))
    code = start(office)
    office.answer(code, "approve", by=QIAN)
    with pytest.raises(InvalidInput, match="has decided"):
        office.answer(code, "recall", by=OWNER)
    assert len(office.view(code)["waiting_for"]) == 1


@pytest.mark.parametrize(("verb", "by"), [("recall", HEAD), ("recall", BOSS), ("remind", HEAD), ("remind", BOSS)])
def test_nobody_else_recalls_or_reminds(install_in_memory: Install, verb: str, by: str) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    with pytest.raises(NotEntitled):
        office.answer(code, verb, by=by)
    assert not office.mails("reminder")


def test_a_process_owner_reminds(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    owner = next(p.email for p in office.staff.people if "process_owner" in p.roles)
    assert office.answer(code, "remind", by=owner).effective


def test_the_secret_of_the_requester_decides_nothing_and_serves_nobody_else(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    mail = own(office)
    for text, sender in (("同意", OWNER), ("撤回", HEAD), ("催办", "x@elsewhere.example"), ("好的", OWNER)):
        office.reply(mail, text, sender=sender)
    assert office.waiting(code)["gate"] == "gate"
    assert not office.mails("reminder")
    assert not office.view(code)["decisions"]
    assert "请在第一行写“催办”" in office.mails("refused", to=OWNER)[0].context["reason"]
