"""Callbacks beside the cadence (CB-1): after a delivery, before a contract ends, after a complaint was closed."""

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import calling, imports, rounds
from crm_workflows.business.events import after_complaint
from crm_workflows.domain.records import CallbackEvent
from crm_workflows.engine.steps import Books
from tests.flows.customers import IN_MEMORY, enter, shown
from tests.flows.test_morning_rounds import calls, many_who_are_due, next_morning
from tests.office import Office

DAY = timedelta(days=1)
ORDERS = ("客户", "订单号", "下单日期", "金额", "交货日期")
CONTACTS_MADE = ("客户", "日期", "类型", "已联系上", "摘要")
CONTRACTS = ("客户", "合同号", "签订日期", "到期日期")

HEADINGS = {"orders": ORDERS, "contracts": CONTRACTS, "contacts-made": CONTACTS_MADE}


def take_in(office: Office, kind: str, *rows: Sequence[object]) -> None:
    """Import a table of orders or contracts; all its rows are good."""
    text = io.StringIO()
    csv.writer(text).writerows([HEADINGS[kind], *rows])
    problems: list[object] = []
    content = opened(text.getvalue().encode(), "表.csv")
    imports.run(office.engine, imports.KINDS[kind], content, "表.csv", "all", problems.append)
    assert problems == []


def days_of_calls(office: Office) -> list[tuple[str, str, date]]:
    return [
        (row.subject["why"], row.subject["about"], office.staff.hours.local_date(row.opened_at))
        for row in calls(office)
    ]


def until_day(office: Office, last: date) -> None:
    """Every morning up to that day."""
    while True:
        at = rounds.found(office.engine, rounds.MORNING).next_at
        assert at is not None
        if office.staff.hours.local_date(at) > last:
            return
        next_morning(office)


def event(office: Office, reference: str) -> CallbackEvent:
    with office.engine.store.read() as reader:
        (found,) = reader.find(CallbackEvent, reference=reference)
    return found


def begin(office: Office) -> None:
    """A customer of tier B who had contact yesterday: the cadence calls in three months."""
    enter(office, "C-MA-0009", last_contact_at=office.clock.now() - DAY)
    rounds.begin_morning(office.engine)


def test_a_customer_is_called_three_days_after_a_delivery_and_told_apart_by_the_order(office: Office) -> None:
    begin(office)
    take_in(office, "orders", ("C-MA-0009", "PO-7", "2026-02-20", "100", "2026-03-01"))
    until_day(office, date(2026, 3, 10))
    assert days_of_calls(office) == [("delivery", "PO-7", date(2026, 3, 4))]
    (row,) = calls(office)
    facts = shown(office, row.code, "callback_record")
    assert (facts["Why now"], facts["About"]) == ("After a delivery", "PO-7")
    office.submit(row.code)
    take_in(office, "orders", ("C-MA-0009", "PO-7", "2026-02-20", "100", "2026-03-02"))
    until_day(office, date(2026, 3, 20))
    assert len(calls(office)) == 1, "the day of the delivery was put right; it has called already"
    assert event(office, "PO-7").outcome == "called"


@IN_MEMORY
def test_the_same_file_again_and_a_delivery_of_long_ago_call_nobody(office: Office) -> None:
    begin(office)
    for _ in range(2):
        take_in(
            office, "orders", ("C-MA-0009", "PO-7", "2026-02-20", "100", "2026-03-01"),
            ("C-MA-0009", "PO-1", "2025-12-01", "100", "2026-01-10"), ("C-MA-0009", "PO-8", "2026-02-20", "100", ""),
        )  # fmt: skip
    with office.engine.store.read() as reader:
        assert [one.reference for one in reader.find(CallbackEvent)] == ["PO-7"]


@IN_MEMORY
def test_a_delivery_put_off_before_the_call_calls_after_its_new_day(office: Office) -> None:
    begin(office)
    for delivered in ("2026-03-01", "2026-03-09"):
        take_in(office, "orders", ("C-MA-0009", "PO-7", "2026-02-20", "100", delivered))
    until_day(office, date(2026, 3, 20))
    assert [day for _, _, day in days_of_calls(office)] == [date(2026, 3, 12)]


