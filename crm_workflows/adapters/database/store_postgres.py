"""The store on PostgreSQL, for any number of machines: PostgreSQL arbitrates between workers. No business rules."""

import logging
import threading
import time
from typing import Any, Final, cast

import psycopg
from sqlalchemy import Engine, QueuePool, create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import TimeoutError as PoolEmpty

from crm_workflows.adapters.database.postgres_errors import GONE, PostgresErrors
from crm_workflows.adapters.database.postgres_transaction import PostgresTransaction
from crm_workflows.adapters.database.postgres_wire import WireCursor
from crm_workflows.adapters.database.sql_transaction import SqlTransaction
from crm_workflows.adapters.database.store import SqlStore
from crm_workflows.adapters.database.tables import TABLES
from crm_workflows.adapters.database.wakeups_postgres import PostgresWakeups
from crm_workflows.domain.errors import StoreBusy

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
LOOK_EVERY_SECONDS: Final = 0.05
OLDER: Final = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND xact_start < %s AND coalesce(backend_xid, backend_xmin) IS NOT NULL"""
"""Of other roles it sees none."""


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
