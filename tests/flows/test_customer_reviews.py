"""The review of a customer after 90 days and by trigger (ON-11, ON-12)."""

from datetime import timedelta
from typing import Any

import pytest

from crm_workflows.domain.durations import calendar_days
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import CustomerOrder
from tests.flows.customers import (
    IN_MEMORY,
    LOYAL,
    OWNER,
    bookings,
    customer,
    finished,
    linked,
    onboarding,
    registered,
    shown,
)
from tests.office import Office


def reviewed(office: Office) -> str:
    """A review that has opened 90 days after onboarding."""
    code = finished(office, onboarding(office))
    office.advance(calendar_days(90))
    return linked(office, code, "review")


def test_a_review_after_90_days_counts_what_was_really_ordered_and_a_temporary_limit_has_ended(office: Office) -> None:
    code = finished(office, onboarding(office), credit_request={"until": "2026-05-01"})
    with office.engine.store.write() as tx:
        ordered = office.clock.now() + timedelta(days=10)
        tx.insert(CustomerOrder("C-MA-0001", "SO-1", ordered, "2600000.00 CNY", is_open=False))
    office.advance(calendar_days(90))
    review = linked(office, code, "review")
    facts = shown(office, review, "review_facts")
    assert facts["Trade value of the last year (orders)"] == "CNY 2,600,000.00"
    assert facts["Credit limit"] == "—", "the temporary limit ended by itself"
    office.submit(review, gate="review_facts", **LOYAL)
    office.submit(review, gate="review")
    office.answer(review, "approve")
    assert registered(office).tier == "A"
    (again,) = bookings(office, review)
    assert (again.due_at.date().isoformat(), again.input["tier"]) == ("2027-05-30", "A")


def test_a_review_may_lower_credit_or_block_and_needs_a_reason(office: Office) -> None:
    review = reviewed(office)
    office.submit(review, gate="review_facts")
    lower: dict[str, Any] = {"credit": "lower", "limit": {"amount": "10000.00", "currency": "CNY"}}
    with pytest.raises(InvalidInput, match="reason"):
        office.submit(review, gate="review", reason="", **lower)
    office.submit(review, gate="review", block=True, reason="逾期三个月", **lower)
    office.answer(review, "approve")
    row = registered(office)
    assert (row.status, row.credit["limit"]["amount"]) == ("blocked", "10000.00")


@IN_MEMORY
def test_a_refused_review_changes_nothing_and_one_by_trigger_books_no_other(office: Office) -> None:
    code = finished(office, onboarding(office))
    input_ = {
        "company": customer()["company"], "customer": "C-MA-0001", "contact": customer()["contact"], "tier": "B",
        "trigger": "overdue_payment", "owner": OWNER,
    }  # fmt: skip
    review = office.start(input_, process="customer-review")
    before = registered(office)
    office.submit(review, gate="review_facts")
    office.submit(review, gate="review", credit="prepaid", reason="逾期")
    office.answer(review, "reject", comment="已付清")
    assert (office.view(review)["outcome"], registered(office)) == ("rejected", before)
    assert bookings(office, review) == []
    assert len(bookings(office, code)) == 1
