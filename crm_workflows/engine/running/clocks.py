"""Time limits towards people outside: when they begin and stop, how far they have run, when they stand (CP-14).

A clock stands from when a question to somebody outside has really left until anything comes in from there; that is
read from the mails each time, and nothing has to remember to start it again. What comes of it is for `clock_looks`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from crm_workflows.domain.elements import Clock, FormTask
from crm_workflows.domain.records import CaseClock, CaseRow, InboundMail, Json, Message, Request
from crm_workflows.engine.context import Engine
from crm_workflows.engine.journal import STEP
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.running.attempt import Attempt

WARNED_AT: Final = 80
"""Per cent of a limit after which the holding letter goes out (CP-14)."""
NO_SIGN: Final = ("new", "automatic", "duplicate", "unreadable")
"""Mails by which nobody outside has said anything."""


@dataclass(frozen=True)
class Pause:
    """Since when a clock stood, until when (None while it does), and the request whose answer was waited for."""

    since: datetime
    until: datetime | None
    question: str


@dataclass(frozen=True)
class Standing:
    """How a clock stands at an instant."""

    pauses: tuple[Pause, ...]
    spent: timedelta
    stood: timedelta

    @property
    def is_paused(self) -> bool:
        """Whether it stands now."""
        return any(pause.until is None for pause in self.pauses)


def start(attempt: Attempt, clock: Clock, hours: int, since: datetime | None, to: Contact | None) -> None:
    """Begin to count; journaled, so that a replay begins nothing."""
    key = attempt.key(clock.rule, f"clock {clock.name}")
    entry = attempt.met(STEP, key)
    if entry is None:
        attempt.carry_out(f"{clock.rule} clock {clock.name}", lambda: _started(attempt, clock, key, hours, since, to))
        entry = attempt.journal.stack[attempt.journal.position - 1]
    attempt.clocks[clock.name] = entry.value["clock"]


def _started(attempt: Attempt, clock: Clock, key: str, hours: int, since: datetime | None, to: Contact | None) -> None:
    now, code, round_ = attempt.now, attempt.row.code, attempt.journal.round
    before = attempt.clocks.get(clock.name)
    if before:
        running: dict[str, object] = {"key": before, "status": "running"}
        attempt.ledger.update_where(CaseClock, running, status="superseded", next_at=None, stopped_at=now)
    begun = since or now
    unique, due = f"{code}/{round_}/{key}", begun + timedelta(hours=hours)
    contact = {"name": to.name, "email": to.email, "language": to.language} if to else None
    attempt.ledger.add(
        CaseClock(
            key=unique, case=code, name=clock.name, rule=clock.rule, round=round_, begun_at=begun, hours=hours,
            due_at=due, next_at=begun + timedelta(hours=hours) * WARNED_AT / 100, contact=contact,
        )
    )  # fmt: skip
    attempt.record(STEP, clock.rule, key, {"result": unique, "once": False, "clock": unique})
    attempt.ledger.audit("clock_began", "engine", now, clock=unique, due=due.isoformat())
    attempt.performed.append(f"{clock.rule} clock {clock.name}")


def stop(attempt: Attempt, clock: Clock) -> None:
    """Stop to count, with the pauses up to now."""
    running = attempt.clocks.pop(clock.name, None)
    if running is None:
        return
    key = attempt.key(clock.rule, f"stop {clock.name}")
    if attempt.met(STEP, key) is None:
        attempt.carry_out(f"{clock.rule} stop {clock.name}", lambda: _stopped(attempt, clock, key, running))


def _stopped(attempt: Attempt, clock: Clock, key: str, running: str) -> None:
    now = attempt.now
    attempt.ledger.update(CaseClock, (running,), status="stopped", next_at=None, stopped_at=now)
    attempt.record(STEP, clock.rule, key, {"result": running, "once": False})
    attempt.ledger.audit("clock_stopped", "engine", now, clock=running)
    attempt.performed.append(f"{clock.rule} stop {clock.name}")


def standing(engine: Engine, reader: Reader, row: CaseRow, clock: CaseClock, now: datetime) -> Standing:
    """How far a clock has run at `now`, or when it stopped."""
    until = clock.stopped_at or now
    pauses = tuple(_pauses(engine, reader, row, clock, until))
    stood = sum(((pause.until or until) - pause.since for pause in pauses), timedelta())
    return Standing(pauses, max(until - clock.begun_at - stood, timedelta()), stood)


def _pauses(engine: Engine, reader: Reader, row: CaseRow, clock: CaseClock, until: datetime) -> Sequence[Pause]:
    """The pauses since the clock began, earliest first, none of them within another."""
    procedure = engine.procedure_of(row)
    asked = [r for r in reader.find(Request, case=clock.case, kind="task") if _is_question(procedure, r)]
    if not asked:
        return ()
    said = [mail.received_at for mail in reader.find(InboundMail, case=clock.case) if _is_from_outside(engine, mail)]
    found: list[Pause] = []
    for request in sorted(asked, key=lambda one: one.opened_at):
        mails = reader.find(Message, case=clock.case, request=request.id)
        sent = [mail.sent_at for mail in mails if mail.sent_at and mail.status != "failed"]
        if not sent:
            continue  # a question that has not left, or that came back, stops nothing
        since = max(min(sent), clock.begun_at, *(pause.until or until for pause in found))
        ends = [at for at in (*said, request.closed_at) if at is not None and at >= min(sent) and at <= until]
        if since < min([*ends, until]):
            found.append(Pause(since, min(ends) if ends else None, request.id))
    return found


def _is_from_outside(engine: Engine, mail: InboundMail) -> bool:
    """Whether a person outside has written, whatever they have said."""
    return mail.status not in NO_SIGN and engine.staff.directory().person(mail.sender) is None


def _is_question(procedure: Procedure, request: Request) -> bool:
    element = procedure.element(request.name)
    return isinstance(element, FormTask) and element.stops_clocks


def shown(engine: Engine, reader: Reader, row: CaseRow) -> list[Json]:
    """The clocks of a case with every pause, as `crmw case --json` prints them."""
    found = reader.find(CaseClock, case=row.code, order="begun_at")
    if not found:
        return []
    procedure, now = engine.procedure_of(row), engine.clock.now()
    return [_shown(procedure, clock, standing(engine, reader, row, clock, now)) for clock in found]


def _shown(procedure: Procedure, clock: CaseClock, stands: Standing) -> Json:
    due = clock.begun_at + timedelta(hours=clock.hours) + stands.stood
    return {
        "name": clock.name,
        "title": procedure.element(clock.name).title,
        "rule": clock.rule,
        "round": clock.round,
        "status": clock.status,
        "hours": clock.hours,
        "begun_at": clock.begun_at.isoformat(),
        "due_at": due.isoformat(),
        "stopped_at": clock.stopped_at.isoformat() if clock.stopped_at else None,
        "spent_hours": round(stands.spent.total_seconds() / 3600, 2),
        "is_kept": None if clock.stopped_at is None else clock.stopped_at <= due,
        "is_paused": stands.is_paused and clock.stopped_at is None,
        "pauses": [
            {"since": p.since.isoformat(), "until": p.until.isoformat() if p.until else None, "question": p.question}
            for p in stands.pauses
        ],
        "warned_at": clock.warned_at.isoformat() if clock.warned_at else None,
    }
