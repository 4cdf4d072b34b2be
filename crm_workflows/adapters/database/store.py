"""The store on SQLAlchemy's connection pool, common to both databases. No SQL here.

SQLAlchemy compiles statements and keeps connections; the driver executes them (docs/decisions/0005-plain-rows.md).
"""

import threading
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import TimeoutError as PoolEmpty

from crm_workflows.adapters.database.queries import Queries
from crm_workflows.adapters.database.refused_writes import RefusedWrites
from crm_workflows.adapters.database.sql_transaction import Errors, SqlReader, SqlTransaction
from crm_workflows.adapters.database.writing import Write
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import Meta
from crm_workflows.engine.ports import Reader, Transaction

TRIED: Final = "write_tried"
TRIED_BYTES: Final = 16_384
"""More than a page, so that a try needs room that a full disk has not got."""


_QUERIES: Final[dict[str, Queries]] = {}
"""By name of the dialect: what one store of the process has compiled serves the next."""


def _queries_for(dialect: Dialect) -> Queries:
    if dialect.name not in _QUERIES:
        _QUERIES[dialect.name] = Queries(dialect)
    return _QUERIES[dialect.name]


class SqlStore(ABC):
    """Safe to share between threads: each transaction has a connection of its own."""

    begin_write: str
    begin_read: str

    def __init__(self, engine: Engine, errors: Errors) -> None:
        self._engine = engine
        self._errors = errors
        self._queries = _queries_for(self._dialect())
        self._here = threading.local()
        self.refused = RefusedWrites(errors.lasting)

    def write(self) -> AbstractContextManager[Transaction]:
        """See the port. RuntimeError when the same thread writes already: on SQLite it would wait for itself."""
        return Writing(self, self._here)

    def read(self) -> AbstractContextManager[Reader]:
        """See the port."""
        return Reading(self)

    def check_writable(self) -> None:
        """Raise StoreBusy when a write was refused a moment ago; some time after a refusal, try one to know.

        Costs nothing while every write is taken.
        """
        refusal = self.refused.last
        if refusal is None:
            return
        if refusal.is_fresh:
            raise StoreBusy(refusal.sentence)
        with self.write() as tx:
            tx.put(Meta(TRIED, "x" * TRIED_BYTES))
        self.refused.forget(refusal)

    def close(self) -> None:
        """See the port; the store must not be used afterwards."""
        self._engine.dispose()

    def _dialect(self) -> Dialect:
        """For which statements are compiled."""
        return self._engine.dialect

    @abstractmethod
    def wake(self) -> None: ...

    @abstractmethod
    def wait(self, seconds: float) -> bool: ...

    @abstractmethod
    def compact(self, *, by_night: bool) -> bool: ...

    def reader(self, cursor: Any) -> SqlReader:
        """What reads through this cursor."""
        return SqlReader(cursor, self._queries, self._errors)

    def transaction(self, cursor: Any) -> SqlTransaction:
        """What writes through this cursor."""
        return SqlTransaction(cursor, self._queries, self._errors)

    def take(self) -> Any:
        """A connection from the pool."""
        return self._checked_out()

    def cursor(self, pooled: Any) -> Any:
        """The driver's cursor."""
        return pooled.cursor()

    def give_back(self, pooled: Any) -> None:
        """The end of `take`."""
        pooled.close()

    def _checked_out(self) -> Any:
        try:
            return self._engine.raw_connection()
        except PoolEmpty as error:
            raise StoreBusy(
                "数据库连接已全部占用，请稍后再试 / All connections to the database are in use; try again in a moment"
            ) from error
        except self._errors.base as error:
            raise self._errors.meaning(error, None) from error

    def begin(self, pooled: Any, cursor: Any, statement: str) -> None:
        """Begin a transaction."""
        self.plainly(pooled, cursor, statement)

    def plainly(self, pooled: Any, cursor: Any, statement: str) -> None:
        """Execute BEGIN or COMMIT."""
        try:
            cursor.execute(statement)
        except self._errors.base as error:
            meant = self._errors.meaning(error, None)
            self._drop_if_lost(pooled)
            raise meant from error

    def roll_back(self, pooled: Any, cursor: Any) -> None:
        """Undo everything; a connection that cannot even do that is thrown away, which undoes it as well."""
        if self._drop_if_lost(pooled):
            return
        try:
            if self.is_open(pooled):
                cursor.execute("ROLLBACK")
        except self._errors.base:
            self._discard(pooled)

    def _drop_if_lost(self, pooled: Any) -> bool:
        """After a restart of the server all connections are dead: drop them together, so that callers hear it once."""
        if not self._is_lost(pooled):
            return False
        self._discard(pooled)
        self._engine.dispose()
        return True

    def _discard(self, pooled: Any) -> None:
        """Never use this connection again."""
        if pooled.is_valid:
            pooled.invalidate()

    @abstractmethod
    def _is_lost(self, pooled: Any) -> bool:
        """The connection cannot be used any more."""

    @abstractmethod
    def is_open(self, pooled: Any) -> bool:
        """There is a transaction to roll back."""


class Reading(AbstractContextManager[Reader]):
    """One transaction that reads. A class and not a generator: this is the hot path."""

    __slots__ = ("_cursor", "_pooled", "_store")

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def __enter__(self) -> Reader:
        store = self._store
        self._pooled = store.take()
        try:
            self._cursor = store.cursor(self._pooled)
            store.begin(self._pooled, self._cursor, store.begin_read)
        except BaseException:
            store.give_back(self._pooled)
            raise
        return store.reader(self._cursor)

    def __exit__(self, *_error: object) -> None:
        try:
            self._store.roll_back(self._pooled, self._cursor)
        finally:
            self._store.give_back(self._pooled)


class Writing(Write):
    """One transaction with a commit of its own."""

    __slots__ = ()
    _store: SqlStore

    def _take(self) -> Any:
        return self._store.take()

    def _begin(self) -> None:
        store = self._store
        try:
            self._cursor = store.cursor(self._pooled)
            store.begin(self._pooled, self._cursor, store.begin_write)
        except BaseException as error:
            store.refused.note(error)
            store.give_back(self._pooled)
            raise

    def _keep(self) -> None:
        store = self._store
        try:
            store.plainly(self._pooled, self._cursor, "COMMIT")
        except BaseException as error:
            store.refused.note(error)
            store.roll_back(self._pooled, self._cursor)
            self._tx.check_heard(error)
            raise
        finally:
            store.give_back(self._pooled)

    def _undo(self, _broken_by: Exception | None) -> None:
        try:
            self._store.roll_back(self._pooled, self._cursor)
        finally:
            self._store.give_back(self._pooled)
