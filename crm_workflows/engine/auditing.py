"""Checks the audit chains of all cases (G-7). It must not repair anything."""

from collections.abc import Callable, Iterator

from crm_workflows.domain.audit import first_fault
from crm_workflows.domain.records import AuditEntry, CaseRow
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import CaseFilter

PAGE = 500


def verify(engine: Engine, progress: Callable[[int], None] = lambda _: None) -> list[str]:
    """One sentence for each case whose chain does not hold; empty when all hold. `progress` hears of cases checked."""
    faults = []
    for row in _all_cases(engine):
        with engine.store.read() as reader:
            fresh = reader.get(CaseRow, row.code) or row
            entries = reader.find(AuditEntry, case=row.code, order="n")
        fault = first_fault(row.code, entries, fresh.audit_length, fresh.audit_head)
        if fault is not None:
            faults.append(fault)
        progress(1)
    return faults


def count_cases(engine: Engine) -> int:
    """How many cases there are, for a progress bar."""
    with engine.store.read() as reader:
        return reader.count(CaseRow)


def _all_cases(engine: Engine) -> Iterator[CaseRow]:
    offset = 0
    while True:
        with engine.store.read() as reader:
            page = reader.search_cases(CaseFilter(limit=PAGE, offset=offset))
        yield from page
        offset += len(page)
        if len(page) < PAGE:
            return
