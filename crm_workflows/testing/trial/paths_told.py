"""Tells what a walk over all paths has found, as plain JSON. It must not walk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate, Papers
from crm_workflows.domain.records import Json, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.domain.working_time import WorkingCalendar
from crm_workflows.engine.procedure import CONFIRM_START, Procedure
from crm_workflows.testing.trial.graph import Edge, End, Measured, Path, Stuck
from crm_workflows.testing.trial.paths import Walked
from crm_workflows.testing.trial.ways import SILENCE

HOUR: Final = 3600.0


def told(walked: Walked, made: Procedure, hours: WorkingCalendar, at: datetime, returns: int) -> dict[str, Any]:
    """One document: paths that show every outcome, what each outcome leads to, what cannot end, what was left out."""
    measured = Measured(walked.roots)
    day = hours.working_time_between(at, hours.add(at, working_days(1))).total_seconds() or HOUR
    return {
        "process": made.name,
        "version": made.version,
        "title": made.title,
        "opened_at": at.isoformat(),
        "examples": [root.example for root in walked.roots],
        "ends": not walked.stuck,
        "paths_in_all": measured.paths,
        "states": walked.nodes,
        "working_day_hours": round(day / HOUR, 2),
        "worst_working_days": round(max(measured.after(root) for root in walked.roots) / day, 1),
        "paths": [_path(path, day) for path in measured.shown()],
        "outcomes": [*_outcomes(measured, day), *_silences(walked)],
        "cannot_end": [_stuck(measured, stuck) for stuck in walked.stuck],
        "not_reached": not_reached(walked, made),
        "bounded": _bounded(walked, returns),
    }


def not_reached(walked: Walked, made: Procedure) -> list[str]:
    """Gates, tasks and papers of the package at which no path came by."""
    asked = (name for name, one in made.elements().items() if isinstance(one, Gate | FormTask | Papers))
    return sorted({*asked} - {*walked.reached} - {CONFIRM_START.name})


def _path(path: Path, day: float) -> Json:
    return {
        "example": path.example,
        "outcome": path.end.outcome,
        "ends": path.end.kind,
        "reason": path.end.why,
        "working_days": round(path.seconds / day, 1),
        "without_due_date": [edge.element for edge in path.edges if edge.is_endless and edge.element],
        "steps": [_step(edge, day) for edge in path.edges],
    }


def _step(edge: Edge, day: float) -> Json:
    return {
        "rule": edge.rule,
        "element": edge.element,
        "title": edge.title,
        "answer": edge.answer,
        "working_days": round(edge.seconds / day, 1),
    }


def _outcomes(measured: Measured, day: float) -> list[Json]:
    """Each answer to each element: where it leads, and the worst time of a path that has it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for node in measured.order:
        for edge in node.edges:
            line = found.setdefault(
                edge.outcome,
                {"rule": edge.rule, "element": edge.element, "title": edge.title, "answer": edge.answer, "leads_to": []}
                | {"working_days": 0.0},
            )
            leads = edge.to.outcome if isinstance(edge.to, End) else edge.leads_to
            if leads not in line["leads_to"]:
                line["leads_to"].append(leads)
            line["working_days"] = max(line["working_days"], round(measured.through(node, edge) / day, 1))
    return list(found.values())


def _silences(walked: Walked) -> list[Json]:
    """What follows where nobody answers and nothing is declared but to wait: who hears of it."""
    waits = (one for one in walked.reached.values() if one.lapse_at is None)
    return [
        {"rule": one.rule, "element": one.name, "title": one.title, "answer": SILENCE, "leads_to": [_heard(one)]}
        | {"working_days": None}
        for one in waits
    ]


def _heard(request: Request) -> str:
    zh = ["提醒"] * bool(request.remind_at) + ["上报"] * bool(request.escalate_at) + ["继续等待"]
    en = ["reminded"] * bool(request.remind_at) + ["escalated"] * bool(request.escalate_at) + ["waits on"]
    return bilingual("、".join(zh), ", ".join(en))


def _stuck(measured: Measured, stuck: Stuck) -> Json:
    example, edges = measured.way_to(stuck.node)
    return {
        "rule": stuck.rule, "element": stuck.element, "title": stuck.title, "why": stuck.why, "example": example,
        "after": [f"{edge.rule} {edge.element}: {edge.answer}" for edge in edges],
    }  # fmt: skip


def _bounded(walked: Walked, returns: int) -> Sequence[str]:
    zh = f"退回 {returns} 次以内的路径" if returns else "没有退回的路径"
    en = f"paths that go back at most {returns} times" if returns else "paths that do not go back"
    return [
        bilingual(
            f"{zh}全部走遍；再退回之后只沿一条路继续，并在同一处反复退回直至上限",
            f"{en} are walked in full; after a return beyond that they go straight on, and back again at the same "
            "place until the limit of its rounds",
        ),
        bilingual(
            f"表单答复：每项一变及必要的成对变化，政策限额两侧；另有 {walked.alike} 种答复与已走的去向相同",
            "forms: one change at a time, two where the form asks for it, both sides of the limits of the policy; "
            f"{walked.alike} more answers lead where another one leads",
        ),
        "并行事项按一种次序答复 / tasks side by side are answered in one order",
        bilingual(
            "最坏用时：每项都在期限最后一刻答复；催办、上报后仍无人答复的等待不计",
            "worst time: everything is answered at the last moment in time; a wait beyond its due date is not counted",
        ),
        bilingual(
            "人员和日历以现行版本为准，政策也是（写了 --policy 时以文件为准），试运行期间不变",
            "people and calendar as in force, the policy too unless --policy named a file; unchanged meanwhile",
        ),
    ]
