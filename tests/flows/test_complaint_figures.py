"""How complaints are measured: letters that did not leave, complaints that were joined, remedies of every round."""

from datetime import timedelta
from decimal import Decimal

import pytest

from crm_workflows.business.figures import reporting
from crm_workflows.business.figures.behind import Slice, behind
from crm_workflows.business.figures.measuring import Value
from crm_workflows.business.figures.months import Month
from crm_workflows.domain.durations import calendar_days, clock_hours
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Message
from crm_workflows.domain.text import in_language
from crm_workflows.engine.views import views
from tests.flows.complaints import FAULT, asked, complain, finish, followed_up, sent, until
from tests.flows.customers import IN_MEMORY
from tests.office import Office


def figure(office: Office, name: str) -> reporting.Measured:
    """A figure of March, with all that it is split by."""
    (found,) = reporting.reports(office.engine, Month(2026, 3), "complaint-resolution")
    return found.figure(name)


def measured(office: Office, name: str) -> Value:
    """A figure of March."""
    return figure(office, name).whole


@pytest.mark.breaks_invariants("a letter that failed by hand, of which nobody was told")
@IN_MEMORY
def test_an_acknowledgement_counts_from_receipt_until_it_has_left(office: Office) -> None:
    forty_hours_ago = (office.clock.now() - timedelta(hours=40)).isoformat()
    sent(office, complain(office, order="PO-1"))
    sent(office, complain(office, order="PO-2", received_at=forty_hours_ago))
    refused = complain(office, order="PO-3")
    with office.engine.store.write() as tx:
        for letter in tx.find(Message, case=refused, template="letter"):
            tx.update(Message, (letter.id,), status="failed", error="550", next_at=None)
    complain(office, order="PO-4")
    complain(office, order="PO-5", contact={"name": "李志", "phone": "+8651055500399"})
    assert measured(office, "cp_acknowledged").count == 0
    office.advance(clock_hours(2))
    assert measured(office, "cp_acknowledged") == Value(4, Decimal("25.0"), hits=1)


@IN_MEMORY
def test_what_was_received_elsewhere_is_not_counted_as_late_here(office: Office) -> None:
    """Nobody could acknowledge it within an hour, nor answer in time what was overdue already when it was imported."""
    office.advance(calendar_days(8))
    old, fresh = ((office.clock.now() - timedelta(hours=hours)).isoformat() for hours in (90, 2))
    complain(office, order="PO-1", received_at=old)
    for n, received in enumerate((old, fresh)):
        complain(office, order=f"PO-2{n}", company=f"客户{n}", received_at=received, channel="import",
                 contact={"name": "李志", "email": f"{n}@yunfan.example"})  # fmt: skip
    office.advance(clock_hours(30))
    assert measured(office, "cp_acknowledged").count == 1
    assert measured(office, "cp_answered_in_time").count == 2
    office.advance(clock_hours(72))
    assert measured(office, "cp_solved_in_time").count == 2, "one of the page, and one that came with time left"


def test_a_complaint_that_was_joined_to_another_is_not_counted_again(office: Office) -> None:
    first, second = complain(office), complain(office)
    assert office.view(second)["status"] == "closed"
    finish(office, first)
    office.advance(calendar_days(1))
    counts = [measured(office, name).count for name in ("cp_kinds", "cp_reopened", "cp_acknowledged")]
    assert counts == [1, 1, 1]


@IN_MEMORY
def test_what_every_round_cost_is_summed(office: Office) -> None:
    code = complain(office, **FAULT)
    finish(office, code, solution={"cost": "1000.00"})
    for _ in range(2):
        office.reply(asked(office, followed_up(office, code)), "1")
        office.work()
        finish(office, code, solution={"cost": "1000.00"})
    assert [str(one) for one in measured(office, "cp_cost").money] == ["3000.00 CNY"]


def counts(office: Office, name: str) -> dict[str, int]:
    """By part, in English."""
    return {in_language(part, "en"): value.count for part, value in figure(office, name).parts}


