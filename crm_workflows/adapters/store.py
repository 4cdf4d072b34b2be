"""The store on SQLAlchemy's connection pool, common to both databases. No SQL here.

SQLAlchemy compiles statements and keeps connections; the driver executes them (docs/decisions/0001-plain-rows.md).
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import TimeoutError as PoolEmpty

from crm_workflows.adapters.queries import Queries
from crm_workflows.adapters.sql_transaction import Errors, SqlReader, SqlTransaction
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.engine.ports import Reader, Transaction


class SqlStore(ABC):
    """Safe to share between threads: each transaction has a connection of its own."""

    begin_write: str
    begin_read: str

    def __init__(self, engine: Engine, errors: Errors) -> None:
        self._engine = engine
        self._errors = errors
        self._queries = Queries(engine.dialect)
        self._here = threading.local()

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """See the port. RuntimeError when the same thread writes already: on SQLite it would wait for itself."""
        if getattr(self._here, "writes", False):
            raise RuntimeError("this thread is inside write() already; pass its transaction on, or use savepoint()")
        self._here.writes = True
        try:
            with self._turn(), self._transaction(self.begin_write) as cursor:
                tx = self._new_transaction(cursor)
                yield tx
                if tx.broken_by is not None:
                    raise RuntimeError("a failed transaction cannot be committed") from tx.broken_by
        finally:
            self._here.writes = False

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """See the port."""
        with self._transaction(self.begin_read) as cursor:
            yield SqlReader(cursor, self._queries, self._errors)

    def close(self) -> None:
        """See the port; the store must not be used afterwards."""
        self._engine.dispose()

    @abstractmethod
    def wake(self) -> None: ...

    @abstractmethod
    def wait(self, seconds: float) -> bool: ...

    @abstractmethod
    def _turn(self) -> AbstractContextManager[None]:
        """Wait for the turn to write within this process."""

    def _new_transaction(self, cursor: Any) -> SqlTransaction:
        return SqlTransaction(cursor, self._queries, self._errors)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Any]:
        """A driver's cursor in a transaction: committed at the end, rolled back when anything leaves by exception."""
        pooled = self._checked_out()
        try:
            cursor = pooled.driver_connection.cursor()
            self._plainly(pooled, cursor, begin)
            try:
                yield cursor
            except BaseException:
                self._roll_back(pooled, cursor)
                raise
            try:
                self._plainly(pooled, cursor, "COMMIT")
            except Exception:
                self._roll_back(pooled, cursor)
                raise
        finally:
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

    def _plainly(self, pooled: Any, cursor: Any, statement: str) -> None:
        """Execute BEGIN or COMMIT."""
        try:
            cursor.execute(statement)
        except self._errors.base as error:
            meant = self._errors.meaning(error, None)
            self._drop_if_lost(pooled)
            raise meant from error

    def _roll_back(self, pooled: Any, cursor: Any) -> None:
        """Undo everything; a connection that cannot even do that is thrown away, which undoes it as well."""
        if self._drop_if_lost(pooled):
            return
        try:
            if self._is_open(pooled):
                cursor.execute("ROLLBACK")
        except self._errors.base:
            pooled.invalidate()

    def _drop_if_lost(self, pooled: Any) -> bool:
        """After a restart of the server all connections are dead: drop them together, so that callers hear it once."""
        if not self._is_lost(pooled):
            return False
        pooled.invalidate()
        self._engine.dispose()
        return True

    @abstractmethod
    def _is_lost(self, pooled: Any) -> bool:
        """The connection cannot be used any more."""

    @abstractmethod
    def _is_open(self, pooled: Any) -> bool:
        """There is a transaction to roll back."""
