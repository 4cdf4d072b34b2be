"""Ends a case without an outcome of its procedure, inside the transaction that locks it. It must not say who may."""

import hashlib

from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Assignee, Booking, BusinessRow, CaseClock, CaseRow, Request
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import notices
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.running.ledger import Ledger


def withdraw(
    engine: Engine,
    tx: Transaction,
    ledger: Ledger,
    row: CaseRow,
    who: Person,
    reason: str,
    *,
    channel: str,
    evidence: str | None,
) -> CaseRow:
    """End the case as withdrawn: everyone involved is told, what is open or booked is over. Returns the case as it is.

    `reason` is what a person wrote, or a label of ours.
    """
    now, code = engine.clock.now(), row.code
    ledger.set(
        status="cancelled", outcome="withdrawn", closed_at=now, ready_at=None, fence=row.fence + 1,
        leased_until=None, leased_by=None,
    )  # fmt: skip
    digest = hashlib.sha256(reason.encode()).hexdigest()
    ledger.audit("cancelled", who.email, now, reason=digest, channel=channel, evidence=evidence)
    ledger.add(BusinessRow(code, "cancelled", 1, {"by": who.email, "reason": reason}, now))
    notices.of_cancelling(engine, tx, row, who, reason, now)
    tx.update_where(Booking, {"case": code, "is_open": True}, is_open=False)
    tx.update_where(CaseClock, {"case": code, "status": "running"}, status="withdrawn", next_at=None, stopped_at=now)
    tx.update_where(
        Request, {"case": code, "status": "open"}, status="withdrawn", closed_at=now,
        remind_at=None, escalate_at=None, lapse_at=None,
    )  # fmt: skip
    tx.update_where(Assignee, {"case": code, "is_active": True}, is_active=False)
    return ledger.flush(tx, row)
