"""What a customer is called about beside its cadence (CB-1): a delivery, a service, a closed complaint, the end of a
contract, an overdue payment.

An event is a row with the day from which the morning round calls. It must not call anybody (`calling`).
"""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CallbackEvent, ContactMade, CustomerContract, CustomerInvoice, CustomerOrder
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.round_ports import MOVED
from crm_workflows.engine.steps import Books

DELIVERY, SERVICE, COMPLAINT = "delivery", "service", "complaint"
CONTRACT, PAYMENT = "contract", "payment"
TOO_LATE: Final = timedelta(days=30)
"""An event that was due so long ago calls nobody any more."""
USUAL: Final = {
    "callback_after_delivery": 3,
    "callback_after_complaint": 3,
    "callback_after_complaint_again": 30,
    "callback_before_contract_ends": 60,
    "callback_after_overdue_again": 30,
}
"""Days (CB-1), where a policy from before there were events names none."""


def days(policy: Policy, key: str) -> timedelta:
    """How many days before or after."""
    return timedelta(days=policy.number_or(key, USUAL[key]))


def of_delivery(order: CustomerOrder, policy: Policy, zone: str, now: datetime) -> CallbackEvent | None:
    """Some days after a delivery; None before it, and where that was too long ago."""
    if order.delivered_at is None:
        return None
    due = _begin_of_day(order.delivered_at + days(policy, "callback_after_delivery"), zone)
    return CallbackEvent(order.customer, DELIVERY, order.number, due) if due > now - TOO_LATE else None


def of_service(made: ContactMade, policy: Policy, zone: str, now: datetime) -> CallbackEvent | None:
    """As many days after a service, told by its day; None where that was too long ago."""
    day = made.at.astimezone(ZoneInfo(zone)).date()
    due = _begin_of_day(made.at + days(policy, "callback_after_delivery"), zone)
    return CallbackEvent(made.customer, SERVICE, day.isoformat(), due) if due > now - TOO_LATE else None


def of_contract(contract: CustomerContract, policy: Policy, zone: str, now: datetime) -> CallbackEvent | None:
    """Some days before a contract ends, at once if they have begun; None for one without an end, and for one ended.

    Its last day is part of the reference: a contract that is prolonged ends again.
    """
    if contract.ends_at is None or contract.ends_at <= now:
        return None
    last_day = contract.ends_at.astimezone(ZoneInfo(zone)).date()
    due = max(_begin_of_day(contract.ends_at - days(policy, "callback_before_contract_ends"), zone), now)
    return CallbackEvent(contract.customer, CONTRACT, f"{contract.number} {last_day}", due)


def enter_overdue(tx: Transaction, invoice: CustomerInvoice, policy: Policy, zone: str, now: datetime) -> None:
    """Two calls, once each: at once, and some weeks later for whoever has not paid by then.

    Those taken back do not count: what was paid by mistake only, or was prolonged, calls anew.
    """
    found = tx.find(CallbackEvent, customer=invoice.customer, why=PAYMENT)
    known = {one.reference: one for one in found if number_of(one) == invoice.number}
    since = invoice.due_at
    counted = [e for e in known.values() if e.outcome != MOVED and (e.due_at or e.settled_at or now) >= since]
    for at in (now, now + days(policy, "callback_after_overdue_again"))[len(counted) :]:
        due = _begin_of_day(at, zone)
        dated = f"{invoice.number} {due.astimezone(ZoneInfo(zone)).date()}"
        is_first = at == now and invoice.number not in known
        tx.put(CallbackEvent(invoice.customer, PAYMENT, invoice.number if is_first else dated, due))


def _begin_of_day(at: datetime, zone: str) -> datetime:
    """The morning round of that very day calls."""
    return datetime.combine(at.astimezone(ZoneInfo(zone)).date(), time(), ZoneInfo(zone))


def number_of(event: CallbackEvent) -> str:
    """The number of the contract that ends, or of the invoice that is overdue; numbers have no blanks."""
    return event.reference.partition(" ")[0]


def occurrence_of(event: CallbackEvent) -> str:
    """What a callback that is due by it is the occurrence of, as the store writes it."""
    return f"{event.why}/{event.reference}"


def after_complaint(books: Books, customer: str, complaint: str, policy: Policy, *, again_only: bool = False) -> None:
    """Some days, and some weeks, after a complaint was closed, as a step of its procedure says; once each."""
    keys = ("callback_after_complaint", "callback_after_complaint_again")[again_only:]
    for n, key in enumerate(keys, start=1 + again_only):
        due = books.morning_of(books.today + days(policy, key))
        books.tx.insert_new(CallbackEvent(customer, COMPLAINT, f"{complaint}/{n}", due))
