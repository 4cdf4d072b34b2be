"""Sends a case back to a rule: a new round in the journal, and what lies behind the cut is superseded.

It must not decide whether a case may go back.
"""

from datetime import datetime
from typing import Any

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Assignee, Booking, CaseRow, JournalEntry, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.journal import BACK, CUT, OPEN, VisibleJournal
from crm_workflows.engine.ledger import Ledger


def go_back(
    row: CaseRow,
    journal: VisibleJournal,
    ledger: Ledger,
    rule: str,
    value: dict[str, Any],
    now: datetime,
    *,
    key: str | None = None,
) -> None:
    """Append the cut; supersede open requests and withdraw booked cases behind it: a new round asks and books anew.

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
    for old in journal.stack[at:]:
        if old.kind == OPEN and old.key not in journal.outcomes:
            ledger.update(Request, (old.value["request"],), status="superseded", closed_at=now)
            ledger.update_where(Assignee, {"request": old.value["request"]}, is_active=False)
        elif isinstance(old.value, dict) and old.value.get("booking"):
            ledger.update(Booking, (old.value["booking"],), is_open=False)
    entry = JournalEntry(row.code, 0, journal.round + 1, rule, f"back:{rule}", BACK, value, now)
    ledger.journal(entry)
    journal.read(entry)
    ledger.audit("sent_back", str(value.get("by", "engine")), now, to=rule, round=journal.round)
