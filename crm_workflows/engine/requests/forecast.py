"""Forecasts when those asked will answer: from how long they took before, in their own office hours (0018).

It promises nothing and decides nothing. With fewer than five answers of somebody it says so and forecasts nothing: the
due date stands beside it.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from crm_workflows.domain.records import Assignee, Decision, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests import pausing
from crm_workflows.engine.requests.timing import calendars_of

ENOUGH: Final = 5
"""Answers from which a forecast is made; of fewer, one slow answer would be the forecast."""
LATELY: Final = 200
"""So many of the latest answers of those asked are looked at."""
ANSWERS: Final = ("approve", "reject", "send_back", "submit")
HALF: Final = 0.5
MOST: Final = 0.8


@dataclass(frozen=True)
class _Taken:
    """How long somebody took for one answer, in their office hours."""

    process: str
    name: str
    time: timedelta


def with_forecasts(engine: Engine, reader: Reader, code: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a case waits for, each with its `forecast`: when it is likely answered, by when it mostly is, and why.

    Three queries, however many are asked. None where nobody of the staff is asked, or the clock stands.
    """
    requests = {r.id: r for r in reader.find(Request, case=code, status="open") if pausing.PAUSED not in r.shows}
    asked = [a for a in reader.find(Assignee, case=code, is_active=True) if a.request in requests and not a.is_outside]
    taken = _taken(engine, reader, [one.person for one in asked]) if asked else {}
    found = {(one.request, one.person): _of(engine, requests[one.request], one, taken) for one in asked}
    return [
        item | {"forecast": found.get((item["id"], (item["assignee"] or {"email": ""})["email"]))} for item in items
    ]


def _taken(engine: Engine, reader: Reader, people: Sequence[str]) -> dict[str, list[_Taken]]:
    decisions = reader.find(
        Decision, by=list(set(people)), effective=True, decision=list(ANSWERS), order="at", descending=True,
        limit=LATELY * len(set(people)),
    )  # fmt: skip
    requests = list({decision.request for decision in decisions})
    asked_at = {(request, by): at for request, by, at in reader.columns(
        Assignee, "request", "person", "asked_at", request=requests)}  # fmt: skip
    names = dict(reader.columns(Request, "id", "name", id=requests))
    found: dict[str, list[_Taken]] = defaultdict(list)
    for one in decisions:
        since = asked_at.get((one.request, one.by))
        if since is not None and len(found[one.by]) < LATELY:
            (calendar,) = calendars_of(engine, [one.by])
            time = calendar.working_time_between(since, one.at)
            found[one.by].append(_Taken(_process(one.case), names[one.request], time))
    return found


def _of(engine: Engine, request: Request, asked: Assignee, taken: dict[str, list[_Taken]]) -> dict[str, Any]:
    """By the same gate or form where there is enough of it, else by all that this person answered."""
    everything = taken.get(asked.person, [])
    alike = [one for one in everything if (one.process, one.name) == (_process(request.case), request.name)]
    basis = alike if len(alike) >= ENOUGH else everything
    if len(basis) < ENOUGH:
        return _said(None, None, len(basis), bilingual("答复记录太少，无法预测", "too few answers so far to forecast"))
    (calendar,) = calendars_of(engine, [asked.person])
    waited = calendar.working_time_between(asked.asked_at, engine.clock.now())
    longer = sorted(one.time for one in basis if one.time > waited)
    if not longer:
        why = bilingual(
            f"等待已超过此前 {len(basis)} 次答复", f"it takes longer than each of {len(basis)} answers before"
        )
        return _said(None, None, len(basis), why)
    likely, late = (calendar.later(asked.asked_at, _share(longer, part)) for part in (HALF, MOST))
    zh, en = ("同类事项", " of the same kind") if basis is alike else ("", "")
    why = bilingual(f"按本人此前 {len(basis)} 次{zh}答复的用时", f"from {len(basis)} answers{en} that they gave before")
    return _said(likely, late, len(basis), why)


def _share(times: Sequence[timedelta], part: float) -> timedelta:
    """The shortest time within which that part of the answers had come."""
    return times[math.ceil(part * len(times)) - 1]


def _said(likely: datetime | None, late: datetime | None, answers: int, why: str) -> dict[str, Any]:
    instants = {"likely_at": likely.isoformat() if likely else None, "mostly_at": late.isoformat() if late else None}
    return instants | {"answers": answers, "why": why}


def _process(code: str) -> str:
    return code.partition("-")[0]
