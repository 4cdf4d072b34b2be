"""Writers that wait for each other on SQLite share a commit: each whole or not at all, told when it is on disk."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from crm_workflows.adapters.database import shared_commit
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.store_sqlite import FULL, SqliteStore
from crm_workflows.adapters.database.turns import Turns
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import Number
from crm_workflows.engine.ports import Duplicate, Transaction
from tests.patience import eventually

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")
PATIENCE = 20.0
TICK = threading.Event()


class Crowd:
    """Writers that come while another one is inside, one after the other."""

    def __init__(self, store: SqliteStore, pool: ThreadPoolExecutor, said: list[str]) -> None:
        self.store, self.pool, self.said = store, pool, said

    def write(self, *works: Callable[[Transaction], object]) -> list["Future[None]"]:
        """Each in a thread of its own and in this order; the first stays inside until all others wait."""
        inside, go = threading.Event(), threading.Event()

        def first(tx: Transaction) -> None:
            inside.set()
            assert go.wait(PATIENCE)
            works[0](tx)

        futures = [self.pool.submit(self._write, first)]
        assert inside.wait(PATIENCE)
        for n, work in enumerate(works[1:], start=1):
            futures.append(self.pool.submit(self._write, work))
            self._waits_for(n)
        self.said.clear()
        go.set()
        return futures

    def _waits_for(self, number: int) -> None:
        eventually(lambda: len(self.store._turns._waiting) == number)

    def _write(self, work: Callable[[Transaction], object]) -> None:
        with self.store.write() as tx:
            work(tx)

    def kept(self) -> list[str]:
        with self.store.read() as reader:
            return [number.series for number in reader.find(Number)]


def number(name: str) -> Callable[[Transaction], object]:
    return lambda tx: tx.insert(Number(name, 1))


@pytest.fixture
def crowd(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crowd]:
    monkeypatch.setattr(shared_commit, "LONGEST_SECONDS", PATIENCE)
    said: list[str] = []
    plainly = SqliteStore.plainly

    def heard(self: SqliteStore, pooled: Any, cursor: Any, statement: str) -> None:
        said.append(statement)
        plainly(self, pooled, cursor, statement)

    monkeypatch.setattr(SqliteStore, "plainly", heard)
    with closing(open_store(sqlite_url)) as store, ThreadPoolExecutor(30) as pool:
        assert isinstance(store, SqliteStore)
        yield Crowd(store, pool, said)


def done(futures: list["Future[None]"]) -> list[BaseException | None]:
    return [future.exception(PATIENCE) for future in futures]


def test_who_waits_shares_the_commit_of_who_was_there(crowd: Crowd) -> None:
    assert done(crowd.write(number("a"), number("b"), number("c"))) == [None] * 3
    assert crowd.said.count("COMMIT") == 1
    assert crowd.kept() == ["a", "b", "c"]


def test_alone_each_commits_for_itself(crowd: Crowd) -> None:
    for name in ("a", "b"):
        assert done(crowd.write(number(name))) == [None]
        assert crowd.said == ["COMMIT"]


def test_nobody_is_told_before_it_is_on_the_disk(crowd: Crowd) -> None:
    second, go = threading.Event(), threading.Event()

    def waits(tx: Transaction) -> None:
        second.set()
        assert go.wait(PATIENCE)

    first, last = crowd.write(number("a"), waits)
    assert second.wait(PATIENCE)
    assert not first.done()
    assert crowd.kept() == []
    go.set()
    assert done([first, last]) == [None, None]
    assert crowd.kept() == ["a"]


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_who_fails_takes_nobody_along(crowd: Crowd, failing: int) -> None:
    def fails(tx: Transaction) -> None:
        tx.insert(Number("lost", 1))
        raise KeyError("own fault")

    works = [number("a"), number("b"), number("c")]
    works[failing] = fails
    found = done(crowd.write(*works))
    assert [type(error) for error in found] == [KeyError if n == failing else type(None) for n in range(3)]
    assert crowd.kept() == [name for n, name in enumerate("abc") if n != failing]


def test_who_swallows_what_broke_its_transaction_takes_nobody_along(crowd: Crowd) -> None:
    def swallows(tx: Transaction) -> None:
        with pytest.raises(Duplicate):
            tx.insert(Number("a", 2))

    found = done(crowd.write(number("a"), swallows, number("c")))
    assert [type(error) for error in found] == [type(None), RuntimeError, type(None)]
    assert crowd.kept() == ["a", "c"]


@pytest.mark.parametrize("last_fails_too", [False, True])
def test_all_hear_that_their_commit_failed(crowd: Crowd, monkeypatch: pytest.MonkeyPatch, last_fails_too: bool) -> None:
    heard = SqliteStore.plainly

    def full(self: SqliteStore, pooled: Any, cursor: Any, statement: str) -> None:
        if statement == "COMMIT":
            raise StoreBusy(FULL)
        heard(self, pooled, cursor, statement)

    def fails(_tx: Transaction) -> None:
        raise KeyError("own fault")

    futures = crowd.write(number("a"), number("b"), fails if last_fails_too else number("c"))
    monkeypatch.setattr(SqliteStore, "plainly", full)
    found = done(futures)
    assert [type(error) for error in found] == [StoreBusy, StoreBusy, KeyError if last_fails_too else StoreBusy]
    monkeypatch.setattr(SqliteStore, "plainly", heard)
    assert crowd.store.refused.last is not None
    assert crowd.kept() == []
    assert done(crowd.write(number("d"))) == [None]


def test_when_the_database_gives_up_the_transaction_those_before_hear_it(crowd: Crowd) -> None:
    def given_up(tx: Transaction) -> None:
        tx._cursor.execute("ROLLBACK")  # type: ignore[attr-defined]
        raise KeyError("own fault")

    found = done(crowd.write(number("a"), given_up, number("c")))
    assert [type(error) for error in found] == [StoreBusy, KeyError, type(None)]
    assert crowd.kept() == ["c"]


def test_no_more_share_than_may(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_commit, "MOST_WRITERS", 2)
    assert done(crowd.write(*(number(f"{n}") for n in range(5)))) == [None] * 5
    assert crowd.said.count("COMMIT") == 3


def test_the_first_does_not_wait_longer_than_it_may(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_commit, "LONGEST_SECONDS", 0.0)
    crowd.store.commit_seconds = 0.0
    assert done(crowd.write(*(number(f"{n}") for n in range(3)))) == [None] * 3
    assert crowd.said.count("COMMIT") > 1


def test_a_turn_lost_on_the_way_is_taken_again(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by Ctrl-C in the thread that had just been handed it."""
    monkeypatch.setattr(shared_commit, "LOOK_SECONDS", 0.01)

    def lost() -> bool:
        crowd.store.give_back_written()
        return True

    monkeypatch.setattr(crowd.store, "pass_on", lost)
    assert done(crowd.write(number("a"))) == [None]
    assert crowd.kept() == ["a"]


def test_turns_come_in_order_and_not_to_who_has_gone() -> None:
    turns = Turns()
    assert turns.take(0)
    assert not turns.pass_on()
    assert not turns.take(0.01)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(turns.take, PATIENCE)
        eventually(lambda: len(turns._waiting) == 1)
        assert turns.pass_on()
        assert waits.result(PATIENCE)
    turns.give()
    assert turns.take(0)


def test_many_threads_lose_nothing(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url)) as store:

        def count(_n: int) -> None:
            for n in range(20):
                try:
                    with store.write() as tx:
                        tx.next_number("series")
                        if n % 4 == 3:
                            raise KeyError
                except KeyError:
                    pass

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(count, range(8)))
        with store.read() as reader:
            assert reader.get(Number, "series") == Number("series", 8 * 15)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///").partition("?")[0])) as plain:
        assert plain.execute("SELECT last FROM numbers").fetchone() == (120,)
