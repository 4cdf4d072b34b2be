"""Callbacks after or before something happened (CB-1): set-based on each store as event by event in words."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from crm_workflows.domain.records import CallbackEvent, CaseRow, ComplaintEntry, Customer, DueCallback, Link
from crm_workflows.engine.ports import Store
from crm_workflows.engine.round_ports import Calls, Piece
from tests.adapters.rows import NOON, case

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")
DAY = timedelta(days=1)
TOO_LATE = NOON - 30 * DAY
EVERYBODY = Calls("R-0000", "2026-03-02", "cadence", {}, NOON, agreed_by=NOON)


def customer(code: str, chance: random.Random | None = None, **changes: Any) -> Customer:
    given: dict[str, Any] = {"name": "客户", "credit_code": code, "status": "active", "tier": "B", "owner": "li"}
    if chance is not None:
        given |= {
            "status": chance.choice(["active"] * 4 + ["blocked"]), "consents": chance.random() < 0.9,
            "owner": chance.choice(["li", "wang"]), "open_callback": chance.choice([None, None, "CB-1", "CB-2"]),
            "last_contact_at": chance.choice([None, NOON - 40 * DAY, NOON - 4 * DAY, NOON - DAY]),
        }  # fmt: skip
    return Customer(code=code, registered_at=NOON - 300 * DAY, **(given | changes))


def outcome_of(event: CallbackEvent, row: Customer) -> str | None:
    """Why it calls nobody; None where it could."""
    assert event.due_at is not None
    if row.status != "active":
        return "blocked"
    if not row.consents:
        return "opted_out"
    if row.last_contact_at is not None and row.last_contact_at >= event.due_at:
        return "contacted_since"
    return "late" if event.due_at < TOO_LATE else None


def make_due(store: Store, wanted: Calls = EVERYBODY, at: datetime = NOON) -> int:
    """In pieces, as a round does it."""
    made, piece = 0, Piece()
    with store.write() as tx:
        while True:
            last = tx.last_of_piece(piece.after, 7)
            made += tx.make_events_due(wanted, Piece(piece.after, last), TOO_LATE, at)
            if last is None:
                return made
            piece = Piece(last)


@pytest.mark.parametrize("seed", range(6))
def test_calls_once_for_the_event_that_was_due_first_and_settles_the_others_with_the_reason(
    store: Store, seed: int
) -> None:
    chance = random.Random(seed)
    customers = {f"C-{n:03d}": customer(f"C-{n:03d}", chance) for n in range(40)}
    days = [-31, -30, -29, -3, -1, 0, 1]
    events = [
        CallbackEvent(chance.choice(list(customers)), chance.choice(["delivery", "contract"]), f"{n}",
                      NOON + chance.choice(days) * DAY)
        for n in range(100)
    ]  # fmt: skip
    waiting = DueCallback("C-003", "li", 1, NOON, "cadence", "R-0000", "2026-03-01", NOON)
    over = DueCallback("C-004", "li", 1, NOON, "cadence", "R-0000", "2026-03-01", NOON, is_waiting=False, case="CB-2")
    with store.write() as tx:
        tx.insert(*customers.values(), case("CB-1", status="waiting"), case("CB-2", status="closed"))
        tx.insert(*events, waiting, over)
    wanted = Calls("R-0000", "2026-03-02", "cadence", {}, NOON, chance.choice(["", "sun"]), {"owner": "li"}, NOON)
    made = make_due(store, wanted)

    expected: dict[str, CallbackEvent] = {}
    settled = dict[tuple[str, str], str]()
    for event in sorted(events, key=lambda one: (one.due_at, one.why, one.reference)):
        row = customers[event.customer]
        if event.due_at is None or event.due_at > NOON:
            continue
        outcome = outcome_of(event, row)
        is_free = row.owner == "li" and row.open_callback != "CB-1" and row.code != "C-003"
        if outcome is None and is_free and event.customer not in expected:
            expected[event.customer], outcome = event, "called"
        if outcome is not None:
            settled[event.why, event.reference] = outcome
    with store.read() as reader:
        rows = {row.customer: row for row in reader.find(DueCallback) if row.made_at == NOON and row.priority == 0}
        found = {(one.why, one.reference): one for one in reader.find(CallbackEvent)}
    assert made == len(expected) > 0
    assert set(rows) == set(expected)
    for code, event in expected.items():
        since = customers[code].last_contact_at or customers[code].registered_at
        occurrence = f"{event.why}/{event.reference}"
        who = wanted.does or "li"
        assert rows[code] == DueCallback(code, who, 0, since, event.why, "R-0000", occurrence, NOON)
    assert {key: one.outcome for key, one in found.items() if one.due_at is None} == settled
    assert all((one.settled_at == NOON) == (one.due_at is None) for one in found.values())


def test_an_event_calls_once_ever_and_a_second_one_waits_until_the_first_is_over(store: Store) -> None:
    first, second = (CallbackEvent("C-1", "delivery", f"PO-{n}", NOON - (3 - n) * DAY) for n in (1, 2))
    with store.write() as tx:
        tx.insert(customer("C-1"), first, second, case("CB-7", status="waiting"))
    assert [make_due(store), make_due(store)] == [1, 0], "it waits for room"
    with store.write() as tx:
        tx.update(DueCallback, ("C-1",), is_waiting=False, case="CB-7")
        tx.update(Customer, ("C-1",), open_callback="CB-7")
    assert make_due(store, at=NOON + DAY) == 0, "its callback is open"
    with store.write() as tx:
        tx.update(Customer, ("C-1",), open_callback=None, last_contact_at=NOON + DAY)
    assert make_due(store, at=NOON + 2 * DAY) == 0
    with store.read() as reader:
        outcomes = {one.reference: one.outcome for one in reader.find(CallbackEvent)}
    assert outcomes == {"PO-1": "called", "PO-2": "contacted_since"}, "the call about the first was the call"


def test_an_event_waits_while_a_complaint_of_the_customer_or_its_follow_up_is_open(store: Store) -> None:
    with store.write() as tx:
        tx.insert(customer("C-1"), CallbackEvent("C-1", "delivery", "PO-1", NOON), case("CP-1", status="waiting"))
        tx.insert(ComplaintEntry("CP-1", "C-1", "", "", "", "", "", NOON))
    assert make_due(store) == 0
    with store.write() as tx:
        tx.update(CaseRow, ("CP-1",), status="closed")
        tx.insert(case("CF-1", status="waiting"), Link("CP-1", "CF-1", "follow_up"))
    assert make_due(store, at=NOON + DAY) == 0, "its follow-up is open"
    with store.write() as tx:
        tx.update(CaseRow, ("CF-1",), status="closed")
    assert make_due(store, at=NOON + 2 * DAY) == 1


def test_one_who_was_not_reached_is_called_about_the_second_event(store: Store) -> None:
    with store.write() as tx:
        tx.insert(customer("C-1"), *(CallbackEvent("C-1", "delivery", f"PO-{n}", NOON) for n in (1, 2)))
    make_due(store)
    with store.write() as tx:
        tx.update(DueCallback, ("C-1",), is_waiting=False, case="CB-7")
    assert make_due(store, at=NOON + DAY) == 1
    with store.read() as reader:
        row = reader.get(DueCallback, "C-1")
    assert row is not None
    assert (row.occurrence, row.case, row.is_waiting) == ("delivery/PO-2", None, True)
