"""What an overdue payment brings (ON-12, CB-1): a review of the customer and calls, once for each invoice."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import imports, payments, rounds
from crm_workflows.business.imports.leaving import leaving
from crm_workflows.business.imports.table import Problem
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CallbackEvent, CaseRow, Customer, CustomerContact, CustomerInvoice
from crm_workflows.engine.running import opening
from tests.engine.breaking import killed_at
from tests.flows.customers import IN_MEMORY, OWNER, enter, finished, shown
from tests.flows.test_callback_events import days_of_calls, until_day
from tests.flows.test_morning_rounds import capacity, next_morning
from tests.office import Office

HEADINGS = ("客户", "发票号", "付款期限", "金额", "付款日期")
LATE = ("C-MA-0009", "FP-1", "2026-02-10", "48000", "")


def imported(office: Office, *rows: Sequence[object]) -> tuple[imports.Result, list[Problem]]:
    """Import a table; what came of it, and its problems."""
    text, told = io.StringIO(), list[Problem]()
    csv.writer(text).writerows(rows)
    table = opened(text.getvalue().encode(), "表.csv")
    return imports.run(office.engine, imports.KINDS["payments"], table, "表.csv", "all", told.append), told


def take_in(office: Office, *rows: Sequence[object]) -> imports.Result:
    """Import invoices as they stand in the books; all rows are good."""
    done, told = imported(office, HEADINGS, *rows)
    assert told == []
    return done


def reviews(office: Office) -> list[CaseRow]:
    payments.act_on_overdue(office.engine)
    office.work()
    with office.engine.store.read() as reader:
        return reader.find(CaseRow, process="customer-review", order="code")


def invoice(office: Office, number: str = "FP-1") -> CustomerInvoice:
    with office.engine.store.read() as reader:
        found = reader.get(CustomerInvoice, "C-MA-0009", number)
    assert found is not None
    return found


def begin(office: Office) -> None:
    """A customer of tier B who had contact yesterday: the cadence calls in three months."""
    enter(office, "C-MA-0009", last_contact_at=office.clock.now() - timedelta(days=1))
    rounds.begin_morning(office.engine)


def test_an_import_says_how_many_reviews_it_brings(office: Office) -> None:
    begin(office)
    due = [date(2026, 2, 10), office.clock.now().date() + timedelta(days=60)]
    rows = [("C-MA-0009", f"FP-{n}", day.isoformat(), "480", "") for n, day in enumerate(due)]
    done = take_in(office, *rows)
    assert (done.added, done.cases, len(reviews(office))) == (2, 1, 1)
    assert imports.said_of_work(done.cases, done.looks, is_written=True).endswith(
        "within minutes: 1 case begins with it, and whoever acts gets a mail"
    )
    assert (take_in(office, *rows).cases, imports.said_of_work(0, 0, is_written=True)) == (0, "")


def test_an_overdue_invoice_brings_a_review_and_calls_and_the_same_file_again_nothing(office: Office) -> None:
    begin(office)
    for _ in range(2):
        take_in(office, LATE)
        (review,) = reviews(office)
        subject: Any = review.subject
        assert (subject["trigger"], subject["remark"]) == ("overdue_payment", "FP-1")
        assert (review.owner, invoice(office).review) == (OWNER, review.code)
    facts = shown(office, review.code, "review_facts")
    assert (facts["Why now"], facts["Overdue invoices"]) == ("Overdue payment", "FP-1 · CNY 48,000.00 · 10 Feb 2026")
    until_day(office, date(2026, 3, 4))
    ((why, about, _),) = days_of_calls(office)
    assert (why, about) == ("payment", "FP-1"), "not in three months, as the tier alone would have it"


@IN_MEMORY
def test_who_still_owes_a_month_later_is_called_again_and_who_has_paid_is_not(office: Office) -> None:
    enter(office, "C-MA-0009", last_contact_at=office.clock.now() - timedelta(days=1))
    take_in(office, LATE, ("C-MA-0009", "FP-2", "2026-02-11", "5", ""))
    assert len(reviews(office)) == 1, "one review looks at all that is owed"
    assert invoice(office, "FP-2").review == invoice(office).review
    take_in(office, (*LATE[:4], "2026-03-01"))
    with office.engine.store.read() as reader:
        events = {one.reference: one.due_at for one in reader.find(CallbackEvent, why="payment")}
        owed = payments.overdue_of(reader, "C-MA-0009", office.clock.now())
    assert [number for number, due in events.items() if due is None] == ["FP-1", "FP-1 2026-04-01"]
    assert events["FP-2 2026-04-01"] is not None
    assert office.staff.hours.local_date(events["FP-2 2026-04-01"]) == date(2026, 4, 1)
    assert owed == [invoice(office, "FP-2")]


@IN_MEMORY
def test_an_invoice_is_overdue_from_the_midnight_on_which_the_days_of_the_policy_are_over(office: Office) -> None:
    begin(office)
    office.staff.rules = Policy({**office.staff.rules, "payment_overdue": 20})
    take_in(office, ("C-MA-0009", "FP-1", "2026-02-11", "48000", ""))
    office.clock.move_to(datetime(2026, 3, 2, 15, 59, tzinfo=UTC))
    assert reviews(office) == []
    office.clock.move_to(datetime(2026, 3, 2, 16, 0, tzinfo=UTC))
    assert len(reviews(office)) == 1, "midnight where the company is"


@IN_MEMORY
def test_who_has_paid_however_late_is_not_reviewed_for_it(office: Office) -> None:
    begin(office)
    take_in(office, ("C-MA-0009", "FP-1", "2026-02-10", "48000", "2026-02-28"))
    assert reviews(office) == []


@IN_MEMORY
def test_an_invoice_brings_one_review_whatever_the_next_file_says_of_it(office: Office) -> None:
    begin(office)
    take_in(office, LATE)
    (review,) = reviews(office)
    opening.cancel(office.engine, review.code, by=OWNER, reason="客户已来电说明")
    done = take_in(office, ("C-MA-0009", "FP-1", "2026-02-12", "40000", ""))
    assert (done.changed, len(reviews(office))) == (1, 1)


@IN_MEMORY
def test_a_death_between_opening_and_keeping_it_opens_no_second_review(office: Office) -> None:
    begin(office)
    take_in(office, LATE)
    with killed_at(opening, "start", after=True):
        payments.act_on_overdue(office.engine)
    (review,) = reviews(office)
    assert invoice(office).review == review.code


@IN_MEMORY
def test_a_customer_whom_nobody_keeps_waits_and_holds_up_nobody(office: Office) -> None:
    begin(office)
    enter(office, "C-MA-0010", credit_code="91330200MAX0AA110H", owner="nobody@yongchang.example")
    take_in(office, ("C-MA-0010", "FP-9", "2026-02-09", "1", ""), LATE)
    assert [row.subject["customer"] for row in reviews(office)] == ["C-MA-0009"]
    with office.engine.store.write() as tx:
        tx.update(Customer, ("C-MA-0010",), owner=OWNER)
    assert len(reviews(office)) == 1, "not before an hour is over"
    office.clock.move_to(office.clock.now() + timedelta(hours=1))
    assert len(reviews(office)) == 2


@IN_MEMORY
def test_what_goes_out_comes_in_again_unchanged_and_a_payment_of_tomorrow_does_not(office: Office) -> None:
    begin(office)
    take_in(office, LATE, ("C-MA-0009", "FP-2", "2026-03-11", "7.50", "2026-03-01"))
    with office.engine.store.read() as reader:
        rows = list(leaving(reader, imports.KINDS["payments"], office.staff.calendar().zone))
    assert rows == [
        ["C-MA-0009", "FP-1", "2026-02-10", "48000.00", "CNY", ""],
        ["C-MA-0009", "FP-2", "2026-03-11", "7.50", "CNY", "2026-03-01"],
    ]
    headings = [column.label for column in imports.KINDS["payments"].columns]
    again, told = imported(office, headings, *rows, (*rows[0][:5], "2026-03-03"))
    assert (again.unchanged, again.bad) == (2, 1)
    assert [problem.column for problem in told] == ["客户 / Customer"], "twice in the file"
    _, told = imported(office, headings, (*rows[0][:5], "2026-03-03"))
    assert [(one.column, one.what) for one in told] == [("付款日期 / Paid on", "晚于今天 / lies in the future")]


@IN_MEMORY
@pytest.mark.parametrize("amount", ["-48000", "0"])
def test_a_credit_note_is_no_debt(office: Office, amount: str) -> None:
    begin(office)
    done, told = imported(office, HEADINGS, (*LATE[:3], amount, ""))
    assert (done.bad, reviews(office)) == (1, [])
    assert [(one.column, one.what) for one in told] == [
        ("金额 / Amount", "不大于零，没有欠款 / is not above zero: nothing is owed")
    ]


def test_who_pays_while_the_callback_waits_for_room_is_not_called(office: Office) -> None:
    begin(office)
    take_in(office, LATE)
    reviews(office)
    capacity(office, 0)
    next_morning(office)
    take_in(office, (*LATE[:4], "2026-03-03"))
    capacity(office, 20)
    until_day(office, date(2026, 3, 9))
    assert days_of_calls(office) == []


def test_an_invoice_that_was_not_paid_after_all_calls_anew(office: Office) -> None:
    begin(office)
    take_in(office, LATE)
    reviews(office)
    take_in(office, (*LATE[:4], "2026-03-01"))
    for _ in range(2):
        take_in(office, LATE)
        assert len(reviews(office)) == 1
    until_day(office, date(2026, 3, 9))
    take_in(office, (*LATE[:4], "2026-03-09"))
    take_in(office, LATE)
    reviews(office)
    with office.engine.store.read() as reader:
        waits = reader.find(CallbackEvent, why="payment", outcome="")
    assert [about for _, about, _ in days_of_calls(office)] == ["FP-1 2026-03-02"], "once in a day"
    assert [one.reference for one in waits] == ["FP-1 2026-04-08"], "and once more a month later"


@IN_MEMORY
@pytest.mark.parametrize("days_before", [0, 1])
def test_an_invoice_that_is_due_later_than_was_known_calls_when_that_is_over(office: Office, days_before: int) -> None:
    """Whether somebody has been called about the day that was wrong, or not yet."""
    begin(office)
    take_in(office, LATE)
    (review,) = reviews(office)
    until_day(office, date(2026, 3, 2 + days_before))
    take_in(office, ("C-MA-0009", "FP-1", "2026-03-20", "48000", ""))
    until_day(office, date(2026, 4, 3))
    assert len(days_of_calls(office)) == days_before
    office.clock.move_to(datetime(2026, 4, 3, 16, 0, tzinfo=UTC))
    assert [row.code for row in reviews(office)] == [review.code]
    with office.engine.store.read() as reader:
        waits = reader.find(CallbackEvent, why="payment", outcome="")
    assert [one.reference for one in waits] == ["FP-1 2026-04-04", "FP-1 2026-05-04"]
    until_day(office, date(2026, 4, 10))
    ((_, about, _),) = days_of_calls(office)
    assert about == ("FP-1" if days_before else "FP-1 2026-04-04")


def test_who_cannot_be_reviewed_is_called_all_the_same_and_the_admins_hear_of_it_once(office: Office) -> None:
    begin(office)
    with office.engine.store.write() as tx:
        tx.update(CustomerContact, ("C-MA-0009", 0), email="gu@chenglan.test")
    take_in(office, LATE)
    for _ in range(3):
        assert reviews(office) == []
        office.clock.move_to(office.clock.now() + timedelta(hours=1))
    told = office.mails("needs_attention", case="C-MA-0009")
    assert [mail.recipient for mail in told] == ["liu.yang@yongchang.example"]
    with office.engine.store.read() as reader:
        assert len(reader.find(CallbackEvent, why="payment")) == 2
    with office.engine.store.write() as tx:
        tx.update(CustomerContact, ("C-MA-0009", 0), email="gu@chenglan.example")
    assert len(reviews(office)) == 1
    until_day(office, date(2026, 3, 4))
    assert [about for _, about, _ in days_of_calls(office)] == ["FP-1"]


@IN_MEMORY
def test_what_becomes_overdue_while_a_review_is_open_has_one_that_shows_it_afterwards(office: Office) -> None:
    begin(office)
    take_in(office, LATE)
    (first,) = reviews(office)
    office.clock.move_to(office.clock.now() + timedelta(days=1))
    take_in(office, ("C-MA-0009", "FP-2", "2026-02-12", "9000000", ""))
    assert len(reviews(office)) == 1
    with office.engine.store.read() as reader:
        assert reader.find(CallbackEvent, reference="FP-2"), "the calls do not wait"
    assert take_in(office, ("C-MA-0009", "FP-2", "2026-02-12", "9000000", "")).unchanged == 1
    finished(office, first.code)
    office.clock.move_to(office.clock.now() + timedelta(hours=1))
    _, second = reviews(office)
    assert (invoice(office).review, invoice(office, "FP-2").review) == (first.code, second.code)
    assert "FP-2 · CNY 9,000,000.00" in shown(office, second.code, "review_facts")["Overdue invoices"]
