"""Replies to what a complaint asked of the customer: their words reach whoever is in charge, in time or not (CP-1)."""

import pytest

from crm_workflows.domain.durations import clock_hours
from crm_workflows.engine.mail_in import intake
from crm_workflows.testing.memory_store import MemoryStore
from tests.engine.mail_in.test_bounces import message_id_of, report
from tests.flows.complaints import CUSTOMER, LEAD, asked, clocks, complain, finish, followed_up, sent, until
from tests.flows.customers import enter
from tests.flows.test_complaint_mail import GU, complaints, letter, post
from tests.office import COMPLAINTS, Office

WORDS = "新的泵又漏了，请马上处理。"


@pytest.fixture
def office() -> Office:
    return Office(MemoryStore())


def told(office: Office, code: str) -> set[str]:
    """Who got these words in a mail of the case."""
    return {
        mail.recipient for mail in office.mails("announcement", case=code)
        if any(WORDS in fact["value"] for fact in mail.context["facts"])
    }  # fmt: skip


def answered(office: Office) -> str:
    """A complaint of which the customer has our answer."""
    enter(office, "C-MA-0009", mail_domain="chenglan.example")
    post(office, letter(text="少发一个垫片，请补发。", subject="少发垫片"))
    (case,) = complaints(office)
    office.submit(case.code)
    return case.code


@pytest.mark.parametrize("copied", [False, True])
def test_a_reply_to_our_answer_after_the_close_is_kept_and_the_service_lead_hears(office: Office, copied: bool) -> None:
    code = answered(office)
    mail = office.mails("task_request", to=GU, case=code)[-1]
    office.reply(mail, "接受，谢谢")
    assert finish(office, code)["status"] == "closed"
    raw = office.reply_bytes(mail, WORDS, n=7)
    row = post(office, raw.replace(b"To: appr", b"Cc: " + COMPLAINTS.encode() + b"\nTo: appr", 1) if copied else raw)
    assert (row.status, row.case, len(complaints(office))) == ("applied", code, 1)
    assert told(office, code) == {complaints(office)[0].owner, LEAD}
    assert not office.mails("refused", to=GU), "nobody is told that these words have no effect"


def test_a_reply_to_a_survey_that_is_over_reaches_the_complaint(office: Office) -> None:
    code = complain(office)
    finish(office, code)
    survey = asked(office, followed_up(office, code))
    office.reply(survey, "5")
    post(office, office.reply_bytes(survey, WORDS, n=9))
    assert LEAD in told(office, code)


def test_words_beside_an_answer_already_given_reach_the_person_in_charge(office: Office) -> None:
    code = answered(office)
    mail = office.mails("task_request", to=GU, case=code)[-1]
    office.reply(mail, "接受，谢谢")
    row = post(office, office.reply_bytes(mail, f"申诉：{WORDS}", n=7))
    assert row.status == "applied"
    assert complaints(office)[0].owner in told(office, code)


def test_a_reply_that_is_not_understood_reaches_the_person_in_charge_as_well(office: Office) -> None:
    code = answered(office)
    mail = office.mails("task_request", to=GU, case=code)[-1]
    assert post(office, office.reply_bytes(mail, WORDS, n=7)).status == "unclear"
    assert told(office, code) == {complaints(office)[0].owner}
    assert office.mails("unclear", to=GU), "the question back is sent all the same"


def test_a_colleague_at_the_customer_who_replies_is_heard_and_decides_nothing(office: Office) -> None:
    code = answered(office)
    mail = office.mails("task_request", to=GU, case=code)[-1]
    row = post(office, office.reply_bytes(mail, f"申诉：{WORDS}", sender="boss@chenglan.example"))
    assert (row.status, row.case) == ("applied", code)
    assert told(office, code) == {complaints(office)[0].owner}
    assert office.view(code)["waiting_for"], "the answer is still asked of whoever was asked"
    stranger = post(office, office.reply_bytes(mail, WORDS, n=8, sender="evil@evil.example"))
    assert stranger.status == "refused"


def test_a_question_that_came_back_stops_no_clock(office: Office) -> None:
    code = complain(office)
    office.submit(code, question="批号是多少？", verdict=None, answer="", remedy="none")
    sent(office, code)
    question = asked(office, code)
    office.advance(clock_hours(1))
    assert clocks(office, code)[0]["is_paused"] is True
    intake.take_in(office.engine, report(message_id_of(office, question), CUSTOMER), "test", "")
    office.advance(clock_hours(2))
    standing = clocks(office, code)[0]
    assert (standing["is_paused"], standing["pauses"], standing["spent_hours"]) == (False, [], 3)


def test_a_receipt_says_what_the_customer_said_and_not_that_something_was_submitted(office: Office) -> None:
    code = answered(office)
    office.reply(office.mails("task_request", to=GU, case=code)[-1], "申诉：还是少一个")
    (receipt,) = office.mails("receipt", to=GU, case=code)
    assert receipt.context["decision"] == "申诉 / I appeal"
    assert [fact["value"] for fact in receipt.context["answers"]] == ["申诉", "还是少一个"]
    accepted = complain(office, what="另一件事", order="PO-9")
    office.submit(accepted)
    office.reply(asked(office, accepted), "接受")
    (receipt,) = office.mails("receipt", to=CUSTOMER, case=accepted)
    assert receipt.context["decision"] == "接受 / I accept it"


def test_a_mail_of_the_customer_that_answers_nothing_lets_the_clock_go_on(office: Office) -> None:
    post(office, letter())
    (case,) = complaints(office)
    office.submit(case.code, too_much=True)
    until(office, case.code, "analysis")
    office.advance(clock_hours(1))
    office.submit(case.code, question="运行温度是多少？")
    sent(office, case.code)
    office.advance(clock_hours(5))
    assert clocks(office, case.code)[0]["is_paused"]
    wrote = office.clock.now()
    row = post(office, letter(WORDS, f"[{case.code}] 补充", Message_ID="<2@chenglan.example>"))
    assert (row.status, row.case) == ("applied", case.code)
    assert office.waiting(case.code)["gate"] == "customer_question", "it was not the answer"
    office.advance(clock_hours(2))
    (clock,) = clocks(office, case.code)
    assert (clock["is_paused"], clock["spent_hours"]) == (False, 3)
    assert [pause["until"] for pause in clock["pauses"]] == [wrote.isoformat()]
