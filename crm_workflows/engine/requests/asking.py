"""Opens requests: resolves who is asked, computes the instants, queues the mails (G-1, G-3, G-4, G-5).

It must not decide what an answer means (see `answers`) nor when a reminder is due (see `sweeps`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crm_workflows.domain.approvers import Approver
from crm_workflows.domain.audit import person_id
from crm_workflows.domain.durations import Duration
from crm_workflows.domain.elements import Element, FormTask, Papers
from crm_workflows.domain.messages import ApprovalRequest as ApprovalMail
from crm_workflows.domain.messages import DocumentsRequest, Mail, StartConfirmation, TaskRequest
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import Assignee, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.secret_hash import hash_of_secret
from crm_workflows.domain.shown import attachments_in
from crm_workflows.engine.digests import digest_items, digests
from crm_workflows.engine.journal import OPEN
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.requests.desk import Desk
from crm_workflows.engine.requests.timing import counted
from crm_workflows.engine.running.attempt import Attempt


@dataclass(frozen=True)
class Contact:
    """Somebody outside the company who is asked by mail."""

    name: str
    email: str
    language: str = "zh"


@dataclass(frozen=True)
class Asked:
    """A person to ask, with the reason why (`role`), for whom they stand in, and in whose place (see `Assignment`)."""

    email: str
    name: str
    role: str
    language: str
    deputy_for: str | None = None
    is_outside: bool = False
    instead_of: str | None = None


def outside_asked(who: Contact) -> Asked:
    """Somebody outside, as they are asked."""
    return Asked(who.email, who.name, "contact", who.language, is_outside=True)


@carries_out("G-1", "G-5")
def staff_asked(
    desk: Desk, approver: Approver, *, never: Collection[str] = (), amount: Money | None = None
) -> list[Asked]:
    """The staff whom a gate or task asks at this moment; raises NobodyToAsk rather than asking silently nobody.

    `never` are the addresses not asked in any capacity: the requester at a gate, the first of two persons.
    """
    directory = desk.engine.staff.directory()
    found = directory.resolve(
        approver,
        on=desk.engine.today(desk.now),
        never=never,
        subject_owner=desk.row.owner,
        amount=amount,
        fields=desk.row.subject,
    )
    return [
        Asked(
            a.person.email, a.person.shown_name(a.person.language), a.role, a.person.language, a.deputy_for,
            instead_of=a.instead_of,
        )
        for a in found
    ]  # fmt: skip


@dataclass(frozen=True)
class Term:
    """Instants instead of durations: until when somebody is asked, and when they are reminded; None and () as usual."""

    until: datetime | None = None
    remind_at: tuple[datetime, ...] = ()


def is_over(attempt: Attempt, rule: str, key: str, term: Term) -> bool:
    """Whether the term has passed already: then nobody is asked, and the outcome is a lapse at once."""
    if term.until is None or term.until > attempt.now:
        return False
    attempt.record(OPEN, rule, key, {"request": None, "asked": []})
    attempt.learn(rule, key, {"decision": "lapsed", "by": None, "at": attempt.now.isoformat()})
    return True


def who_did(attempt: Attempt, name: str) -> list[str]:
    """Everybody who has answered the task or gate of that name, in whatever round, the last one last.

    A send-back undoes what somebody did, not that they did it: they would judge their own work all the same.
    """
    outcomes = [*attempt.journal.undone, *attempt.journal.outcomes.items()]
    found = [outcome for key, outcome in outcomes if key.partition(":")[2].partition("#")[0] == name]
    return [str(one["by"]) for outcome in found for one in outcome.get("voices", [outcome]) if one.get("by")]


def open_timer(attempt: Attempt, key: str, rule: str, name: str, title: str, at: datetime | Duration) -> None:
    """Wait for an instant, or for a duration in working time; nobody is asked."""
    shows: dict[str, Any] = {}
    if isinstance(at, Duration):
        length = at.resolve(attempt.policy)
        shows = {"for": {"unit": length.unit.value, "amount": length.count}}
        at = counted(attempt, length)
    request = replace(_request_row(attempt, "timer", rule, name, title, key, shows), due_at=at, lapse_at=at)
    attempt.ledger.add(request)
    _note_opened(attempt, request, [])


def new_request(attempt: Attempt, element: Element, kind: str, key: str, shows: dict[str, Any]) -> Request:
    """The row of a request that is about to be opened."""
    note = _why_again(attempt, element)
    shows = shows | ({"note": note} if note else {}) | attempt.besides
    return _request_row(attempt, kind, element.rule, element.name, element.title, key, shows)


def _why_again(attempt: Attempt, element: Element) -> str | None:
    """Why this comes again: told where the case went back to and by the gate that sent it back, nowhere else.

    People outside hear only what the procedure itself says to them, never what a colleague wrote to colleagues.
    """
    if not attempt.journal.backs:
        return None
    back = attempt.journal.backs[-1]
    is_concerned = back.rule == element.rule or back.value.get("gate") == element.name
    if not is_concerned or (isinstance(element, Papers) and back.value.get("gate")):
        return None
    return str(back.value.get("because") or "") or None


def _request_row(
    attempt: Attempt, kind: str, rule: str, name: str, title: str, key: str, shows: dict[str, Any]
) -> Request:
    attempt.request_count += 1
    attempt.ledger.set(request_count=attempt.request_count)
    identity = f"{attempt.row.code}-R{attempt.request_count}"
    round_ = attempt.journal.round
    return Request(identity, attempt.row.code, kind, rule, name, title, key, round_, "open", attempt.now, shows=shows)


def open_request(attempt: Attempt, element: Element, request: Request, asked: Sequence[Asked]) -> None:
    """Enter the request, ask everybody by mail, and note it in journal and audit."""
    climbed = {person.email: person.instead_of for person in asked if person.instead_of}
    request = replace(request, shows=request.shows | {"instead_of": climbed}) if climbed else request
    assignees = [assignee_of(attempt, request, person) for person in asked]
    attempt.ledger.add(request, *assignees)
    for assignee in assignees:
        queue_request(attempt, element, request, assignee, assignees)
    _note_opened(attempt, request, assignees)


def _note_opened(attempt: Attempt, request: Request, assignees: Sequence[Assignee]) -> None:
    asked = [assignee.person for assignee in assignees]
    attempt.record(OPEN, request.rule, request.key, {"request": request.id, "asked": asked})
    people = [person_id(a.person) if a.is_outside else a.person for a in assignees]
    attempt.ledger.audit(
        "opened", "engine", attempt.now, request=request.id, rule=request.rule, kind=request.kind, asked=people,
        fingerprint=request.fingerprint,
    )  # fmt: skip


def assignee_of(desk: Desk, request: Request, person: Asked) -> Assignee:
    """The row of one asked person, with the hash of the token that their mail will carry."""
    secrets = desk.engine.secrets
    nonce = secrets.nonce()
    token = secrets.token(request.id, person.email, request.revision, nonce)
    return Assignee(
        request=request.id,
        person=person.email,
        case=request.case,
        name=person.name,
        role=person.role,
        language=person.language,
        nonce=nonce,
        token_hash=hash_of_secret(token),
        asked_at=desk.now,
        deputy_for=person.deputy_for,
        is_outside=person.is_outside,
    )


def queue_request(
    desk: Desk,
    element: Element,
    request: Request,
    assignee: Assignee,
    asked: Sequence[Assignee],
    key: str | None = None,
) -> None:
    """Queue the mail by which a person is asked; `asked` is everybody whom the request asks.

    `key` tells this mail from an earlier one that asked the same person, where there is one. None is sent where the
    person wants their digest instead, and it will do, or where a round has opened a callback that it will list.
    """
    engine, case = desk.engine, desk.row
    if key is None and digests.will_do(engine, case, request, assignee, desk.now):
        return
    person = engine.staff.directory().person(assignee.person)
    is_row = digest_items.form_of(engine, case, request) is not None
    if key is None and is_row and person and digests.lists_today(engine, case, person, desk.now):
        return
    context = request_mail(desk, element, request, assignee, asked)
    desk.ledger.add(
        mails.mail_of(
            case.code, assignee.person, assignee.language, context, desk.now,
            mail_domain=engine.mail_domain, key=key or request.id, request=request.id,
            attachments=attachments_in(request.shows),
        )
    )  # fmt: skip


def request_mail(desk: Desk, element: Element, request: Request, assignee: Assignee, asked: Sequence[Assignee]) -> Mail:
    """The mail that asks, as its template takes it."""
    case, procedure = desk.row, desk.procedure
    part = mails.request_part(case, request, assignee, procedure, desk.engine.staff.directory(), asked=asked)
    head = mails.case_part(case, procedure, outside=assignee.is_outside)
    if request.name == mails.CONFIRM:
        return StartConfirmation(
            case=head, to_name=assignee.name, request=part, started_at=case.opened_at,
            started_from="Prefect 的启动表单 / the start form in Prefect",
        )  # fmt: skip
    if isinstance(element, FormTask):
        return TaskRequest(case=head, to_name=assignee.name, request=part, fields=mails.field_labels(element))
    if isinstance(element, Papers):
        kinds = mails.kinds(element, request, ())
        return DocumentsRequest(case=head, to_name=assignee.name, request=part, kinds=kinds)
    return ApprovalMail(case=head, to_name=assignee.name, request=part)
