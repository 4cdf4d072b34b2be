"""What time brings: reminders, escalations, lapses, timers and booked cases, each once, never early (G-3).

After a standstill everything missed is caught up once, not once for every missed instant. Each row has its own
short transaction under the lock of its case; the sweep only finds candidates by index. A row that cannot be handled is
put aside and told to the admins: it must never hold up the others.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from crm_workflows.domain.errors import AuthorMistake, StoreBusy
from crm_workflows.domain.messages import Escalation
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.records import OVER, Assignee, Booking, CaseClock, CaseRow, Decision, Message, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions import leavers
from crm_workflows.engine.decisions.succession import has_left
from crm_workflows.engine.mail_out import mails, notices
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests import reminding
from crm_workflows.engine.requests.closing import close_request, go_on
from crm_workflows.engine.requests.desk import AnswerDesk, desk_of
from crm_workflows.engine.running import attention, clock_looks, opening
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.waiting import Ran, told_to_listener

log = logging.getLogger(__name__)
BATCH = 100
MOST_BUSY = 3
"""Rows in a row that the database would not give us before we take it that it gives us none."""
NOBODY_ABOVE: Final = bilingual("逾期事项没有可上报的人", "there is nobody to whom an overdue request can be escalated")
NAME_SOMEBODY: Final = bilingual(
    "请在人员名单中指定上级；事项继续等待答复", "name a manager in the people file; the request goes on waiting"
)
NOT_HANDLED: Final = bilingual("到期事项未能处理", "what had come due could not be handled")
LOOK_INTO_IT: Final = bilingual("请查明原因；案件的其他事项照常进行", "find out why; all else of the case goes on")
Handle = Callable[[Engine, Transaction, CaseRow, Request, datetime], Ran | None]


def sweep(engine: Engine) -> int:
    """Handle everything that is due now; returns how many rows. Safe to run in several processes at once.

    Lapses first: after a standstill nobody is reminded of what is over.
    """
    done = _each(engine, "lapse_at", lapse) + _each(engine, "escalate_at", escalate)
    done += clock_looks.at_due(engine, partial(_put_clock_off, engine))
    return (
        done
        + _each(engine, "remind_at", remind)
        + clock_looks.at_due(engine, partial(_put_clock_off, engine))
        + _open_bookings(engine)
    )


def _each(engine: Engine, column: str, handle: Handle) -> int:
    done = 0
    while True:
        now = engine.clock.now()
        with engine.store.read() as reader:
            found = reader.due(Request, column, now, limit=BATCH, status="open")
        handled, busy = 0, 0
        for request in found:
            try:
                handled += _one(engine, request, column, handle, now)
                busy = 0
            except StoreBusy:
                busy += 1
                if busy >= MOST_BUSY or busy == len(found):
                    raise
        done += handled
        if len(found) < BATCH or not handled:
            return done


def _one(engine: Engine, found: Request, column: str, handle: Handle, now: datetime) -> bool:
    try:
        with engine.store.write() as tx:
            due = _still_due(tx, found, column, now)
            if due is None:
                return False
            row, request = due
            summary = told_to_listener(engine, tx, handle(engine, tx, row, request, now))
    except StoreBusy:
        raise
    except Exception as error:
        log.exception("due request not handled", extra={"request": found.id, "error": type(error).__name__})
        return _put_aside(engine, found, column, now, error)
    engine.tell(row, summary)
    engine.store.wake()
    return True


def _still_due(tx: Transaction, found: Request, column: str, now: datetime) -> tuple[CaseRow, Request] | None:
    row = tx.lock_case(found.case)
    request = tx.get(Request, found.id)
    if row is None or request is None or request.status != "open" or row.status in OVER:
        return None
    at = getattr(request, column)
    return None if at is None or at > now else (row, request)


def _put_aside(engine: Engine, found: Request, column: str, now: datetime, error: Exception) -> bool:
    """Skip one reminder or escalation, or put a lapse off; on record, and told to the admins."""
    with engine.store.write() as tx:
        due = _still_due(tx, found, column, now)
        if due is None:
            return False
        row, request = due
        ledger = Ledger(row)
        ledger.update(Request, (request.id,), **_next_time(request, column, now))
        ledger.audit("put_aside", "engine", now, request=request.id, what=column, error=type(error).__name__)
        row = ledger.flush(tx, row)
        if isinstance(error, AuthorMistake) and row.status != "needs_attention":
            attention.needed(engine, tx, row, error, now)
        elif row.status != "needs_attention":
            key = f"{column}/{request.id}"
            attention.tell_admins(engine, tx, row, NOT_HANDLED, _about(request.id, error), LOOK_INTO_IT, now, key)
    engine.store.wake()
    return True


def _next_time(request: Request, column: str, now: datetime) -> dict[str, Any]:
    if column == "remind_at":
        return _later_reminders(request, now)
    return {"lapse_at": now + attention.PUT_OFF} if column == "lapse_at" else {"escalate_at": None}


def _stamp(due: datetime | None) -> str | None:
    """For which instant something was set, on record: whoever checks sees that it did not come early (G-3)."""
    return due.isoformat() if due else None


def _later_reminders(request: Request, now: datetime) -> dict[str, Any]:
    later = [at for at in request.reminders if datetime.fromisoformat(at) > now]
    return {"remind_at": datetime.fromisoformat(later[0]) if later else None, "reminders": later[1:]}


@carries_out("G-1", "G-3")
def remind(engine: Engine, tx: Transaction, row: CaseRow, request: Request, now: datetime) -> None:
    """Remind everybody asked, once for all reminders that have come due; what leavers were asked is moved instead."""
    desk, request = _without_leavers(engine, tx, row, request, now)
    if request.remind_at is None or request.remind_at > now:
        return
    ledger = desk.ledger
    asked = _here(engine, tx, request)
    for assignee in asked:
        ledger.add(reminding.reminder(desk, tx, request, assignee, asked, f"{request.id}/{request.remind_at}"))
    ledger.update(Request, (request.id,), reminded_at=now, **_later_reminders(request, now))
    ledger.audit("reminded", "engine", now, request=request.id, due=_stamp(request.remind_at))
    ledger.flush(tx, desk.row)


@carries_out("G-1", "G-3")
def escalate(engine: Engine, tx: Transaction, row: CaseRow, request: Request, now: datetime) -> None:
    """Tell the manager of everybody asked that the request is overdue; the admins, where somebody has no manager."""
    desk, request = _without_leavers(engine, tx, row, request, now)
    if request.escalate_at is None or request.escalate_at > now:
        return
    ledger = desk.ledger
    nobody: list[attention.Said] = []
    for assignee in _here(engine, tx, request):
        try:
            ledger.add(*_escalations(desk, request, assignee))
        except NobodyToAsk as error:
            nobody.append(_about(f"{assignee.name} <{assignee.person}>", error))
    ledger.update(Request, (request.id,), escalate_at=None, escalated_at=now)
    ledger.audit(
        "escalated", "engine", now, request=request.id, due=_stamp(request.escalate_at), nobody_above=len(nobody)
    )
    row = ledger.flush(tx, desk.row)
    if nobody:
        key = f"escalate_at/{request.id}"
        attention.tell_admins(engine, tx, row, NOBODY_ABOVE, _listed(request.id, nobody), NAME_SOMEBODY, now, key)


def _without_leavers(
    engine: Engine, tx: Transaction, row: CaseRow, request: Request, now: datetime
) -> tuple[AnswerDesk, Request]:
    """Desk and request after what leavers were asked has been moved: the times of whoever is asked now count anew."""
    desk = desk_of(engine, row, now)
    leavers.moved_from_leavers(desk, tx, request)
    return desk, tx.get(Request, request.id) or request


def _here(engine: Engine, tx: Transaction, request: Request) -> list[Assignee]:
    asked = tx.find(Assignee, request=request.id, is_active=True)
    return [assignee for assignee in asked if not has_left(engine, assignee)]


def _listed(what: str, said: list[attention.Said]) -> attention.Said:
    return lambda language: f"{what}: " + "\n".join(one(language) for one in said)


def _escalations(desk: AnswerDesk, request: Request, assignee: Assignee) -> list[Message]:
    engine, procedure, row, now = desk.engine, desk.procedure, desk.row, desk.now
    element, directory = procedure.element(request.name), engine.staff.directory()
    if element.escalate_to is None:
        return []
    above = directory.resolve(
        element.escalate_to, on=engine.today(now), subject_owner=row.owner, assignee=assignee.person
    )
    asked = directory.person(assignee.person)
    return [
        mails.mail_of(
            row.code, manager.email, manager.language,
            Escalation(
                case=mails.case_part(row, procedure), to_name=manager.shown_name(manager.language),
                request=mails.request_part(row, request, assignee, procedure, directory, manager.language),
                opened_at=request.opened_at, assignee_email=assignee.person,
                assignee_name=asked.shown_name(manager.language) if asked else assignee.name,
            ),
            now, mail_domain=engine.mail_domain, key=f"{request.id}/{assignee.person}/{request.escalate_at}",
            request=request.id,
        )
        for manager in (assignment.person for assignment in above)
    ]  # fmt: skip


@carries_out("G-3")
def lapse(engine: Engine, tx: Transaction, row: CaseRow, request: Request, now: datetime) -> Ran | None:
    """Time is over: a timer rings, a collection lapses, a gate takes its declared result on silence (G-3)."""
    decision = "rang" if request.kind == "timer" else request.on_silence if request.kind == "approval" else "lapsed"
    ledger = Ledger(row)
    outcome = {
        "decision": decision,
        "by": None,
        "comment": "",
        "silence": request.kind == "approval",
        "at": now.isoformat(),
    }
    ledger.audit("lapsed", "engine", now, request=request.id, due=_stamp(request.lapse_at), decision=decision)
    if request.kind == "approval":
        ledger.add(_on_silence(ledger, engine, tx, row, request, decision, now))
    close_request(ledger, request, "decided" if request.kind == "approval" else "lapsed", outcome, now)
    return go_on(engine, tx, ledger, now)


def _on_silence(
    ledger: Ledger, engine: Engine, tx: Transaction, row: CaseRow, request: Request, decision: str, now: datetime
) -> Decision:
    n = tx.count(Decision, request=request.id) + 1
    comment = "逾期未答复，按规定处理 / no answer in time, decided as declared"
    made = Decision(request.id, n, row.code, decision, "engine", "silence", True, now, comment=comment)
    asked = tx.find(Assignee, request=request.id)
    desk = AnswerDesk(engine, engine.procedure_of(row), row, ledger, now)
    notices.of_decision(desk, request, replace(made, comment=""), asked)
    return made


def _open_bookings(engine: Engine) -> int:
    now = engine.clock.now()
    with engine.store.read() as reader:
        due = reader.due(Booking, "due_at", now, limit=BATCH, is_open=True)
    for booking in due:
        try:
            opening.open_booked(engine, booking)
        except StoreBusy:
            raise
        except Exception as error:
            log.exception("booked case not opened", extra={"case": booking.case, "error": type(error).__name__})
            _put_off(engine, booking, now, error)
    return len(due)


def _put_off(engine: Engine, booking: Booking, now: datetime, error: Exception) -> None:
    """Try again in an hour: an owner who has left or a process not installed is for a person to put right."""
    with engine.store.write() as tx:
        row = tx.lock_case(booking.case)
        put_off = tx.update(Booking, (booking.key,), {"is_open": True}, due_at=now + attention.PUT_OFF)
        _tell_of(engine, tx, row if put_off else None, booking.process, f"booking/{booking.key}", now, error)


def _put_clock_off(engine: Engine, clock: CaseClock, now: datetime, error: Exception) -> None:
    with engine.store.write() as tx:
        row = tx.lock_case(clock.case)
        put_off = tx.update(CaseClock, (clock.key,), {"status": "running"}, next_at=now + attention.PUT_OFF)
        _tell_of(engine, tx, row if put_off else None, clock.name, f"clock/{clock.key}", now, error)


def _tell_of(
    engine: Engine, tx: Transaction, row: CaseRow | None, what: str, key: str, now: datetime, error: Exception
) -> None:
    if row is not None:
        attention.tell_admins(engine, tx, row, NOT_HANDLED, _about(what, error), LOOK_INTO_IT, now, key)


def _about(what: str, error: Exception) -> attention.Said:
    return lambda language: f"{what}: {attention.said_in(error, language)}"
