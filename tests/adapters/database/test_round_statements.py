"""Rounds of callbacks by set-based statements: on each store as customer by customer, on registers made by chance."""

import random
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.domain.records import ComplaintEntry, Customer, DueCallback, Link
from crm_workflows.engine.ports import Store, Transaction
from crm_workflows.engine.round_ports import NOT_CALLED, Calls, Piece
from tests.adapters.rows import NOON, case
from tests.postgres import PostgresServer

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")
DAY = timedelta(days=1)
TODAY, TOMORROW = (NOON, NOON + DAY), (NOON + DAY, NOON + 2 * DAY)
CLOSER = {"A": NOON - 1 * DAY, "B": NOON - 29 * DAY, "C": NOON - 90 * DAY}
TIERS = {"A": NOON - 30 * DAY, "B": NOON - 90 * DAY, "C": NOON - 180 * DAY}


def register(chance: random.Random, many: int = 80) -> list[Customer]:
    """Customers of every kind."""

    def ago() -> datetime:
        return NOON - timedelta(days=chance.choice([0, 29, 30, 31, 89, 90, 91, 179, 180, 400]))

    return [
        Customer(
            f"C-MA-{n:04d}", f"客户{n}", f"c{n}", chance.choice(["active", "active", "active", "blocked"]),
            chance.choice("ABC"), chance.choice(["li", "wang", "zhao"]), ago(), region=chance.choice(["江苏", "浙江"]),
            consents=chance.random() < 0.9, last_contact_at=ago() if chance.random() < 0.8 else None,
            open_callback=chance.choice([None, None, None, "CB-1", "CB-2", "CB-9"]),
            next_callback_at=chance.choice([None, NOON - DAY, NOON, NOON + DAY]),
            overdue_since=chance.choice([None, None, NOON - DAY]),
            complaint_until=chance.choice([None, None, NOON, NOON + DAY]),
            tags=chance.choice([None, "|出口|", "|出口|重点|", "|重点客户|"]),
        )
        for n in range(many)
    ]  # fmt: skip


COMPLAINING = ("C-MA-0003", "C-MA-0005", "C-MA-0009")


def complain(tx: Transaction) -> None:
    """Two customers have a complaint open, a third one the follow-up of one; all is over with two others."""
    is_over = ("CP-2", "CP-4", "CP-5", "CF-5")
    tx.insert(case("CP-1", status="waiting"), case("CP-3", status="running"), case("CF-4", status="waiting"))
    tx.insert(*(case(code, status="closed") for code in is_over))
    for code, of in zip(
        (*COMPLAINING, "C-MA-0007", "C-MA-0011"), ("CP-1", "CP-3", "CP-4", "CP-2", "CP-5"), strict=True
    ):
        tx.insert(ComplaintEntry(of, code, "", "", "", "", "", NOON))
    tx.insert(Link("CP-4", "CF-4", "follow_up"), Link("CP-5", "CF-5", "follow_up"), Link("CP-5", "CP-1", "joined_to"))


def calls(**changes: Any) -> Calls:
    given: dict[str, Any] = {
        "round": "R-0001",
        "occurrence": "2026-03-02",
        "why": "round",
        "tiers": TIERS,
        "silent_since": NOON,
    }
    return Calls(**(given | changes))


def expected(row: Customer, wanted: Calls) -> str | None:
    """In words: None where it is called, "" where the round does not choose it, else the reason."""
    since = row.last_contact_at or row.registered_at
    has_tag = not wanted.tag or wanted.tag in (row.tags or "").split("|")
    if (
        not has_tag
        or since > wanted.silent_since
        or any(getattr(row, n) != value for n, value in wanted.equals.items())
    ):
        return ""
    if row.status != "active":
        return "blocked"
    if not row.consents:
        return "opted_out"
    if row.open_callback == "CB-1":
        return "open_callback"
    if row.code in COMPLAINING:
        return "open_complaint"
    if wanted.agreed_by is None:
        is_time = row.last_contact_at is None or row.last_contact_at <= wanted.tiers[row.tier]
    elif row.next_callback_at is not None:
        is_time = row.next_callback_at <= wanted.agreed_by
    else:
        is_time = since <= wanted.tiers[row.tier]
    is_closer = row.overdue_since is not None or row.complaint_until == NOON + DAY
    if wanted.closer and is_closer:
        is_time = is_time or since <= wanted.closer[row.tier]
    return None if is_time else "contacted_since"


