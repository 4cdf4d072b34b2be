"""The store in memory: the same promises as on SQLite and PostgreSQL, in plain dictionaries. Nothing outlives it.

One contract suite runs on all three, so a story that holds here holds there. It must not become clever.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar, cast

from crm_workflows.domain.records import KEYS, OVER, UNIQUE, AuditEntry, CaseRow, Checkpoint, Message, Number, Request
from crm_workflows.domain.text import ascii_lower
from crm_workflows.engine.ports import Ahead, CaseFilter, Duplicate, Reader, Transaction
from crm_workflows.testing.memory_figures import MemoryFigureReading
from crm_workflows.testing.memory_rounds import MemoryRoundReading, MemoryRoundWriting
from crm_workflows.testing.memory_rows import JSON_FIELDS, Row, as_text, fitting, given, kept, sorted_by

R = TypeVar("R")
Tables = dict[type, dict[tuple[object, ...], Row]]
"""Rows by primary key; a dictionary that readers may hold is never changed again."""


class MemoryReader(MemoryRoundReading, MemoryFigureReading):
    """Reads of one state."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def _rows(self, record: type) -> dict[tuple[object, ...], Row]:
        return self._tables.setdefault(record, {})

    def _matching(self, record: type, equals: dict[str, object]) -> list[Row]:
        """The rows themselves: who hands them out copies them, once it is known which."""
        for name, value in equals.items():
            if value is not None and name in JSON_FIELDS[record]:
                raise TypeError(f"{record.__name__}.{name} is JSON, which databases compare differently")
        return fitting(self._rows(record).values(), equals)

    def get(self, record: type[R], *key: object) -> R | None:
        row = self._rows(record).get(key)
        return None if row is None else cast(R, given(row))

    def find(
        self,
        record: type[R],
        *,
        order: str | tuple[str, ...] = (),
        descending: bool = False,
        limit: int | None = None,
        **equals: object,
    ) -> list[R]:
        columns = (order,) if isinstance(order, str) else tuple(order)
        found = sorted_by(self._matching(record, equals), (*columns, *KEYS[record]), descending=descending)
        return [given(row) for row in found[:limit]]

    def containing(
        self, record: type[R], text: str, *columns: str, order: str | tuple[str, ...], limit: int, **equals: object
    ) -> list[R]:
        by, piece = (order,) if isinstance(order, str) else tuple(order), ascii_lower(text)
        matching = self._matching(record, equals)
        found = [row for row in matching if any(piece in ascii_lower(as_text(getattr(row, name))) for name in columns)]
        return [given(row) for row in sorted_by(found, (*by, *KEYS[record]))[:limit]]

    def columns(self, record: type[object], *names: str, **equals: object) -> list[tuple[Any, ...]]:
        rows = sorted_by(self._matching(record, equals), KEYS[record])
        return [tuple(getattr(row, name) for name in names) for row in map(given, rows)]

    def distinct(self, record: type[object], column: str, **equals: object) -> list[Any]:
        return sorted({value for row in self._matching(record, equals) if (value := getattr(row, column)) is not None})

    def due(self, record: type[R], column: str, at: datetime, *, limit: int, **equals: object) -> list[R]:
        has_come = [row for row in self._matching(record, equals) if (then := getattr(row, column)) and then <= at]
        return [given(row) for row in sorted_by(has_come, (column, *KEYS[record]))[:limit]]

    def count(self, record: type[object], **equals: object) -> int:
        return len(self._matching(record, equals))

    def count_due(self, record: type[object], column: str, at: datetime, **equals: object) -> int:
        return sum((then := getattr(row, column)) is not None and then <= at for row in self._matching(record, equals))

    def earliest(self, record: type[object], column: str, **equals: object) -> datetime | None:
        instants = (getattr(row, column) for row in self._matching(record, equals))
        return min(filter(None, instants), default=None)

    def search_cases(self, wanted: CaseFilter) -> list[CaseRow]:
        named = {n: v for n in ("process", "status", "owner") if (v := getattr(wanted, n)) is not None}
        found = [row for row in self._matching(CaseRow, named) if wanted.covers(row)]
        if wanted.overdue_at is not None:
            asked = self._matching(Request, {"status": "open"})
            late = {one.case for one in asked if one.due_at and one.due_at < wanted.overdue_at}
            found = [row for row in found if row.code in late]
        latest_first = sorted_by(found, ("opened_at", "code"), descending=True)
        return [given(row) for row in latest_first[wanted.offset :][: wanted.limit]]


