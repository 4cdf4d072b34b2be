"""The store on PostgreSQL, for any number of machines: PostgreSQL arbitrates between workers. No business rules.

Rows go in by one INSERT of many VALUES per class; writes wait for what must be heard of next, the commit at the latest.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import psycopg
from sqlalchemy import Engine, QueuePool, create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import TimeoutError as PoolEmpty

from crm_workflows.adapters.database.postgres_errors import GONE, PostgresErrors
from crm_workflows.adapters.database.postgres_wire import WireCursor
from crm_workflows.adapters.database.queries import Queries
from crm_workflows.adapters.database.reads_ahead import Answer, Asked, key_of
from crm_workflows.adapters.database.sql_transaction import Errors, Late, SqlTransaction, Statement
from crm_workflows.adapters.database.store import SqlStore
from crm_workflows.adapters.database.tables import TABLES
from crm_workflows.adapters.database.wakeups_postgres import PostgresWakeups
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.ports import Ahead

log = logging.getLogger(__name__)
SESSION: Final = (
    "-c timezone=UTC -c lock_timeout=5s -c idle_in_transaction_session_timeout=10s"
    " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)
"""No transaction of ours lasts; one that does hangs or is cut off, and its cases wait for the server to notice."""
SOON_DURABLE: Final = "-c synchronous_commit=off"
"""For a number alone: the log keeps its order, so that whatever commits with the number makes it durable as well."""
UNANSWERED: Final = 15_000
"""Milliseconds after which a server that acknowledges nothing is gone; Linux would wait a quarter of an hour."""
ROWS_AT_ONCE: Final = 32
LOOK_EVERY_SECONDS: Final = 0.05
OLDER: Final = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND xact_start < %s AND coalesce(backend_xid, backend_xmin) IS NOT NULL"""
"""Of other roles it sees none."""
WORTH_HANDING_OVER: Final = 8
"""Rows of a class: fewer are written sooner than the server is woken for them."""
MOST_WAITING: Final = 256
"""So many statements of writes wait at most: an import has thousands, which would all be kept twice."""


def postgres_engine(url: URL, session: str = SESSION, pool_size: int = 20, more: int = 44) -> Engine:
    """Connections with explicit transactions, in UTC, that notice a dead server by themselves.

    Up to `pool_size` stay open. Those beyond are opened anew each time: with 8, twenty clients got half the cases done.
    """
    given = dict(url.query)
    connect_args: dict[str, Any] = {
        "autocommit": True,
        "options": f"{session} {given.get('options', '')}".strip(),
        # Whatever the machine's own (`PGCLIENTENCODING`): postgres_wire.py speaks this one.
        "client_encoding": "utf8",
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": UNANSWERED,
        "application_name": "crmw",
    }
    kept = {name: value for name, value in connect_args.items() if name == "options" or name not in given}
    return create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        pool_use_lifo=True,
        pool_reset_on_return=None,  # See `give_back`, which costs a tenth of that.
        max_overflow=more,
        pool_timeout=5,
        connect_args=kept,
    )


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
        for start in range(0, len(values), ROWS_AT_ONCE):
            some = values[start : start + ROWS_AT_ONCE]
            self._execute(statement(record, len(some)), record, [[value for row in some for value in row]])
        if self._trusts and len(values) >= WORTH_HANDING_OVER:
            self._hand_over()

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


class PostgresStore(SqlStore):
    """Writers wait for each other only where they want the same row."""

    begin_write = "BEGIN ISOLATION LEVEL READ COMMITTED"
    begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def __init__(self, url: URL) -> None:
        super().__init__(postgres_engine(url), PostgresErrors())
        # Few: a number takes a fraction of a millisecond, and a server has about a hundred connections for everybody.
        self._of_numbers = postgres_engine(url, f"{SESSION} {SOON_DURABLE}", pool_size=2, more=0)
        self._patience = 5.0
        self._wakeups = PostgresWakeups(self._own_connection)
        self._checked_out().close()

    def _dialect(self) -> Dialect:
        return PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]

    def cursor(self, pooled: Any) -> Any:
        return WireCursor(pooled.driver_connection, pooled.info.setdefault("prepared", {}))

    def begin(self, pooled: Any, cursor: Any, statement: str) -> None:  # noqa: ARG002 - the cursor has the connection
        """With the first statement, which is the first that could fail."""
        cursor.later(statement)

    def roll_back(self, pooled: Any, cursor: Any) -> None:
        """See `SqlStore`; what waits is not sent any more."""
        cursor.forget()
        super().roll_back(pooled, cursor)

    def give_back(self, pooled: Any) -> None:
        """What was interrupted in the middle of a transaction, or is lost, serves nobody else."""
        if pooled.is_valid and pooled.driver_connection.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            self._discard(pooled)
        super().give_back(pooled)

    def wake(self) -> None:
        """See the port; others hear it about a millisecond later."""
        self._wakeups.wake()

    def wait(self, seconds: float) -> bool:
        return self._wakeups.wait(seconds)

    def compact(self, *, by_night: bool) -> bool:  # noqa: ARG002 - nobody waits for it
        """See the port: no row and no sample of values has it any more. By itself it waits for a fifth of a table.

        False where somebody reads on what was there before, or our role may not: of that PostgreSQL only warns.
        """
        pooled: Any = self._checked_out()
        connection = pooled.driver_connection
        warnings: list[Any] = []
        connection.add_notice_handler(warnings.append)
        try:
            if self._is_looked_back(connection):
                return False
            for table in TABLES.values():
                connection.execute(f'VACUUM (ANALYZE) "{table.name}"')
        except psycopg.Error as error:
            raise self._errors.meaning(error, None) from error
        finally:
            connection.remove_notice_handler(warnings.append)
            self.give_back(pooled)
        if warnings:
            log.warning("dead rows stay: %s", warnings[0].message_primary)
        return not warnings

    def _is_looked_back(self, connection: Any) -> bool:
        """Whether a transaction of before goes on for so long that its dead rows cannot be waited for."""
        (begun,) = connection.execute("SELECT clock_timestamp()").fetchone()
        deadline = time.monotonic() + self._patience
        while connection.execute(OLDER, [begun]).fetchone()[0]:
            if time.monotonic() > deadline:
                return True
            threading.Event().wait(LOOK_EVERY_SECONDS)
        return False

    def close(self) -> None:
        self._wakeups.close()
        self._of_numbers.dispose()
        super().close()

    def _own_connection(self) -> psycopg.Connection[Any]:
        """One that leaves the pool for good."""
        pooled = self._engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        return cast("psycopg.Connection[Any]", connection)

    def transaction(self, cursor: Any) -> SqlTransaction:
        return PostgresTransaction(cursor, self._queries, self._errors, self._number_apart)

    def _number_apart(self, series: str) -> int:
        """By a connection of its own, which commits at once: the row with the last number would make others wait."""
        try:
            pooled: Any = self._of_numbers.raw_connection()
        except (PoolEmpty, psycopg.Error) as error:
            raise StoreBusy(GONE) from error
        try:
            return int(self.cursor(pooled).execute(*self._queries.next_number(series)).fetchone()[0])
        except psycopg.Error as error:
            self._discard(pooled)
            raise self._errors.meaning(error, None) from error
        finally:
            self.give_back(pooled)

    def _discard(self, pooled: Any) -> None:
        super()._discard(pooled)
        self._of_numbers.dispose()

    def _is_lost(self, pooled: Any) -> bool:
        return not pooled.is_valid or bool(pooled.driver_connection.closed)

    def is_open(self, pooled: Any) -> bool:
        return bool(pooled.driver_connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE)