def urgency(row: Customer, wanted: Calls) -> int:
    """What was agreed on before the tier's silence is over comes first, then the tiers in order."""
    is_early = row.last_contact_at is not None and row.last_contact_at > wanted.tiers[row.tier]
    is_agreed = wanted.agreed_by is not None and row.next_callback_at is not None and is_early
    return 0 if is_agreed else "ABC".index(row.tier) + 1


@pytest.mark.parametrize("seed", range(6))
def test_calls_exactly_whom_the_rule_names_and_counts_the_others_by_reason(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    customers = register(chance)
    wanted = calls(
        does=chance.choice(["", "sun"]), equals=chance.choice([{}, {"region": "江苏"}, {"owner": "li", "tier": "B"}]),
        silent_since=NOON - timedelta(days=chance.choice([0, 0, 60])), agreed_by=NOON if seed % 2 else None,
        tag=("", "重点", "出口")[seed % 3],
        closer=CLOSER if seed % 4 else {}, at=NOON,
    )  # fmt: skip
    reasons = {row.code: expected(row, wanted) for row in customers}
    to_call = [row for row in customers if reasons[row.code] is None]
    with store.write() as tx:
        tx.insert(*customers, case("CB-1", status="waiting"), case("CB-2", status="closed"))
        complain(tx)
    with store.read() as reader:
        assert [row.code for row in reader.called(wanted, 1000)] == [row.code for row in to_call]
        assert reader.called_by_owner(wanted) == sorted(Counter(wanted.does or row.owner for row in to_call).items())
        counted = Counter(why for why in reasons.values() if why)
        assert reader.not_called(wanted, Piece()) == {why: counted[why] for why in NOT_CALLED if counted[why]}
    made, piece = 0, Piece()
    with store.write() as tx:
        while True:
            last = tx.last_of_piece(piece.after, 7)
            made += tx.make_due(wanted, Piece(piece.after, last), NOON)
            if last is None:
                break
            piece = Piece(last)
    with store.read() as reader:
        rows = reader.find(DueCallback, order="customer")
    assert made == len(rows) == len(to_call)
    for row, customer in zip(rows, to_call, strict=True):
        since = customer.last_contact_at or customer.registered_at
        owner = wanted.does or customer.owner
        assert row == DueCallback(
            customer.code, owner, urgency(customer, wanted), since, "round", "R-0001", "2026-03-02", NOON
        )


def test_one_callback_a_customer_waits_and_an_occurrence_makes_it_once(store: Store) -> None:
    with store.write() as tx:
        tx.insert(*[Customer(f"C-{n}", "客户", f"c{n}", "active", "A", "li", NOON) for n in range(3)])
        assert tx.make_due(calls(), Piece(), NOON) == 3
        assert tx.make_due(calls(), Piece(), NOON) == 0
        assert tx.make_due(calls(occurrence="2026-03-03", round="R-0002"), Piece(), NOON) == 0, "they wait already"
        tx.update(DueCallback, ("C-0",), is_waiting=False, case="CB-1", handed_at=NOON)
        assert tx.make_due(calls(), Piece(), NOON) == 0, "the same occurrence calls nobody twice"
        assert tx.make_due(calls(occurrence="2026-03-03"), Piece(), NOON + DAY) == 1
        row = tx.get(DueCallback, "C-0")
    assert row == DueCallback("C-0", "li", 1, NOON, "round", "R-0001", "2026-03-03", NOON + DAY)


def test_the_shorter_silence_begins_anew_with_a_callback_that_was_opened(store: Store) -> None:
    sooner: dict[str, Any] = {"overdue_since": NOON - 5 * DAY, "next_callback_at": NOON + DAY}
    last: dict[str, dict[str, Any]] = {
        "C-0": {}, "C-1": {"case": "CB-1", "handed_at": NOON}, "C-2": {"case": "CB-2", "handed_at": NOON - 2 * DAY},
        "C-3": {"problem": "nobody to call", "handed_at": NOON},
    }  # fmt: skip
    wanted = calls(agreed_by=NOON, closer=CLOSER, at=NOON)
    with store.write() as tx:
        tx.insert(*[Customer(code, "客户", code, "active", "A", "li", NOON - 29 * DAY, **sooner) for code in last])
        done = (DueCallback(code, "li", 1, NOON, "cadence", "R", "o", NOON, False, **row) for code, row in last.items())
        tx.insert(*list(done)[1:])
        assert [row.code for row in tx.called(wanted, 9)] == ["C-0", "C-2", "C-3"]
        assert tx.not_called(wanted, Piece()) == {"contacted_since": 1}
        assert tx.make_due(wanted, Piece(), NOON) == 3


@pytest.mark.parametrize("seed", range(3))
def test_hands_out_the_most_urgent_of_each_up_to_the_capacity_of_the_day(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    rows = [
        DueCallback(
            f"C-{n:02d}", chance.choice(["li", "wang"]), chance.randrange(3), NOON - chance.randrange(9) * DAY, "round",
            "R-1", "o", NOON,
        )
        for n in range(40)
    ]  # fmt: skip
    urgent = sorted(rows, key=lambda row: (row.priority, row.silent_since, row.customer))
    queues = {owner: [row.customer for row in urgent if row.owner == owner] for owner in ("li", "wang")}
    with store.write() as tx:
        tx.insert(*rows)
        assert tx.waiting_by_owner() == sorted((owner, len(queue)) for owner, queue in queues.items())
        assert tx.hand_out(3, TODAY, NOON) == 6
        assert tx.hand_out(3, TODAY, NOON + DAY / 24) == 0, "an hour later: it is the same day"
        assert tx.hand_out(5, TODAY, NOON + DAY / 24) == 4, "more room"
        assert tx.hand_out(5, TOMORROW, NOON + DAY) == 10, "the next day"
        for owner, queue in queues.items():
            handed = tx.find(DueCallback, owner=owner, handed_at=[NOON, NOON + DAY / 24, NOON + DAY])
            assert {row.customer for row in handed} == set(queue[:10])
            assert all(row.opens_at == row.handed_at for row in handed)
            assert tx.count_due(DueCallback, "opens_at", NOON, owner=owner) == 3


def test_no_piece_of_a_round_on_postgresql_reads_the_due_rows_of_others(postgres: PostgresServer) -> None:
    """Else a million customers cost four times as much a customer as a hundred thousand: the plan that the server keeps
    was made when nobody was due."""
    pieces, of_each = 30, 50
    codes = [f"C-{n:04d}" for n in range(pieces * of_each)]
    name = postgres.database()
    with closing(open_store(postgres.address(name))) as store:
        with store.write() as tx:
            tx.insert(*[Customer(code, "客户", code, "active", "A", "li", NOON - 400 * DAY) for code in codes])
        with postgres.connect(name) as connection:
            connection.execute("VACUUM ANALYZE")
        with store.write() as tx:
            for first in range(0, len(codes), of_each):
                piece = Piece(codes[first - 1] if first else "", codes[first + of_each - 1])
                assert tx.make_due(calls(), piece, NOON) == of_each
            read = read_of_due_rows(tx)
    assert read <= 2 * len(codes), "a table of a few pages is read whole at first; all by all would be 43 500"
    postgres.drop(name)


def read_of_due_rows(tx: Transaction) -> int:
    """How many the server has read in this transaction, one for one or by an index."""
    read: Any = tx
    asked = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'due_callbacks'"
    return int(read._cursor.execute(asked).fetchone()[0])
