"""Deciding on a supplier: who may, what goes back, what time brings, and who hears of it (SV-7)."""

from collections import Counter
from typing import Any

import pytest

from crm_workflows.adapters.configuration.config_files import parse_people
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.views import views
from tests.office import UNTIL_GATE, Office, application, documents, shipped_text

HEAD = "zheng.xiaodong@yongchang.example"


def test_one_of_several_asked_cannot_answer_with_the_secret_of_another(office: Office) -> None:
    code = office.until_gate(application("over-limit"))
    office.answer(code, "approve")
    asked = [item["assignee"]["email"] for item in office.view(code)["waiting_for"]]
    assert len(asked) == 2, "both of finance are asked, and one of them suffices"
    mails = {mail.recipient: mail for mail in office.mails("approval_request") if mail.recipient in asked}
    office.reply(mails[asked[0]], "同意", sender=asked[1])
    assert office.waiting(code)["assignee"]["role"] == "finance"
    assert not [d for d in office.view(code)["decisions"] if d["by"] == asked[1]]
    office.reply(mails[asked[1]], "同意", sender=asked[1])
    assert [d["by"] for d in office.view(code)["decisions"] if d["by"] in asked] == [asked[1]]


def test_whoever_is_back_from_leave_answers_what_their_deputy_was_asked(office: Office) -> None:
    away = "  - email: zheng.xiaodong@yongchang.example\n"
    deputy = "    deputies:\n      - {email: feng.xue@yongchang.example, from: 2026-03-02, to: 2026-03-02}\n"
    office.staff.people = parse_people(shipped_text("people").replace(away, away + deputy))
    code = office.until_gate()
    assert office.waiting(code)["assignee"]["email"] == "feng.xue@yongchang.example"
    office.advance(working_days(1))
    office.answer(code, "approve", by=HEAD, channel="page")
    assert [d["by"] for d in office.view(code)["decisions"] if d["decision"] == "approve"] == [HEAD]


def test_a_key_stands_for_one_request_with_its_files_and_its_requester(office: Office) -> None:
    key: dict[str, Any] = {"idempotency_key": "k", "attachments": documents()[:1]}
    code = office.start(**key)
    assert office.start(**key) == code
    others: tuple[dict[str, Any], ...] = ({"attachments": documents()[1:2]}, {"attachments": []}, {"requester": HEAD})
    for other in others:
        with pytest.raises(InvalidInput, match="other input"):
            office.start(**(key | other))
    for wrong in ("", "k" * 201):
        with pytest.raises(InvalidInput, match="1 to 200"):
            office.start(idempotency_key=wrong)


def test_a_send_back_to_the_report_asks_nobody_else_again(office: Office) -> None:
    code = office.until_gate()
    before = Counter((mail.template, mail.recipient) for mail in office.mails())
    office.answer(code, "send_back", to="SV-6", comment="请补充基本方针")
    waiting = office.waiting(code)
    assert (waiting["gate"], waiting["round"]) == ("recognition_application", 2)
    added = Counter((mail.template, mail.recipient) for mail in office.mails()) - before
    owner = application()["owner"]
    assert added == Counter({("task_request", owner): 1, ("decision_notice", owner): 1})
    office.submit(code)
    assert office.waiting(code)["gate"] == "recognition"
    office.answer(code, "approve")
    office.sign(code)
    office.submit(code, gate="payment_terms")
    assert office.view(code)["outcome"] == "approved"


def test_a_send_back_is_prefilled_with_the_earlier_answer(office: Office) -> None:
    code = office.until("recognition_application")
    office.submit(code, gate="recognition_application", basic_policy="独家条款")
    office.answer(code, "send_back", to="SV-6", comment="请补充")
    task = views.task_view(office.engine, office.waiting(code)["id"])
    assert task["draft"]["basic_policy"] == "独家条款"
    assert task["note"] == "请补充"


def test_a_send_back_to_the_papers_asks_the_supplier_only_for_what_the_owner_names(office: Office) -> None:
    code = office.until_gate()
    asked = len(office.mails("documents_request"))
    office.answer(code, "send_back", to="SV-3", comment="证书过旧")
    waiting = office.waiting(code)
    assert (waiting["gate"], waiting["round"], waiting["assignee"]["role"]) == ("papers_check", 2, "owner")
    assert views.task_view(office.engine, waiting["id"])["note"] == "证书过旧"
    assert {r["status"] for r in office.view(code)["requests"][:-1]} <= {"decided", "superseded"}
    assert len(office.mails("documents_request")) == asked, "what is here is kept until the owner names what is wrong"
    office.submit(code, gate="papers_check", ask_again=["certificate"], remark="请提供新证书")
    assert office.waiting(code)["missing"] == ["certificate"], "an optional paper that is asked for by name is needed"
    mail = office.mails("documents_request")[-1].context
    assert [(kind["kind"], kind["required"]) for kind in mail["kinds"]] == [("certificate", True)]
    office.hand_in(code)
    draft = views.task_view(office.engine, office.waiting(code, "papers_check")["id"])["draft"]
    assert draft["founded_in"] == 2009, "facts that were taken from the papers need not be typed again"
    assert not {"papers_are_right", "ask_again", "sufficient", "remark"} & set(draft), "but each set is judged anew"
    for task in UNTIL_GATE:
        office.submit(code, gate=task)
    office.answer(code, "approve")
    office.sign(code)
    office.submit(code, gate="payment_terms")
    assert office.view(code)["outcome"] == "approved"


