"""The statements of our cases again, word for word, with nothing around them: what no engine that writes them can beat.

The product takes cases through on one SQLite file, and what reached the driver is executed on another one. It tells how
much of a case is the record that it leaves, and how much is the making of it.
"""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, Final

from benchmarks.alternating import Work, paired_ratio, rates
from benchmarks.ceiling import by_hand
from benchmarks.databases import NewDatabase
from benchmarks.figures import CEILING, Effort, Figure
from benchmarks.ours import at_work
from crm_workflows.adapters.database.opening import driver_connection

Said = tuple[str, str, Sequence[Any]]
"""How the driver was called, the statement, and its values."""
ROUNDS: Final = 5
READING: Final = ("BEGIN", "ROLLBACK")
"""Around what is only read: left out, since one connection says it all again."""


class Heard:
    """A driver's cursor, and everything that was said to it."""

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


class Again:
    """Says to a connection what was said of one case after the other."""

    def __init__(self, connection: Any, cases: list[list[Said]]) -> None:
        self._connection = connection
        self._cases: Iterator[list[Said]] = iter(cases)

    def singly(self) -> int:
        """One case; StopIteration where none is left that was recorded."""
        cursor = self._connection.cursor()
        for how, text, values in next(self._cases):
            found = getattr(cursor, how)(text, values)
            if text.startswith("SELECT"):
                found.fetchall()
        return 1


def statements_alone(new: NewDatabase, effort: Effort) -> Figure:
    """Cases per second of the statements alone, beside the ceiling; `detail` has how many statements a case takes."""
    size = effort.recorded
    recorded = cases_recorded(new(), (ROUNDS + 1) * size)
    with ExitStack() as parts:
        url = new()
        with at_work(url):
            pass  # with the same company in force
        again = Again(parts.enter_context(driver_connection(url)), recorded)
        ceiling = parts.enter_context(by_hand(new()))
        work = {CEILING: _slice(ceiling.singly, size), "again": _slice(again.singly, size)}
        found = rates(work, rounds=ROUNDS, seconds=0)
    rate = {who: statistics.median(values) for who, values in found.items()}
    each = statistics.mean(len(said) for said in recorded)
    return Figure(
        "statements_alone", "sqlite", rate["again"], rate[CEILING], paired_ratio(found["again"], found[CEILING]),
        "cases/s", {"statements": each},
    )  # fmt: skip


def _slice(singly: Work, size: int) -> Work:
    return lambda: sum(singly() for _ in range(size))


def cases_recorded(url: str, cases: int) -> list[list[Said]]:
    """What the driver was told for each of so many cases, from beginning to end."""
    recorded: list[list[Said]] = []
    with at_work(url) as ours:
        store: Any = ours.engine.store
        plainly = store.cursor
        store.cursor = lambda pooled: Heard(plainly(pooled), recorded[-1])
        for _ in range(cases):
            recorded.append([])
            ours.singly()
    return recorded
