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
    paused = request.shows[PAUSED]
    since = datetime.fromisoformat(paused["since"])

    def later(at: datetime) -> datetime:
        return max(one.later(at, one.working_time_between(since, now)) for one in calendars)

    before = {name: _instant(text) for name, text in paused["instants"].items()}
    moved = {name: later(at) if at and at > since else at for name, at in before.items()}
    return moved | {"shows": {name: value for name, value in request.shows.items() if name != PAUSED}}


def anew(request: Request, instants: Mapping[str, Any], now: datetime) -> tuple[Request, dict[str, Any]]:
    """The instants counted from now because somebody else is asked: while the clock stands they wait with it."""
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


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