class MemoryTransaction(MemoryReader, MemoryRoundWriting):
    """Writes into a copy of the state, which becomes the state at the commit."""

    broken_by: Exception | None = None

    def _rows(self, record: type) -> dict[tuple[object, ...], Row]:
        if self.broken_by is not None:
            raise RuntimeError("the transaction has failed; use savepoint() to go on after it") from self.broken_by
        return super()._rows(record)

    def _put(self, row: Row) -> None:
        """Insert or change one row, unless it takes a key that another row has."""
        record, key, rows = type(row), _key(row), self._rows(type(row))
        for columns in UNIQUE.get(record, ()):
            further = attrgetter(*columns)
            mine = further(row)
            if None in (getattr(row, column) for column in columns):
                continue
            if any(further(other) == mine and other_key != key for other_key, other in rows.items()):
                self._fail(record)
        rows[key] = row

    def _fail(self, record: type) -> None:
        self.broken_by = Duplicate(record.__name__)
        raise self.broken_by

    def insert(self, *records: object) -> None:
        for row in _by_class(records):
            if _key(row) in self._rows(type(row)):
                self._fail(type(row))
            self._put(row)

    def insert_new(self, record: object) -> bool:
        row = kept(record)
        if _key(row) in self._rows(type(row)):
            return False
        self._put(row)
        return True

    def put(self, *records: object) -> None:
        for row in _by_class(records):
            if isinstance(row, AuditEntry | Checkpoint) and _key(row) in self._rows(type(row)):
                raise RuntimeError("audit rows cannot be changed or deleted")
            self._put(row)

    def update(
        self,
        record: type[object],
        key: tuple[object, ...],
        expecting: dict[str, object] | None = None,
        **values: object,
    ) -> bool:
        where: dict[str, object] = dict(zip(KEYS[record], key, strict=True))
        return bool(self.update_where(record, where | (expecting or {}), **values))

    def update_where(self, record: type[object], where: dict[str, object], **values: object) -> int:
        if set(values) & set(KEYS[record]):
            raise TypeError(f"the primary key of a {record.__name__} never changes")
        rows = self._matching(record, where)
        if record in (AuditEntry, Checkpoint) and rows:
            raise RuntimeError("audit rows cannot be changed or deleted")
        for row in rows:
            self._put(kept(replace(row, **values)))
        return len(rows)

    def update_each(self, record: type[object], changes: Sequence[tuple[dict[str, object], dict[str, object]]]) -> None:
        for where, values in changes:
            self.update_where(record, where, **values)

    def remove(self, record: type[object], *key: object) -> None:
        if record in (AuditEntry, Checkpoint):
            raise RuntimeError("audit rows cannot be changed or deleted")
        self._rows(record).pop(key, None)

    def lock_case(self, code: str, ahead: Ahead | None = None) -> CaseRow | None:  # noqa: ARG002 - nothing is far
        return self.get(CaseRow, code)

    def claim_ready(self, now: datetime, limit: int) -> list[CaseRow]:
        return [
            row
            for row in self.due(CaseRow, "ready_at", now, limit=self.count(CaseRow))
            if row.status not in (*OVER, "needs_attention") and _is_free(row.leased_until, now)
        ][:limit]

    def claim_mail(self, now: datetime, until: datetime, limit: int) -> list[Message]:
        due = self.due(Message, "next_at", now, limit=self.count(Message))
        free = [m for m in due if _is_free(m.claimed_until, now)][:limit]
        for message in free:
            self.update(Message, (message.id,), claimed_until=until)
        return [row for message in free if (row := self.get(Message, message.id))]

    def next_number(self, series: str, *, gaps: bool = False) -> int:  # noqa: ARG002 - one writer: nobody waits
        before = self.get(Number, series)
        number = Number(series, 1 if before is None else before.last + 1)
        self._put(kept(number))
        return number.last

    def hear(self) -> None:
        """See the port; everything is heard at once."""

    def trust(self) -> None:
        """See the port; nothing is unheard."""

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        before = _copied(self._tables)
        try:
            yield
            self._rows(CaseRow)
        except BaseException:
            self._tables, self.broken_by = before, None
            raise


class MemoryStore:
    """The port `Store`; one writer at a time, readers see the last commit."""

    def __init__(self) -> None:
        self._tables: Tables = {}
        self._writer = threading.Lock()
        self._here = threading.local()
        self._rang = threading.Condition()
        self._rings = 0

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """See the port."""
        if getattr(self._here, "writes", False):
            raise RuntimeError("this thread is inside write() already; pass its transaction on, or use savepoint()")
        with self._writer:
            self._here.writes = True
            try:
                tx = MemoryTransaction(_copied(self._tables))
                yield tx
                if tx.broken_by is not None:
                    raise RuntimeError("a failed transaction cannot be committed") from tx.broken_by
                self._tables = tx._tables
            finally:
                self._here.writes = False

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """See the port."""
        yield MemoryReader(_copied(self._tables))

    def snapshot(self) -> Tables:
        """All that is kept now, to go back to; nothing is copied, since no row is ever changed in its place."""
        return self._tables

    def go_back_to(self, snapshot: Tables) -> None:
        """Keep again what was kept then, and only that."""
        with self._writer:
            self._tables = snapshot

    def wake(self) -> None:
        """See the port."""
        with self._rang:
            self._rings += 1
            self._rang.notify_all()

    def wait(self, seconds: float) -> bool:
        """See the port."""
        with self._rang:
            heard = getattr(self._here, "heard", 0)
            rang = self._rang.wait_for(lambda: self._rings > heard, seconds)
            self._here.heard = self._rings
            return rang

    def compact(self, *, by_night: bool) -> bool:  # noqa: ARG002 - nothing outlives a row here
        """See the port."""
        return True

    def close(self) -> None:
        """See the port."""


def _copied(tables: Tables) -> Tables:
    return {record: dict(rows) for record, rows in tables.items()}


def _key(row: Row) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in KEYS[type(row)])


def _by_class(records: Iterable[object]) -> list[Row]:
    """Class by class, as databases write them: it decides which of two faults is found first."""
    rows = [kept(record) for record in records]
    classes = list(dict.fromkeys(type(row) for row in rows))
    return sorted(rows, key=lambda row: classes.index(type(row)))


def _is_free(until: datetime | None, now: datetime) -> bool:
    return until is None or until <= now
