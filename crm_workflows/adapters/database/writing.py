"""One write through the store: begun, and kept or undone at its end. How it is committed, its subclasses say."""

import threading
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, Protocol

from crm_workflows.adapters.database.refused_writes import RefusedWrites
from crm_workflows.adapters.database.sql_transaction import Late, SqlTransaction
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.engine.ports import Transaction


class WritableStore(Protocol):
    """What is needed of the store."""

    refused: RefusedWrites

    def cursor(self, pooled: Any) -> Any: ...

    def transaction(self, cursor: Any) -> SqlTransaction: ...

    def plainly(self, pooled: Any, cursor: Any, statement: str) -> None: ...

    def roll_back(self, pooled: Any, cursor: Any) -> None: ...


class Write(AbstractContextManager[Transaction], ABC):
    """Kept when it ends well, undone when anything leaves it by exception. A class and no generator: the hot path."""

    __slots__ = ("_cursor", "_here", "_pooled", "_store", "_tx")
    _cursor: Any

    def __init__(self, store: WritableStore, here: threading.local) -> None:
        """`here` knows whether this thread writes already."""
        self._store = store
        self._here = here

    def __enter__(self) -> Transaction:
        if getattr(self._here, "writes", False):
            raise RuntimeError("this thread is inside write() already; pass its transaction on, or use savepoint()")
        try:
            self._pooled = self._take()
        except StoreBusy as error:
            self._store.refused.note(error)
            raise
        self._begin()
        self._here.writes = True
        self._tx = self._store.transaction(self._cursor)
        return self._tx

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        self._here.writes = False
        broken_by = self._tx.broken_by
        self._store.refused.note(broken_by)
        if kind is None and broken_by is None:
            self._keep()
            return
        self._undo(broken_by)
        if isinstance(error, Late):
            self._tx.check_heard(error.meant)
            raise error.meant from error.__cause__
        if kind is None:
            raise RuntimeError("a failed transaction cannot be committed") from broken_by

    @abstractmethod
    def _take(self) -> Any:
        """The connection that writes; StoreBusy when none is to be had."""

    @abstractmethod
    def _begin(self) -> None:
        """Set the cursor and begin; what fails is noted, and nothing stays taken."""

    @abstractmethod
    def _keep(self) -> None:
        """Commit; when this returns, what was written is on the disk."""

    @abstractmethod
    def _undo(self, broken_by: Exception | None) -> None:
        """Roll back what this write has done; `broken_by` is what the database refused, if it did."""
