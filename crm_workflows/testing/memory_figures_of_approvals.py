"""The figures of approvals in the store in memory, row by row in plain Python. It must not become clever."""

from collections.abc import Iterator
from typing import Final

from crm_workflows.domain.records import CaseRow, Decision, Request
from crm_workflows.engine.figure_ports import Observed
from crm_workflows.testing.memory_figure_rows import Rows, seen

WORDS: Final = ("approve", "change", "reject", "send_back")
YES: Final = ("approve", "change")


def gates(rows: Rows) -> Iterator[Observed]:
    for request in rows.all(Request, kind="approval", status="decided"):
        case = rows.case(request.case)
        if case and request.closed_at and request.name != "confirm_start":
            yield _seen(
                case, request, at=request.closed_at, began_at=request.opened_at, ended_at=request.closed_at,
                result=_result(request.outcome or {}),
            )  # fmt: skip


def _result(outcome: dict[str, object]) -> object:
    if outcome.get("silence"):
        return "silence"
    if "override" in outcome:
        return "override"
    return "change" if outcome.get("decision") == "approve" and "changed" in outcome else outcome.get("decision")


def in_a_row(rows: Rows) -> Iterator[Observed]:
    clicked = [d for d in rows.all(Decision, effective=True) if _is_clicked(d)]
    for decision in clicked:
        before = [d.at for d in clicked if d.by == decision.by and d.at < decision.at]
        for request, case in _approval(rows, decision):
            yield _seen(
                case, request, at=decision.at, began_at=max(before, default=None), ended_at=decision.at,
                result=decision.decision,
            )  # fmt: skip


def _is_clicked(decision: Decision) -> bool:
    return decision.channel in ("page", "link") and decision.evidence is None and decision.decision in WORDS


def mutual(rows: Rows) -> Iterator[Observed]:
    yeses = [
        (decision, request, case)
        for decision in rows.all(Decision, effective=True)
        for request, case in _approval(rows, decision)
        if decision.decision in YES and decision.channel != "silence" and decision.by != case.requester
    ]
    for decision, request, case in yeses:
        back = [
            other.at
            for other, _, of in yeses
            if (other.by, of.requester) == (case.requester, decision.by) and other.at <= decision.at
        ]
        yield _seen(case, request, at=decision.at, began_at=max(back, default=None), ended_at=decision.at)


def _approval(rows: Rows, decision: Decision) -> Iterator[tuple[Request, CaseRow]]:
    for request in rows.all(Request, id=decision.request, kind="approval"):
        case = rows.case(decision.case)
        if case and request.name != "confirm_start":
            yield request, case


def _seen(case: CaseRow, request: Request, **more: object) -> Observed:
    return seen(case.process, request.id, None, f"{request.rule}：{request.title}", **more)
