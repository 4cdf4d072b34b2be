"""What goes to PostgreSQL in one journey, and who hears of what went wrong there."""

# ruff: noqa: PT012 - what raises here is a whole transaction, not one call of it
from collections.abc import Iterator
from contextlib import closing, suppress

import psycopg
import pytest

from crm_workflows.adapters.database import postgres_transaction
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.postgres_wire import WireCursor
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Assignee, CaseRow, Decision, JournalEntry, Meta, Number, Request
from crm_workflows.engine.ports import Duplicate, Reader, Store, Transaction
from crm_workflows.engine.running.trusting import Unheard, kept
from tests.adapters.rows import NOON, case
from tests.patience import eventually

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    with closing(open_store(postgres_url)) as opened:
        yield opened


@pytest.fixture
def journeys(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many statements went along, for every journey to the server."""
    made: list[int] = []
    send = WireCursor.send

    def counted(self: WireCursor) -> None:
        if self._waiting:
            made.append(len(self._waiting))
        send(self)

    monkeypatch.setattr(WireCursor, "send", counted)
    return made


def numbers(store: Store) -> list[str]:
    with store.read() as reader:
        return [row.series for row in reader.find(Number)]


def test_writes_go_with_the_commit(store: Store, journeys: list[int]) -> None:
    with store.write() as tx:
        tx.insert(case(), Number("a", 1))
        tx.put(Meta("k", "v"))
        tx.update_each(CaseRow, [({"code": "SV-2026-00001"}, {"status": "waiting"})])
    assert journeys == [6], "begin, four writes and the commit"
    with store.read() as reader:
        assert [row.status for row in reader.find(CaseRow)] == ["waiting"]
    journeys.clear()
    with store.write() as tx:
        tx.insert(Number("b", 1))
        assert tx.count(Number) == 2, "a read sees what was written before it"
    assert journeys == [3, 1]


def test_what_the_commit_was_refused_for_is_told_and_leaves_nothing(store: Store, journeys: list[int]) -> None:
    with store.write() as tx:
        tx.insert(Number("a", 1))
    with pytest.raises(Duplicate, match="Number"), store.write() as tx:
        tx.insert(Number("b", 1), Meta("k", "v"))
        tx.insert(Number("a", 2), Number("c", 1))
    assert numbers(store) == ["a"]
    journeys.clear()
    with store.write() as tx:
        tx.insert(Number("d", 1))
    assert journeys == [3], "the same connection, with its transaction ended"
    assert numbers(store) == ["a", "d"]


def test_the_end_of_a_savepoint_hears_what_was_written_inside(store: Store, journeys: list[int]) -> None:
    with store.write() as tx:
        tx.insert(Number("a", 1))
        with tx.savepoint():
            tx.insert(Number("b", 1), Meta("k", "v"))
        with pytest.raises(Duplicate, match="Number"), tx.savepoint():
            tx.insert(Number("c", 1))
            tx.insert(Number("a", 2))
        tx.insert(Number("d", 1))
    assert numbers(store) == ["a", "b", "d"]
    assert journeys[:2] == [2, 4], "what stands before a savepoint is heard before it begins"


def causes(error: BaseException) -> list[str]:
    """The names of the errors that it was raised from, as whoever follows them finds them."""
    found: list[str] = []
    cause = error.__cause__
    while cause is not None:
        assert len(found) < 5, "round in a circle"
        found.append(type(cause).__name__)
        cause = cause.__cause__
    return found


def test_what_is_heard_late_says_what_the_server_said(store: Store) -> None:
    with store.write() as tx:
        tx.insert(Number("a", 1))
    with pytest.raises(Duplicate) as by_a_read, store.write() as tx:
        tx.insert(Number("a", 2))
        tx.count(Number)
    with pytest.raises(Duplicate) as by_a_savepoint, store.write() as tx, tx.savepoint():
        tx.insert(Number("a", 2))
        tx.count(Number)
    with pytest.raises(Duplicate) as by_its_end, store.write() as tx, tx.savepoint():
        tx.insert(Number("a", 2))
    with pytest.raises(Duplicate) as by_the_commit, store.write() as tx:
        tx.insert(Number("a", 2))
    for refused in (by_a_read, by_a_savepoint, by_its_end, by_the_commit):
        assert causes(refused.value) == ["UniqueViolation"]


def test_a_savepoint_does_not_undo_what_went_wrong_before_it(store: Store) -> None:
    with store.write() as tx:
        tx.insert(Number("a", 1))
    inside: list[str] = []
    with pytest.raises(Duplicate), store.write() as tx:
        tx.insert(Number("a", 2))
        with tx.savepoint():
            inside.append("was reached")
    assert (inside, numbers(store)) == ([], ["a"])


def test_what_is_undone_before_it_was_sent_is_never_sent(store: Store, journeys: list[int]) -> None:
    with store.write() as tx:
        with pytest.raises(KeyError), tx.savepoint():
            with tx.savepoint():
                pass
            tx.insert(Number("a", 1), Number("a", 1))
            raise KeyError
        tx.insert(Number("b", 1))
    assert numbers(store) == ["b"]
    journeys.clear()
    with pytest.raises(KeyError), store.write() as tx:
        assert tx.count(Number) == 1
        tx.insert(Number("b", 1))
        raise KeyError
    assert journeys == [2, 1], "a read, then the end alone"


def test_who_trusts_needs_no_journey_for_a_savepoint(store: Store, journeys: list[int]) -> None:
    with store.write() as tx:
        tx.trust()
        tx.insert(Number("a", 1))
        with pytest.raises(KeyError), tx.savepoint():
            tx.insert(Number("a", 2))
            raise KeyError
        with tx.savepoint():
            tx.insert(Number("b", 1))
    assert journeys == [6], "begin, a write, savepoint, write, release, commit"
    assert numbers(store) == ["a", "b"]


MANY = [Number(f"n{n}", 1) for n in range(postgres_transaction.WORTH_HANDING_OVER)]


def test_for_who_trusts_the_server_writes_many_rows_before_the_commit(store: Store, postgres_url: str) -> None:
    held = "SELECT count(*) FROM pg_locks WHERE relation = 'numbers'::regclass AND mode = 'RowExclusiveLock'"
    with psycopg.connect(postgres_url, autocommit=True) as other, store.write() as tx:
        tx.trust()
        tx.insert(*MANY)
        eventually(lambda: other.execute(held).fetchone() == (1,))
    assert numbers(store) == [row.series for row in MANY]


def test_a_savepoint_is_undone_with_what_was_handed_over_inside(store: Store, journeys: list[int]) -> None:
    with store.write() as tx:
        tx.trust()
        tx.insert(Number("a", 1))
        with pytest.raises(KeyError), tx.savepoint():
            tx.insert(*MANY)
            raise KeyError
        tx.insert(Number("c", 1))
    assert journeys == [1, 1, 2], "back to the savepoint, its release, a write with the commit"
    assert numbers(store) == ["a", "c"]


def test_what_was_handed_over_in_vain_is_heard_at_the_end(store: Store) -> None:
    with pytest.raises(Unheard), store.write() as tx:
        tx.trust()
        tx.insert(*MANY, MANY[0])
    assert numbers(store) == []


def test_connections_serve_on_after_what_was_handed_over_in_vain(store: Store) -> None:
    with pytest.raises(KeyError), store.write() as tx:
        tx.trust()
        tx.insert(*MANY, MANY[0])
        raise KeyError
    with store.write() as tx:
        tx.insert(Number("b", 1))
    assert numbers(store) == ["b"]


@pytest.mark.parametrize("asks", [False, True])
def test_who_trusted_in_vain_hears_it_at_the_end_and_nothing_is_kept(store: Store, asks: bool) -> None:
    with store.write() as tx:
        tx.insert(Number("a", 1))
    with pytest.raises(Unheard), store.write() as tx:
        tx.trust()
        tx.insert(Number("b", 1))
        with suppress(Exception), tx.savepoint():
            with tx.savepoint():
                tx.insert(Number("a", 2))
            if asks:
                tx.count(Number)
    assert numbers(store) == ["a"]


def test_what_was_written_before_a_savepoint_that_was_undone_is_unheard_still(store: Store) -> None:
    with store.write() as tx:
        tx.insert(Number("a", 1))
    with pytest.raises(Unheard), store.write() as tx:
        tx.trust()
        tx.insert(Number("a", 2))
        with suppress(KeyError), tx.savepoint():
            raise KeyError
        with suppress(Exception):
            tx.count(Number)


def test_what_was_trusted_in_vain_is_done_once_more_and_waited_for(store: Store) -> None:
    with store.write() as tx:
        tx.insert(Number("a", 1))
    done: list[str] = []

    def work(tx: Transaction) -> str:
        done.append("begun")
        tx.insert(Number("b", 1))
        try:
            with tx.savepoint():
                tx.insert(Number("a", 2))
        except Duplicate:
            tx.insert(Number("c", 1))
        return "kept"

    assert kept(store, work) == "kept"
    assert (done, numbers(store)) == (["begun", "begun"], ["a", "b", "c"])


def test_many_writes_do_not_wait_for_the_commit(
    store: Store, journeys: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_transaction, "MOST_WAITING", 2)
    with store.write() as tx:
        for n in range(5):
            tx.insert(Number(f"{n}", 1))
    assert journeys == [3, 2, 2]
    assert len(numbers(store)) == 5


def test_what_is_read_ahead_needs_no_journey_and_is_read_anew_after_a_write(store: Store, journeys: list[int]) -> None:
    def ahead(reader: Reader) -> None:
        reader.get(Request, "SV-2026-00001-R1")
        reader.find(Assignee, request="SV-2026-00001-R1")
        reader.count(Decision, request="SV-2026-00001-R1")
        reader.find(JournalEntry, case="SV-2026-00001", order="n")

    entries = [JournalEntry("SV-2026-00001", n, 1, "SV-1", f"k{n}", "step", {"n": n}, NOON) for n in range(2)]
    with store.write() as tx:
        tx.insert(case(), entries[0])
    journeys.clear()
    with store.write() as tx:
        assert tx.lock_case("SV-2026-00001", ahead) == case()
        assert tx.get(Request, "SV-2026-00001-R1") is None
        assert tx.count(Decision, request="SV-2026-00001-R1") == 0
        assert tx.find(JournalEntry, case="SV-2026-00001", order="n") == entries[:1]
        assert tx.find(Assignee, request="SV-2026-00001-R1") == []
        assert journeys == [6]
        tx.insert(entries[1])
        assert tx.find(JournalEntry, case="SV-2026-00001", order="n") == entries
    with store.write() as tx:
        assert tx.lock_case("nothing", ahead) is None


def test_a_letter_that_cannot_be_kept_is_refused_where_it_is_written(store: Store) -> None:
    with store.write() as tx:
        with pytest.raises(InvalidInput), tx.savepoint():
            tx.insert(Meta("k", "\ud800"))
        tx.insert(Meta("k", "v"))
