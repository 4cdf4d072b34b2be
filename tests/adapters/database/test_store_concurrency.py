"""What every store promises when many threads use it at once, and when they wait for each other."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.domain.records import CaseRow, JournalEntry, Link, Message, Number
from crm_workflows.engine.ports import Duplicate, Store
from crm_workflows.engine.running.worker import GROUP
from tests.adapters.rows import MINUTE, NOON, case, entry, message

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")

PATIENCE = 20.0
"""Seconds after which a test gives up; none of them takes a tenth of it."""


def together(*works: Callable[[], Any]) -> list[Any]:
    """The results of these works, each in a thread of its own, all begun at once."""
    gate = threading.Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        gate.wait(PATIENCE)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(begin, work) for work in works]]


class Undo(Exception):
    """Takes a transaction back."""


def test_numbers_have_no_gap_whatever_fails(store: Store) -> None:
    def write_many(seed: int) -> None:
        dice = random.Random(seed)
        written = 0
        while written < 15:
            try:
                with store.write() as tx:
                    number = tx.next_number("case/SV/2026")
                    tx.insert(case(f"SV-2026-{number:05}"))
                    if dice.random() < 0.5:
                        raise Undo
                    written += 1
            except Undo:
                pass

    together(*(lambda seed=seed: write_many(seed) for seed in range(4)))
    with store.read() as reader:
        assert [row.code for row in reader.find(CaseRow)] == [f"SV-2026-{n:05}" for n in range(1, 61)]
        assert reader.get(Number, "case/SV/2026") == Number("case/SV/2026", 60)


def test_on_a_server_a_number_that_may_have_gaps_holds_nobody_up(postgres_url: str) -> None:
    """Whoever opens a case has its number to the end of a long transaction; the next opens meanwhile."""
    with closing(open_store(postgres_url)) as store, store.write() as first:
        assert first.next_number("case/SV/2026", gaps=True) == 1

        def opens() -> int:
            with store.write() as second:
                number = second.next_number("case/SV/2026", gaps=True)
                second.insert(case(f"SV-2026-{number:05}"))
                return number

        assert together(opens) == [2]
        first.insert(case("SV-2026-00001"))


def test_clients_that_come_again_find_the_connections_of_before(postgres_url: str) -> None:
    """Opening one costs more than a decision does."""
    pids = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'crmw'"
    with closing(open_store(postgres_url)) as store, psycopg.connect(postgres_url, autocommit=True) as onlooker:

        def comes_again() -> None:
            for _ in range(10):
                with store.write() as tx:
                    tx.next_number("case/SV/2026", gaps=True)

        together(*[comes_again] * GROUP)
        before = set(onlooker.execute(pids))
        together(*[comes_again] * GROUP)
        assert set(onlooker.execute(pids)) >= before
        assert len(before) > 2


def test_a_number_that_may_have_gaps_is_never_given_twice(store: Store) -> None:
    given: list[int] = []

    def takes() -> None:
        for nth in range(20):
            try:
                with store.write() as tx:
                    number = tx.next_number("case/SV/2026", gaps=True)
                    tx.insert(case(f"SV-2026-{number:05}"))
                    if nth % 3 == 0:
                        raise Undo
                    given.append(number)
            except Undo:
                pass

    together(*[takes] * 4)
    assert len(given) == len(set(given)) == 52
    with store.read() as reader:
        assert len(reader.find(CaseRow)) == 52


def test_two_claimers_never_get_the_same_case(store: Store) -> None:
    with store.write() as tx:
        tx.insert(*(case(f"C{n:03}", ready_at=NOON) for n in range(60)))

    def claim_all() -> list[str]:
        mine: list[str] = []
        while True:
            with store.write() as tx:
                claimed = tx.claim_ready(NOON, 3)
                for row in claimed:
                    tx.update(CaseRow, (row.code,), ready_at=None)
                mine += [row.code for row in claimed]
                if not claimed and tx.count(CaseRow, ready_at=None) == 60:
                    return mine

    claimed = [code for codes in together(*[claim_all] * 4) for code in codes]
    assert sorted(claimed) == [f"C{n:03}" for n in range(60)]


def test_two_claimers_never_get_the_same_mail(store: Store) -> None:
    with store.write() as tx:
        tx.insert(*(message(f"M{n:03}") for n in range(60)))

    def claim_all() -> list[str]:
        mine: list[str] = []
        while True:
            with store.write() as tx:
                claimed = tx.claim_mail(NOON, NOON + MINUTE, 7)
                mine += [one.id for one in claimed]
                if not claimed and tx.count(Message, claimed_until=None) == 0:
                    return mine

    claimed = [code for codes in together(*[claim_all] * 4) for code in codes]
    assert sorted(claimed) == [f"M{n:03}" for n in range(60)]


def test_a_locked_case_is_changed_by_one_at_a_time(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case())

    def raise_the_fence() -> None:
        for _ in range(25):
            with store.write() as tx:
                row = tx.lock_case("SV-2026-00001")
                assert row is not None
                tx.update(CaseRow, (row.code,), fence=row.fence + 1)

    together(*[raise_the_fence] * 4)
    with store.read() as reader:
        assert reader.find(CaseRow) == [case(fence=100)]


def test_of_writers_with_the_same_key_one_wins(store: Store) -> None:
    def append(who: int) -> bool:
        try:
            with store.write() as tx:
                tx.insert(entry(0, value=who), Link(f"{who}", "x", "y"))
        except Duplicate:
            return False
        return True

    wins = together(*(lambda who=who: append(who) for who in range(8)))
    assert wins.count(True) == 1
    with store.read() as reader:
        assert [one.value for one in reader.find(JournalEntry)] == [wins.index(True)]
        assert [link.case for link in reader.find(Link)] == [f"{wins.index(True)}"]


def test_an_expected_value_lets_one_of_many_pass(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case())

    def take(who: str) -> bool:
        with store.write() as tx:
            return tx.update(CaseRow, ("SV-2026-00001",), {"leased_by": None}, leased_by=who)

    assert together(*(lambda who=f"w{n}": take(who) for n in range(6))).count(True) == 1


def test_readers_never_see_half_a_transaction(store: Store) -> None:
    done = threading.Event()

    def write() -> None:
        for n in range(40):
            with store.write() as tx:
                tx.insert(entry(n), Link(f"{n:02}", "x", "y"))
        done.set()

    def read() -> int:
        reads = 0
        while not done.is_set() or reads == 0:
            with store.read() as reader:
                assert reader.count(JournalEntry) == reader.count(Link)
                reads += 1
        return reads

    assert all(together(write, read, read)[1:])


def test_waiting_ends_when_the_time_is_over(store: Store) -> None:
    assert store.wait(0) is False
    assert store.wait(0.06) is False


def test_a_wake_before_the_waiting_is_not_lost(store: Store) -> None:
    store.wake()
    assert store.wait(PATIENCE) is True
    assert store.wait(0) is False


def test_a_wake_reaches_every_thread_once(store: Store) -> None:
    waiting = threading.Semaphore(0)

    def listen() -> list[bool]:
        store.wait(0)
        waiting.release()
        return [store.wait(PATIENCE), store.wait(0)]

    def speak() -> None:
        for _ in range(3):
            assert waiting.acquire(timeout=PATIENCE)
        store.wake()

    assert together(listen, listen, listen, speak)[:3] == [[True, False]] * 3


def test_a_wake_reaches_another_process(store: Store, open_again: Callable[[], Store]) -> None:
    with closing(open_again()) as other:
        other.wait(0)

        def write() -> None:
            with store.write() as tx:
                tx.insert(case(ready_at=NOON))
            store.wake()

        assert together(lambda: other.wait(PATIENCE), write)[0] is True


def test_a_thread_may_read_while_it_writes(store: Store) -> None:
    def work(n: int) -> int:
        with store.write() as tx:
            tx.insert(case(f"C{n}"))
            with store.read() as reader:
                return reader.count(CaseRow, code=f"C{n}")

    assert together(*(lambda n=n: work(n) for n in range(5))) == [0] * 5


def test_leased_cases_are_ready_again_when_the_lease_is_over(store: Store) -> None:
    with store.write() as tx:
        tx.insert(case(ready_at=NOON, leased_until=NOON + MINUTE))
        assert tx.claim_ready(NOON, 1) == []
        assert len(tx.claim_ready(NOON + MINUTE, 1)) == 1
        assert tx.claim_ready(NOON + MINUTE - timedelta(microseconds=1), 1) == []


def test_a_lost_race_costs_its_savepoint_only(store: Store) -> None:
    with store.write() as tx:
        tx.insert(entry(0))
    with store.write() as tx:
        tx.insert(case())
        with pytest.raises(Duplicate), tx.savepoint():
            tx.insert(entry(0))
        tx.insert(entry(1))
    with store.read() as reader:
        assert reader.count(CaseRow) == 1
        assert reader.count(JournalEntry) == 2
