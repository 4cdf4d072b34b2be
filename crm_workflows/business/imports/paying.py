"""Imports invoices and their payments: what is due, and what of it was paid when. It must not act on what is overdue
(`payments`).
"""

from datetime import datetime
from decimal import Decimal
from typing import Final

from crm_workflows.business import payments, wanted_reviews
from crm_workflows.business.imports import happening
from crm_workflows.business.imports.belonging import CUSTOMER, by_number, currency, put, with_customers
from crm_workflows.business.imports.register import IN_FUTURE, instant
from crm_workflows.business.imports.table import Column, Entry, Kind, Plan, Surroundings
from crm_workflows.domain import cells
from crm_workflows.domain.records import Customer, CustomerInvoice
from crm_workflows.engine.running.attention import PUT_OFF

KEY: Final = ("customer", "number")
NO_DEBT: Final = (
    "不大于零，没有欠款 / is not above zero: nothing is owed",
    "去掉此行；被红字发票冲销的发票填付款日期 / leave it out; give the invoice that a credit note settles its day paid",
)


def plan_payments(entries: list[Entry], around: Surroundings) -> Plan:
    """Invoices, by their numbers; one that is not paid in time brings a review some days after it was due (ON-12)."""
    plan = Plan()
    rows = with_customers(plan, PAYMENTS, entries, around)
    known = by_number(around, CustomerInvoice, rows)
    settled: list[CustomerInvoice] = []
    used: dict[str, str] = {}
    owing = {customer.code for _, customer in rows if customer.overdue_since}
    for entry, customer in rows:
        paid_on = entry.values["paid_on"]
        if paid_on and paid_on > around.now.astimezone(instant(paid_on, around.zone).tzinfo).date():
            plan.problems.append(entry.problem(PAYMENTS.column("paid_on"), *IN_FUTURE))
            continue
        if entry.values["amount"] <= 0:
            plan.problems.append(entry.problem(PAYMENTS.column("amount"), *NO_DEBT))
            continue
        old = known.get((customer.code, entry.values["number"]))
        new = _invoice(entry, customer, old, around)
        put(plan, CustomerInvoice, KEY, old, new)
        if new != old and wanted_reviews.limit_of(customer.credit):
            used[customer.code] = ""
        if new.paid_at is not None or (old is not None and _is_put_off(new, old, around)):
            settled.append(new)
    happening.payments(plan, settled, around)
    happening.all_paid(plan, settled, owing, around)
    happening.look_at(plan, wanted_reviews.LIMIT, used, around)
    return plan


def _invoice(entry: Entry, customer: Customer, old: CustomerInvoice | None, around: Surroundings) -> CustomerInvoice:
    values = entry.values
    due = instant(values["due_on"], around.zone)
    paid = instant(values["paid_on"], around.zone) if values["paid_on"] else None
    overdue = None if paid else _overdue_at(due, old, around)
    money = f"{Decimal(values['amount'])} {values['currency']}"
    return CustomerInvoice(customer.code, values["number"], due, money, paid, overdue, old.review if old else None)


def _overdue_at(due: datetime, old: CustomerInvoice | None, around: Surroundings) -> datetime | None:
    """From when it is acted on if it is not paid; what was acted on already is again where something else was said."""
    begins = payments.overdue_from(due, around.policy, around.zone)
    if old is None or old.paid_at is not None or old.due_at != due:
        return begins
    is_tried_again = begins <= around.now and old.overdue_at and old.overdue_at <= around.now + PUT_OFF
    return old.overdue_at if old.review or is_tried_again else begins


def _is_put_off(new: CustomerInvoice, old: CustomerInvoice, around: Surroundings) -> bool:
    """Whether it is due on a later day than was known, and so not overdue yet."""
    return new.due_at > old.due_at and new.overdue_at is not None and new.overdue_at > around.now


PAYMENTS: Final = Kind(
    "payments", "发票与付款 / Invoices and payments",
    (
        CUSTOMER,
        Column("number", "发票号 / Invoice number", cells.code, True, ("发票号码", "发票编号", "编号"), "FP-2026-0031"),
        Column("due_on", "付款期限 / Due on", cells.day, True, ("应付日期", "到期日", "到期日期"), "2026-03-12"),
        Column("amount", "金额 / Amount", cells.amount, True, ("发票金额", "应付金额"), "48000.00"),
        Column("currency", "币种 / Currency", currency, example="CNY"),
        Column("paid_on", "付款日期 / Paid on", cells.day, also=("实付日期", "到账日期"), example="2026-03-10"),
    ),
    lambda values: tuple(values[name] for name in KEY), plan_payments,
)  # fmt: skip
