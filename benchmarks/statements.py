"""The statements of our cases again, word for word, with nothing around them: what no engine that writes them can beat.

The product takes cases through on one database, and what reached the driver is said to another one. It tells how much
of a case is the record that it leaves, and how much is the making of it.
"""

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import make_url

from benchmarks.alternating import milliseconds, paired_ratio
from benchmarks.ceiling import Ceiling, by_hand
from benchmarks.databases import NewDatabase
from benchmarks.figures import CEILING, Effort, Figure
from benchmarks.ours import GROUP, Ours, at_work
from crm_workflows.adapters.database.opening import driver_connection
from crm_workflows.adapters.database.postgres_wire import WireCursor
from crm_workflows.engine.context import by_a_worker

Said = tuple[str, str, Sequence[Any]]
"""How the driver was called, the statement, and its values."""
READING: Final = ("BEGIN", "ROLLBACK")
"""Around what SQLite only reads: left out, since one connection says it all again."""
SEND: Final = "send"
NUMBER: Final = "INSERT INTO numbers"
"""Taken on PostgreSQL by a connection of its own, whose commit waits for nothing."""


class Heard:
    """SQLite's cursor, and everything that was said to it."""

    def __init__(self, cursor: Any, said: list[Said]) -> None:
        self._cursor = cursor
        self._said = said

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, text: str, values: Sequence[Any] = ()) -> Any:
        """As the cursor's."""
        if text not in READING:
            self._said.append(("execute", text, values))
        return self._cursor.execute(text, values)

    def executemany(self, text: str, rows: Sequence[Any]) -> Any:
        """As the cursor's."""
        self._said.append(("executemany", text, rows))
        return self._cursor.executemany(text, rows)


class HeardOnTheWire(WireCursor):
    """PostgreSQL's cursor, and everything that was said to it in a transaction that writes."""

    def __init__(self, pooled: Any, said: list[Said]) -> None:
        super().__init__(pooled.driver_connection, pooled.info.setdefault("prepared", {}))
        self._said = said
        self._unsent: list[Said] = []
        self._only_reads = False
        """Now and then who is on the staff, on another connection and in the midst of a case."""

    def later(self, text: str, values: Sequence[Any] = ()) -> None:
        """As the cursor's."""
        self._unsent.append(("later", text, values))
        super().later(text, values)

    def send(self) -> None:
        """As the cursor's; what is never sent was never said."""
        self._only_reads = self._only_reads or any(said[1].endswith("READ ONLY") for said in self._unsent)
        if self._unsent and not self._only_reads:
            self._said += [*self._unsent, (SEND, "", ())]
        self._unsent.clear()
        super().send()


class Again:
    """Says to a database what was said to another one."""

    def __init__(self, name: str, url: str, parts: ExitStack) -> None:
        connection = parts.enter_context(driver_connection(url))
        self.say: Callable[[list[Said]], None]
        if name == "sqlite":
            self._cursor = connection.cursor()
            self.say = self._to_sqlite
        else:
            soon = make_url(url).update_query_dict({"options": "-c synchronous_commit=off"})
            apart = parts.enter_context(driver_connection(soon.render_as_string(hide_password=False)))
            self._wire, self._apart = WireCursor(connection, {}), WireCursor(apart, {})
            self.say = self._to_postgresql

    def _to_sqlite(self, all_said: list[Said]) -> None:
        for how, text, values in all_said:
            found = getattr(self._cursor, how)(text, values)
            if text.startswith("SELECT"):
                found.fetchall()

    def _to_postgresql(self, all_said: list[Said]) -> None:
        for how, text, values in all_said:
            if how == SEND:
                self._wire.send()
                for result in self._wire.results:
                    self._wire.rows_of(result)
            elif text.startswith(NUMBER):
                self._apart.execute(text, values)
            else:
                self._wire.later(text, values)


@dataclass(frozen=True)
class Piece:
    """What is said before the time counts, and while it does."""

    before: list[Said]
    timed: list[Said]


@dataclass(frozen=True)
class Kind:
    """A kind of work, of ours and by hand."""

    bench: str
    at_work: Callable[[str], AbstractContextManager[Ours]]
    before: Callable[[Ours], object]
    timed: Callable[[Ours], object]
    by_hand: Callable[[Ceiling], Callable[[], object]]
    cases: int


WHOLE: Final = Kind(
    "statements_alone", at_work, lambda _ours: None, lambda ours: [ours.singly() for _ in range(GROUP)],
    lambda ceiling: lambda: [ceiling.singly() for _ in range(GROUP)], GROUP,
)  # fmt: skip
READY: Final = Kind(
    "ready_statements_alone", lambda url: at_work(url, begins_at_once=by_a_worker), Ours.ready, Ours.begin_together,
    lambda ceiling: lambda: [ceiling.open() for _ in range(GROUP)], GROUP,
)  # fmt: skip


def statements_alone(name: str, new: NewDatabase, effort: Effort) -> Iterator[Figure]:
    """Cases per second of the statements alone, beside the ceiling: of whole cases one by one, of twenty ready ones."""
    for kind in (WHOLE, READY):
        yield _figure(kind, name, new, effort.recorded)


def _figure(kind: Kind, name: str, new: NewDatabase, times: int) -> Figure:
    """`detail` has how many statements a case takes."""
    pieces = recorded(kind, new(), times + times // 10)
    with ExitStack() as parts:
        url, left = new(), iter(pieces)
        with at_work(url):
            pass  # with the same company in force
        again = Again(name, url, parts)
        ceiling = kind.by_hand(parts.enter_context(by_hand(new())))

        def prepared() -> Callable[[], object]:
            piece = next(left)
            again.say(piece.before)
            return lambda: again.say(piece.timed)

        found = milliseconds({"again": prepared, CEILING: lambda: ceiling}, times)
    each = statistics.mean(sum(said[0] != SEND for said in piece.timed) for piece in pieces) / kind.cases
    return figure_of(kind, name, found, {"statements": each})


def figure_of(kind: Kind, name: str, found: dict[str, list[float]], detail: dict[str, Any]) -> Figure:
    """What was made `again`, beside the ceiling; `found` in milliseconds."""
    rate = {who: kind.cases * 1_000 / statistics.median(values) for who, values in found.items()}
    ratio = paired_ratio(found[CEILING], found["again"])
    return Figure(kind.bench, name, rate["again"], rate[CEILING], ratio, "cases/s", detail)


def recorded(kind: Kind, url: str, times: int) -> list[Piece]:
    """What the driver was told, from the first case of a new database on."""
    said: list[Said] = []
    with kind.at_work(url) as ours:
        store: Any = ours.engine.store
        plainly = store.cursor
        if url.startswith("sqlite"):
            store.cursor = lambda pooled: Heard(plainly(pooled), said)
        else:
            store.cursor = lambda pooled: HeardOnTheWire(pooled, said)

        def heard(work: Callable[[Ours], object]) -> list[Said]:
            work(ours)
            copy = list(said)
            said.clear()
            return copy

        return [Piece(heard(kind.before), heard(kind.timed)) for _ in range(times)]
