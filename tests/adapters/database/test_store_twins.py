"""The store in memory and a database do the same, whatever is asked of them, in any order."""

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import event

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.store import SqlStore
from crm_workflows.domain.records import KEYS, CaseRow, JournalEntry, Message, Meta, Number
from crm_workflows.engine.ports import CaseFilter, Duplicate, Reader, Store, Transaction
from crm_workflows.testing import MemoryStore
from tests.adapters.rows import MINUTE, NOON, case, entry, message

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")

INSTANTS = [NOON - MINUTE, NOON, NOON + MINUTE, None]
STATUSES = ["running", "waiting", "needs_attention", "closed"]
COMPARED: dict[type, list[str]] = {
    CaseRow: ["code", "owner", "status", "idempotency_key", "ready_at"],
    JournalEntry: ["case", "n", "key"],
    Message: ["id", "message_id", "next_at"],
    Meta: ["key", "value"],
}
CHANGED: dict[type, list[str]] = {
    CaseRow: ["owner", "status", "idempotency_key", "ready_at", "leased_until"],
    JournalEntry: ["key", "value"],
    Message: ["message_id", "next_at", "content"],
    Meta: ["value"],
}


@dataclass(frozen=True)
class Ask:
    """One call of a transaction's method."""

    method: str
    arguments: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()

    def of(self, tx: Any) -> Any:
        return getattr(tx, self.method)(*self.arguments, **dict(self.named))


@dataclass(frozen=True)
class Inside:
    """Calls within a savepoint, which may be given up at its end."""

    asks: tuple["Ask | Inside", ...]
    gives_up: bool


class GivenUp(Exception):
    """Undoes a savepoint or a transaction."""


