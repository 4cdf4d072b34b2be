"""Tells how cases went, as plain JSON: lead times, each element, each person's load by week. It must not run any."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from crm_workflows.domain.durations import working_days
from crm_workflows.domain.records import Json, Request
from crm_workflows.domain.working_time import WorkingCalendar
from crm_workflows.testing.trial.cases import Ran, Run, outcomes
from crm_workflows.testing.trial.paths_told import HOUR


def told(run: Run, hours: WorkingCalendar) -> dict[str, Any]:
    """One run. Lead times in working days, answering times in working hours; None where nothing was counted."""
    ran = run.ran
    first = min((one.case.at for one in ran), default=None)
    day = hours.working_time_between(first, hours.add(first, working_days(1))).total_seconds() if first else HOUR
    lead = [_seconds(hours, one.case.at, one.ended_at) / (day or HOUR) for one in ran if one.row.status == "closed"]
    return {
        "cases": len(ran),
        "not_opened": [{"case": case.name, "why": why} for case, why in run.not_opened],
        "outcomes": dict(sorted(outcomes(ran).items())),
        "needs_attention": [
            {"case": one.case.name, "code": one.row.code, "why": one.row.attention}
            for one in ran
            if one.row.status == "needs_attention"
        ],
        "lead_working_days": spread(lead),
        "answers_not_accepted": sum(one.not_accepted for one in ran),
        "elements": _elements(ran, hours),
        "people": _people(ran, hours),
    }


def spread(values: Iterable[float]) -> dict[str, float | None]:
    """Median, what nine of ten stay within, and the most; by the nearest value that there is."""
    found = sorted(values)
    at = {"median": (len(found) - 1) // 2, "p90": max(-(-9 * len(found) // 10) - 1, 0), "most": len(found) - 1}
    return {name: round(found[place], 1) if found else None for name, place in at.items()}


def _elements(ran: Sequence[Ran], hours: WorkingCalendar) -> list[Json]:
    """Each gate, task and collection: how often it was asked, how long that took, how often late or by silence."""
    by_name: dict[str, list[Request]] = defaultdict(list)
    for one in ran:
        for request in one.requests:
            by_name[request.name].append(request)
    return [_element(requests, hours) for _, requests in sorted(by_name.items(), key=lambda item: item[1][0].rule)]


def _element(requests: Sequence[Request], hours: WorkingCalendar) -> Json:
    closed = [(one, one.closed_at) for one in requests if one.closed_at is not None]
    outcome = [one.outcome or {} for one, _ in closed]
    return {
        "rule": requests[0].rule,
        "element": requests[0].name,
        "title": requests[0].title,
        "asked": len(requests),
        "again": sum(one.round > 1 for one in requests),
        "working_hours": spread(_seconds(hours, one.opened_at, at) / HOUR for one, at in closed),
        "late": sum(one.due_at is not None and at > one.due_at for one, at in closed),
        "reminded": sum(one.reminded_at is not None for one in requests),
        "escalated": sum(one.escalated_at is not None for one in requests),
        "by_silence": sum(bool(said.get("silence")) or said.get("decision") == "lapsed" for said in outcome),
        "decisions": dict(Counter(said["decision"] for said in outcome if said.get("decision"))),
    }


def _people(ran: Sequence[Ran], hours: WorkingCalendar) -> list[Json]:
    """Each person of the staff: how often asked, and the load by week of the calendar."""
    weeks: dict[str, Counter[str]] = defaultdict(Counter)
    names: dict[str, str] = {}
    for one in ran:
        for asked in one.asked:
            if not asked.is_outside:
                year, week, _ = hours.local_date(asked.asked_at).isocalendar()
                weeks[asked.person][f"{year}-W{week:02d}"] += 1
                names[asked.person] = asked.name
    every = {week for counted in weeks.values() for week in counted}
    return [
        {
            "person": person,
            "name": names[person],
            "asked": counted.total(),
            "a_week": round(counted.total() / len(every), 1),
            "busiest_week": max(counted, key=lambda week: (counted[week], week)),
            "most_in_a_week": max(counted.values()),
        }
        for person, counted in sorted(weeks.items(), key=lambda item: (-item[1].total(), item[0]))
    ]


def _seconds(hours: WorkingCalendar, start: Any, end: Any) -> float:
    return hours.working_time_between(start, end).total_seconds()
