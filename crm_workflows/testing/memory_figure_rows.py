"""What the figures of the store in memory read: all rows, and how to find what belongs together. No figure here."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from crm_workflows.domain.records import Assignee, BusinessRow, CaseRow, Decision, Request
from crm_workflows.engine.figure_ports import Observed

OTHERS = ("at", "began_at", "ended_at", "until_on", "hit", "number", "amount")


class Rows:
    """All rows of all tables, and how to find what belongs together."""

    def __init__(self, rows: Callable[[type], dict[tuple[object, ...], Any]]) -> None:
        self._rows = rows

    def all(self, record: type, **equals: object) -> list[Any]:
        """Rows whose columns are so."""
        found = self._rows(record).values()
        return [row for row in found if all(getattr(row, name) == value for name, value in equals.items())]

    def case(self, code: str) -> CaseRow | None:
        """The case, where there is one."""
        return next(iter(self.all(CaseRow, code=code)), None)

    def said(self, case: str, name: str) -> Any:
        """The latest value that a case wrote under a name."""
        found = sorted(self.all(BusinessRow, case=case, name=name), key=lambda row: row.round)
        return found[-1].value if found else None

    def written(self, name: str, process: str) -> Iterator[tuple[BusinessRow, CaseRow]]:
        """Every row of that name, with its case of that process."""
        for row in self.all(BusinessRow, name=name):
            if (case := self.case(row.case)) and case.process == process:
                yield row, case

    def who(self, request: Request) -> str | None:
        """Who has answered a request, else whom it asks."""
        by = sorted(self.all(Decision, request=request.id, effective=True), key=lambda row: row.n)
        return by[0].by if by else min((row.person for row in self.all(Assignee, request=request.id)), default=None)


def seen(process: str, what: str, person: str | None, part: str | None = None, **more: Any) -> Observed:
    given: dict[str, Any] = {**dict.fromkeys(OTHERS), **more}
    return Observed(process, what, person, part, **given)


def of(case: CaseRow, part: str | None, at: datetime | None, **more: Any) -> Observed:
    return seen(case.process, case.code, case.owner, part, at=at, **more)


def in_time(request: Request) -> int:
    is_done = request.status == "decided" and request.closed_at is not None
    return int(is_done and request.closed_at <= request.due_at)  # type: ignore[operator]
