"""Key figures in the store in memory: what the views give, row by row in plain Python. It must not become clever."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from crm_workflows.domain.records import (
    Assignee,
    BusinessRow,
    CaseRow,
    Customer,
    CustomerOrder,
    Decision,
    JournalEntry,
    Link,
    Request,
)
from crm_workflows.engine.figure_ports import EVERYTHING, Aged, By, Narrowed, Observed
from crm_workflows.testing import memory_figures_of_approvals as approvals
from crm_workflows.testing import memory_figures_of_callbacks as callbacks
from crm_workflows.testing import memory_figures_of_complaints as complaints
from crm_workflows.testing import memory_figures_of_suppliers as suppliers
from crm_workflows.testing.memory_figure_rows import Rows, in_time, of, seen

CUSTOMERS = "customer-onboarding"


class MemoryFigureReading:
    """Part of a reader."""

    def _rows(self, record: type) -> dict[tuple[object, ...], Any]:
        raise NotImplementedError

    def observed(
        self,
        kpi: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        process: str | None = None,
        narrowed: Narrowed = EVERYTHING,
    ) -> list[Observed]:
        began_before = narrowed.began_before
        found = [
            one
            for one in FIGURES[kpi](Rows(self._rows))
            if (process is None or one.process == process)
            and (since is None or (one.at is not None and one.at >= since))
            and (before is None or (one.at is not None and one.at < before))
            and narrowed.part in (None, one.part)
            and narrowed.person in (None, one.person)
            and (began_before is None or (one.began_at is not None and one.began_at < began_before))
        ]
        found.sort(key=lambda one: (one.at is None, str(one.at), one.what, one.part or "", one.person or ""))
        return found[: narrowed.limit]

    def tallied(
        self, kpi: str, edges: Sequence[datetime], *, within: timedelta | None = None, process: str | None = None
    ) -> list[Observed]:
        found: list[Observed] = []
        for begin, end in pairwise(edges):
            alike: dict[tuple[object, ...], Observed] = {}
            for one in self.observed(kpi, since=begin, before=end, process=process):
                told = _told(one, within)
                key = astuple(replace(told, at=None))
                alike[key] = replace(alike[key], many=alike[key].many + 1) if key in alike else told
            found.extend(sorted(alike.values(), key=lambda one: str(one.at)))
        return found

    def aged(
        self, kpi: str, by: By, cuts: Sequence[datetime], *, now: datetime, process: str | None = None
    ) -> list[Aged]:
        found: dict[str, list[Observed]] = {}
        for one in self.observed(kpi, process=process):
            if (key := getattr(one, by)) is not None:
                found.setdefault(key, []).append(one)
        return [_aged(key, found[key], cuts, now) for key in sorted(found)]


def _told(one: Observed, within: timedelta | None) -> Observed:
    """What it has in common with those alike."""
    lasted = one.ended_at - one.began_at if one.began_at and one.ended_at else None
    hit = one.hit if within is None else int(lasted is not None and lasted <= within)
    return replace(one, what="", began_at=None, ended_at=None, until_on=None, amount=None, reference=None, hit=hit)


def _aged(key: str, rows: list[Observed], cuts: Sequence[datetime], now: datetime) -> Aged:
    counts = [0] * (len(cuts) + 1)
    for one in rows:
        place = next((n for n, cut in enumerate(cuts) if one.began_at and one.began_at >= cut), len(cuts))
        counts[place] += 1
    return Aged(key, tuple(counts), sum(one.at is not None and one.at < now for one in rows))


def _closed(rows: Rows) -> list[CaseRow]:
    return [case for case in rows.all(CaseRow, status="closed") if case.closed_at is not None]


def _lead_time(rows: Rows) -> Iterator[Observed]:
    for case in _closed(rows):
        yield of(case, case.outcome, case.closed_at, began_at=case.opened_at, ended_at=case.closed_at)


def _opened(rows: Rows) -> Iterator[Observed]:
    return (of(case, None, case.opened_at, began_at=case.opened_at) for case in rows.all(CaseRow))


def _asked(rows: Rows) -> Iterator[tuple[Request, CaseRow]]:
    for request in rows.all(Request):
        if case := rows.case(request.case):
            yield request, case


def _on_time(rows: Rows) -> Iterator[Observed]:
    for r, case in _asked(rows):
        if r.kind in ("approval", "task") and r.due_at and r.status in ("open", "decided", "lapsed"):
            yield seen(
                case.process, r.id, rows.who(r), r.title, at=r.due_at, began_at=r.opened_at, ended_at=r.closed_at,
                hit=in_time(r),
            )  # fmt: skip


def _first_pass(rows: Rows) -> Iterator[Observed]:
    for case in _closed(rows):
        went_back = rows.all(JournalEntry, case=case.code, kind="back")
        yield of(case, case.outcome, case.closed_at, hit=int(not went_back))


def _send_backs(rows: Rows) -> Iterator[Observed]:
    for entry in rows.all(JournalEntry, kind="back"):
        if case := rows.case(entry.case):
            because = (entry.value or {}).get("because")
            yield of(case, f"{entry.rule}：{because}" if because else entry.rule, entry.at)


def _approvals(rows: Rows) -> Iterator[Observed]:
    for d in rows.all(Decision, effective=True):
        for r in rows.all(Request, id=d.request, kind="approval"):
            case = rows.case(d.case)
            if case and d.decision in ("approve", "reject", "send_back", "change"):
                by_silence = d.channel == "silence" and d.decision == "approve"
                yield seen(
                    case.process, case.code, d.by, d.channel, at=d.at, began_at=r.opened_at, ended_at=d.at,
                    hit=int(not by_silence),
                )  # fmt: skip


def _open_steps(rows: Rows) -> Iterator[Observed]:
    for r, case in _asked(rows):
        if r.status == "open" and r.kind != "timer":
            yield seen(case.process, r.id, case.owner, r.title, at=r.due_at, began_at=r.opened_at)


def _load(rows: Rows) -> Iterator[Observed]:
    for r, case in _asked(rows):
        for a in rows.all(Assignee, request=r.id, is_active=True, is_outside=False):
            if r.status == "open" and a.case == r.case:
                yield seen(case.process, r.id, a.person, r.title, at=r.due_at, began_at=a.asked_at)


def _days_to_order(rows: Rows) -> Iterator[Observed]:
    for code, case in rows.written("customer_code", CUSTOMERS):
        yield of(case, rows.said(case.code, "tier"), code.at, began_at=case.opened_at, ended_at=code.at)


def _complete_at_first(rows: Rows) -> Iterator[Observed]:
    for row in rows.all(BusinessRow, name="complete_at_first", round=1):
        if case := rows.case(row.case):
            yield of(case, None, row.at, number=row.value)


def _duplicates(rows: Rows) -> Iterator[Observed]:
    for case in rows.all(CaseRow, process=CUSTOMERS, status="closed"):
        if rows.said(case.code, "duplicates_found"):
            yield of(case, None, case.closed_at, hit=int(rows.said(case.code, "merged_into") is not None))


def _limits(rows: Rows) -> Iterator[Observed]:
    for row in rows.all(BusinessRow, name="customer_code"):
        case = rows.case(row.case)
        asks = rows.all(JournalEntry, case=row.case, key="ON-6:credit_request", kind="outcome")
        asked = max(asks, key=lambda entry: entry.n).value["answer"].get("limit") if asks else None
        granted = (rows.said(row.case, "credit") or {}).get("limit")
        for part, limit in (("asked", asked), ("granted", granted)):
            if case and limit:
                yield of(case, part, row.at, amount=f"{limit['amount']} {limit['currency']}")


def _first_callback(rows: Rows) -> Iterator[Observed]:
    for link in rows.all(Link, relation="first_callback"):
        case = rows.case(link.other)
        for r in callbacks.first_tries(rows, link.other) if case else ():
            yield seen(
                CUSTOMERS, link.other, case.owner if case else None, at=r.due_at, began_at=r.opened_at,
                ended_at=r.closed_at, hit=in_time(r),
            )  # fmt: skip


def _won(rows: Rows) -> Iterator[Observed]:
    return (seen(CUSTOMERS, k.code, k.owner, k.tier, at=k.registered_at) for k in rows.all(Customer))


def _last_orders(rows: Rows) -> Iterator[Observed]:
    for k in rows.all(Customer):
        last = max((order.ordered_at for order in rows.all(CustomerOrder, customer=k.code)), default=None)
        yield seen(CUSTOMERS, k.code, k.owner, k.tier, at=last, began_at=last)


def _turnover(rows: Rows) -> Iterator[Observed]:
    for order in rows.all(CustomerOrder):
        for k in rows.all(Customer, code=order.customer):
            yield seen(
                CUSTOMERS, k.code, k.owner, k.tier, at=order.ordered_at, amount=order.amount,
                product=order.goods or None, reference=order.number,
            )  # fmt: skip


FIGURES: Final[dict[str, Callable[[Rows], Iterator[Observed]]]] = {
    "lead_time": _lead_time,
    "opened": _opened,
    "on_time": _on_time,
    "first_pass": _first_pass,
    "send_backs": _send_backs,
    "approvals": _approvals,
    "open_steps": _open_steps,
    "load": _load,
    "gates": approvals.gates,
    "gate_in_a_row": approvals.in_a_row,
    "gate_mutual": approvals.mutual,
    "sv_days_to_recognition": suppliers.days_to_recognition,
    "sv_decided": suppliers.decided,
    "sv_certificates_valid": suppliers.certificates,
    "sv_reevaluations_overdue": suppliers.reevaluations,
    "sv_purchases_unrecognised": suppliers.purchases,
    "on_days_to_order": _days_to_order,
    "on_complete_at_first": _complete_at_first,
    "on_duplicates_stopped": _duplicates,
    "on_limits": _limits,
    "on_first_callback": _first_callback,
    "customers_won": _won,
    "last_orders": _last_orders,
    "turnover": _turnover,
    "cb_coverage": callbacks.coverage,
    "cb_in_time": callbacks.callbacks,
    "cb_reached": callbacks.reached,
    "cb_satisfaction": callbacks.satisfaction,
    "cb_promises": callbacks.promises,
    "cb_waiting": callbacks.waiting,
    "cp_acknowledged": complaints.acknowledged,
    "cp_answered_in_time": complaints.answered_in_time,
    "cp_solved_in_time": complaints.solved_in_time,
    "cp_reopened": complaints.reopened,
    "cp_upheld": complaints.upheld,
    "cp_kinds": complaints.kinds,
    "cp_causes": complaints.causes,
    "cp_satisfaction": complaints.satisfaction,
    "cp_cost": complaints.cost,
    "cp_paused": complaints.paused,
}
