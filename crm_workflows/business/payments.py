"""Overdue payments: each brings a review of its customer (ON-12) and calls (CB-1), once. It must not open case by case
what one review can look at: where one of the customer is open already, that one counts.
"""

import logging
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from crm_workflows.business import events, reviews
from crm_workflows.business.customers import open_case
from crm_workflows.domain.errors import Refused, StoreBusy
from crm_workflows.domain.messages import CasePart
from crm_workflows.domain.money import Money
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CaseRow, Customer, CustomerInvoice
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import LANGUAGES, bilingual, day_in
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.running import attention, opening

log = logging.getLogger(__name__)
OVERDUE: Final = "payment_overdue"
USUAL_DAYS: Final = 15
"""Days after an invoice was due, where the policy says nothing."""
HALF_A_DAY: Final = timedelta(hours=12)
AT_ONCE: Final = 100
PUT_OFF: Final = timedelta(hours=1)
"""For how long a review is put off that could not be opened."""
TITLE: Final = bilingual("逾期付款", "Overdue payment")
FAILED: Final = bilingual("未能发起逾期客户的复核", "the review of a customer who is overdue could not be opened")
REMEDY: Final = bilingual(
    "请按所述改正客户名册（可重新导入）；系统每小时重试，回访照常安排",
    "put the register right, by an import for example; it is tried again every hour, and calls are made all the same",
)


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
    for invoice in due:
        opened += _act_on(engine, invoice, now)
    return opened


def _act_on(engine: Engine, invoice: CustomerInvoice, now: datetime) -> bool:
    """Whether a review was opened; who cannot be reviewed is called all the same, and tried again every hour."""
    refused, was_new = None, False
    done: dict[str, Any] = {"overdue_at": None}
    try:
        review, was_new = _review(engine, invoice)
        done |= {"review": review}
    except StoreBusy:
        raise
    except (Refused, NobodyToAsk) as error:
        log.error("review not opened", extra={"customer": invoice.customer, "error": error.message})
        done, refused = {"overdue_at": now + PUT_OFF}, error
    with engine.store.write() as tx:
        here: dict[str, object] = {"overdue_at": invoice.overdue_at, "paid_at": None}
        if tx.update(CustomerInvoice, (invoice.customer, invoice.number), here, **done):
            events.enter_overdue(tx, invoice, engine.staff.policy(), engine.staff.calendar().zone, now)
            if refused is not None:
                _tell_admins(engine, tx, invoice, refused, now)
    return was_new


def _tell_admins(engine: Engine, tx: Transaction, invoice: CustomerInvoice, error: Exception, now: datetime) -> None:
    """Once for each invoice, however often it is tried."""
    code = invoice.customer
    row = tx.get(Customer, code)
    part = CasePart(case=code, title=row.name if row else code, process=TITLE, url_path=f"/customers/{code}")
    key = f"overdue/{invoice.number}"
    attention.tell_admins_of(engine, tx, part, FAILED, partial(attention.said_in, error), REMEDY, now, key)


def _review(engine: Engine, invoice: CustomerInvoice) -> tuple[str | None, bool]:
    """The review that looks at it, and whether it is new; none for a customer who is in the register no more."""
    if invoice.review is not None:
        return invoice.review, False
    key = f"overdue/{invoice.customer}/{invoice.number}"
    with engine.store.read() as reader:
        earlier = reader.find(CaseRow, idempotency_key=key, limit=1)
        row = reader.get(Customer, invoice.customer)
        if earlier or row is None:
            return (earlier[0].code if earlier else None), False
        found = open_case(reader, reviews.PROCESS, row.code)
        if found is not None:
            return found.code, False
        owner = opening.keeper(engine, engine.staff.directory().identity(row.owner)).email
        input_ = reviews.input_of(reader, row, "overdue_payment", invoice.number, owner=owner)
    return opening.start(
        engine, reviews.PROCESS, input_, requester=None, origin="payment", idempotency_key=key
    ).code, True  # fmt: skip
