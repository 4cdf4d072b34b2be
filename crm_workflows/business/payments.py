"""Overdue payments: each brings a review of its customer (ON-12) and calls (CB-1), once, and less
silence is allowed until it is paid. It must not open case by case
what one review can look at, nor count as reviewed what a review has not shown.
"""

from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from crm_workflows.business import events, reviews
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Customer, CustomerInvoice
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import LANGUAGES, day_in
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.running.attention import PUT_OFF

OVERDUE: Final = "payment_overdue"
USUAL_DAYS: Final = 15
"""Days after an invoice was due, where the policy says nothing."""
HALF_A_DAY: Final = timedelta(hours=12)
AT_ONCE: Final = 100


def overdue_from(due: datetime, policy: Policy, zone: str) -> datetime:
    """The morning on which an invoice that was due then counts as overdue."""
    day = due.astimezone(ZoneInfo(zone)).date() + timedelta(days=policy.number_or(OVERDUE, USUAL_DAYS))
    return datetime.combine(day, time(), ZoneInfo(zone))


def is_overdue(invoice: CustomerInvoice, now: datetime) -> bool:
    """Whether its day is over, and nothing was paid; a day stands as its noon."""
    return invoice.paid_at is None and invoice.due_at + HALF_A_DAY <= now


def overdue_of(reader: Reader, code: str, now: datetime) -> list[CustomerInvoice]:
    """What a customer owes that was due before today, the longest first."""
    return [one for one in reader.find(CustomerInvoice, customer=code, order="due_at") if is_overdue(one, now)]


def told(invoice: CustomerInvoice, due: datetime) -> tuple[str, str]:
    """Number, amount and day due on one line, in Chinese and in English; `due` as local time has it."""
    amount = Money.model_validate(invoice.amount)
    zh, en = (f"{invoice.number} · {amount.shown(one)} · {day_in(due.date(), one)}" for one in LANGUAGES)
    return zh, en


@carries_out("ON-12")
def act_on_overdue(engine: Engine) -> int:
    """A review and calls for each invoice that has become overdue; returns how many reviews were opened.

    Safe in several processes, and after a death in between: a review is found again by its key. Whoever cannot be
    reviewed holds up nobody.
    """
    now, opened = engine.clock.now(), 0
    with engine.store.read() as reader:
        due = reader.due(CustomerInvoice, "overdue_at", now, limit=AT_ONCE)
    for customer in dict.fromkeys(invoice.customer for invoice in due):
        opened += _act_on(engine, customer, now)
    return opened


def _act_on(engine: Engine, customer: str, now: datetime) -> bool:
    """Whether a review was opened, of all that the customer owes; what an open one does not show waits until it closes.

    Calls wait for no review.
    """
    with engine.store.read() as reader:
        row = reader.get(Customer, customer)
        known = reader.find(CustomerInvoice, customer=customer, order=("due_at", "number"))
        late = [one for one in known if one.overdue_at is not None and one.overdue_at <= now]
        new = [one for one in late if one.review is None and row is not None]
        earlier = reviews.opened_by(reader, _key(new[0])) if new else None
        is_under_way = bool(new) and reviews.is_open(reader, customer)
    _keep(engine, [one for one in late if one not in new], now, overdue_at=None)
    if row is None or not new:
        return False
    if earlier:
        _keep(engine, new[:1], now, overdue_at=None, review=earlier)
    elif is_under_way:
        _keep(engine, new, now, overdue_at=now + PUT_OFF)
    else:
        return _review(engine, row, new, now)
    return False


def _review(engine: Engine, row: Customer, invoices: list[CustomerInvoice], now: datetime) -> bool:
    """Who cannot be reviewed is called all the same, and tried again every hour."""
    first = invoices[0]
    started = reviews.bring_up(engine, row, "overdue_payment", first.number, now, key=_key(first), origin="payment")
    if started is None:
        _keep(engine, invoices, now, overdue_at=now + PUT_OFF)
        return False
    _keep(engine, invoices, now, overdue_at=None, review=started.code)
    return started.created


def _key(invoice: CustomerInvoice) -> str:
    """By which the review that it has brought is found again."""
    return f"overdue/{invoice.customer}/{invoice.number}"


def _keep(engine: Engine, invoices: list[CustomerInvoice], now: datetime, **done: Any) -> None:
    """What has become of invoices, with the calls; those that somebody else has changed meanwhile stay as they are."""
    if not invoices:
        return
    policy, zone = engine.staff.policy(), engine.staff.calendar().zone
    with engine.store.write() as tx:
        for one in invoices:
            here: dict[str, object] = {"overdue_at": one.overdue_at, "due_at": one.due_at, "paid_at": None}
            if tx.update(CustomerInvoice, (one.customer, one.number), here, **done):
                events.enter_overdue(tx, one, policy, zone, now)
                tx.update(Customer, (one.customer,), {"overdue_since": None}, overdue_since=now)
