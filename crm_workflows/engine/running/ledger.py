"""Writes rows of one locked case: journal, audit chain, requests, mails, in one flush. It must not decide anything.

Every writer of a case holds its row lock, so numbers taken from the row (journal, requests, audit) are without gaps.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from crm_workflows.domain.audit import chained
from crm_workflows.domain.records import KEYS, AuditEntry, BusinessRow, CaseRow, JournalEntry, Json
from crm_workflows.domain.records.quick import replaced
from crm_workflows.engine.ports import Transaction

if TYPE_CHECKING:
    from crm_workflows.domain.messages import DecisionNotice

Update = tuple[type[object], dict[str, object], dict[str, Any]]
"""(record, where, values)"""


def put_once(tx: Transaction, rows: Iterable[BusinessRow]) -> None:
    """Put the rows; of those with the same key the last one."""
    tx.put(*{(row.case, row.name, row.round): row for row in rows}.values())


class Told(NamedTuple):
    """A mail that tells of a decision: its id in the outbox, and what it says."""

    mail: str
    notice: "DecisionNotice"


class Mark(NamedTuple):
    """How full a ledger was: `back_to` it drops what was buffered since."""

    flushes: int
    lengths: tuple[int, ...]
    changes: dict[str, Any]


@dataclass
class Ledger:
    """A buffer of what is to be written for one case; `flush` writes it and leaves the buffer empty."""

    row: CaseRow
    """The case as the last flush left it; before, as it was read."""
    is_new: bool = False
    """The case is not in the database yet: the first flush inserts it."""
    records: list[object] = field(default_factory=list)
    rows: list[BusinessRow] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)
    events: list[tuple[str, str, Json, datetime]] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    flushes: int = 0
    told: dict[str, Told] = field(default_factory=dict)
    """Who is told of a decision in this commit, by address: an end that comes with it is told in that very mail."""

    def add(self, *records: object) -> None:
        """Rows to insert."""
        self.records.extend(records)

    def put(self, *rows: BusinessRow) -> None:
        """Results of the case to insert, or to write over those of the same name and round."""
        self.rows.extend(rows)

    def journal(self, entry: JournalEntry) -> None:
        """An entry to append; its `n` is given at the flush."""
        self.entries.append(entry)

    def audit(self, event: str, actor: str, at: datetime, **data: Json) -> None:
        """An event for the case's audit chain; data holds ids and facts, no personal texts (G-7)."""
        self.events.append((event, actor, data, at))

    def update(self, record: type[object], key: tuple[object, ...], **values: object) -> None:
        """Columns to set in another row of the case, after the inserts."""
        self.update_where(record, dict(zip(KEYS[record], key, strict=True)), **values)

    def update_where(self, record: type[object], where: dict[str, object], **values: object) -> None:
        """Columns to set in other rows of the case, after the inserts."""
        self.updates.append((record, where, values))

    def set(self, **columns: object) -> None:
        """Columns to set in the case row."""
        self.changes.update(columns)

    def mark(self) -> Mark:
        """What is buffered so far."""
        return Mark(self.flushes, tuple(len(buffer) for buffer in self._buffers()), dict(self.changes))

    def back_to(self, mark: Mark) -> None:
        """Drop what was buffered since; what a flush in between has written is not undone."""
        is_written = self.flushes > mark.flushes
        for buffer, length in zip(self._buffers(), mark.lengths, strict=True):
            del buffer[0 if is_written else length :]
        self.changes = {} if is_written else dict(mark.changes)

    def flush(self, tx: Transaction, row: CaseRow) -> CaseRow:
        """Write everything into `tx`, where `row` is the case as locked there; returns the row as it is now."""
        self.row = row
        flush_all(tx, [self])
        return self.row

    def _written(self) -> "_Written":
        row = self.row
        entries = [
            JournalEntry(e.case, n, e.round, e.rule, e.key, e.kind, e.value, e.at)
            for n, e in enumerate(self.entries, start=row.journal_length)
        ]
        chain = self._chain(row)
        changes = dict(self.changes)
        if entries:
            changes["journal_length"] = row.journal_length + len(entries)
        if chain:
            changes |= {"audit_length": row.audit_length + len(chain), "audit_head": chain[-1].hash}
            if row.unsealed_at is None:
                changes["unsealed_at"] = chain[0].at
        now = replaced(row, **changes) if changes else row
        updates = list(self.updates)
        if changes and not self.is_new:
            updates.append((CaseRow, {"code": row.code}, changes))
        return _Written(now, [*([now] if self.is_new else []), *entries, *chain], updates)

    def _chain(self, row: CaseRow) -> list[AuditEntry]:
        chain: list[AuditEntry] = []
        for event, actor, data, at in self.events:
            head = chain[-1].hash if chain else row.audit_head
            chain.append(chained(row.code, row.audit_length + len(chain), at, event, actor, data, head))
        return chain

    def _buffers(self) -> tuple[list[Any], ...]:
        return (self.records, self.rows, self.entries, self.events, self.updates)

    def _clear(self, now: CaseRow) -> None:
        self.row = now
        for buffer in self._buffers():
            buffer.clear()
        self.changes = {}
        self.is_new = False
        self.flushes += 1


class _Written(NamedTuple):
    """What a ledger comes to: the case as it will stand, rows to insert, columns to set."""

    now: CaseRow
    inserts: list[object]
    updates: list[Update]


def flush_all(tx: Transaction, ledgers: Sequence[Ledger]) -> None:
    """Write several cases, each locked in `tx` with `ledger.row` as it stands there: one statement for each class."""
    tx.insert(*(record for ledger in ledgers for record in ledger.records))
    written = [ledger._written() for ledger in ledgers]
    _write(tx, written, [row for ledger in ledgers for row in ledger.rows])
    tx.hear()  # A ledger that was emptied has nothing left of what is undone.
    for ledger, one in zip(ledgers, written, strict=True):
        ledger._clear(one.now)


def _write(tx: Transaction, written: Sequence[_Written], rows: Sequence[BusinessRow]) -> None:
    tx.insert(*(record for one in written for record in one.inserts))
    put_once(tx, rows)
    changes: dict[type[object], list[tuple[dict[str, object], dict[str, Any]]]] = {}
    for one in written:
        for record, where, values in one.updates:
            changes.setdefault(record, []).append((where, values))
    for record, pairs in changes.items():
        tx.update_each(record, pairs)
