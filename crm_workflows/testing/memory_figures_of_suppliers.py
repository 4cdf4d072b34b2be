"""The figures of suppliers in the store in memory, row by row in plain Python. It must not become clever."""

from collections.abc import Iterator
from typing import Any, Final

from crm_workflows.domain.records import ENDING, CaseRow, GoodsReceived, JournalEntry, Supplier, SupplierStanding
from crm_workflows.engine.figure_ports import Observed
from crm_workflows.testing.memory_figure_rows import Rows, of, seen

PROCESS: Final = "supplier-vetting"


def days_to_recognition(rows: Rows) -> Iterator[Observed]:
    for code, case in rows.written("supplier_code", PROCESS):
        gates = rows.all(JournalEntry, case=case.code, rule="SV-7", kind="outcome")
        ended = max((entry.at for entry in gates), default=code.at)
        of_class = rows.said(case.code, "supplier_class")
        yield of(case, of_class, code.at, began_at=case.opened_at, ended_at=ended)


def decided(rows: Rows) -> Iterator[Observed]:
    for case in rows.all(CaseRow, process=PROCESS, status="closed"):
        reason = (rows.said(case.code, ENDING) or {}).get("reason")
        yield of(case, reason, case.closed_at, hit=int(case.outcome == "approved"))


def _suppliers(rows: Rows) -> Iterator[tuple[Supplier, dict[str, Any]]]:
    for one in rows.all(Supplier):
        if one.status in ("recognised", "on_hold"):
            yield one, one.details or {}


def certificates(rows: Rows) -> Iterator[Observed]:
    for one, details in _suppliers(rows):
        expired = any(hold.startswith("expired:") for hold in details.get("holds", ()))
        yield seen(
            PROCESS, one.code, details.get("owner"), one.supplier_class, at=one.registered_at, hit=int(not expired)
        )


def reevaluations(rows: Rows) -> Iterator[Observed]:
    for one, details in _suppliers(rows):
        until = details.get("valid_until")
        owner = details.get("owner")
        yield seen(PROCESS, one.code, owner, one.supplier_class, at=one.registered_at, until_on=until)


def purchases(rows: Rows) -> Iterator[Observed]:
    for one in rows.all(GoodsReceived):
        row = _supplier_of(rows, one.supplier)
        stands = _standing(rows, row.code, one) if row else None
        owner = (row.details or {}).get("owner") if row else None
        part = None if stands == "recognised" else stands or "unregistered"
        yield seen(
            PROCESS, row.code if row else one.supplier, owner, part, at=one.received_at,
            hit=int(stands == "recognised"), amount=one.amount, product=one.goods or None,
            reference=one.number or one.order_number or None,
        )  # fmt: skip


def _supplier_of(rows: Rows, named: str) -> Supplier | None:
    for column in ("code", "credit_code", "name"):
        if found := rows.all(Supplier, **{column: named}):
            first: Supplier = min(found, key=lambda row: str(row.code))
            return first
    return None


def _standing(rows: Rows, code: str, received: GoodsReceived) -> str | None:
    until_then = [one for one in rows.all(SupplierStanding, supplier=code) if one.since <= received.received_at]
    if not until_then:
        return None
    last: SupplierStanding = max(until_then, key=lambda one: one.since)
    is_over = last.status == "recognised" and last.ends_at is not None and last.ends_at <= received.received_at
    return "ended" if is_over else last.status
