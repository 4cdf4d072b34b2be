"""The real SQLite store, with places where a process can be stopped or killed. It must not decide when."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Dialect, make_url

from crm_workflows.adapters.database.queries import Queries
from crm_workflows.adapters.database.sql_transaction import SqlTransaction
from crm_workflows.adapters.database.store_sqlite import LOCKED as LOCKED
from crm_workflows.adapters.database.store_sqlite import SqliteStore
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.ports import Transaction

Boundary = Callable[[str], None]
"""Called with the name of a place; returns after however long, or raises Killed."""
BEGIN, INSIDE, COMMIT, COMMITTED = "begin", "inside", "commit", "committed"


class Killed(BaseException):
    """This process has died here: nothing may catch it but the world."""


class _Pausing(SqlTransaction):
    """Stops where a case has been locked, which is where a deferred transaction would not hold the lock yet."""

    boundary: Boundary

    def lock_case(self, *arguments: Any, **named: Any) -> CaseRow | None:
        row = super().lock_case(*arguments, **named)
        self.boundary(INSIDE)
        return row

    def claim_ready(self, *arguments: Any, **named: Any) -> list[CaseRow]:
        rows = super().claim_ready(*arguments, **named)
        self.boundary(INSIDE)
        return rows


_QUERIES: dict[str, Queries] = {}
"""Compiled once for all stores: their text depends on nothing but the dialect."""


class SteppedStore(SqliteStore):
    """One process's connections to the file. Whoever finds it locked does not wait: nobody else could go on."""

    def __init__(self, file: Path, boundary: Boundary) -> None:
        self._boundary = boundary
        super().__init__(make_url(f"sqlite:///{file}?timeout=0"))
        self._queries = _QUERIES.setdefault("sqlite", self._queries)
        self.commits = 0
        self.refused_inside: list[str] = []
        """What a write that had begun was refused with: whoever holds the lock must get to its end."""

    def _dialect(self) -> Dialect:
        event.listen(self._engine, "connect", _no_sync)
        return super()._dialect()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """See the port."""
        self._boundary(BEGIN)
        with super().write() as tx:
            try:
                yield tx
            except StoreBusy as error:
                self.refused_inside.append(error.message)
                raise
            self._boundary(COMMIT)
        self.commits += 1
        self._boundary(COMMITTED)

    def transaction(self, cursor: Any) -> SqlTransaction:
        made = _Pausing(cursor, self._queries, self._errors)
        made.boundary = self._boundary
        return made


def _no_sync(connection: Any, _record: object) -> None:
    """No power is cut here: a killed process leaves what it has written to the file."""
    connection.execute("PRAGMA synchronous=OFF")
