"""Writes rows of one locked case: journal, audit chain, requests, mails, in one flush. It must not decide anything.

Every writer of a case holds its row lock, so numbers taken from the row (journal, requests, audit) are without gaps.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from crm_workflows.domain.audit import chained
from crm_workflows.domain.records import CaseRow, JournalEntry, Json
from crm_workflows.engine.ports import Transaction


@dataclass
class Ledger:
    """A buffer of what is to be written for one case; `flush` writes it and leaves the buffer empty."""

    row: CaseRow
    records: list[object] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)
    events: list[tuple[str, str, Json, datetime]] = field(default_factory=list)
    updates: list[tuple[type[object], tuple[object, ...], dict[str, Any]]] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)

    def add(self, *records: object) -> None:
        """Rows to insert."""
        self.records.extend(records)

    def journal(self, entry: JournalEntry) -> None:
        """An entry to append; its `n` is given at the flush."""
        self.entries.append(entry)

    def audit(self, event: str, actor: str, at: datetime, **data: Json) -> None:
        """An event for the case's audit chain; data holds ids and facts, no personal texts (G-7)."""
        self.events.append((event, actor, data, at))

    def update(self, record: type[object], key: tuple[object, ...], **values: object) -> None:
        """Columns to set in another row of the case."""
        self.updates.append((record, key, values))

    def set(self, **columns: object) -> None:
        """Columns to set in the case row."""
        self.changes.update(columns)

    def flush(self, tx: Transaction, row: CaseRow) -> CaseRow:
        """Write everything into `tx`, where `row` is the case as locked there; returns the row as it is now."""
        entries = [replace(entry, n=row.journal_length + i) for i, entry in enumerate(self.entries)]
        changes = dict(self.changes)
        if entries:
            changes["journal_length"] = row.journal_length + len(entries)
        head, chain = row.audit_head, []
        for i, (event, actor, data, at) in enumerate(self.events):
            link = chained(row.code, row.audit_length + i, at, event, actor, data, head)
            chain.append(link)
            head = link.hash
        if chain:
            changes |= {"audit_length": row.audit_length + len(chain), "audit_head": head}
        tx.insert(*self.records, *entries, *chain)
        for record, key, values in self.updates:
            tx.update(record, key, **values)
        if changes:
            tx.update(CaseRow, (row.code,), **changes)
        self.clear()
        self.row = replace(row, **changes)
        return self.row

    def clear(self) -> None:
        """Forget what is buffered: an attempt that fails leaves nothing."""
        for buffer in (self.records, self.entries, self.events, self.updates):
            buffer.clear()
        self.changes = {}
