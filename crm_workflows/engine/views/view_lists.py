"""Lists of cases, and what each of them waits for at this moment. It must not change anything."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from crm_workflows.domain.records import Assignee, CaseRow, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.spellings import code_as_kept
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import CaseFilter, Reader
from crm_workflows.engine.requests.request_order import place_of

WAITING: Final = ("waiting", "needs_attention")


def iso(at: datetime | None) -> str | None:
    """ISO 8601 with zone, or None."""
    return at.isoformat() if at else None


def case_summary(row: CaseRow) -> dict[str, Any]:
    """What a list shows of a case."""
    return {
        "case": row.code,
        "process": row.process,
        "title": row.title,
        "status": row.status,
        "outcome": row.outcome,
        "owner": row.owner,
        "opened_at": iso(row.opened_at),
        "resolved_at": iso(row.resolved_at),
        "closed_at": iso(row.closed_at),
    }


@carries_out("G-9")
def cases(engine: Engine, wanted: CaseFilter) -> list[dict[str, Any]]:
    """Cases that match, latest first (G-9); `now` says what each waits for: `title`, `who`, `due_at`."""
    text = wanted.text and code_as_kept(wanted.text)
    with engine.store.read() as reader:
        return shown(reader, reader.search_cases(replace(wanted, text=text)))


def shown(reader: Reader, found: Sequence[CaseRow]) -> list[dict[str, Any]]:
    """These cases as a list shows them, in their order."""
    now = _now(reader, [row.code for row in found if row.status in WAITING])
    return [case_summary(row) | {"now": now.get(row.code, [])} for row in found]


def _now(reader: Reader, codes: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """By the case's code, in the order in which it was asked; two look-ups however many cases."""
    if not codes:
        return {}
    who: dict[str, list[dict[str, str]]] = defaultdict(list)
    for assignee in sorted(reader.find(Assignee, case=codes, is_active=True), key=lambda a: (a.asked_at, a.person)):
        who[assignee.request].append({"name": assignee.name, "email": assignee.person})
    open_now: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for request in sorted(reader.find(Request, case=codes, status="open"), key=lambda r: place_of(r.id)):
        item = {"title": request.title, "who": who[request.id], "due_at": iso(request.due_at or request.lapse_at)}
        open_now[request.case].append(item)
    return open_now
