"""Writes and reads on PostgreSQL: many rows of a class go by one statement, and writes wait for what must be heard of
next, the commit at the latest. It must not know connections, pools or wake-ups.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from crm_workflows.adapters.database.postgres_wire import WireCursor
from crm_workflows.adapters.database.queries import Queries
from crm_workflows.adapters.database.reads_ahead import Answer, Asked, key_of
from crm_workflows.adapters.database.sql_transaction import Alike, Errors, Late, SqlTransaction, Statement
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.ports import Ahead

ROWS_AT_ONCE: Final = 32
WORTH_HANDING_OVER: Final = 8
"""Rows of a class: fewer are written sooner than the server is woken for them."""
MOST_WAITING: Final = 256
"""So many statements of writes wait at most: an import has thousands, which would all be kept twice."""


class PostgresTransaction(SqlTransaction):
    """Many rows of a class in one statement, and what nobody waits for together with what somebody does."""

    def __init__(
        self, cursor: WireCursor, queries: Queries, errors: Errors, number_apart: Callable[[str], int]
    ) -> None:
        super().__init__(cursor, queries, errors)
        self._number_apart = number_apart
        self._writes_waiting = 0
        self._known: dict[tuple[str, tuple[Any, ...]], list[tuple[Any, ...]]] = {}

    def next_number(self, series: str, *, gaps: bool = False) -> int:
        if not gaps:
            return super().next_number(series)
        self._refuse_if_broken()
        return self._number_apart(series)

    def lock_case(self, code: str, ahead: Ahead | None = None) -> CaseRow | None:
        asked = Asked(self._queries, self._errors)
        if ahead is not None:
            ahead(asked)
        for text, values in (self._queries.get(CaseRow, (code,), lock=True), *asked.queries):
            self._cursor.later(text, values)
        self._send()
        locked, *found = self._cursor.results[-len(asked.queries) - 1 :]
        for (text, values), result in zip(asked.queries, found, strict=True):
            self._known[text, tuple(values)] = self._cursor.rows_of(result)
        rows = self._cursor.rows_of(locked)
        return self._codecs[CaseRow].decode(rows[0]) if rows else None

    def _run(self, text: str, values: Sequence[Any], record: type | None = None) -> Any:
        if self._known:
            if not text.startswith("SELECT"):
                self._known.clear()
            elif (key := key_of(text, values)) in self._known:
                self._refuse_if_broken()
                return Answer(self._known[key])
        waited, self._writes_waiting = self._writes_waiting, 0
        try:
            return super()._run(text, values, record)
        except Exception as error:
            if waited:
                raise Late(error) from error.__cause__
            raise

    def _plan_anew(self, *, by_piece: bool) -> None:
        """A plan that was kept from when a table was empty reads the whole of it for every piece of a round.

        A new one does so too where it is empty still: for each customer it goes through what it has written itself.
        """
        self._cursor.later("SET LOCAL plan_cache_mode = force_custom_plan")
        if by_piece:
            self._cursor.later("SET LOCAL enable_seqscan = off")

    def _say(self, text: str) -> None:
        self._refuse_if_broken()
        self._cursor.later(text)  # With the next statement, which is the first that could fail.

    def _undo_to(self, name: str) -> None:
        if not self._trusts:  # Else there may be some from before the savepoint.
            self._writes_waiting = 0
        if self._cursor.forget(f"SAVEPOINT {name}"):
            self.broken_by = None
        else:
            super()._undo_to(name)

    def _write_rows(self, statement: Statement, record: type, values: list[list[Any]]) -> None:
        for some in _portions(values):
            self._execute(statement(record, len(some)), record, [[value for row in some for value in row]])
        if self._trusts and len(values) >= WORTH_HANDING_OVER:
            self._hand_over()

    def _update_alike(self, record: type, text: str, alike: Alike) -> None:
        """Many rows by one statement, which takes the server half the time; not where two changes are of one row."""
        keys = self._queries.mapper.keys[record]
        by_key = tuple(alike.where) == keys and {*map(type, alike.where.values())} <= {str, int}
        for some in _portions(alike.rows):
            is_many = len(some) >= WORTH_HANDING_OVER
            if by_key and is_many and len({tuple(row[-len(keys) :]) for row in some}) == len(some):
                joined = self._queries.update_rows(record, alike.sets, len(some))
                named = [row[-len(keys)] for row in some]
                self._by_index(joined, record, [*(value for row in some for value in row), named])
            else:
                self._execute(text, record, some)

    def _by_index(self, text: str, record: type, values: list[Any]) -> None:
        """A plan that was made while the table was small would read the whole of it for as long as it is kept."""
        self._cursor.later("SET LOCAL enable_seqscan = off")
        self._execute(text, record, [values])
        self._cursor.later("RESET enable_seqscan")

    def _execute(self, text: str, record: type, rows: list[list[Any]]) -> None:
        self._known.clear()
        for row in rows:
            try:
                self._cursor.later(text, row)
            except (self._errors.base, UnicodeEncodeError) as error:
                raise self._meaning(error, record) from error
            self._writes_waiting += 1
            if self._writes_waiting >= MOST_WAITING:
                self._send()

    def _hand_over(self) -> None:
        """Who waits for nothing before the commit has the server write while the next rows are made."""
        try:
            self._cursor.hand_over()
        except self._errors.base as error:
            raise self._meaning(error, None) from error

    def hear(self) -> None:
        if self._writes_waiting and not self._trusts:
            self._send()

    def _send(self) -> None:
        self._refuse_if_broken()
        waited, self._writes_waiting = self._writes_waiting, 0
        try:
            self._cursor.send()
        except self._errors.base as error:
            meant = self._meaning(error, None)
            raise Late(meant) if waited else meant from error


def _portions(rows: list[list[Any]]) -> Iterator[list[list[Any]]]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]
