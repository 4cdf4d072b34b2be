"""What customers say to the answer to a complaint, and its clock: questions, appeal, effect (CP-8 to CP-14)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.durations import clock_hours, working_days
from crm_workflows.domain.errors import NotEntitled
from crm_workflows.domain.records import Booking
from crm_workflows.shipped import shipped
from flows.complaint_follow_up.elements import Satisfaction
from tests.flows.complaints import (
    CUSTOMER,
    DIRECTOR,
    FAULT,
    GENERAL_MANAGER,
    HANDLER,
    QUALITY,
    asked,
    clocks,
    complain,
    finish,
    followed_up,
    letters,
    one,
    sent,
    three_alike,
    until,
)
from tests.flows.customers import IN_MEMORY, enter, linked, registered
from tests.office import Office

ASK: dict[str, Any] = {"question": "少的是哪两套？", "verdict": None, "answer": "", "remedy": "none"}


def test_the_clock_stands_from_when_a_question_has_left_until_the_customer_writes(office: Office) -> None:
    code = complain(office)
    sent(office, code)
    office.submit(code, **ASK)
    assert office.waiting(code)["assignee"]["email"] == CUSTOMER
    facts = asked(office, code).context["request"]["facts"]
    assert asked(office, code).context["case"]["url_path"] is None, "no page of ours"
    assert [fact["value"] for fact in facts] == ["少的是哪两套？"], "nothing of ours"
    office.advance(clock_hours(3))
    assert (clocks(office, code)[0]["pauses"], clocks(office, code)[0]["spent_hours"]) == ([], 3), "it has not left yet"
    sent(office, code)
    since = office.clock.now()
    office.advance(clock_hours(60))
    standing = clocks(office, code)[0]
    assert (standing["is_paused"], standing["spent_hours"]) == (True, 3)
    assert "We are still working on your complaint" not in letters(office, code)
    office.reply(asked(office, code), "是 A 型密封件")
    (pause,) = clocks(office, code)[0]["pauses"]
    assert pause["since"] == since.isoformat()
    assert pause["until"] == office.clock.now().isoformat()
    told = office.mails("task_request", to=HANDLER, case=code)[-1]
    assert any("是 A 型密封件" in fact["value"] for fact in told.context["request"]["facts"])
    office.advance(clock_hours(54))
    assert "We are still working on your complaint" not in letters(office, code)
    office.advance(clock_hours(1))
    assert letters(office, code)[-1] == "We are still working on your complaint", "80 % of 72 hours, pauses left out"
    office.submit(code)
    assert clocks(office, code)[0]["is_kept"]


@IN_MEMORY
def test_a_question_that_nobody_answers_ends_and_so_does_the_pause(office: Office) -> None:
    code = complain(office)
    office.submit(code, **ASK)
    sent(office, code)
    office.move_to(office.clock.now() + timedelta(days=5))
    assert office.waiting(code)["gate"] == "short_answer"
    assert clocks(office, code)[0]["is_paused"] is False
    assert clocks(office, code)[0]["spent_hours"] == 0
    office.submit(code, **ASK)
    office.move_to(office.clock.now() + timedelta(days=5))
    with pytest.raises(Exception, match="cannot be asked any more"):
        office.submit(code, **ASK)


@IN_MEMORY
def test_whoever_looks_for_the_cause_may_ask_too_and_finds_what_was_filled_in(office: Office) -> None:
    code = complain(office, **FAULT)
    until(office, code, "analysis")
    office.submit(code, question="运行温度是多少？", not_caught="", proof="")
    office.submit(code, gate="customer_question", answer="80 度")
    item = office.waiting(code, "analysis")
    assert item["assignee"]["email"] == QUALITY
    assert finish(office, code)["rows"]["cause"]["cause"] == "密封圈硬度偏低"


def test_an_appeal_goes_to_another_reviewer_once(office: Office) -> None:
    code = complain(office, **FAULT)
    until(office, code, "answer")
    office.reply(asked(office, code), "申诉")
    assert office.waiting(code, "answer"), "the reason is wanted"
    office.reply(asked(office, code), "申诉：换货不够，产线停了一天", sender=CUSTOMER)
    until(office, code, "appeal")
    who = {item["assignee"]["email"] for item in office.view(code)["waiting_for"]}
    assert who == {DIRECTOR, GENERAL_MANAGER}
    with pytest.raises(NotEntitled):
        office.answer(code, "approve", by=QUALITY)
    office.answer(code, "approve", comment="同意补偿", by=DIRECTOR)
    assert (office.waiting(code)["gate"], office.waiting(code)["round"]) == ("analysis", 2)
    view = finish(office, code)
    assert view["rows"]["appeal"]["granted"] is True
    assert "Our answer to your complaint" in letters(office, code), "the second one is final: a letter, no question"
    assert [mail["template"] for mail in view["mails"] if mail["to"] == CUSTOMER].count("task_request") == 1
    assert [clock["status"] for clock in clocks(office, code)] == ["stopped", "stopped"]


@IN_MEMORY
def test_the_answer_says_what_is_done_and_how_long_an_appeal_is_possible(office: Office) -> None:
    """CP-10: silence means acceptance, which the customer has to know."""
    code = complain(office)
    office.submit(code, remedy="redelivery")
    shown = {fact["label"].split(" / ")[-1]: fact for fact in asked(office, code).context["request"]["facts"]}
    assert shown["What we do"]["value_en"] == "Delivery of what is missing"
    days = office.staff.policy().number("complaint_appeal_days")
    assert f"within {days} days" in shown["If you do not accept"]["value_en"]
    assert f"{days} 天内" in shown["If you do not accept"]["value"]


@IN_MEMORY
def test_a_customer_who_writes_again_is_told_what_stands_and_who_is_in_charge(office: Office) -> None:
    """Nothing of ours: no inner page, no "submitted", no decider; the footer says what becomes of their data."""
    code = complain(office)
    office.submit(code)
    office.reply(asked(office, code), "接受", sender=CUSTOMER)
    office.reply(asked(office, code), "申诉：补发太慢", sender=CUSTOMER)
    (told,) = office.mails("refused", to=CUSTOMER)
    renderer = Renderer(shipped("templates") / "emails", "https://crm.example", lambda _: "Asia/Shanghai")
    text = renderer.render(replace(told, language="zh"), token=None, links=True).text
    for word in ("您此前的答复：接受", told.context["in_charge"][1], "个人信息："):
        assert word in text
    for word in ("提交", "/cases/", "决定人"):
        assert word not in text
    english = renderer.render(replace(told, language="en"), token=None, links=True).text
    assert "Your earlier answer: I accept it" in english
    assert "who is in charge of this matter" in english


@IN_MEMORY
def test_an_appeal_that_is_refused_is_told_with_the_reason(office: Office) -> None:
    code = complain(office)
    office.submit(code)
    office.submit(code, gate="answer", verdict="appeal", reason="补发太慢")
    office.answer(code, "reject", comment="运输时间已在合同中约定", by=DIRECTOR)
    assert "Our answer to your appeal" in letters(office, code)
    assert finish(office, code)["outcome"] == "resolved"


@IN_MEMORY
def test_an_appeal_on_the_short_path_leads_to_the_full_one(office: Office) -> None:
    code = complain(office)
    office.submit(code)
    office.submit(code, gate="answer", verdict="appeal", reason="还是少一套")
    with pytest.raises(NotEntitled):
        office.answer(code, "approve", by=HANDLER)
    office.answer(code, "approve", by=DIRECTOR)
    assert office.waiting(code)["gate"] == "severity_check"
    view = finish(office, code)
    assert view["outcome"] == "resolved"
    assert "first_reply" not in {request["gate"] for request in view["requests"]}


@pytest.mark.parametrize("words", ["接受，但请先退款", "收到", "好吧？"])
@IN_MEMORY
def test_an_unclear_word_to_the_answer_is_asked_back(office: Office, words: str) -> None:
    code = complain(office)
    office.submit(code)
    office.reply(asked(office, code), words)
    assert office.waiting(code, "answer")
    (mail,) = office.mails("unclear", case=code)
    assert (mail.recipient, mail.context["case"]["url_path"]) == (CUSTOMER, None)


def test_opened_again_twice_each_time_as_a_further_round_with_its_own_hours(office: Office) -> None:
    code = complain(office)
    for said in ("2 没有解决", "1"):
        assert finish(office, code)["outcome"] == "resolved"
        office.reply(asked(office, followed_up(office, code)), said)
        office.work()
        assert office.waiting(code)["gate"] == "severity_check", "never on the short path again"
        assert (office.view(code)["outcome"], office.view(code)["closed_at"]) == (None, None)
        assert clocks(office, code)[-1]["begun_at"] == office.clock.now().isoformat()
    assert letters(office, code).count("We have taken your complaint up again") == 2
    view = finish(office, code)
    assert (view["outcome"], view["rows"]["reopened"]) == ("resolved", 2)
    assert [clock["status"] for clock in clocks(office, code)] == ["stopped"] * 3
    office.reply(asked(office, followed_up(office, code)), "1")
    office.work()
    assert office.view(code)["status"] == "closed", "the last round"
    assert DIRECTOR in {mail.recipient for mail in office.mails("announcement")}


@IN_MEMORY
def test_a_satisfied_customer_leaves_it_closed_and_stands_with_its_grade(office: Office) -> None:
    enter(office)
    code = complain(office, customer="C-MA-0009")
    finish(office, code)
    follow_up = followed_up(office, code)
    office.reply(asked(office, follow_up), "5 分，谢谢")
    view = office.view(follow_up)
    assert (view["outcome"], view["rows"]["satisfaction"]) == ("done", {"grade": 5, "comment": "谢谢"})
    assert registered(office, "C-MA-0009").last_contact_at == office.clock.now()
    assert office.view(code)["status"] == "closed"


@IN_MEMORY
def test_who_does_not_answer_the_survey_is_called(office: Office) -> None:
    code = complain(office)
    finish(office, code)
    follow_up = followed_up(office, code)
    office.move_to(office.clock.now() + timedelta(days=4))
    assert office.waiting(follow_up, "follow_up")["assignee"]["email"] == HANDLER
    office.submit(follow_up, grade=None)
    assert office.view(follow_up)["outcome"] == "done"


def test_a_major_complaint_leads_to_a_corrective_action_that_ends_only_with_an_effect(office: Office) -> None:
    code = complain(office, **FAULT)
    finish(office, code)
    action = linked(office, code, "corrective_action")
    assert office.view(action)["owner"] == QUALITY, "whoever found the cause"
    office.submit(action)
    begun = office.clock.now()
    wait = datetime.fromisoformat(office.waiting(action)["due_at"])
    assert timedelta(days=60) <= wait - begun <= timedelta(days=90)
    office.move_to(wait)
    asked_now = {item["assignee"]["email"] for item in office.view(action)["waiting_for"]}
    assert asked_now == {DIRECTOR, GENERAL_MANAGER}, "never who corrected it"
    office.submit(action, has_effect=False, remark="又有一起")
    assert (office.waiting(action)["gate"], office.waiting(action)["round"]) == ("corrective_measure", 2)
    office.submit(action)
    one(office, action, {})
    office.submit(action)
    assert office.view(action)["outcome"] == "done"


@IN_MEMORY
def test_the_third_alike_leads_to_a_corrective_action_and_the_second_does_not(office: Office) -> None:
    codes = three_alike(office)
    for code in codes:
        finish(office, code, short_answer={"too_much": True})
    with office.engine.store.read() as reader:
        booked = [one_.case for one_ in reader.find(Booking, relation="corrective_action")]
    assert booked == [codes[2]]


@IN_MEMORY
def test_what_is_not_upheld_needs_no_remedy_and_no_corrective_action(office: Office) -> None:
    code = complain(office, **FAULT)
    view = finish(office, code, solution={"verdict": "not_upheld", "remedy": "none"})
    assert view["rows"]["verdict"] == "not_upheld"
    assert "remedy" not in {request["gate"] for request in view["requests"]}
    office.work()
    assert not [link for link in office.view(code)["linked"] if link["relation"] == "corrective_action"]


@IN_MEMORY
def test_a_clock_of_a_case_that_is_cancelled_stands_for_good(office: Office) -> None:
    from crm_workflows.engine.running import opening

    code = complain(office)
    opening.cancel(office.engine, code, by=HANDLER, reason="客户撤回")
    assert {clock["status"] for clock in office.view(code)["clocks"]} == {"withdrawn"}
    office.advance(working_days(30))
    assert letters(office, code) == ["We have received your complaint"]


@pytest.mark.parametrize(
    ("said", "grade", "comment"),
    [
        ("2", "2", ""), ("４", "4", ""), ("5 分，但请先退款", "5", "但请先退款"), ("1 等了3天", "1", "等了3天"),
        ("2 points. Late", "2", "Late"), ("5\n\n3 件都收到了", "5", "3 件都收到了"),
        *((doubtful, None, "") for doubtful in (
            "1.5", "1。5", "2,5", "1½", "2-3", "2~3", "2—3 分", "2 到 3", "2至三分", "2 or 3", "2/5", "1 2", "2分半",
            "4分或5分", "10", "-1",
        )),
    ],
)  # fmt: skip
def test_a_grade_that_is_no_whole_number_is_asked_back(said: str, grade: str | None, comment: str) -> None:
    """Else "1.5" and "2-3" would open the complaint again as 1 and 2."""
    assert Satisfaction.from_reply(said) == (None if grade is None else {"grade": grade, "comment": comment})
