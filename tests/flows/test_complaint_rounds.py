"""What holds over all rounds of a complaint: who may no longer judge it, and since when its hours count."""

from crm_workflows.domain.durations import clock_hours
from crm_workflows.engine.decisions.handing import Handover, reassign
from tests.flows.complaints import DIRECTOR, FAULT, HANDLER, LEAD, complain, finish, gone, until
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