class Catalogue:
    """Some hundred calls, made once: a few values of each column, so that calls meet the same rows."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)
        self.records = list(COMPARED)
        self.writes = [self.write(kind) for kind in ("insert",) * 8 + ("change", "special") * 3 for _ in range(25)]
        self.reads = [self.read(kind) for kind in ("find", "find", "count", "due", "search") for _ in range(25)]

    def row(self, record: type) -> Any:
        one = self.pick.choice
        if record is CaseRow:
            return case(
                one("ABC"),
                idempotency_key=one([None, "k", "l"]),
                owner=one(["li", "王"]),
                status=one(STATUSES),
                ready_at=one(INSTANTS),
                leased_until=one(INSTANTS),
                opened_at=one(INSTANTS[:3]),
                search=one(["", "a 宏达", "b"]),
            )
        if record is JournalEntry:
            return entry(one([0, 1, 2]), one("ABC"), key=one("xy"), value=one([None, {"b": 1}]))
        if record is Message:
            mail = message(one("MNO"), message_id=one(["<1>", "<2>", "<3>"]), content=one([None, b"", b"\0x"]))
            return Message(**(columns(mail) | {"next_at": one(INSTANTS), "claimed_until": one(INSTANTS)}))
        return Meta(one("ABC"), one(["", "v"]))

    def some(self, record: type, names: list[str], most: int) -> dict[str, Any]:
        """A value, several or none for a few of these columns."""
        chosen = self.pick.sample(names, self.pick.randint(0, min(most, len(names))))
        return {name: getattr(self.row(record), name) for name in chosen}

    def comparison(self, record: type) -> dict[str, Any]:
        several = self.some(record, COMPARED[record], 1)
        lists = {name: [value, getattr(self.row(record), name)] for name, value in several.items()}
        return self.some(record, COMPARED[record], 2) | (lists if self.pick.random() < 0.4 else {})

    def write(self, kind: str) -> Ask:
        record = self.pick.choice(self.records)
        if kind == "insert":
            rows = tuple(self.row(self.pick.choice(self.records)) for _ in range(self.pick.randint(1, 3)))
            chance = self.pick.random()
            if chance < 0.2:
                return Ask("insert_new", rows[:1])
            return Ask("insert", rows) if chance < 0.8 else Ask("put", one_of_each_key(rows))
        if kind == "change":
            values = self.some(record, CHANGED[record], 3) or {CHANGED[record][0]: "x"}
            return Ask("update_where", (record, self.comparison(record)), tuple(values.items()))
        return self.pick.choice(
            [
                *[Ask("claim_ready", (NOON, 2))] * 4,
                Ask("claim_mail", (NOON, NOON + MINUTE, 2)),
                Ask("lock_case", ("A",)),
                Ask("next_number", ("s",)),
                Ask("update", (Meta, ("A",), {"value": ""}), (("value", "w"),)),
                Ask("update", (CaseRow, ("B",)), (("fence", 1),)),
            ]
        )

    def read(self, kind: str) -> Ask:
        record = self.pick.choice(self.records)
        named = self.comparison(record)
        if kind == "find":
            order = tuple(self.pick.sample(COMPARED[record], self.pick.randint(0, 2)))
            extra = {"order": order, "descending": self.pick.random() < 0.5, "limit": self.pick.choice([None, 1, 2])}
            return Ask("find", (record,), tuple((named | extra).items()))
        if kind == "count":
            return Ask("count", (record,), tuple(named.items()))
        if kind == "search":
            wanted: dict[str, Any] = {
                "text": self.pick.choice([None, "", "宏", "A"]),
                "status": self.pick.choice([None, *STATUSES]),
            }
            days = ("opened_from", "opened_before", "overdue_at")
            opened: dict[str, Any] = {name: self.pick.choice([None, NOON]) for name in days}
            return Ask("search_cases", (CaseFilter(**wanted, **opened, limit=2, offset=self.pick.choice([0, 0, 1])),))
        named = self.comparison(CaseRow)
        if self.pick.random() < 0.3:
            return Ask("earliest", (CaseRow, "ready_at"), tuple(named.items()))
        return Ask("due", (CaseRow, "ready_at", NOON), (*named.items(), ("limit", self.pick.randint(0, 3))))


def one_of_each_key(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    """The port allows no two rows of one key in a `put`."""
    return tuple({(type(row), *(getattr(row, name) for name in KEYS[type(row)])): row for row in rows}.values())


def columns(row: Any) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


CATALOGUE = Catalogue(seed=20260302)
ALL = CATALOGUE.writes + CATALOGUE.reads
# By number, since hypothesis prints a strategy with all it samples from.
CALLS = st.integers(0, len(ALL) - 1).map(lambda n: ALL[n])
READS = st.integers(0, len(CATALOGUE.reads) - 1).map(lambda n: CATALOGUE.reads[n])
SAVEPOINTS = st.builds(Inside, st.lists(CALLS, max_size=4).map(tuple), st.booleans())
NESTED = st.builds(Inside, st.lists(CALLS | SAVEPOINTS, max_size=3).map(tuple), st.booleans())


def carry_out(tx: Transaction, ask: Ask | Inside) -> list[Any]:
    """What each call answers; a savepoint that fails answers with how."""
    if isinstance(ask, Ask):
        return [ask.of(tx)]
    return answers_of(tx.savepoint(), tx, ask.asks, ask.gives_up)


def answers_of(block: Any, tx: Transaction | None, asks: Sequence[Ask | Inside], gives_up: bool) -> list[Any]:
    """What each call in this block answers, and how it failed; what answers nothing may fail later than it was."""
    answers: list[Any] = []
    try:
        with block as begun:
            for ask in asks:
                answers += carry_out(tx or begun, ask)
            (tx or begun).count(Meta)
            if gives_up:
                raise GivenUp
    except (Duplicate, GivenUp) as error:
        while answers and answers[-1] is None:
            answers.pop()
        answers.append((type(error), str(error)))
    return answers


def transact(store: Store, asks: list[Ask | Inside], gives_up: bool) -> list[Any]:
    """The answers of one transaction, and how it ended."""
    return answers_of(store.write(), None, asks, gives_up)


def everything(reader: Reader) -> list[Any]:
    return [reader.find(record) for record in (*COMPARED, Number)]


class Twins(RuleBasedStateMachine):
    """Asks both the same."""

    def __init__(self, memory: Store, database: Store) -> None:
        super().__init__()
        self.memory = memory
        self.database = database

    @rule(asks=st.lists(CALLS | SAVEPOINTS | NESTED, max_size=6), gives_up=st.booleans())
    def both_transact_alike(self, asks: list[Ask | Inside], gives_up: bool) -> None:
        assert transact(self.database, asks, gives_up) == transact(self.memory, asks, gives_up)
        with self.database.read() as reader, self.memory.read() as twin:
            assert everything(reader) == everything(twin)

    @rule(asks=st.lists(READS, min_size=1, max_size=6))
    def both_read_alike(self, asks: list[Ask]) -> None:
        with self.database.read() as reader, self.memory.read() as twin:
            for ask in asks:
                assert ask.of(reader) == ask.of(twin)

    def teardown(self) -> None:
        self.database.close()


def compare(examples: int, fresh: Callable[[], Store]) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=10,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        print_blob=True,
    )
    machine: Any = lambda: Twins(MemoryStore(), fresh())  # noqa: E731
    run_state_machine_as_test(machine, settings=chosen)


def without_waiting_for_the_disk(store: SqlStore) -> Store:
    """What is compared here does not depend on it."""
    event.listen(store._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return store


EXAMPLES = pytest.mark.parametrize("examples", [40, pytest.param(2_000, marks=pytest.mark.soak)])


@EXAMPLES
def test_memory_and_sqlite_are_twins(sqlite_template: Path, tmp_path: Path, examples: int) -> None:
    def fresh() -> Store:
        for left in ("twin.db-wal", "twin.db-shm"):
            (tmp_path / left).unlink(missing_ok=True)
        shutil.copy(sqlite_template, tmp_path / "twin.db")
        return without_waiting_for_the_disk(open_store(f"sqlite:///{tmp_path}/twin.db"))

    compare(examples, fresh)


@EXAMPLES
def test_memory_and_postgres_are_twins(postgres_url: str, examples: int) -> None:
    def fresh() -> Store:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("TRUNCATE cases, journal, messages, meta, numbers")
        return open_store(postgres_url)

    compare(examples, fresh)
