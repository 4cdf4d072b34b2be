"""The story of complaints: intake, the short path, and the full one from severity to close (CP-1 to CP-9, CP-13)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_workflows.domain.durations import clock_hours
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from tests.flows.complaints import (
    CUSTOMER,
    DIRECTOR,
    FAULT,
    GENERAL_MANAGER,
    HANDLER,
    LEAD,
    QUALITY,
    asked,
    clocks,
    complain,
    finish,
    followed_up,
    gone,
    letters,
    one,
    until,
)
from tests.flows.customers import IN_MEMORY, enter, registered, shown
from tests.office import Office


def test_a_general_complaint_is_answered_and_remedied_by_one_person_with_one_form(office: Office) -> None:
    code = complain(office)
    (letter,) = office.mails("letter", case=code)
    said = {fact["label"].split(" / ")[-1]: fact["value"] for fact in letter.context["facts"]}
    assert said == {
        "Your complaint": code,
        "Person in charge": "白雪",
        "First answer by": "2026年3月3日 09:00（UTC+8）",
    }
    assert office.waiting(code)["assignee"]["email"] == HANDLER
    office.advance(clock_hours(1))
    office.submit(code)
    assert clocks(office, code)[0]["status"] == "stopped"
    assert clocks(office, code)[0]["spent_hours"] == 1
    answer = asked(office, code)
    shown_facts = {f["label"].split(" / ")[-1] for f in answer.context["request"]["facts"]}
    assert shown_facts == {"Result", "What we do", "Answer", "If you do not accept"}
    office.reply(answer, "接受，谢谢")
    view = office.view(code)
    assert view["outcome"] == "resolved"
    assert {d["by"] for d in view["decisions"]} == {HANDLER, CUSTOMER}, "nobody else had to do anything"


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ({}, "general"),
        ({"safety": True}, "urgent"),
        ({"press": True}, "urgent"),
        ({"legal": True}, "major"),
        ({"amount": "20000.01"}, "major"),
        ({"amount": "20000.00"}, "general"),
        ({"amount": "2000.01"}, "general"),
        ({"amount": "2000.00"}, "general"),
    ],
)
@IN_MEMORY
def test_the_severity_follows_by_rule(office: Office, said: dict[str, Any], severity: str) -> None:
    code = complain(office, **said)
    assert office.view(code)["rows"]["severity"] == severity
    hours = {"general": (24, 72), "major": (12, 120), "urgent": (2, 24)}[severity]
    assert (clocks(office, code, "first_answer_clock")[0]["hours"], clocks(office, code)[0]["hours"]) == hours
    is_short = severity == "general" and said.get("amount", "0") in ("0", "2000.00")
    assert office.waiting(code)["gate"] == ("short_answer" if is_short else "severity_check")


def test_a_customer_of_tier_a_is_major_and_has_been_in_contact(office: Office) -> None:
    enter(office, tier="A")
    code = complain(office, customer="C-MA-0009")
    assert shown(office, code, "severity_check")["Because"] == "a customer of tier A"
    assert registered(office, "C-MA-0009").last_contact_at == office.clock.now()


@IN_MEMORY
def test_who_complains_again_within_the_days_is_major(office: Office) -> None:
    complain(office)
    again = complain(office, product="轴承", order="D-2")
    assert shown(office, again, "severity_check")["Because"] == "not the first complaint"


@IN_MEMORY
def test_urgent_alerts_the_general_manager_at_once(office: Office) -> None:
    code = complain(office, safety=True)
    told = {mail.recipient for mail in office.mails("announcement", case=code)}
    assert {GENERAL_MANAGER, DIRECTOR, LEAD, QUALITY, HANDLER} == told
    assert office.mails("announcement", case=code)[0].queued_at == office.clock.now()


@IN_MEMORY
def test_the_service_lead_may_rate_it_otherwise_with_a_reason_and_the_hours_follow(office: Office) -> None:
    code = complain(office, legal=True)
    with pytest.raises(InvalidInput, match="another choice"):
        office.submit(code, severity="urgent")
    office.submit(code, severity="urgent", reason="客户产线已停")
    first, second = clocks(office, code)
    assert (first["status"], second["hours"], second["begun_at"]) == ("superseded", 24, first["begun_at"])
    assert GENERAL_MANAGER in {mail.recipient for mail in office.mails("announcement", case=code)}


def test_a_major_complaint_goes_through_every_hand_and_is_closed_by_another(office: Office) -> None:
    code = complain(office, **FAULT)
    people: list[tuple[str, str]] = []
    while office.view(code)["status"] == "waiting":
        item = office.waiting(code)
        if item["assignee"]:
            people.append((item["gate"], item["assignee"]["email"]))
        one(office, code, {})
    assert people == [
        ("severity_check", LEAD),
        ("first_reply", HANDLER),
        ("containment", QUALITY),
        ("acceptance", QUALITY),
        ("analysis", QUALITY),
        ("solution", HANDLER),
        ("solution_gate", LEAD),
        ("answer", CUSTOMER),
        ("remedy", HANDLER),
        ("remedy_proof", HANDLER),
        ("closing", LEAD),
    ]
    view = office.view(code)
    assert (view["outcome"], view["rows"]["department"]) == ("resolved", "quality")
    assert letters(office, code) == ["We have received your complaint", "About your complaint"]


def test_the_department_may_contest_and_the_director_rules(office: Office) -> None:
    code = complain(office, **FAULT)
    until(office, code, "acceptance")
    item = office.waiting(code)
    due = datetime.fromisoformat(item["due_at"])
    assert (item["assignee"]["email"], due - office.clock.now()) == (QUALITY, timedelta(hours=4))
    with pytest.raises(InvalidInput, match="why you contest"):
        office.submit(code, accepts=False)
    office.submit(code, accepts=False, reason="设计问题")
    assert office.waiting(code, "ruling")["assignee"]["email"] == DIRECTOR
    office.submit(code, department="design")
    assert office.waiting(code, "analysis")["assignee"]["email"] == "wu.min@yongchang.example"
    assert finish(office, code)["rows"]["department"] == "design"


@IN_MEMORY
def test_the_reviewer_is_never_the_investigator(office: Office) -> None:
    code = complain(office, legal=True)
    until(office, code, "solution_gate", severity_check={"department": "service"})
    assert office.waiting(code)["assignee"]["email"] == DIRECTOR, "the service lead has investigated"
    with pytest.raises(NotEntitled, match="another person"):
        office.answer(code, "approve", by=LEAD)


@pytest.mark.parametrize(
    ("cost", "deciders"),
    [
        ("2000.00", [LEAD]),
        ("2000.01", [DIRECTOR]),
        ("50000.01", [GENERAL_MANAGER, "qian.zhiyuan@yongchang.example"]),
    ],
)
@IN_MEMORY
def test_the_cost_says_who_approves(office: Office, cost: str, deciders: list[str]) -> None:
    code = complain(office, **FAULT)
    until(office, code, "solution_gate", solution={"cost": cost})
    assert [item["assignee"]["email"] for item in office.view(code)["waiting_for"]] == deciders


@IN_MEMORY
def test_a_rejected_solution_is_proposed_anew(office: Office) -> None:
    code = complain(office, **FAULT)
    until(office, code, "solution_gate")
    office.answer(code, "reject", comment="补偿不够")
    assert (office.waiting(code)["gate"], office.waiting(code)["round"]) == ("solution", 2)
    assert finish(office, code)["outcome"] == "resolved"


@IN_MEMORY
def test_what_is_too_much_for_one_person_takes_the_full_path(office: Office) -> None:
    code = complain(office)
    office.submit(code, too_much=True)
    assert office.waiting(code)["gate"] == "severity_check"
    assert finish(office, code)["outcome"] == "resolved"


@IN_MEMORY
def test_a_customer_without_an_address_is_told_and_asked_by_phone(office: Office) -> None:
    code = complain(office, contact={"name": "钟意", "phone": "+8651055500366"})
    office.submit(code)
    office.submit(code, gate="told_by_phone")
    assert office.view(code)["outcome"] == "resolved"
    follow_up = followed_up(office, code)
    office.submit(follow_up, gate="follow_up", grade="4")
    mails = [*office.mails(case=code), *office.mails(case=follow_up)]
    assert {mail.recipient.partition("@")[2] for mail in mails} == {"yongchang.example"}
    assert office.view(follow_up)["rows"]["satisfaction"]["grade"] == 4


@IN_MEMORY
def test_closing_sends_back_what_is_not_complete(office: Office) -> None:
    code = complain(office, **FAULT)
    until(office, code, "closing")
    office.submit(code, is_right=False, remark="缺少签收单")
    assert office.waiting(code)["gate"] == "remedy"
    assert finish(office, code)["outcome"] == "resolved"


def test_a_handler_who_leaves_is_followed_and_the_hours_go_on(office: Office) -> None:
    code = complain(office, **FAULT)
    until(office, code, "solution")
    gone(office, HANDLER)
    office.advance(clock_hours(8))
    assert office.waiting(code)["assignee"]["email"] == LEAD, "their manager"
    assert clocks(office, code)[0]["spent_hours"] == 8
    assert office.waiting(code)["assignee"]["deputy_for"] == HANDLER
    office.submit(code)
    assert office.waiting(code, "solution_gate")["assignee"]["email"] == DIRECTOR, "not who proposed it"
    assert finish(office, code)["outcome"] == "resolved"


def test_over_the_spring_festival_the_hours_count_and_the_holding_letter_goes_out(office: Office) -> None:
    festival = datetime(2026, 2, 17, 2, 0, tzinfo=UTC)
    office.staff.changes = [(festival, office.staff.people)]
    office.clock.at = festival
    code = complain(office)
    begun = office.clock.now()
    office.move_to(begun + timedelta(hours=24))
    assert {m.recipient for m in office.mails("escalation", case=code)} == {LEAD}, "nobody was at work, and it is late"
    office.move_to(begun + timedelta(hours=57, minutes=35))
    assert "We are still working on your complaint" not in letters(office, code)
    office.move_to(begun + timedelta(hours=57, minutes=36))
    assert letters(office, code)[-1] == "We are still working on your complaint", "80 % of 72 hours"
    office.move_to(begun + timedelta(hours=72))
    told = [m.recipient for m in office.mails("announcement", case=code) if "is over" in m.context["text"]]
    assert {HANDLER, LEAD, DIRECTOR} == set(told)
    assert clocks(office, code)[0]["is_kept"] is None
    office.submit(code)
    assert clocks(office, code)[0]["is_kept"], "at the very instant"
