"""How complaints are measured: letters that did not leave, complaints that were joined, remedies of every round."""

from datetime import timedelta
from decimal import Decimal

import pytest

from crm_workflows.business.figures import reporting
from crm_workflows.business.figures.measuring import Value
from crm_workflows.business.figures.months import Month
from crm_workflows.domain.durations import calendar_days, clock_hours
from crm_workflows.domain.records import Message
from tests.flows.complaints import FAULT, asked, complain, finish, followed_up, sent
from tests.flows.customers import IN_MEMORY
from tests.office import Office


def measured(office: Office, name: str) -> Value:
    """A figure of March."""
    (found,) = reporting.reports(office.engine, Month(2026, 3), "complaint-resolution")
    return found.figure(name).whole


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
