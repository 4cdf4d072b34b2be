"""Reminders, escalations, lapses, timers and booked cases come once, and not before their time."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from crm_workflows.domain.records import AuditEntry
from tests.invariants.rows import Rows, repeated

ANEW = ("asked", "moved", "added")
"""After which the times of a request count anew."""
EVENTS = ("reminded", "escalated", "lapsed")


def once_and_never_early(rows: Rows) -> Iterator[str]:
    """Held against the instants that stood in the request when its time came, and those that still stand there."""
    for entries in rows.audit.values():
        yield from _came(entries)
    for request in rows.requests.values():
        rang = request.closed_at if request.kind == "timer" and request.status == "lapsed" else None
        if rang and request.due_at and rang < request.due_at:
            yield f"timer {request.id} rang at {rang}, before {request.due_at}"
        if request.escalated_at and request.due_at and request.escalated_at < request.due_at:
            yield f"{request.id} was escalated at {request.escalated_at}, before it was due at {request.due_at}"
    for booking in rows.bookings:
        opened = rows.cases.get(booking.opened or "")
        if opened is not None and opened.opened_at < booking.due_at:
            yield f"{opened.code} was opened at {opened.opened_at}, before {booking.due_at}"
    yield from _mailed(rows)


def _came(entries: list[AuditEntry]) -> Iterator[str]:
    came = [(e.data["request"], e.event, e.data["due"]) for e in entries if e.event in EVENTS and "due" in e.data]
    for request, event, due in repeated(came):
        yield f"{request} was {event} twice for {due}"
    asked_next = {e.data["request"] for e in entries if e.event in ANEW}
    once = [(request, event) for request, event, _ in came if event != "reminded" and request not in asked_next]
    for request, event in repeated(once):
        yield f"{request} was {event} twice"
    for entry in entries:
        if entry.event in EVENTS and "due" in entry.data and entry.at < datetime.fromisoformat(entry.data["due"]):
            yield f"{entry.data['request']} was {entry.event} at {entry.at}, before {entry.data['due']}"


def _mailed(rows: Rows) -> Iterator[str]:
    """Nobody is reminded more often than a reminder came, and a manager hears once of each person who is late."""
    came = Counter(
        (e.data["request"], e.event) for entries in rows.audit.values() for e in entries if e.event in EVENTS
    )
    for entries in rows.audit.values():
        came.update((e.data["reminded"], "reminded") for e in entries if e.event == "nudged")
    for template, event in (("reminder", "reminded"), ("escalation", "escalated")):
        mails = Counter((m.request, m.recipient) for m in rows.messages if m.template == template and "-" not in m.id)
        for (request, recipient), count in mails.items():
            each = len(rows.assignees.get(request or "", [])) if event == "escalated" else 1
            if count > came[request, event] * each:
                yield f"{recipient} had {count} mails ({template}) about {request}, which was {event} less often"
