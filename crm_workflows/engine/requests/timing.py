"""Computes when a request is due, reminded of, escalated and taken as silence, counted from now (G-3, G-4).

It must not open requests, nor act on these instants once they come (see `sweeps`).
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from crm_workflows.domain.durations import Duration
from crm_workflows.domain.elements import FormTask, Gate, Papers
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.working_time import WorkingCalendar

if TYPE_CHECKING:
    from crm_workflows.engine.context import Engine
    from crm_workflows.engine.requests.desk import Desk

KEPT: Final = 64
"""Instants that are not counted anew."""


@carries_out("G-4")
def instant(desk: "Desk", duration: Duration | None, people: Iterable[str] = ()) -> datetime | None:
    """The instant after a duration of the policy frozen into the case, in working time.

    Office hours are those of the company on the wall clock of each of the `people` (addresses): of several the last to
    come, since nothing may come early for any of them. Who has no zone of their own, or is outside, has the company's.
    """
    return counted(desk, duration.resolve(Policy.from_text(desk.row.policy)), people) if duration is not None else None


def counted(desk: "Desk", length: Duration, people: Iterable[str] = ()) -> datetime:
    """The same for a duration whose policy key has been looked up."""
    return max(_after(calendar, desk.now, length) for calendar in calendars_of(desk.engine, people))


@lru_cache(maxsize=KEPT)
def _after(calendar: WorkingCalendar, start: datetime, length: Duration) -> datetime:
    """Kept, since a group of cases begins at one instant, and most of them ask for as long."""
    return calendar.add(start, length)


def calendars_of(engine: "Engine", people: Iterable[str]) -> list[WorkingCalendar]:
    """The calendars by which these people work, each once; the company's where there is nobody."""
    directory, company = engine.staff.directory(), engine.staff.calendar()
    found = {someone.zone or company.zone for someone in map(directory.person, people) if someone is not None}
    return [company.in_zone(zone) for zone in sorted(found)] or [company]


def times_of_papers(
    desk: "Desk", papers: Papers, *, of_staff: bool, besides: Iterable[datetime] = ()
) -> dict[str, Any]:
    """The same for papers, of which there may be several reminders: those declared, and those named `besides`.

    Only of the staff they are due, when somebody above hears.
    """
    planned = sorted(at for at in (*besides, *(instant(desk, duration) for duration in papers.remind)) if at)
    later = [at for at in planned if at > desk.now]
    due = instant(desk, papers.due) if of_staff else None
    return {
        "due_at": due,
        "remind_at": later[0] if later else None,
        "reminders": [at.isoformat() for at in later[1:]],
        "escalate_at": due if papers.escalate_to else None,
        "reminded_at": None,
        "escalated_at": None,
    }


def due_of(request: Request) -> datetime | None:
    """Until when an answer is wanted; for papers of somebody outside, until they lapse."""
    return request.due_at or (request.lapse_at if request.kind == "documents" else None)


@carries_out("G-3")
def times(desk: "Desk", element: Gate | FormTask, people: Iterable[str]) -> dict[str, Any]:
    """The columns of a request that begins to count now, or anew: what came of an earlier turn stays on record alone.

    A form may have an end that the procedure sets (`until`); that is not counted, and stands.
    """
    asked = list(people)
    due = instant(desk, element.due, asked)
    counted: dict[str, Any] = {
        "due_at": due,
        "remind_at": instant(desk, element.remind, asked),
        "escalate_at": due if element.escalate_to else None,
        "reminders": [],
        "reminded_at": None,
        "escalated_at": None,
    }
    return counted | ({"lapse_at": instant(desk, element.on_silence.after, asked)} if isinstance(element, Gate) else {})
