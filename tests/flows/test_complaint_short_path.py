"""One person alone with a complaint: up to a cost, solved once done, never too often (CP-7, CP-9, CP-12)."""

import pytest

from crm_workflows.domain.durations import clock_hours
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import in_language
from tests.flows.complaints import HANDLER, LEAD, QUALITY, asked, clocks, complain, finish, three_alike, until
from tests.flows.customers import IN_MEMORY, linked
from tests.office import Office


@IN_MEMORY
def test_one_person_decides_up_to_a_cost_and_above_it_somebody_else_approves(office: Office) -> None:
    code = complain(office)
    with pytest.raises(InvalidInput) as refused:
        office.submit(code, remedy="refund", cost="2000.01")
    assert "more than CNY 2,000.00" in in_language(str(refused.value), "en")
    assert "勾选“不能由一人处理" in in_language(str(refused.value), "zh")
    office.submit(code, remedy="refund", cost="2000.01", too_much=True)
    until(office, code, "solution_gate", solution={"remedy": "refund", "cost": "2000.01"})
    assert office.waiting(code)["assignee"]["email"] != HANDLER
    assert office.view(code)["rows"].get("verdict") is None, "nothing is promised yet"


@IN_MEMORY
def test_up_to_the_limit_one_person_is_enough(office: Office) -> None:
    code = complain(office)
    office.submit(code, remedy="refund", cost="2000.00")
    assert office.waiting(code)["gate"] == "answer"


def test_a_remedy_still_to_be_done_keeps_the_hours_running_until_its_proof_is_here(office: Office) -> None:
    code = complain(office)
    office.advance(clock_hours(1))
    office.submit(code, remedy="refund", proof="")
    office.reply(asked(office, code), "接受")
    assert (office.waiting(code)["gate"], office.waiting(code)["assignee"]["email"]) == ("remedy", HANDLER)
    assert clocks(office, code, "first_answer_clock")[0]["status"] == "stopped", "the customer is answered"
    office.advance(clock_hours(5))
    office.submit(code, gate="remedy", on="2026-03-02")
    assert office.waiting(code)["gate"] == "remedy_proof"
    assert (clocks(office, code)[0]["status"], clocks(office, code)[0]["spent_hours"]) == ("running", 6)
    view = finish(office, code)
    assert (view["outcome"], view["rows"]["remedy_on"]) == ("resolved", "2026-03-02")
    assert (clocks(office, code)[0]["status"], clocks(office, code)[0]["spent_hours"]) == ("stopped", 6)
    assert LEAD not in {decision["by"] for decision in view["decisions"]}, "one person still"


@pytest.mark.parametrize(("remedy", "verdict"), [("apology", "upheld"), ("none", "not_upheld")])
@IN_MEMORY
def test_where_nothing_is_to_be_done_the_answer_solves_it(office: Office, remedy: str, verdict: str) -> None:
    code = complain(office)
    office.submit(code, remedy=remedy, verdict=verdict, proof="")
    assert office.waiting(code)["gate"] == "answer"
    assert clocks(office, code)[0]["status"] == "stopped"


@pytest.mark.parametrize("verdict", ["upheld", "not_upheld"])
@IN_MEMORY
def test_the_third_alike_that_is_upheld_leads_to_a_corrective_action_of_the_head_of_quality(
    office: Office, verdict: str
) -> None:
    codes = three_alike(office)
    for code in codes:
        finish(office, code, short_answer={"verdict": verdict})
        office.work()
    relations = [{link["relation"] for link in office.view(code)["linked"]} for code in codes]
    assert ["corrective_action" in found for found in relations] == [False, False, verdict == "upheld"]
    if verdict == "upheld":
        action = linked(office, codes[2], "corrective_action")
        assert (office.view(action)["owner"], office.waiting(action)["gate"]) == (QUALITY, "corrective_measure")
