"""Sends a case back to a rule: a new round in the journal, and what lies behind the cut is superseded.

It must not decide whether a case may go back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Assignee, Booking, CaseClock, CaseRow, JournalEntry, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.journal import AFTER, BACK, CUT, OPEN, VisibleJournal
from crm_workflows.engine.requests.pausing import PAUSED
from crm_workflows.engine.running.ledger import Ledger


def go_back(
    row: CaseRow,
    journal: VisibleJournal,
    ledger: Ledger,
    rule: str,
    value: dict[str, Any],
    now: datetime,
    *,
    key: str | None = None,
    still_open: Sequence[Request] = (),
) -> None:
    """Append the cut; supersede open requests, questions about those `still_open` and booked cases behind it.

    The cut lies before the first entry of the rule, or before that with this `key`. Raises InvalidInput for a rule not
    yet passed.
    """
    value = value | ({CUT: key} if key else {})
    at = journal.index_of(rule, key)
    if at is None:
        zh = f"案件 {row.code} 尚未经过 {rule}，不能退回到该步骤，请选择其他步骤"
        raise InvalidInput(
            bilingual(zh, f"case {row.code} has not come by {rule} yet; choose another step to go back to")
        )
    _supersede(journal, ledger, at, still_open, now)
    entry = JournalEntry(row.code, 0, journal.round + 1, rule, f"back:{rule}", BACK, value, now)
    ledger.journal(entry)
    journal.read(entry)
    ledger.audit("sent_back", str(value.get("by", "engine")), now, to=rule, round=journal.round)


def give_up_after(
    row: CaseRow, journal: VisibleJournal, ledger: Ledger, key: str, still_open: Sequence[Request], now: datetime
) -> None:
    """Cut away what was built on the yes of a gate that was asked again and is a yes no longer (G-6)."""
    at = journal.place_of(key)
    _supersede(journal, ledger, at + 1, still_open, now)
    rule, value = journal.stack[at].rule, {"because": "", "only": [], "by": "procedure", "gate": key, AFTER: key}
    entry = JournalEntry(row.code, 0, journal.round + 1, rule, f"back:{rule}", BACK, value, now)
    ledger.journal(entry)
    journal.read(entry)
    ledger.audit("given_up_after", "engine", now, key=key, round=journal.round)


def _supersede(journal: VisibleJournal, ledger: Ledger, at: int, still_open: Sequence[Request], now: datetime) -> None:
    keys = {entry.key for entry in journal.stack[at:]}
    for request in still_open:
        if request.key in keys:
            withdraw_question(ledger, request, now)
    for old in journal.stack[at:]:
        if old.kind == OPEN and (old.key not in journal.outcomes or old.key in journal.reopened):
            ledger.update(Request, (old.value["request"],), status="superseded", closed_at=now)
            ledger.update_where(Assignee, {"request": old.value["request"]}, is_active=False)
        elif isinstance(old.value, dict) and old.value.get("booking"):
            ledger.update(Booking, (old.value["booking"],), is_open=False)
        elif isinstance(old.value, dict) and old.value.get("clock"):
            # One that has stopped stays as it was: it was kept, or broken, in its round.
            running = {"key": old.value["clock"], "status": "running"}
            ledger.update_where(CaseClock, running, status="superseded", next_at=None, stopped_at=now)


def withdraw_question(ledger: Ledger, request: Request, now: datetime) -> None:
    """What somebody was asked before this was decided need not be answered any more."""
    paused = request.shows.get(PAUSED)
    if paused is not None:
        question = paused["question"]
        ledger.update(
            Request, (question,), status="withdrawn", closed_at=now, remind_at=None, escalate_at=None, lapse_at=None
        )
        ledger.update_where(Assignee, {"request": question}, is_active=False)
