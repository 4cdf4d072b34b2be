"""No decision is lost, nobody decides twice, and nobody who may not. Written anew, not as the engine judges it."""

from collections.abc import Iterator
from datetime import date, datetime

from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import Assignee, CaseRow, Decision, Document, Request
from crm_workflows.engine.decisions.asides import EVENTS
from crm_workflows.engine.decisions.changing import CHANGE
from tests.invariants.rows import Rows, repeated

CONFIRM = "confirm_start"
"""Where the requester alone decides: whether it was they who started from Prefect."""
OVERRIDE = "override"
"""A decision of two people over those asked."""
BROUGHT = "-R0"
"""The end of what stands for a request where files came with the application."""

WROTE_IN = "wrote_in"
"""Stands on record for a mail that answers no request, and was put into a case."""


def not_lost(rows: Rows) -> Iterator[str]:
    """What is decided has a decision, which stands in the journal; what a mail decided is kept with it."""
    for request in rows.requests.values():
        made = rows.decisions.get(request.id, [])
        if sorted(d.n for d in made) != list(range(1, len(made) + 1)):
            yield f"the answers to {request.id} are numbered {[d.n for d in made]}"
        if request.status == "decided":
            yield from _stands(rows, request, [d for d in made if d.effective])
        elif request.status in ("open", "lapsed") and not _sits(request) and any(d.effective for d in made):
            yield f"{request.id} was decided and is {request.status}"
    for request_id, made in rows.decisions.items():
        if request_id not in rows.requests:
            yield f"{len(made)} decisions were made about {request_id}, which is not there"
    yield from _evidence(rows)


def _sits(request: Request) -> bool:
    """Whether several decide together, so that it may stay open after an answer."""
    return "panel" in request.shows


def _stands(rows: Rows, request: Request, effective: list[Decision]) -> Iterator[str]:
    outcome = request.outcome or {}
    journaled = [
        entry.value
        for entry in rows.journal.get(request.case, ())
        if (entry.kind, entry.key, entry.round) == ("outcome", request.key, request.round)
    ]
    if journaled != [outcome]:
        yield f"{request.id} was decided, and the journal holds {len(journaled)} outcomes of it or another one"
    if request.kind == "documents":
        if not rows.documents.get(request.id):
            yield f"{request.id} is complete without any document"
    elif outcome.get("decision") not in [_word(d) for d in effective]:
        yield f"{request.id} was decided ({outcome.get('decision')}), and nobody's decision says so"


def _word(made: Decision) -> str:
    """What a decision comes to; that of an override stands beside who proposed it."""
    if made.decision == CHANGE:
        return "approve"
    return str(made.answer["decision"]) if made.decision == OVERRIDE else made.decision


def _evidence(rows: Rows) -> Iterator[str]:
    kept = {d.evidence for d in rows.all_decisions() if d.effective}
    kept |= {d.evidence for handed in rows.documents.values() for d in handed}
    aside = (e for entries in rows.audit.values() for e in entries if e.event in EVENTS or e.event == WROTE_IN)
    kept |= {entry.data.get("evidence") for entry in aside}
    for mail in rows.inbound.values():
        if mail.status == "applied" and mail.id not in kept and not (mail.reading or {}).get("stops"):
            yield f"mail {mail.id} was applied to {mail.request}, and nothing is kept of it"
    for decision in rows.all_decisions():
        reply = rows.inbound.get(decision.evidence or "")
        about = rows.digests.get(reply.request or "", [reply.request]) if reply else []
        if decision.channel == "reply" and decision.effective and decision.request not in about:
            yield f"{decision.request} was decided by a reply that is not kept, or was about something else"


def one_a_person(rows: Rows) -> Iterator[str]:
    """Of one person one decision of a request counts, and for one person; where one suffices, one in all."""
    counted = [d for d in rows.all_decisions() if d.effective]
    for request, by in repeated((d.request, d.by) for d in counted):
        yield f"{by} decided {request} more than once"
    for request, seat in repeated((d.request, d.on_behalf_of or d.by) for d in counted):
        yield f"{request} was decided more than once for {seat}"
    alone = {request.id for request in rows.requests.values() if not _sits(request)}
    for request in repeated(d.request for d in counted if d.request in alone):
        yield f"{request} was decided more than once"


