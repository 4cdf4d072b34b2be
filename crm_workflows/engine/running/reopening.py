"""Opens a closed case again, because another case that follows it up asks for it (CP-11). It must not say when."""

from typing import Final

from crm_workflows.domain.records import Booking, JournalEntry
from crm_workflows.engine.context import Engine
from crm_workflows.engine.journal import visible
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.rounds import go_back

REOPENS: Final = "reopens"
"""The relation of a booking that opens no new case: `input` names the case, the rule to go back to, and why."""


def open_again(engine: Engine, booking: Booking) -> None:
    """Send the closed case back to the rule, in its next round; once. One that is open, or cancelled, stays as it is.

    Raises InvalidInput where the case has never come by that rule.
    """
    wanted, now = booking.input, engine.clock.now()
    with engine.store.write() as tx:
        row = tx.lock_case(wanted["case"])
        if not tx.update(Booking, (booking.key,), {"is_open": True}, is_open=False):
            return
        if row is None or row.status != "closed":
            return
        ledger, journal = Ledger(row), visible(tx.find(JournalEntry, case=row.code, order="n"))
        value = {"because": wanted["because"], "only": [], "by": "procedure"}
        go_back(row, journal, ledger, wanted["rule"], value, now)
        ledger.set(status="running", outcome=None, resolved_at=None, closed_at=None, ready_at=now)
        ledger.audit("reopened", "engine", now, because_of=booking.case)
        ledger.flush(tx, row)
    engine.store.wake()
