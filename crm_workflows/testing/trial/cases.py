"""Runs invented or recorded cases through a procedure in virtual time, each in an office of its own.

Who is asked when, reminders, escalation and silence are the engine's own; people answer as they are said to, however
many other questions they have. It must not count anything (see `cases_told`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from crm_workflows.domain.durations import working_hours
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.errors import InvalidInput, NotEntitled, Refused
from crm_workflows.domain.records import Assignee, CaseRow, Request
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.procedure import Procedure, Versions
from crm_workflows.engine.running import opening, sweeps
from crm_workflows.engine.views import views
from crm_workflows.testing.trial.behaviour import GOES_ON, Behaviour, Said, TrialCase
from crm_workflows.testing.trial.office import TrialOffice, TrialStaff
from crm_workflows.testing.trial.ways import WHY, Waiting

HORIZON: Final = timedelta(days=2 * 365)
"""A case that has not ended after so long is told as not ended."""
MINUTES: Final = 60


@dataclass(frozen=True)
class Ran:
    """A case as it went, with every request that was opened in it and who was asked."""

    case: TrialCase
    row: CaseRow
    requests: tuple[Request, ...]
    asked: tuple[Assignee, ...]
    ended_at: datetime
    not_accepted: int = 0
    """Answers that were told or recorded and do not fit this procedure: they were given as its author had in mind."""


@dataclass
class _Going:
    """A case on its way."""

    office: TrialOffice
    case: TrialCase
    code: str
    planned: dict[tuple[str, str], tuple[datetime, Said]] = field(default_factory=dict)
    """(request, person) -> when and what they answer; who never does is not in it."""
    met: set[tuple[str, str]] = field(default_factory=set)
    not_accepted: int = 0


@dataclass
class Run:
    """All cases as they went, and those that could not be opened, each with the reason."""

    ran: list[Ran] = field(default_factory=list)
    not_opened: list[tuple[TrialCase, str]] = field(default_factory=list)


def run(
    versions: Versions, made: Procedure, staff: TrialStaff, cases: Sequence[TrialCase], behaviour: Behaviour
) -> Run:
    """Run each case to its end, or to the horizon."""
    there, found = installed(versions, made), Run()
    for case in cases:
        office = TrialOffice(there, staff, case.at)
        try:
            going = _Going(office, case, _opened(office, made, case))
        except Refused as refusal:
            found.not_opened.append((case, refusal.message))
        else:
            found.ran.append(_run(going, made, behaviour))
    return found


def _opened(office: TrialOffice, made: Procedure, case: TrialCase) -> str:
    with office.store.write() as tx:
        tx.insert(*case.rows)
    started = opening.start(office.engine, made.name, dict(case.subject), requester=case.requester, origin="cli")
    return started.code


def installed(versions: Versions, made: Procedure) -> Versions:
    """What is installed, with this procedure as the only one of its process."""
    others = {key: other for key, other in versions.items() if key[0] != made.name}
    return {**others, (made.name, made.version): made}


def _run(going: _Going, made: Procedure, behaviour: Behaviour) -> Ran:
    office, case = going.office, going.case
    while _row(going).status in ("running", "waiting") and office.clock.now() < case.at + HORIZON:
        _plan(going, behaviour)
        following = _next(going)
        if following is None:
            break
        at, key = following
        office.move_to(at)
        if key is None:
            sweeps.sweep(office.engine)
        else:
            _answer(going, made, key)
    with office.store.read() as reader:
        requests = reader.find(Request, case=going.code)
        asked = reader.find(Assignee, request=[request.id for request in requests])
    row = _row(going)
    return Ran(case, row, tuple(requests), tuple(asked), row.closed_at or office.clock.now(), going.not_accepted)


def _plan(going: _Going, behaviour: Behaviour) -> None:
    """Settle when and what those answer who have come to be asked."""
    with going.office.store.read() as reader:
        requests = reader.find(Request, case=going.code)
        asked = reader.find(Assignee, case=going.code, is_active=True)
    by_id = {request.id: request for request in requests}
    for one in asked:
        request = by_id[one.request]
        if request.status != "open" or (one.request, one.person) in going.met:
            continue
        going.met.add((one.request, one.person))
        nth = sum(other.name == request.name and other.opened_at < request.opened_at for other in requests)
        said = behaviour.said(going.case, request.name, nth, one.person)
        if said.hours is not None:
            going.planned[one.request, one.person] = (_after(going.office, said.hours), said)


def _after(office: TrialOffice, hours: float) -> datetime:
    """So many working hours from now, to the minute."""
    calendar, whole = office.staff.calendar(), int(hours)
    at = calendar.add(office.clock.now(), working_hours(whole)) if whole else office.clock.now()
    return calendar.next_opening(at + timedelta(minutes=max(round((hours - whole) * MINUTES), 1)))


def _next(going: _Going) -> tuple[datetime, tuple[str, str] | None] | None:
    """What comes first: somebody's answer, or something that time brings (no key)."""
    with going.office.store.read() as reader:
        open_ones = {request.id: request for request in reader.find(Request, case=going.code, status="open")}
    going.planned = {key: plan for key, plan in going.planned.items() if key[0] in open_ones}
    ahead = [(at, key) for key, (at, _) in going.planned.items()]
    ticks = [
        at for one in open_ones.values() for at in (one.lapse_at, one.escalate_at, one.remind_at) if at is not None
    ]
    first = min(ahead, default=None)
    if ticks and (first is None or min(ticks) <= first[0]):
        return min(ticks), None
    return first


def _answer(going: _Going, made: Procedure, key: tuple[str, str]) -> None:
    _, said = going.planned.pop(key)
    with going.office.store.read() as reader:
        (request,) = reader.find(Request, id=key[0])
    try:
        _say(going, made, request, key[1], said)
    except (InvalidInput, NotEntitled):
        going.not_accepted += 1
        try:
            _say(going, made, request, key[1], replace(said, word=GOES_ON, to=None, form={}))
        except Refused:
            return


def _say(going: _Going, made: Procedure, request: Request, person: str, said: Said) -> None:
    engine = going.office.engine
    element = made.element(request.name)
    if isinstance(element, FormTask):
        form = views.task_view(engine, request.id)["example"] | dict(said.form)
        answers.answer(engine, request.id, Answer("submit", person, "page", form=form))
    elif isinstance(element, Gate):
        decision = said.word or "approve"
        comment = "" if decision == "approve" else WHY
        answers.answer(engine, request.id, Answer(decision, person, "page", comment=comment, to=said.to))
    else:
        Waiting(going.office, request).default(element).take()


def _row(going: _Going) -> CaseRow:
    with going.office.store.read() as reader:
        (row,) = reader.find(CaseRow, code=going.code)
    return row


def outcomes(ran: Sequence[Ran]) -> Counter[str]:
    """How the cases ended; those that did not by their state."""
    return Counter(one.row.outcome or one.row.status for one in ran)
