"""The figures of complaints in the store in memory, row by row in plain Python. It must not become clever."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from crm_workflows.domain.records import BusinessRow, CaseClock, CaseRow, JournalEntry, Link, Message
from crm_workflows.engine.figure_ports import Observed
from crm_workflows.testing.memory_figure_rows import Rows, of

PROCESS: Final = "complaint-resolution"
FOLLOW_UP: Final = "complaint-follow-up"


def acknowledged(rows: Rows) -> Iterator[Observed]:
    for case in _counted(rows):
        if ((case.subject or {}).get("contact") or {}).get("email") is None or _is_imported(case):
            continue
        begun = [clock.begun_at for clock in rows.all(CaseClock, case=case.code, name="first_answer_clock")]
        sent = [
            letter.sent_at
            for entry in rows.all(JournalEntry, case=case.code, key="CP-2:acknowledge")
            for letter in rows.all(Message, case=case.code, template="letter", status="sent", queued_at=entry.at)
        ]
        yield of(
            case, _severity(rows, case), case.opened_at, began_at=min(begun, default=case.opened_at),
            ended_at=min(sent, default=None),
        )  # fmt: skip


def answered_in_time(rows: Rows) -> Iterator[Observed]:
    return _clocks(rows, "first_answer_clock")


def solved_in_time(rows: Rows) -> Iterator[Observed]:
    return _clocks(rows, "solution_clock")


def paused(rows: Rows) -> Iterator[Observed]:
    for one in _clocks(rows, "solution_clock", stopped_only=True):
        yield replace(one, at=one.ended_at)


def reopened(rows: Rows) -> Iterator[Observed]:
    for case in _counted(rows, status="closed"):
        yield of(case, _severity(rows, case), case.closed_at, hit=int(bool(rows.said(case.code, "reopened"))))


def upheld(rows: Rows) -> Iterator[Observed]:
    for case in _closed(rows):
        verdict = rows.said(case.code, "verdict")
        if verdict is not None:
            yield of(case, verdict, case.closed_at, hit=int(verdict in ("upheld", "partly")))


def kinds(rows: Rows) -> Iterator[Observed]:
    for case in _counted(rows):
        yield of(case, (case.subject or {}).get("kind"), case.opened_at)


def causes(rows: Rows) -> Iterator[Observed]:
    found = []
    for case in rows.all(CaseRow, process=PROCESS):
        written = sorted(rows.all(BusinessRow, case=case.code, name="cause_found"), key=lambda row: row.round)
        if written and rows.said(case.code, "verdict") != "not_upheld":
            found.append((written[-1], case))
    last: dict[tuple[str, str], datetime] = {}
    for row, case in sorted(found, key=lambda pair: (pair[0].at, pair[1].code)):
        cause, product = row.value, (case.subject or {}).get("product") or ""
        key = (cause["category"], product)
        yield of(
            case, cause["cause"], row.at, began_at=last.get(key) if product else None, product=product or None,
            department=cause.get("department"),
        )  # fmt: skip
        last[key] = row.at


def satisfaction(rows: Rows) -> Iterator[Observed]:
    for row, follow_up in rows.written("satisfaction", FOLLOW_UP):
        if case := rows.case((follow_up.subject or {}).get("complaint", "")):
            grade = row.value["grade"]
            yield of(case, _severity(rows, case), row.at, number=grade, hit=int(grade >= 4))


def cost(rows: Rows) -> Iterator[Observed]:
    for row, case in rows.written("cost", PROCESS):
        if case.status == "closed":
            remedies = rows.all(BusinessRow, case=case.code, name="remedy", round=row.round)
            yield of(case, remedies[0].value if remedies else None, case.closed_at, amount=row.value)


def _counted(rows: Rows, **equals: object) -> Iterator[CaseRow]:
    """All but those that were joined to one about the same thing."""
    for case in rows.all(CaseRow, process=PROCESS, **equals):
        if not rows.all(Link, case=case.code, relation="joined_to"):
            yield case


def _closed(rows: Rows) -> list[CaseRow]:
    return rows.all(CaseRow, process=PROCESS, status="closed")


def _severity(rows: Rows, case: CaseRow) -> str | None:
    found = rows.said(case.code, "severity")
    return None if found is None else str(found)


def _is_imported(case: CaseRow) -> bool:
    return (case.subject or {}).get("channel") == "import"


def _clocks(rows: Rows, name: str, *, stopped_only: bool = False) -> Iterator[Observed]:
    among = ("stopped",) if stopped_only else ("stopped", "running")
    for clock in rows.all(CaseClock, name=name):
        case = rows.case(clock.case)
        counts = clock.status in among or (not stopped_only and _missed(rows, clock))
        if case and _is_imported(case) and clock.due_at <= case.opened_at:
            continue  # it was over before it was here
        if case and case.process == PROCESS and counts:
            is_in_time = clock.stopped_at is not None and clock.stopped_at <= clock.due_at
            yield of(
                case, _severity(rows, case), clock.due_at, began_at=clock.begun_at, ended_at=clock.stopped_at,
                hit=int(is_in_time), number=clock.paused_seconds,
            )  # fmt: skip


def _missed(rows: Rows, clock: CaseClock) -> bool:
    if clock.status != "superseded" or clock.stopped_at is None or clock.stopped_at <= clock.due_at:
        return False
    others = rows.all(CaseClock, case=clock.case, name=clock.name, begun_at=clock.begun_at)
    return not any(other.stopped_at is None or other.stopped_at > clock.stopped_at for other in others)
