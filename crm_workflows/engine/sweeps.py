"""What time brings: reminders, escalations, lapses, timers and booked cases, each once, never early (G-3).

After a standstill everything missed is caught up once, not once for every missed instant. Each row has its own
short transaction under the lock of its case; the sweep only finds candidates by index.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from crm_workflows.domain.elements import FormTask, Gate, Papers
from crm_workflows.domain.messages import Escalation, Reminder
from crm_workflows.domain.records import Assignee, Booking, CaseRow, Decision, Document, Request
from crm_workflows.engine import mails, notices, opening
from crm_workflows.engine.closing import close_request, go_on
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ledger import Ledger
from crm_workflows.engine.ports import StretchSummary, Transaction

BATCH = 100
Handle = Callable[[Engine, Transaction, CaseRow, Request, datetime], StretchSummary | None]


def sweep(engine: Engine) -> int:
    """Handle everything that is due now; returns how many rows. Safe to run in several processes at once."""
    done = _each(engine, "remind_at", remind) + _each(engine, "escalate_at", escalate)
    return done + _each(engine, "lapse_at", lapse) + _open_bookings(engine)


def _each(engine: Engine, column: str, handle: Handle) -> int:
    done = 0
    while True:
        now = engine.clock.now()
        with engine.store.read() as reader:
            found = reader.due(Request, column, now, limit=BATCH, status="open")
        handled = sum(_one(engine, request, column, handle, now) for request in found)
        done += handled
        if len(found) < BATCH or not handled:
            return done


def _one(engine: Engine, found: Request, column: str, handle: Handle, now: datetime) -> bool:
    with engine.store.write() as tx:
        row = tx.lock_case(found.case)
        request = tx.get(Request, found.id)
        if row is None or request is None or request.status != "open" or row.status in ("closed", "cancelled"):
            return False
        at = getattr(request, column)
        if at is None or at > now:
            return False
        summary = handle(engine, tx, row, request, now)
    if summary is not None:
        engine.listener.stretch_done(row.code, row.process, summary)
    engine.store.wake()
    return True


def remind(engine: Engine, tx: Transaction, row: CaseRow, request: Request, now: datetime) -> None:
    """Remind everybody asked, once for all reminders that have come due."""
    later = [at for at in request.reminders if datetime.fromisoformat(at) > now]
    ledger = Ledger(row)
    for assignee in tx.find(Assignee, request=request.id, is_active=True):
        context = _reminder(engine, tx, row, request, assignee)
        ledger.add(
            mails.mail(
                row, "reminder", assignee.person, assignee.language, context, now, mail_domain=engine.mail_domain,
                key=f"{request.id}/{request.remind_at}", request=request.id,
            )
        )  # fmt: skip
    following = datetime.fromisoformat(later[0]) if later else None
    ledger.update(Request, (request.id,), remind_at=following, reminders=later[1:], reminded_at=now)
    ledger.audit("reminded", "engine", now, request=request.id)
    ledger.flush(tx, row)


def _reminder(engine: Engine, tx: Transaction, row: CaseRow, request: Request, assignee: Assignee) -> Reminder:
    procedure = engine.procedure_of(row)
    element = procedure.element(request.name)
    received = [d.kind for d in tx.find(Document, request=request.id, problem=None)]
    return Reminder(
        case=mails.case_part(row, procedure, outside=assignee.is_outside), to_name=assignee.name,
        request=mails.request_part(row, request, assignee, procedure, engine.staff.directory()),
        opened_at=request.opened_at,
        kinds=mails.kinds(element, request.shows["asked"], received) if isinstance(element, Papers) else (),
        fields=mails.field_labels(element) if isinstance(element, FormTask) else (),
    )  # fmt: skip


def escalate(engine: Engine, tx: Transaction, row: CaseRow, request: Request, now: datetime) -> None:
    """Tell the manager of everybody asked that the request is overdue."""
    procedure, directory = engine.procedure_of(row), engine.staff.directory()
    element = procedure.element(request.name)
    to = element.escalate_to if isinstance(element, Gate | FormTask) else None
    ledger = Ledger(row)
    for assignee in tx.find(Assignee, request=request.id, is_active=True):
        if to is None:
            break
        found = directory.resolve(to, on=engine.today(now), subject_owner=row.owner, assignee=assignee.person)
        for manager in (assignment.person for assignment in found):
            context = Escalation(
                case=mails.case_part(row, procedure), to_name=manager.shown_name(manager.language),
                request=mails.request_part(row, request, assignee, procedure, directory),
                opened_at=request.opened_at, assignee_name=assignee.name, assignee_email=assignee.person,
            )  # fmt: skip
            ledger.add(
                mails.mail(
                    row, "escalation", manager.email, manager.language, context, now, mail_domain=engine.mail_domain,
                    key=f"{request.id}/{assignee.person}", request=request.id,
                )
            )  # fmt: skip
    ledger.update(Request, (request.id,), escalate_at=None, escalated_at=now)
    ledger.audit("escalated", "engine", now, request=request.id)
    ledger.flush(tx, row)


def lapse(engine: Engine, tx: Transaction, row: CaseRow, request: Request, now: datetime) -> StretchSummary | None:
    """Time is over: a timer rings, a collection lapses, a gate takes its declared result on silence (G-3)."""
    decision = "rang" if request.kind == "timer" else request.on_silence if request.kind == "approval" else "lapsed"
    ledger = Ledger(row)
    outcome = {"decision": decision, "by": None, "comment": "", "silence": request.kind == "approval"}
    ledger.audit("lapsed", "engine", now, request=request.id, decision=decision)
    if request.kind == "approval":
        ledger.add(_on_silence(ledger, engine, tx, row, request, decision, now))
    close_request(tx, ledger, request, "decided" if request.kind == "approval" else "lapsed", outcome, now)
    return go_on(engine, tx, ledger.flush(tx, row), now)


def _on_silence(
    ledger: Ledger, engine: Engine, tx: Transaction, row: CaseRow, request: Request, decision: str, now: datetime
) -> Decision:
    n = tx.count(Decision, request=request.id) + 1
    comment = "逾期未答复，按规定处理 / no answer in time, decided as declared"
    made = Decision(request.id, n, row.code, decision, "engine", "silence", True, now, comment=comment)
    notices.of_decision(engine, ledger, row, engine.procedure_of(row), request, replace(made, comment=""), now)
    return made


def _open_bookings(engine: Engine) -> int:
    now = engine.clock.now()
    with engine.store.read() as reader:
        due = reader.due(Booking, "due_at", now, limit=BATCH, is_open=True)
    for booking in due:
        opening.open_booked(engine, booking)
    return len(due)
