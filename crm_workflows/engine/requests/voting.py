"""Counts an answer where several decide together: who need not answer any more, whose turn comes (0011).

It must not record the answer or close the request (see `answers`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crm_workflows.domain.approvers import ManagerOf, person
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.records import Assignee, Decision, Request
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import notices
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.requests import asking, pausing
from crm_workflows.engine.requests.apart import kept_apart
from crm_workflows.engine.requests.asking import Asked
from crm_workflows.engine.requests.desk import Desk
from crm_workflows.engine.requests.entitlement import Standing
from crm_workflows.engine.requests.seating import merge
from crm_workflows.engine.requests.sitting import Later, Sitting
from crm_workflows.engine.requests.timing import times


@dataclass(frozen=True)
class Counted:
    """A sitting with one more answer, and who comes to be asked by it."""

    sitting: Sitting
    next: tuple[Asked, ...] = ()


def is_heard(engine: Engine, reader: Reader, request: Request, standing: Standing) -> bool:
    """Whether this person has answered an open request, or their answer would change nothing any more."""
    sitting = Sitting.of(request)
    if sitting is None:
        return False
    answered, identity = reader.find(Decision, request=request.id, effective=True), engine.staff.directory().identity
    return standing.seat not in sitting.wanted or any(identity(made.by) == standing.person for made in answered)


def counted(
    desk: Desk, reader: Reader, request: Request, sitting: Sitting, standing: Standing, decision: Decision
) -> Counted:
    """Count an answer. Whose turn comes may be out today: then their deputy takes the seat, who may have answered."""
    sitting = sitting.voted(standing.seat, decision)
    found: dict[str, Asked] = {}
    while True:
        due = next((one for one in sitting.later if one.seat in sitting.wanted), None)
        if due is None:
            return Counted(sitting, tuple(one for one in found.values() if one.email in sitting.wanted))
        asked = _as_seated(desk, sitting, due, _now(desk, reader, request, due))
        rest = tuple(one for one in sitting.later if one != due)
        sitting = replace(sitting, seats=sitting.seats.replaced(due.seat, asked.email), later=rest)
        merge(found, [replace(asked, role=due.role, deputy_for=due.deputy_for or asked.deputy_for)])


def _as_seated(desk: Desk, sitting: Sitting, due: Later, asked: Asked) -> Asked:
    """Whoever sits on another seat already is known by it, as their main address may be another one since."""
    identity = desk.engine.staff.directory().identity
    seats = {identity(seat): seat for seat in sitting.seats.people() if seat != due.seat}
    return replace(asked, email=seats.get(asked.email, asked.email))


def _now(desk: Desk, reader: Reader, request: Request, due: Later) -> Asked:
    """Who takes a seat today: its holder, a deputy, or the manager of somebody who has left."""
    holder = person(due.holder)
    never = (desk.row.requester, *kept_apart(desk.engine, desk.row, request, reader))
    try:
        return asking.staff_asked(desk, holder, never=never)[0]
    except NobodyToAsk:
        pass
    try:
        return asking.staff_asked(desk, ManagerOf(holder), never=never)[0]
    except NobodyToAsk as error:
        raise AuthorMistake(error.message) from error


def goes_on(desk: Desk, tx: Transaction, request: Request, gate: Gate, count: Counted, decision: Decision) -> Request:
    """Keep an answer that settles nothing yet: release whose answer changes nothing now, ask whose turn comes."""
    ledger, wanted = desk.ledger, count.sitting.wanted
    request = replace(request, shows=count.sitting.shown_in(request))
    ledger.update(Request, (request.id,), shows=request.shows)
    open_seats = tx.find(Assignee, request=request.id, is_active=True)
    done = [a for a in open_seats if a.person not in wanted]
    for assignee in done:
        ledger.update(Assignee, (request.id, assignee.person), is_active=False)
    released = [a for a in done if a.person not in (decision.by, decision.on_behalf_of)]
    notices.of_seat(desk, request, decision, released)
    if count.next:
        asked = ask(desk, tx, request, gate, count.next, [a for a in open_seats if a not in done])
        ledger.audit("asked", "engine", desk.now, request=request.id, asked=asked)
    return request


def ask(
    desk: Desk, tx: Transaction, request: Request, gate: Gate, people: Sequence[Asked], beside: Sequence[Assignee]
) -> list[str]:
    """Ask people whose turn it is, some for the second time; the times count anew. Returns their addresses."""
    rows = {a.person: a for a in tx.find(Assignee, request=request.id)}
    asked = [_row_of(desk, request, someone, rows.get(someone.email)) for someone in people]
    for assignee in asked:
        if assignee.person in rows:
            now = {"is_active": True, "role": assignee.role, "deputy_for": assignee.deputy_for, "asked_at": desk.now}
            desk.ledger.update(Assignee, (request.id, assignee.person), **now)
        else:
            desk.ledger.add(assignee)
        key = f"{request.id}/again{desk.row.audit_length}" if assignee.person in rows else None
        asking.queue_request(desk, gate, request, assignee, [*beside, *asked], key=key)
    everybody = [assignee.person for assignee in (*beside, *asked)]
    request, again = pausing.anew(request, times(desk, gate, everybody), desk.now)
    desk.ledger.update(Request, (request.id,), shows=request.shows, **again)
    return [assignee.person for assignee in asked]


def _row_of(desk: Desk, request: Request, someone: Asked, before: Assignee | None) -> Assignee:
    """The row of somebody to ask: what they were asked as before, and for whom, holds no more.

    Unless they are asked still in their own right: for another only, whoever that is could answer in their place.
    """
    if before is None:
        return asking.assignee_of(desk, request, someone)
    holder = None if before.is_active and before.deputy_for is None else someone.deputy_for
    return replace(before, is_active=True, role=someone.role, deputy_for=holder, asked_at=desk.now)