@IN_MEMORY
def test_causes_count_by_kind_product_and_department_and_repeat_for_one_product(office: Office) -> None:
    """CP-6: of four complaints three have one cause, two of them at the same product; what was not upheld is none."""
    transport = {"analysis": {"cause_kind": "transport"}}
    refused = {"solution": {"verdict": "not_upheld", "remedy": "none"}}
    for order, product, answers in (
        ("PO-1", "水泵", {}), ("PO-2", "水泵 / A 型", {}), ("PO-3", "水泵", {}),
        ("PO-4", "水泵", transport), ("PO-5", "水泵", refused),
    ):  # fmt: skip
        finish(office, complain(office, **FAULT, order=order, product=product), **answers)
        office.advance(calendar_days(1))
    assert counts(office, "cp_causes") == {"Supplied material or part": 3, "Transport": 1}
    assert counts(office, "cp_causes_of_products") == {
        "水泵: Supplied material or part": 2, "水泵: Transport": 1, "水泵/A 型: Supplied material or part": 1,
    }  # fmt: skip
    assert counts(office, "cp_causes_of_departments") == {
        "Quality management: Supplied material or part": 3, "Quality management: Transport": 1,
    }  # fmt: skip
    assert measured(office, "cp_repeat_causes") == Value(4, Decimal("25.0"), hits=1)
    office.staff.rules = Policy({**office.staff.rules, "complaint_alike_days": 1})
    assert measured(office, "cp_repeat_causes") == Value(4, Decimal("0.0"), hits=0), "none so shortly before"


@IN_MEMORY
@pytest.mark.parametrize(("cause", "told"), [("people", {"Handling or training": 1}), (None, {})])
def test_a_cause_that_one_person_names_on_the_short_path_counts_too(
    office: Office, cause: str | None, told: dict[str, int]
) -> None:
    """It may be left out; of no department, since none was in charge. What the list does not hold is refused."""
    code = complain(office)
    with pytest.raises(InvalidInput, match="packing"):
        office.submit(code, gate="short_answer", cause_kind="bad luck")
    office.submit(code, gate="short_answer", cause_kind=cause)
    assert counts(office, "cp_causes") == told
    assert counts(office, "cp_causes_of_departments") == {}
    assert sum(counts(office, "cp_causes_of_products").values()) == len(told)
    lines = behind(office.engine, "complaint-resolution", "cp_causes", Month(2026, 3), Slice(), 9).lines
    assert [(line.code, line.about) for line in lines] == [(code, "")] * len(told), "its title names the product"


def test_complaints_that_name_no_product_repeat_nothing(office: Office) -> None:
    for order in ("PO-1", "PO-2"):
        finish(office, complain(office, **FAULT, order=order, product=""))
        office.advance(calendar_days(1))
    assert measured(office, "cp_repeat_causes") == Value(2, Decimal("0.0"), hits=0)


@IN_MEMORY
def test_a_company_has_causes_of_its_own_and_a_case_keeps_those_it_began_with(office: Office) -> None:
    own = {"complaint_causes.rust": "锈蚀 / Rust", "complaint_causes.other": "其他 / Other"}
    office.staff.rules = Policy({**office.staff.rules, **own})
    code = complain(office, **FAULT)
    office.staff.rules = Policy({k: v for k, v in office.staff.rules.items() if not k.startswith("complaint_causes")})
    until(office, code, "analysis")
    task = views.task_view(office.engine, office.waiting(code)["id"])
    assert task["schema"]["properties"]["cause_kind"]["labels"] == {"rust": "锈蚀 / Rust", "other": "其他 / Other"}
    with pytest.raises(InvalidInput, match="rust, other"):
        office.submit(code, gate="analysis", cause_kind="material")
    finish(office, code, analysis={"cause_kind": "rust"})
    assert counts(office, "cp_causes") == {"Rust": 1}
