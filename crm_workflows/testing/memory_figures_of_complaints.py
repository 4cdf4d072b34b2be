"""The figures of complaints in the store in memory, row by row in plain Python. It must not become clever."""

from collections.abc import Iterator
from typing import Final

from crm_workflows.domain.records import CaseClock, CaseRow, JournalEntry
from crm_workflows.engine.figure_ports import Observed
from crm_workflows.testing.memory_figure_rows import Rows, of

PROCESS: Final = "complaint-resolution"
FOLLOW_UP: Final = "complaint-follow-up"


def acknowledged(rows: Rows) -> Iterator[Observed]:
    for case in rows.all(CaseRow, process=PROCESS):
        said = rows.all(JournalEntry, case=case.code, key="CP-2:acknowledge")
        if said:
            ended = min(entry.at for entry in said)
            yield of(case, _severity(rows, case), case.opened_at, began_at=case.opened_at, ended_at=ended)


def answered_in_time(rows: Rows) -> Iterator[Observed]:
    return _clocks(rows, "first_answer_clock")


def solved_in_time(rows: Rows) -> Iterator[Observed]:
    return _clocks(rows, "solution_clock")


def paused(rows: Rows) -> Iterator[Observed]:
    for one in _clocks(rows, "solution_clock"):
        if one.ended_at:
            yield Observed(
                one.process, one.what, one.person, one.part, one.ended_at, one.began_at, one.ended_at, None, one.hit,
                one.number, None,
            )  # fmt: skip


def reopened(rows: Rows) -> Iterator[Observed]:
    for case in _closed(rows):
        yield of(case, _severity(rows, case), case.closed_at, hit=int(bool(rows.said(case.code, "reopened"))))


def upheld(rows: Rows) -> Iterator[Observed]:
    for case in _closed(rows):
        verdict = rows.said(case.code, "verdict")
        if verdict is not None:
            yield of(case, verdict, case.closed_at, hit=int(verdict in ("upheld", "partly")))


def kinds(rows: Rows) -> Iterator[Observed]:
    for case in rows.all(CaseRow, process=PROCESS):
        yield of(case, (case.subject or {}).get("kind"), case.opened_at)


def satisfaction(rows: Rows) -> Iterator[Observed]:
    for row, follow_up in rows.written("satisfaction", FOLLOW_UP):
        if case := rows.case((follow_up.subject or {}).get("complaint", "")):
            grade = row.value["grade"]
            yield of(case, _severity(rows, case), row.at, number=grade, hit=int(grade >= 4))


def cost(rows: Rows) -> Iterator[Observed]:
    for case in _closed(rows):
        amount = rows.said(case.code, "cost")
        if amount is not None:
            yield of(case, rows.said(case.code, "remedy"), case.closed_at, amount=amount)


def _closed(rows: Rows) -> list[CaseRow]:
    return rows.all(CaseRow, process=PROCESS, status="closed")


def _severity(rows: Rows, case: CaseRow) -> str | None:
    found = rows.said(case.code, "severity")
    return None if found is None else str(found)


def _clocks(rows: Rows, name: str) -> Iterator[Observed]:
    for clock in rows.all(CaseClock, name=name):
        case = rows.case(clock.case)
        if case and case.process == PROCESS and clock.status in ("running", "stopped"):
            is_in_time = clock.stopped_at is not None and clock.stopped_at <= clock.due_at
            yield of(
                case, _severity(rows, case), clock.due_at, began_at=clock.begun_at, ended_at=clock.stopped_at,
                hit=int(is_in_time), number=clock.paused_seconds,
            )  # fmt: skip
