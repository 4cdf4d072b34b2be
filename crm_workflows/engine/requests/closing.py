"""Closes a request with its outcome and lets the case go on in the same transaction. It must not judge the answer."""

from datetime import datetime
from typing import Any

from crm_workflows.domain.records import Assignee, JournalEntry, Request
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions import changing
from crm_workflows.engine.journal import OUTCOME
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.rounds import withdraw_question
from crm_workflows.engine.running.stretch import run_inline
from crm_workflows.engine.running.waiting import Ran


def close_request(ledger: Ledger, request: Request, status: str, outcome: dict[str, Any], now: datetime) -> None:
    """End a request and journal its outcome; within a round the first outcome wins, and a lapse is an outcome.

    What somebody has lowered holds for every yes, whoever gives it: two over those asked and silence as well.
    """
    if outcome["decision"] == "approve":
        outcome = outcome | changing.outcome_of(request)
    ledger.update(
        Request, (request.id,), status=status, closed_at=now, outcome=outcome,
        remind_at=None, escalate_at=None, lapse_at=None,
    )  # fmt: skip
    ledger.update_where(Assignee, {"request": request.id}, is_active=False)
    withdraw_question(ledger, request, now)
    ledger.journal(JournalEntry(request.case, 0, request.round, request.rule, request.key, OUTCOME, outcome, now))


def go_on(engine: Engine, tx: Transaction, ledger: Ledger, now: datetime, *, interrupt: bool = False) -> Ran | None:
    """Write the outcome that `ledger` holds and run the stretch that it released, in one flush.

    None when a worker has the case leased and will go on itself.

    `interrupt` takes the case from such a worker: what it does would be superseded by a send-back. A case that needs
    attention stays where it is: the outcome is on record, and its stretch runs once an admin lets the case go on.
    """
    row = ledger.row
    is_leased = row.leased_until is not None and row.leased_until > now
    if row.status == "needs_attention":
        ledger.flush(tx, row)
        return None
    if is_leased and not interrupt:
        ledger.set(ready_at=now)
        ledger.flush(tx, row)
        return None
    return run_inline(engine, tx, ledger)
