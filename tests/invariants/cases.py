"""No case is lost: each has its number, waits for something or is over, and what it went through is without gaps."""

from collections.abc import Iterator

from crm_workflows.domain.records import CaseRow
from tests.invariants.rows import OVER, Rows, repeated


def not_lost(rows: Rows) -> Iterator[str]:
    """Every case that was given a number is there, and goes on by itself or by somebody."""
    for series, last in rows.numbers.items():
        if series.startswith("case/"):
            yield from _numbered(rows, series, last)
    open_requests = {r.case for r in rows.requests.values() if r.status == "open"}
    for row in rows.cases.values():
        yield from _stands(row, has_open=row.code in open_requests)
        yield from _without_gaps(rows, row)
    for code in repeated(row.idempotency_key for row in rows.cases.values() if row.idempotency_key):
        yield f"two cases have the idempotency key {code}"
    for request in rows.requests.values():
        if request.case not in rows.cases:
            yield f"request {request.id} belongs to no case"
        asked = [a.person for a in rows.assignees.get(request.id, ()) if a.is_active]
        if asked and request.status != "open":
            yield f"{request.id} is {request.status} and still stands before {asked}"
        if not asked and request.status == "open" and request.kind != "timer":
            yield f"{request.id} is open and stands before nobody"


def _numbered(rows: Rows, series: str, last: int) -> Iterator[str]:
    _, letters, year = series.split("/")
    beginning = f"{letters}-{year}-"
    there = {code for code in rows.cases if code.startswith(beginning)}
    given = {f"{beginning}{n:05d}" for n in range(1, last + 1)}
    for code in sorted(given - there) if not rows.may_skip_numbers else ():
        yield f"case {code} was given its number and is not there"
    for code in sorted(there - given):
        yield f"case {code} is there, but its number was not given yet"


def _stands(row: CaseRow, *, has_open: bool) -> Iterator[str]:
    if row.status in OVER:
        if has_open:
            yield f"{row.code} is {row.status} and still asks somebody"
        if row.outcome is None or row.closed_at is None or row.ready_at is not None:
            yield f"{row.code} is {row.status} without outcome or end, or a worker would take it up again"
    elif row.status == "waiting":
        if not (has_open or row.ready_at or row.leased_until):
            yield f"{row.code} waits for nothing"
    elif row.status == "running":
        if not (row.ready_at or row.leased_until):
            yield f"{row.code} runs, and no worker will take it up"
    elif row.attention is None:
        yield f"{row.code} is {row.status}, and nobody can read why"


def _without_gaps(rows: Rows, row: CaseRow) -> Iterator[str]:
    numbers = [entry.n for entry in rows.journal.get(row.code, ())]
    if numbers != list(range(row.journal_length)):
        yield f"the journal of {row.code} has the entries {numbers} where the case says {row.journal_length}"
    ids = {request.id for request in rows.requests.values() if request.case == row.code}
    if ids != {f"{row.code}-R{n}" for n in range(1, row.request_count + 1)}:
        yield f"{row.code} has the requests {sorted(ids)} where it says {row.request_count}"
