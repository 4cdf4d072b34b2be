"""Key figures of callbacks in the store in memory: what the views give, in plain Python. It must not become clever."""

from collections.abc import Iterator
from typing import Final

from crm_workflows.domain.records import CaseRow, ContactMade, Customer, DueCallback, Request
from crm_workflows.engine.figure_ports import Observed
from crm_workflows.testing.memory_figure_rows import Rows, in_time, seen

PROCESS: Final = "periodic-callbacks"
FIRST_TRY: Final = "CB-4:callback_record"


def first_tries(rows: Rows, code: str) -> list[Request]:
    return _asked_first(rows, code, FIRST_TRY)


def _asked_first(rows: Rows, code: str, key: str) -> list[Request]:
    tries = rows.all(Request, case=code, key=key, round=1)
    return [r for r in tries if r.due_at and r.status != "withdrawn"]


def coverage(rows: Rows) -> Iterator[Observed]:
    for k in rows.all(Customer, status="active", consents=True):
        began = k.last_contact_at or k.registered_at
        yield seen(PROCESS, k.code, k.owner, k.tier, at=k.next_callback_at, began_at=began)


def callbacks(rows: Rows) -> Iterator[Observed]:
    for case in rows.all(CaseRow):
        for r in first_tries(rows, case.code):
            yield seen(
                PROCESS, case.code, rows.who(r), (case.subject or {}).get("tier"), at=r.due_at,
                began_at=r.opened_at, ended_at=r.closed_at, hit=in_time(r),
            )  # fmt: skip


def _customer(rows: Rows, code: str) -> Customer | None:
    return next(iter(rows.all(Customer, code=code)), None)


def reached(rows: Rows) -> Iterator[Observed]:
    for m in rows.all(ContactMade, kind="callback"):
        k = _customer(rows, m.customer)
        yield seen(PROCESS, m.customer, m.by, k.tier if k else None, at=m.at, hit=int(m.reached))


def satisfaction(rows: Rows) -> Iterator[Observed]:
    for m in rows.all(ContactMade):
        grade, k = (m.details or {}).get("satisfaction"), _customer(rows, m.customer)
        if m.kind in ("callback", "survey") and grade is not None:
            tier, by = (k.tier, k.owner) if k else (None, m.by)
            yield seen(PROCESS, m.customer, by, tier, at=m.at, number=grade, hit=int(grade >= 4))


def promises(rows: Rows) -> Iterator[Observed]:
    for case in rows.all(CaseRow):
        for r in _asked_first(rows, case.code, "CB-4:promise_kept"):
            yield seen(
                PROCESS, case.code, case.owner, (case.subject or {}).get("tier"), at=r.due_at,
                began_at=r.opened_at, ended_at=r.closed_at, hit=int(rows.said(case.code, "promise") == "kept"),
            )  # fmt: skip


def waiting(rows: Rows) -> Iterator[Observed]:
    for w in rows.all(DueCallback, is_waiting=True):
        yield seen(PROCESS, w.customer, w.owner, began_at=w.made_at)
