"""Reviews that the register itself brings up (ON-12): a credit limit nearly used, a change of ownership.

An import enters that somebody has to look; here it is looked at, and the review opened, once. It must not read tables.
"""

from dataclasses import replace
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from crm_workflows.business import reviews
from crm_workflows.business.customers import credit_on
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import Customer, CustomerInvoice, WantedReview
from crm_workflows.domain.rules import carries_out
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.running.attention import PUT_OFF

LIMIT, OWNERSHIP = "limit_nearly_used", "change_of_ownership"
NEARLY: Final = "credit_nearly_used"
USUAL_SHARE: Final = 90
"""Per cent of a limit, where the policy says nothing."""
AT_ONCE: Final = 100
HUNDRED: Final = 100


def open_invoices(reader: Reader, code: str, currency: str) -> Money:
    """The sum of what is not paid, due or not; invoices in another currency are left out, as no rate is known."""
    unpaid = reader.find(CustomerInvoice, customer=code, paid_at=None)
    amounts = (Money.model_validate(one.amount) for one in unpaid)
    return sum((one for one in amounts if one.currency == currency), Money.of(0, currency))


def not_counted(reader: Reader, code: str, currency: str) -> tuple[Money, ...]:
    """What is not paid in other currencies, the sum of each: no limit holds it, as no rate is known."""
    sums: dict[str, Money] = {}
    for one in reader.find(CustomerInvoice, customer=code, paid_at=None):
        money = Money.model_validate(one.amount)
        if money.currency != currency:
            sums[money.currency] = sums.get(money.currency, Money.of(0, money.currency)) + money
    return tuple(sums[one] for one in sorted(sums))


def share_of(used: Money, limit: Money) -> Decimal:
    """How many per cent of a limit are used, rounded down to a whole number."""
    return (used.amount * HUNDRED / limit.amount).to_integral_value(ROUND_DOWN)


def has_been_looked_at(tx: Transaction, code: str, case: str) -> None:
    """Of a limit that a review has just lowered: whoever decided saw what is used of it, so that no other review comes
    before less is used again.
    """
    if tx.get(WantedReview, code, LIMIT) is None:
        tx.insert(WantedReview(code, LIMIT, None, review=case))
    else:
        tx.update(WantedReview, (code, LIMIT), wanted_at=None, review=case)


def limit_of(credit: Any) -> Money | None:
    """The limit of the terms that hold; None for who pays in advance."""
    limit = (credit or {}).get("limit")
    return Money.model_validate(limit) if limit else None


@carries_out("ON-12")
def act_on_wanted(engine: Engine) -> int:
    """Look at every customer that has to be looked at; returns how many reviews were opened.

    Safe in several processes, and after a death in between: a review is found again by its key. Whoever cannot be
    reviewed holds up nobody.
    """
    now, opened = engine.clock.now(), 0
    while True:
        with engine.store.read() as reader:
            due = reader.due(WantedReview, "wanted_at", now, limit=AT_ONCE)
        opened += sum(_act_on(engine, one, now) for one in due)
        if len(due) < AT_ONCE:
            return opened


def _act_on(engine: Engine, one: WantedReview, now: datetime) -> bool:
    key = f"{one.why}/{one.customer}/{one.times + 1}"
    with engine.store.read() as reader:
        row = reader.get(Customer, one.customer)
        remark = None if row is None else _remark(engine, reader, row, one, now)
        earlier = reviews.opened_by(reader, key) if remark else None
        is_under_way = bool(remark) and reviews.is_open(reader, one.customer)
    if row is None or remark is None:
        _keep(engine, one, replace(one, wanted_at=None, review=None))
    elif one.why == LIMIT and one.review is not None:
        _keep(engine, one, replace(one, wanted_at=None))
    elif earlier:
        _keep(engine, one, replace(one, wanted_at=None, times=one.times + 1, review=earlier))
    elif is_under_way:
        _keep(engine, one, replace(one, wanted_at=now + PUT_OFF))
    else:
        started = reviews.bring_up(engine, row, one.why, remark, now, key=key, origin="register")
        if started is None:
            _keep(engine, one, replace(one, wanted_at=now + PUT_OFF))
            return False
        _keep(engine, one, replace(one, wanted_at=None, times=one.times + 1, review=started.code))
        return started.created
    return False


def _remark(engine: Engine, reader: Reader, row: Customer, one: WantedReview, now: datetime) -> str | None:
    """What the review says of why, in no language; None where there is no reason any more."""
    if one.why == OWNERSHIP:
        return one.remark
    limit = limit_of(credit_on(row.credit, engine.today(now)))
    if limit is None:
        return None
    used = open_invoices(reader, row.code, limit.currency)
    share = engine.staff.policy().number_or(NEARLY, USUAL_SHARE)
    if used.amount * HUNDRED < limit.amount * Decimal(share) or not used.amount:
        return None
    return f"{used} ≥ {share} % × {limit}"


def _keep(engine: Engine, one: WantedReview, now_it_is: WantedReview) -> None:
    """Unless something has been changed meanwhile, so that somebody has to look again."""
    changed = {name: getattr(now_it_is, name) for name in ("wanted_at", "times", "review")}
    with engine.store.write() as tx:
        tx.update(WantedReview, (one.customer, one.why), {"wanted_at": one.wanted_at}, **changed)