def _came_with_a_mail(rows: Rows, document: Document) -> bool:
    """A file that nobody had asked for, with a mail that was put into this very case."""
    mail = rows.inbound.get(document.evidence or "")
    return document.channel == "mail" and mail is not None and mail.case == document.case


def by_the_entitled(rows: Rows) -> Iterator[str]:
    """Each decision and each file came from somebody who was asked, or stood in for them, on that day."""
    if not rows.people:
        return
    for decision in rows.all_decisions():
        if decision.channel == "silence":
            if decision.by != "engine":
                yield f"{decision.by} decided {decision.request} by silence"
        elif not (_overrode(rows, decision) if decision.decision == OVERRIDE else _may(rows, decision)):
            yield f"{decision.by} decided {decision.request} ({decision.decision}) and was not entitled to"
    for handed in rows.documents.values():
        for document in handed:
            if not (_may(rows, document) or _came_with_a_mail(rows, document)):
                yield f"{document.by} handed in {document.filename} for {document.request} and was not entitled to"
    yield from _cancelled(rows)


def _may(rows: Rows, made: Decision | Document) -> bool:
    at = made.at if isinstance(made, Decision) else made.received_at
    case, request = rows.cases.get(made.case), rows.requests.get(made.request)
    for directory, today in _in_force(rows, at):
        if case is None:
            return False
        own = isinstance(made, Document) and directory.identity(made.by) in _of_the_case(directory, case)
        if own or (request is not None and _is_asked(rows, made, case, request, directory, today)):
            return True
    return False


def _overrode(rows: Rows, made: Decision) -> bool:
    """Two different people of the staff, neither of whom requested the case, and one of them an administrator."""
    case, both = rows.cases.get(made.case), (made.by, made.answer["proposed_by"])
    for directory, _ in _in_force(rows, made.at):
        people = [directory.person(who) for who in both]
        roles = [set(p.roles) for p in people if p is not None and p.active]
        who = {directory.identity(address) for address in both}
        if case and len(who) == len(roles) == 2 and directory.identity(case.requester) not in who:
            return "admin" in roles[1] and bool({"admin", "process_owner"} & roles[0])
    return False


def _of_the_case(directory: Directory, case: CaseRow) -> set[str]:
    return {directory.identity(case.owner), directory.identity(case.requester)}


def _is_asked(
    rows: Rows, made: Decision | Document, case: CaseRow, request: Request, directory: Directory, today: date
) -> bool:
    by, someone = directory.identity(made.by), directory.person(made.by)
    others = request.shows.get("other_than") or []
    others = [others] if isinstance(others, str) else others
    if someone is not None and not someone.active:
        return False
    if request.kind == "approval" and by == directory.identity(case.requester) and request.name != CONFIRM:
        return False
    if by in [directory.identity(other) for other in others]:
        return False
    # What had no effect may have been said for somebody whose place the same person has left since, for one of their
    # own.
    behalf = made.on_behalf_of if isinstance(made, Decision) and made.effective else None
    asked = rows.assignees.get(request.id, [])
    return any(_answers_for(directory, by, behalf, assignee, today) for assignee in asked)


def _answers_for(directory: Directory, by: str, behalf: str | None, asked: Assignee, today: date) -> bool:
    holder = directory.identity(asked.person)
    if by == holder:
        return behalf in (None, asked.deputy_for)
    if asked.deputy_for and by == directory.identity(asked.deputy_for):
        return behalf is None
    stands_in = not asked.is_outside and by in [p.email for p in directory.deputies_of(holder, today)]
    return stands_in and (behalf is None or directory.identity(behalf) == holder)


def _cancelled(rows: Rows) -> Iterator[str]:
    for code, entries in rows.audit.items():
        for entry in entries:
            if entry.event == "cancelled" and not any(
                directory.identity(entry.actor) in _of_the_case(directory, rows.cases[code])
                or "admin" in getattr(directory.person(entry.actor), "roles", ())
                for directory, _ in _in_force(rows, entry.at)
            ):
                yield f"{entry.actor} cancelled {code} and was not entitled to"


def _in_force(rows: Rows, at: datetime) -> Iterator[tuple[Directory, date]]:
    for people in rows.people:
        yield from people.at(at)