def test_a_customer_is_called_sixty_days_before_a_contract_ends_and_again_after_it_was_prolonged(
    office: Office,
) -> None:
    begin(office)
    take_in(office, "contracts", ("C-MA-0009", "HT-1", "2025-05-05", "2026-05-04"))
    until_day(office, date(2026, 3, 6))
    assert days_of_calls(office) == [("contract", "HT-1 2026-05-04", date(2026, 3, 5))]
    office.submit(calls(office)[0].code)
    take_in(office, "contracts", ("C-MA-0009", "HT-1", "2025-05-05", "2027-05-04"))
    assert event(office, "HT-1 2026-05-04").outcome == "called"
    due = event(office, "HT-1 2027-05-04").due_at
    assert due is not None
    assert office.staff.hours.local_date(due) == date(2027, 3, 5)


@IN_MEMORY
def test_a_contract_that_was_prolonged_before_the_call_calls_for_its_new_end_alone(office: Office) -> None:
    begin(office)
    take_in(office, "contracts", ("C-MA-0009", "HT-1", "2025-05-05", "2026-06-30"))
    take_in(office, "contracts", ("C-MA-0009", "HT-1", "2025-05-05", "2026-12-31"))
    gone = event(office, "HT-1 2026-06-30")
    assert (gone.due_at, gone.outcome) == (None, "moved")
    assert event(office, "HT-1 2026-12-31").due_at is not None


@IN_MEMORY
def test_a_contract_that_ends_within_the_days_is_called_about_at_once(office: Office) -> None:
    begin(office)
    take_in(office, "contracts", ("C-MA-0009", "HT-1", "2025-05-05", "2026-03-20"))
    next_morning(office)
    assert [why for why, _, _ in days_of_calls(office)] == ["contract"]


@IN_MEMORY
def test_after_a_complaint_was_closed_the_customer_is_called_after_3_and_after_30_days(office: Office) -> None:
    begin(office)
    with office.engine.store.write() as tx:
        books = SimpleNamespace(tx=tx, today=date(2026, 3, 2), morning_of=office.staff.hours.midnight)
        after_complaint(cast(Books, books), "C-MA-0009", "CP-2026-00001", office.staff.rules)
    until_day(office, date(2026, 3, 6))
    office.submit(calls(office)[0].code)
    until_day(office, date(2026, 4, 3))
    assert days_of_calls(office) == [
        ("complaint", "CP-2026-00001/1", date(2026, 3, 5)), ("complaint", "CP-2026-00001/2", date(2026, 4, 1)),
    ]  # fmt: skip


@IN_MEMORY
def test_while_everything_was_down_an_event_waits_and_calls_once(office: Office) -> None:
    begin(office)
    take_in(office, "orders", ("C-MA-0009", "PO-7", "2026-02-20", "100", "2026-03-01"))
    office.clock.move_to(office.clock.now() + 14 * DAY)
    calling.fire(office.engine)
    next_morning(office)
    assert [about for _, about, _ in days_of_calls(office)] == ["PO-7"]


@IN_MEMORY
def test_a_callback_that_no_worker_has_begun_is_not_opened_a_second_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Prefect, or many machines, opening a case and its first stretch are two commits."""
    monkeypatch.setattr(type(office.engine), "begins_at_once", lambda _engine: False)
    many_who_are_due(office, 1)
    for _ in range(3):
        at = rounds.found(office.engine, rounds.MORNING).next_at
        assert at is not None
        office.clock.move_to(at)
        calling.fire(office.engine)
    (row,) = calls(office)
    office.work()
    assert office.waiting(row.code)["gate"] == "callback_record"


@IN_MEMORY
def test_a_customer_is_called_three_days_after_a_service_once_for_all_of_a_day(office: Office) -> None:
    begin(office)
    service = ("C-MA-0009", "2026-03-02", "上门服务", "是", "更换密封件")
    for _ in range(2):
        take_in(office, "contacts-made", service, (*service[:4], "校准"), (*service[:3], "否", "无人在场"))
    take_in(office, "contacts-made", (*service[:4], "培训"), ("C-MA-0009", "2026-03-01", "拜访", "是", "拜访"))
    take_in(office, "contacts-made", ("C-MA-0009", "2026-01-15", "Service", "是", "太久以前"))
    until_day(office, date(2026, 3, 20))
    assert days_of_calls(office) == [("service", "2026-03-02", date(2026, 3, 5))]
    assert shown(office, calls(office)[0].code, "callback_record")["Why now"] == "After a service"
