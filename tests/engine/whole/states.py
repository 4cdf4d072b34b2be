"""The states of cases and requests, and what may follow each: what the life of gates is held to after every deed.

A deed may go several steps at once, so the table has what may be seen afterwards, not single steps.
"""

from collections.abc import Iterable
from typing import Final

from crm_workflows.domain.records import CaseRow, Request

NEW: Final = ""
CASE: Final[dict[str, frozenset[str]]] = {
    NEW: frozenset({"running", "waiting", "needs_attention", "closed"}),
    "running": frozenset({"waiting", "needs_attention", "closed", "cancelled"}),
    "waiting": frozenset({"running", "needs_attention", "closed", "cancelled"}),
    "needs_attention": frozenset({"running", "waiting", "closed", "cancelled"}),
    # a decision undone, or a complaint opened again
    "closed": frozenset({"running", "waiting", "needs_attention"}),
    "cancelled": frozenset(),
}
REQUEST: Final[dict[str, frozenset[str]]] = {
    NEW: frozenset({"open", "decided", "lapsed", "superseded", "withdrawn"}),
    "open": frozenset({"decided", "lapsed", "superseded", "withdrawn"}),
    # an answer that is taken back, or to what has changed, makes a request anew and never the same one again
    "decided": frozenset({"superseded"}),
    "lapsed": frozenset(),
    "superseded": frozenset(),
    "withdrawn": frozenset(),
}


class States:
    """The states as they were seen last."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._seen: dict[tuple[str, str], str] = {}

    def broken(self, cases: Iterable[CaseRow], requests: Iterable[Request]) -> list[str]:
        """What has come to a state that may not follow the one it was seen in."""
        now = {("case", row.code): row.status for row in cases} | {("request", row.id): row.status for row in requests}
        wrong = [
            f"{kind} {name} went from {before or 'nothing'} to {status}"
            for (kind, name), status in now.items()
            if (before := self._seen.get((kind, name), NEW)) != status
            and status not in (CASE if kind == "case" else REQUEST)[before]
        ]
        self._seen = now
        return wrong
