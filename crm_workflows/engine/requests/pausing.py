"""Stops the clock of a request while a question is out, and starts it again, in working time. It asks nobody.

While it stands, nothing is due: no reminder, no escalation, no result of silence. Decisions are taken all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from crm_workflows.domain.records import Json, Request
from crm_workflows.domain.working_time import WorkingCalendar

PAUSED: Final = "paused"
STOOD: Final = "stood"
"""Since when and until when the clock stood in this turn: [[since, until], ...]."""
_STOPPED: Final = ("remind_at", "escalate_at", "lapse_at")
_MOVED: Final = ("due_at", *_STOPPED)


def stopped(request: Request, now: datetime, why: Json) -> dict[str, Any]:
    """The columns of a request whose clock stands from now on; `why` is kept with it."""
    kept = {name: _text(getattr(request, name)) for name in _MOVED}
    shows = request.shows | {PAUSED: why | {"since": now.isoformat(), "instants": kept}}
    return {"shows": shows} | dict.fromkeys(_STOPPED)


def started(request: Request, now: datetime, calendars: Sequence[WorkingCalendar]) -> dict[str, Any]:
    """The columns of a request whose clock goes on: each instant later by the office time for which it stood.

    What had passed before the pause stays where it was; of several calendars the last to come holds, as in `timing`.
    """
    since = datetime.fromisoformat(request.shows[PAUSED]["since"])
    moved = {name: _later(at, since, now, calendars) if at else None for name, at in waiting(request).items()}
    stood = [*request.shows.get(STOOD, ()), [since.isoformat(), now.isoformat()]]
    return moved | {"shows": _without(request.shows, PAUSED) | {STOOD: stood}}


def _later(at: datetime, since: datetime, until: datetime, calendars: Sequence[WorkingCalendar]) -> datetime:
    if at <= since:
        return at
    return max(one.later(at, one.working_time_between(since, until)) for one in calendars)


def after_pauses(request: Request, at: datetime, calendars: Sequence[WorkingCalendar]) -> datetime:
    """An instant that was counted as if the clock had never stood in this turn, with the time for which it did."""
    for since, until in request.shows.get(STOOD, ()):
        at = _later(at, datetime.fromisoformat(since), datetime.fromisoformat(until), calendars)
    return at


def waiting(request: Request) -> dict[str, datetime | None]:
    """The instants to come, also where the clock stands."""
    if PAUSED not in request.shows:
        return {name: getattr(request, name) for name in _MOVED}
    return {name: _instant(text) for name, text in request.shows[PAUSED]["instants"].items()}


def put(request: Request, instants: Mapping[str, datetime | None]) -> dict[str, Any]:
    """The columns of a request with other instants to come, also where the clock stands."""
    if PAUSED not in request.shows:
        return dict(instants)
    kept = request.shows[PAUSED]["instants"] | {name: _text(at) for name, at in instants.items()}
    shows = request.shows | {PAUSED: request.shows[PAUSED] | {"instants": kept}}
    return {"due_at": instants.get("due_at", request.due_at), "shows": shows}


def anew(request: Request, instants: Mapping[str, Any], now: datetime) -> tuple[Request, dict[str, Any]]:
    """The instants counted from now because somebody else is asked: while the clock stands they wait with it."""
    request = replace(request, shows=_without(request.shows, STOOD))
    if PAUSED not in request.shows:
        return request, dict(instants)
    kept = {name: _text(instants.get(name)) for name in _MOVED}
    paused = request.shows[PAUSED] | {"since": now.isoformat(), "instants": kept}
    return replace(request, shows=request.shows | {PAUSED: paused}), {
        n: v for n, v in instants.items() if n not in _STOPPED
    }


def shown(request: Request) -> Json:
    """Since when its clock stands, who is asked, and by which request; None while it goes."""
    paused = request.shows.get(PAUSED)
    return {name: paused[name] for name in ("since", "asks", "question")} if paused else None


def _without(shows: Json, name: str) -> Json:
    return {other: value for other, value in shows.items() if other != name}


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
