"""Gives what one person is asked to another: by an admin, or because they have left (G-5). It decides nothing.

The decision then names the new person and on whose behalf; who was asked before can no longer answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.elements import Element, Gate, Papers
from crm_workflows.domain.errors import InvalidInput, NotEntitled, NotFound
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Assignee, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.answered import names_of
from crm_workflows.engine.decisions.repeats import check_same, made_before
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.requests import asking, pausing
from crm_workflows.engine.requests.apart import kept_apart
from crm_workflows.engine.requests.asking import Asked
from crm_workflows.engine.requests.desk import AnswerDesk, desk_of
from crm_workflows.engine.requests.sitting import Sitting
from crm_workflows.engine.requests.timing import times, times_of_papers
from crm_workflows.engine.running.locking import locked


@dataclass(frozen=True)
class Handover:
    """Who hands what over, by which channel and why; `evidence` as of a decision."""

    by: str
    channel: str
    reason: str
    evidence: str | None = None


def reassign(engine: Engine, request_id: str, *, from_: str, to: str, how: Handover) -> str:
    """An admin gives one person's part of an open request to another; returns the sentence that says so.

    Raises NotFound, NotEntitled or InvalidInput, and has changed nothing then.
    """
    directory = engine.staff.directory()
    admin, new = directory.person(how.by), directory.person(to)
    if admin is None or not admin.active or "admin" not in admin.roles:
        raise NotEntitled(bilingual("只有系统管理员可以改派", "only an administrator may reassign a request"))
    if not how.reason.strip():
        raise InvalidInput(bilingual("改派须写明原因", "reassigning needs a reason"))
    with engine.store.write() as tx:
        row, request = locked(tx, request_id)
        before = made_before(tx, row.code, request.id, how.channel, how.evidence, ("moved",))
        if before is not None:
            parts = {"from_": directory.identity(from_), "to": new.email if new else to}
            check_same(before, admin.email, how.reason, **parts)
            return _reassigned(engine, request_id, from_, to)
        leaving = open_part(engine, tx, request, from_)
        desk = desk_of(engine, row, engine.clock.now())
        person = fit(desk, tx, request, leaving, to, new)
        hand_over(desk, tx, request, leaving, as_asked(leaving, person), replace(how, by=admin.email))
        desk.ledger.flush(tx, row)
    engine.store.wake()
    return _reassigned(engine, request_id, from_, to)


def _reassigned(engine: Engine, request_id: str, from_: str, to: str) -> str:
    (old_zh, old_en), (zh, en) = names_of(engine, from_), names_of(engine, to)
    return bilingual(f"已改派：{old_zh} → {zh}（{request_id}）", f"reassigned: {old_en} → {en} ({request_id})")


def open_part(engine: Engine, tx: Transaction, request: Request, address: str) -> Assignee:
    """The open question to this person; raises InvalidInput or NotFound where there is none."""
    if request.status != "open":
        zh = f"事项 {request.id} 已结束，不能再转交"
        raise InvalidInput(bilingual(zh, f"request {request.id} is closed and cannot be passed on any more"))
    identity = engine.staff.directory().identity
    open_rows = tx.find(Assignee, request=request.id, is_active=True)
    found = next((a for a in open_rows if identity(a.person) == identity(address)), None)
    if found is None or found.is_outside:
        zh = f"事项 {request.id} 目前没有请 {address} 答复"
        raise NotFound(bilingual(zh, f"request {request.id} does not ask {address} now; see who is asked on its case"))
    return found


def fit(
    desk: AnswerDesk,
    tx: Transaction,
    request: Request,
    leaving: Assignee,
    address: str,
    new: Person | None,
    *,
    gives_back: bool = True,
) -> Person:
    """The person to whom it may go; raises InvalidInput with who may not and why.

    `gives_back` says whether what `leaving` has of somebody may go back to them.
    """
    directory = desk.engine.staff.directory()
    if new is None or not new.active:
        raise InvalidInput(
            bilingual(f"{address} 不在人员名册中", f"{address} is not among the staff; check the address")
        )
    barred = {directory.identity(address) for address in never_asked(desk, tx, request)}
    if new.email in barred:
        zh = f"{new.name} 是申请人或前一步的填写人，不能由其办理（G-2）"
        en = f"{new.shown_name('en')} requested the case or filled in what is checked here, and cannot be asked (G-2)"
        raise InvalidInput(bilingual(zh, en))
    if new.email == leaving.person or takes_part(desk, tx, request, new.email, leaving if gives_back else None):
        zh = f"事项 {request.id} 已经请 {new.name} 答复"
        raise InvalidInput(bilingual(zh, f"request {request.id} asks {new.shown_name('en')} already"))
    return new


def takes_part(desk: AnswerDesk, reader: Reader, request: Request, address: str, leaving: Assignee | None) -> bool:
    """Whether somebody is asked here already, will be, or has answered, themselves or through another: one voice each.

    What `leaving` has of theirs does not count: it can be given back.
    """
    sitting = Sitting.of(request)
    seats = sitting.seats.people() if sitting else ()
    here = [a for a in reader.find(Assignee, request=request.id) if a.is_active or a.person in seats]
    through = {a.deputy_for for a in here if leaving is None or a.person != leaving.person}
    identity = desk.engine.staff.directory().identity
    return identity(address) in {identity(who) for who in (*seats, *through, *(a.person for a in here)) if who}


def never_asked(desk: AnswerDesk, reader: Reader, request: Request) -> tuple[str, ...]:
    """Who must not be asked here, in any capacity: the requester of an approval, the first of two persons."""
    element, others = desk.procedure.element(request.name), kept_apart(desk.engine, desk.row, request, reader)
    own = isinstance(element, Gate) and not element.requester_decides
    return (*others, *((desk.row.requester,) if own else ()))


def hand_over(desk: AnswerDesk, tx: Transaction, request: Request, leaving: Assignee, to: Asked, how: Handover) -> None:
    """Put somebody else on a seat, ask them, and count the times anew; on record with who did it and why."""
    ledger, element = desk.ledger, desk.procedure.element(request.name)
    rows = tx.find(Assignee, request=request.id)
    moved = request.shows.get("moved", {}) | {to.email: {"from": leaving.person, "reason": how.reason}}
    request = replace(request, shows=request.shows | {"moved": moved})
    sitting = Sitting.of(request)
    if sitting is not None:
        sitting = replace(sitting, seats=sitting.seats.replaced(leaving.person, to.email))
        request = replace(request, shows=sitting.shown_in(request))
    ledger.update(Assignee, (request.id, leaving.person), is_active=False)
    if to.email not in {a.person for a in rows}:
        assignee = asking.assignee_of(desk, request, to)
        ledger.add(assignee)
    else:
        assignee = next(a for a in rows if a.person == to.email)
        ledger.update(Assignee, (request.id, to.email), is_active=True, deputy_for=to.deputy_for, asked_at=desk.now)
        assignee = replace(assignee, is_active=True, deputy_for=to.deputy_for, asked_at=desk.now)
    beside = [a for a in rows if a.is_active and a.person not in (leaving.person, to.email)]
    again = _counted_anew(desk, element, request, [a.person for a in (*beside, assignee)])
    request, again = pausing.anew(request, again, desk.now)
    ledger.update(Request, (request.id,), shows=request.shows, **again)
    key = f"{request.id}/moved{ledger.row.audit_length}"
    asking.queue_request(desk, element, request, assignee, [*beside, assignee], key=key)
    ledger.audit(
        "moved", how.by, desk.now, request=request.id, from_=leaving.person, to=to.email, channel=how.channel,
        evidence=how.evidence, said=said_hash(how.reason, None),
    )  # fmt: skip


def as_asked(leaving: Assignee, person: Person) -> Asked:
    """The new person, on behalf of whoever was asked."""
    before = leaving.deputy_for or leaving.person
    holder = None if before in person.emails else before  # given back
    return Asked(person.email, person.shown_name(person.language), leaving.role, person.language, holder)


def _counted_anew(desk: AnswerDesk, element: Element, request: Request, people: Sequence[str]) -> dict[str, Any]:
    """The times for whoever is asked now (G-3); those of papers that were told to somebody outside stand."""
    if isinstance(element, Papers):
        return times_of_papers(desk, element, of_staff=True) if request.due_at else {}
    return times(desk, element, people)