def test_rounds_are_limited(office: Office) -> None:
    code = office.until_gate()
    for _ in range(3):
        office.answer(code, "send_back", to="SV-6", comment="再改")
        office.submit(code)
    with pytest.raises(InvalidInput, match="limit"):
        office.answer(code, "send_back", to="SV-6", comment="再改")
    office.answer(code, "approve")
    assert office.waiting(code)["gate"] == "contract_signers"


def test_a_gate_reminds_escalates_and_keeps_waiting(office: Office) -> None:
    code = office.until_gate()
    office.advance(working_days(1))
    assert [mail.recipient for mail in office.mails("reminder")] == [HEAD]
    office.advance(working_days(1))
    manager = office.staff.people.manager_of(HEAD)
    assert manager is not None
    assert [mail.recipient for mail in office.mails("escalation")] == [manager.email]
    office.advance(working_days(30))
    assert office.waiting(code)["gate"] == "recognition"
    assert len(office.mails("reminder")) == 1
    assert len(office.mails("escalation")) == 1


def test_timers_are_armed_anew_after_a_send_back(office: Office) -> None:
    code = office.until_gate()
    office.advance(working_days(1))
    office.answer(code, "send_back", to="SV-6", comment="改")
    office.submit(code)
    seen = len(office.mails("reminder"))
    office.advance(working_days(1))
    assert len(office.mails("reminder")) == seen + 1


def test_a_requester_never_decides_their_own_request(office: Office) -> None:
    code = office.until_gate(requester=HEAD)
    asked = office.waiting(code)["assignee"]["email"]
    assert asked != HEAD
    for channel in ("link", "reply", "page", "cli", "api"):
        with pytest.raises(NotEntitled, match="G-2"):
            office.answer(code, "approve", by=HEAD, channel=channel)
    office.answer(code, "approve")
    assert office.waiting(code)["gate"] == "contract_signers"


def test_somebody_not_asked_cannot_decide(office: Office) -> None:
    code = office.until_gate()
    for stranger in ("feng.xue@yongchang.example", "nobody@elsewhere.example"):
        with pytest.raises(NotEntitled):
            office.answer(code, "approve", by=stranger)


def moved(office: Office, old: str) -> str:
    """Somebody gets another address in mid-case and keeps the old one; returns the new one."""
    new = f"new.{old}"
    text = shipped_text("people")
    text = text.replace(f"  - email: {old}\n", f"  - email: {new}\n    other_emails: [{old}]\n").replace(
        f"manager: {old}", f"manager: {new}"
    )
    office.staff.people = parse_people(text)
    return new


def test_somebody_whose_address_changes_in_mid_case_can_still_answer_what_they_were_asked(office: Office) -> None:
    code = office.until_gate()
    new = moved(office, HEAD)
    assert [item["case"] for item in views.inbox(office.engine, new)] == [code]
    office.reply(office.asking(code), "同意", sender=new)
    assert [d["by"] for d in office.view(code)["decisions"] if d["decision"] == "approve"] == [new]
    assert office.waiting(code)["gate"] == "contract_signers"


def test_another_address_lets_no_requester_decide_their_own_request(office: Office) -> None:
    code = office.until_gate(requester=HEAD)
    new = moved(office, HEAD)
    for address in (HEAD, new):
        with pytest.raises(NotEntitled, match="G-2"):
            office.answer(code, "approve", by=address)


def test_who_comes_too_late_hears_who_decided(office: Office) -> None:
    code = office.until_gate()
    office.answer(code, "approve")
    request = next(r["id"] for r in office.view(code)["requests"] if r["gate"] == "recognition")
    late = answers.answer(office.engine, request, Answer("reject", HEAD, "link", comment="太晚"))
    assert not late.effective
    assert late.decided_by == HEAD
    effective = [d["effective"] for d in office.view(code)["decisions"] if d["request"] == request]
    assert effective == [True, False]


def test_either_of_two_in_finance_may_answer_and_the_other_hears(office: Office) -> None:
    code = office.until_code()
    people = [item["assignee"]["email"] for item in office.view(code)["waiting_for"]]
    assert len(people) == 2
    request = office.waiting(code)["id"]
    office.submit(code, by=people[1])
    given = Answer("submit", people[0], "page", form={"method": "bank_transfer", "days": 30})
    assert not answers.answer(office.engine, request, given).effective
