"""Everything that has happened with one customer, or one supplier, in one story, the latest first. It reads only."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

from crm_workflows.business.complaints import KIND as COMPLAINT
from crm_workflows.business.customer_file import LATEST, CustomerFile
from crm_workflows.business.goods import called, is_late
from crm_workflows.business.payments import is_overdue
from crm_workflows.business.suppliers import COMPLAINTS
from crm_workflows.domain.records import CaseRow, GoodsReceived, Supplier, SurveyInvitation
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.ports import CaseFilter, Reader

Tone = Literal["plain", "good", "bad", "warn", "ask"]
MOST: Final = 150
"""The latest so many; all of it stands with cases, orders and contracts."""
UNHAPPY: Final = 2
WORDS: Final = {
    "summary": "",
    "complaint": "投诉 / Complaint",
    "needs": "新需求 / Needs",
    "promises": "承诺 / Promised",
}
"""What is told of a contact made, with its label; a summary speaks for itself."""


@dataclass(frozen=True)
class Moment:
    """What happened; `what` is a label or the word of it, `by` an address, `said` pairs: a label, what people wrote."""

    at: datetime
    kind: str
    """contact, case, end (of a case), order, invoice, contract, survey or goods."""
    what: str
    about: str = ""
    by: str = ""
    case: str | None = None
    said: tuple[tuple[str, str], ...] = ()
    tone: Tone = "plain"


def of_customer(reader: Reader, file: CustomerFile, now: datetime) -> list[Moment]:
    """Contacts made, orders and deliveries, invoices and payments, contracts, answers to surveys, cases from opening to
    end.
    """
    moments = [*_contacts(file), *_orders(file), *_invoices(file, now), *_contracts(file), *_cases(_untold(file))]
    moments += _answers(reader, file.row.code)
    return _latest(moments)


def of_supplier(reader: Reader, row: Supplier) -> list[Moment]:
    """Its cases: vetting, re-evaluations, certificates, complaints in which its part was the cause; goods received."""
    return _latest([*_cases(supplier_cases(reader, row)), *_goods(reader, row)])


def supplier_cases(reader: Reader, row: Supplier) -> list[CaseRow]:
    """Every case whose subject names its code or credit code, or that found its part to be the cause, latest first."""
    named = [
        case
        for text in (row.code, row.credit_code)
        for case in reader.search_cases(CaseFilter(text=text.lower(), limit=LATEST))
        if text in case.subject.values()
    ]
    blamed = [reader.get(CaseRow, one["case"]) for one in (row.details or {}).get(COMPLAINTS, ())]
    cases = {case.code: case for case in (*named, *blamed) if case is not None}
    return sorted(cases.values(), key=lambda case: (case.opened_at, case.code), reverse=True)


def _goods(reader: Reader, row: Supplier) -> Iterator[Moment]:
    """Also those from before it had a code."""
    found = reader.find(GoodsReceived, supplier=called(row), order="received_at", descending=True, limit=LATEST)
    for one in found:
        quantity = f"× {one.quantity}" if one.quantity else ""
        about = " ".join(part for part in (one.number or one.order_number, one.goods, quantity) if part)
        rejected = one.rejected if Decimal(one.rejected or 0) else None
        zh, en = ("，迟到", ", late") if is_late(one) else ("", "")
        zh, en = (f"{zh}，不合格 {rejected}", f"{en}, {rejected} rejected") if rejected else (zh, en)
        tone: Tone = "bad" if rejected else "warn" if is_late(one) else "plain"
        yield Moment(one.received_at, "goods", bilingual(f"收货{zh}", f"Goods received{en}"), about, tone=tone)


def _latest(moments: list[Moment]) -> list[Moment]:
    """Of one instant what was named last is the latest: a case ends after it was opened."""
    return sorted(moments, key=lambda one: one.at)[::-1][:MOST]


def _contacts(file: CustomerFile) -> Iterator[Moment]:
    for one in file.contacts_made:
        said: dict[str, Any] = one.details or {}
        satisfied = said.get("satisfaction")
        usual: Tone = "plain" if one.kind == COMPLAINT else "good"
        tone: Tone = "bad" if satisfied and satisfied <= UNHAPPY else usual
        words = tuple((label, said[part]) for part, label in WORDS.items() if said.get(part))
        yield Moment(
            one.at, "contact", one.kind, str(satisfied or ""), one.by, one.case, words, tone if one.reached else "warn"
        )  # fmt: skip


def _untold(file: CustomerFile) -> list[CaseRow]:
    """The cases but for those of which a contact that reached somebody tells all: a callback that is done."""
    told = {one.case for one in file.contacts_made if one.reached}
    return [case for case in file.cases if not (case.code in told and case.outcome == "done")]


def _orders(file: CustomerFile) -> Iterator[Moment]:
    for one in file.orders:
        about = f"{one.number} {one.goods}".strip()
        yield Moment(one.ordered_at, "order", bilingual("下单", "Ordered"), about)
        if one.delivered_at:
            yield Moment(one.delivered_at, "order", bilingual("交货", "Delivered"), about)


def _invoices(file: CustomerFile, now: datetime) -> Iterator[Moment]:
    """When one was paid; and that it was not in time, on the day on which it was due."""
    for one in file.invoices:
        if is_overdue(replace(one, paid_at=None), one.paid_at or now):
            late, owed = bilingual("发票逾期", "Invoice not paid in time"), bilingual("发票逾期未付", "Invoice overdue")
            tone: Tone = "warn" if one.paid_at else "bad"
            what = late if one.paid_at else owed
            yield Moment(one.due_at, "invoice", what, one.number, case=one.review, tone=tone)
        if one.paid_at:
            yield Moment(one.paid_at, "invoice", bilingual("付款", "Paid"), one.number, tone="good")


def _contracts(file: CustomerFile) -> Iterator[Moment]:
    for one in file.contracts:
        about = f"{one.number} {one.title}".strip()
        yield Moment(one.signed_at, "contract", bilingual("签订合同", "Contract signed"), about)


def _answers(reader: Reader, customer: str) -> Iterator[Moment]:
    for one in reader.find(SurveyInvitation, customer=customer):
        if one.answer is not None and one.answered_at is not None:
            tone: Tone = "bad" if one.answer <= UNHAPPY else "good"
            what = bilingual("满意度调查", "Satisfaction survey")
            words = (("", one.comment),) if one.comment else ()
            yield Moment(one.answered_at, "survey", what, str(one.answer), "", one.case, words, tone)


def _cases(cases: list[CaseRow]) -> Iterator[Moment]:
    for case in cases:
        yield Moment(case.opened_at, "case", case.process, case.title, case.owner, case.code, tone="ask")
        if case.closed_at is not None:
            is_bad = case.outcome in ("rejected", "lapsed") or case.status == "cancelled"
            came_of = case.outcome or case.status
            tone: Tone = "bad" if is_bad else "good"
            yield Moment(case.closed_at, "end", case.process, came_of, case.owner, case.code, tone=tone)
