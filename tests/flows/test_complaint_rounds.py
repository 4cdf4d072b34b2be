"""What holds over all rounds of a complaint: who may no longer judge it, and since when its hours count."""

from datetime import timedelta

import pytest

from crm_workflows.domain.durations import clock_hours
from crm_workflows.engine.decisions.handing import Handover, reassign
from tests.flows.complaints import (
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
    until,
)
from tests.flows.customers import IN_MEMORY
from tests.office import Office

ADMIN = "liu.yang@yongchang.example"


def asked_of(office: Office, code: str) -> str:
    return str(office.waiting(code)["assignee"]["email"])


@IN_MEMORY
def test_whoever_carries_out_the_remedy_in_the_place_of_the_handler_does_not_close(office: Office) -> None:
    code = complain(office, **FAULT)
    until(office, code, "remedy")
    gone(office, HANDLER)
    office.advance(clock_hours(8))
    assert asked_of(office, code) == LEAD
    until(office, code, "closing")
    assert asked_of(office, code) == DIRECTOR
    assert finish(office, code)["outcome"] == "resolved"


@IN_MEMORY
def test_a_remedy_that_is_handed_over_is_closed_by_somebody_else_again(office: Office) -> None:
    code = complain(office, **FAULT)
    until(office, code, "remedy")
    reassign(
        office.engine, office.waiting(code)["id"], from_=HANDLER, to=LEAD, how=Handover(ADMIN, "cli", "休假", "k1")
    )
    until(office, code, "closing")
    assert asked_of(office, code) == DIRECTOR


@IN_MEMORY
def test_whoever_investigated_in_an_earlier_round_does_not_approve(office: Office) -> None:
    code = complain(office, legal=True)
    until(office, code, "solution_gate", severity_check={"department": "service"})
    assert asked_of(office, code) == DIRECTOR, "the service lead has investigated"
    office.answer(code, "send_back", to="CP-5", comment="不应自查", by=DIRECTOR)
    office.submit(code, gate="acceptance", accepts=False, reason="应由质量部调查")
    office.submit(code, gate="ruling", department="quality")
    until(office, code, "solution_gate")
    assert asked_of(office, code) == DIRECTOR, "the service lead still has"


def due(office: Office, code: str) -> list[str]:
    return [clock["due_at"] for clock in clocks(office, code) if clock["status"] == "running"]


@IN_MEMORY
def test_after_an_appeal_the_hours_begin_once_however_often_the_solution_is_sent_back(office: Office) -> None:
    code = complain(office, **FAULT)
    until(office, code, "answer")
    office.submit(code, gate="answer", verdict="appeal", reason="换货不够")
    until(office, code, "appeal")
    office.advance(clock_hours(20))
    office.answer(code, "approve", gate="appeal", by=DIRECTOR)
    upheld = office.clock.now()
    assert due(office, code) == [(upheld + timedelta(hours=120)).isoformat()], "from the ruling, before the analysis"
    until(office, code, "solution_gate")
    for rule in ("CP-6", "CP-5"):
        office.advance(clock_hours(20))
        office.answer(code, "send_back", to=rule, comment="再查一次", by=LEAD)
        until(office, code, "solution_gate")
        assert due(office, code) == [(upheld + timedelta(hours=120)).isoformat()], f"after {rule}"


@IN_MEMORY
def test_after_an_appeal_on_the_short_path_the_hours_begin_once_too(office: Office) -> None:
    code = complain(office)
    office.submit(code)
    office.submit(code, gate="answer", verdict="appeal", reason="还是少一套")
    office.answer(code, "approve", by=DIRECTOR)
    upheld = office.clock.now()
    until(office, code, "solution_gate", severity_check={"severity": "major", "reason": "客户停线"})
    office.advance(clock_hours(20))
    office.answer(code, "send_back", to="CP-6", comment="再查一次", by=LEAD)
    until(office, code, "solution_gate")
    assert due(office, code) == [(upheld + timedelta(hours=120)).isoformat()]
    assert {clock["status"] for clock in clocks(office, code, "first_answer_clock")} == {"stopped"}


@IN_MEMORY
def test_what_is_not_complete_after_an_appeal_on_the_short_path_is_solved_anew_and_not_appealed_again(
    office: Office,
) -> None:
    code = complain(office)
    office.submit(code)
    office.submit(code, gate="answer", verdict="appeal", reason="还是少一套")
    office.answer(code, "approve", by=DIRECTOR)
    until(office, code, "closing")
    office.submit(code, is_right=False, remark="缺少签收单")
    assert office.waiting(code)["gate"] == "solution"
    assert finish(office, code)["outcome"] == "resolved"
    assert [request["gate"] for request in office.view(code)["requests"]].count("appeal") == 1


@IN_MEMORY
def test_an_appeal_of_an_earlier_round_moves_no_hours_of_a_later_one(office: Office) -> None:
    code = complain(office, **FAULT)
    until(office, code, "answer")
    office.submit(code, gate="answer", verdict="appeal", reason="换货不够")
    until(office, code, "appeal")
    office.answer(code, "approve", gate="appeal", by=DIRECTOR)
    finish(office, code)
    office.reply(asked(office, followed_up(office, code)), "1")
    office.work()
    before = due(office, code)
    until(office, code, "analysis")
    office.advance(clock_hours(60))
    until(office, code, "solution")
    assert due(office, code) == before


@IN_MEMORY
def test_an_alert_to_a_role_that_nobody_holds_does_not_stop_an_urgent_complaint(office: Office) -> None:
    gone(office, GENERAL_MANAGER)
    code = complain(office, safety=True)
    assert office.waiting(code)["gate"] == "severity_check"
    assert letters(office, code) == ["We have received your complaint"]
    assert {clock["status"] for clock in office.view(code)["clocks"]} == {"running"}
    told = {mail.recipient: mail.context["text"] for mail in office.mails("announcement", case=code)}
    assert set(told) == {DIRECTOR, LEAD, QUALITY, HANDLER, ADMIN}
    assert "nobody to ask for the role general_manager" in told[ADMIN], "whoever can mend it hears why"
    assert told[LEAD] == ""


@pytest.mark.parametrize("decision", ["approve", "reject"])
@IN_MEMORY
def test_a_complaint_that_has_been_appealed_is_not_appealed_again_in_a_later_round(
    office: Office, decision: str
) -> None:
    code = complain(office)
    office.submit(code)
    office.submit(code, gate="answer", verdict="appeal", reason="还是少一套")
    office.answer(code, decision, by=DIRECTOR, comment="已核对")
    finish(office, code)
    office.reply(asked(office, followed_up(office, code)), "1")
    office.work()
    assert finish(office, code)["outcome"] == "resolved"
    assert letters(office, code)[-1] == "Our answer to your complaint", "a letter, no question"
    assert [request["gate"] for request in office.view(code)["requests"]].count("answer") == 1


@IN_MEMORY
def test_whoever_approved_in_an_earlier_round_does_not_hear_the_appeal(office: Office) -> None:
    code = complain(office, **FAULT)
    until(office, code, "solution_gate", solution={"cost": "3000.00"})
    assert asked_of(office, code) == DIRECTOR
    finish(office, code)
    office.reply(asked(office, followed_up(office, code)), "1")
    office.work()
    until(office, code, "answer", solution={"cost": "100.00"})
    office.submit(code, gate="answer", verdict="appeal", reason="换货不够")
    until(office, code, "appeal")
    assert [item["assignee"]["email"] for item in office.view(code)["waiting_for"]] == [GENERAL_MANAGER]
