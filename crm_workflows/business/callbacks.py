"""Callbacks of customers (CB-1, CB-3, CB-5): whom to call, when, why not, and the contacts made.

Functions take the open `Books` of a step; they must not decide what a callback leads to.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from crm_workflows.business import complaint_register
from crm_workflows.business.customers import Somebody, change, digits, held, people_in
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import (
    UNFINISHED,
    CaseRow,
    ContactMade,
    Customer,
    CustomerContact,
    CustomerOrder,
    DueCallback,
)
from crm_workflows.engine.steps import Books

SHORTER, USUAL_SHARE = "shorter_silence", 50
"""Per cent of the tier's silence, where the policy says nothing."""
AFTER_COMPLAINT, USUAL_AFTER = "shorter_after_complaint", 90
"""Days for which it holds after an upheld complaint was closed."""
HUNDRED: Final = 100
NEXT_DAY: Final = timedelta(days=1)
RECORD_TASK: Final = "callback_record"
"""The task in which somebody records a callback (CB-4)."""
WHOM: Final = "致电 / Call"
"""The fact that names who is to be called, with phone and address."""


def silence_of(tier: str, policy: Policy) -> timedelta:
    """How long a customer of that tier may go without contact (CB-1)."""
    return timedelta(days=policy.number(f"silence_{tier.lower()}"))


def shorter_silence_of(tier: str, policy: Policy) -> timedelta:
    """The same after an upheld complaint, and while a payment is overdue: a share of it in whole days, one at least."""
    days = silence_of(tier, policy).days * policy.number_or(SHORTER, USUAL_SHARE) // HUNDRED
    return timedelta(days=max(1, days))


def is_closer(customer: Customer, now: datetime) -> bool:
    """Whether less silence is allowed than its tier does."""
    until = customer.complaint_until
    return customer.overdue_since is not None or (until is not None and until > now)


def allowed_silence(customer: Customer, policy: Policy, now: datetime) -> timedelta:
    """How long this customer may go without contact."""
    return (shorter_silence_of if is_closer(customer, now) else silence_of)(customer.tier, policy)


def due_after(customer: Customer, policy: Policy, now: datetime) -> datetime | None:
    """When the silence that is allowed is over, from the last real contact; None before the first one (CB-1)."""
    last = customer.last_contact_at
    return last + allowed_silence(customer, policy, now) if last else None


def called_at(customer: Customer, last: DueCallback | None, policy: Policy, now: datetime) -> datetime | None:
    """When the morning round will call them (CB-1): as dated, or when the silence is over, from their entry at first.

    Sooner where less silence is allowed meanwhile, though not soon after the `last` was skipped; None for whom no
    round calls (CB-3).
    """
    if customer.status != "active" or not customer.consents:
        return None
    since = customer.last_contact_at or customer.registered_at
    usual = customer.next_callback_at or since + silence_of(customer.tier, policy)
    if not is_closer(customer, now):
        return usual
    asked = last.handed_at if last and last.case and last.handed_at else since
    return min(usual, max(since, asked) + shorter_silence_of(customer.tier, policy))


def complaint_over(books: Books, code: str, policy: Policy) -> None:
    """An upheld complaint has been closed: for some time less silence is allowed, counted from today (CB-1)."""
    until = books.morning_of(books.today + timedelta(days=policy.number_or(AFTER_COMPLAINT, USUAL_AFTER) + 1))
    change(books, code, complaint_until=until)


def why_not_now(books: Books, customer: Customer, due: datetime | None) -> tuple[str, datetime | None]:
    """Why a customer is not to be called (CB-3), a label, empty where it is; and when instead, if ever.

    `due` is when its silence is over, None where that does not matter.
    """
    if customer.open_callback not in (None, books.case) and _is_open(books, customer.open_callback):
        return f"已有进行中的回访 {customer.open_callback} / callback {customer.open_callback} is open", None
    if customer.status != "active":
        return "客户已冻结 / the customer is blocked", None
    if not customer.consents:
        return "客户不同意联系 / the customer does not want to be contacted", None
    if complaint_register.is_open_for(books.tx, customer.code):
        return "投诉处理或回访中，由其跟进 / a complaint or its follow-up is open, which counts", books.now + NEXT_DAY
    if due is not None and due > books.now:
        return "期间已有联系 / contacted since", due
    return "", None


def _is_open(books: Books, case: str | None) -> bool:
    row = books.tx.get(CaseRow, case)
    return row is not None and row.status in UNFINISHED


def people(books: Books, code: str) -> tuple[Somebody, ...]:
    """The people at a customer, in the order in which they are tried (CB-5)."""
    return people_in(books.tx, code)


def add_person(books: Books, code: str, new: Somebody) -> None:
    """A contact who is tried before all others."""
    numbers = [one.n for one in books.tx.find(CustomerContact, customer=code)]
    books.tx.insert(new.row(code, min(numbers, default=0) - 1))
    if digits(new.phone):
        books.tx.update(Customer, (code,), phone=digits(new.phone))


def open_orders(books: Books, code: str) -> tuple[str, ...]:
    """Numbers and goods of the orders under way."""
    return tuple(
        f"{one.number} {one.goods}".strip() for one in books.tx.find(CustomerOrder, customer=code, is_open=True)
    )


def record_contact(books: Books, code: str, kind: str, by: str, *, reached: bool, details: Any = None) -> Customer:
    """Enter a contact made, or tried; one that reached somebody counts as the last real contact (CB-1)."""
    customer = held(books, code)
    n = books.tx.count(ContactMade, customer=code)
    books.tx.insert(ContactMade(code, n, books.now, kind, by, reached, books.case, details))
    if reached:
        books.tx.update(Customer, (code,), last_contact_at=books.now)
    return customer


def next_callback(books: Books, code: str, at: datetime | None) -> None:
    """Enter when the customer is to be called next."""
    held(books, code)
    books.tx.update(Customer, (code,), next_callback_at=at)
    books.write("next_callback_at", at.isoformat() if at else None)
