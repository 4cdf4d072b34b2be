"""Books the callbacks that imported orders and contracts bring with them, and those that a payment settles (CB-1).

It must not call anybody.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from crm_workflows.business import events
from crm_workflows.business.imports.table import Plan, Surroundings
from crm_workflows.business.payments import overdue_from
from crm_workflows.domain.records import (
    CallbackEvent,
    ContactMade,
    Customer,
    CustomerContract,
    CustomerInvoice,
    CustomerOrder,
    DueCallback,
    WantedReview,
)
from crm_workflows.engine.round_ports import MOVED

Known = dict[tuple[str, str], CallbackEvent]
"""Events by customer and reference."""
OF_NOTHING: Final[dict[str, object]] = {"is_waiting": False, "occurrence": "", "handed_at": None, "opens_at": None}
"""A line of what is due when nothing is: another event, and this one too, may make use of it."""


def deliveries(plan: Plan, orders: list[CustomerOrder], around: Surroundings) -> None:
    """A delivery on another day than was known calls on another day, unless it has called already."""
    found = (events.of_delivery(order, around.policy, around.zone, around.now) for order in orders)
    wanted = [event for event in found if event]
    known = _known(around, events.DELIVERY, {event.customer for event in wanted})
    for event in wanted:
        old = known.get((event.customer, event.reference))
        if old is None:
            plan.new.append(event)
        elif old.due_at not in (None, event.due_at):
            plan.changes.append((CallbackEvent, _place(old), {"due_at": event.due_at}))


def services(plan: Plan, made: list[ContactMade], around: Surroundings) -> None:
    """One call for all services of a day."""
    found = (
        events.of_service(one, around.policy, around.zone, around.now) for one in made if one.kind == events.SERVICE
    )
    wanted = {(event.customer, event.reference): event for event in found if event}
    known = _known(around, events.SERVICE, {customer for customer, _ in wanted})
    plan.new += [event for place, event in wanted.items() if place not in known]


def contract_ends(plan: Plan, contracts: list[CustomerContract], around: Surroundings) -> None:
    """A contract that ends on another day now no longer calls for the old one."""
    known = _known(around, events.CONTRACT, {one.customer for one in contracts})
    of_each: dict[tuple[str, str], list[CallbackEvent]] = defaultdict(list)
    for old in known.values():
        of_each[old.customer, events.number_of(old)].append(old)
    for contract in contracts:
        event = events.of_contract(contract, around.policy, around.zone, around.now)
        for old in of_each[contract.customer, contract.number]:
            if event is None or old.reference != event.reference:
                _take_back(plan, old, around)
        if event is not None and (event.customer, event.reference) not in known:
            plan.new.append(event)


def payments(plan: Plan, settled: list[CustomerInvoice], around: Surroundings) -> None:
    """Nobody is called about an invoice that is paid, or not overdue yet, even if the callback waits for room."""
    numbers = {(one.customer, one.number) for one in settled}
    customers = {customer for customer, _ in numbers}
    waiting = _waiting(around, events.PAYMENT, customers)
    for old in _known(around, events.PAYMENT, customers).values():
        if (old.customer, events.number_of(old)) not in numbers:
            continue
        _take_back(plan, old, around)
        occurrence = events.occurrence_of(old)
        if (old.customer, occurrence) in waiting:
            row: dict[str, object] = {"customer": old.customer, "occurrence": occurrence, "is_waiting": True}
            plan.changes.append((DueCallback, row, OF_NOTHING))
            plan.changes.append((CallbackEvent, _place(old), {"outcome": MOVED}))


def all_paid(plan: Plan, settled: list[CustomerInvoice], owing: Iterable[str], around: Surroundings) -> None:
    """Of those who were called sooner, whoever owes nothing overdue any more is called by their tier again (CB-1)."""
    numbers = {(one.customer, one.number) for one in settled}
    among = sorted({customer for customer, _ in numbers} & set(owing))
    unpaid = around.reader.find(CustomerInvoice, customer=among, paid_at=None) if among else []
    still = {
        one.customer
        for one in unpaid
        if (one.customer, one.number) not in numbers
        and overdue_from(one.due_at, around.policy, around.zone) <= around.now
    }
    for customer in among:
        if customer not in still:
            plan.changes.append((Customer, {"code": customer}, {"overdue_since": None}))


def look_at(plan: Plan, why: str, remarks: Mapping[str, str], around: Surroundings) -> None:
    """Enter that somebody has to look whether these customers are reviewed (ON-12), with what has changed of each."""
    found = around.reader.find(WantedReview, why=why, customer=list(remarks)) if remarks else []
    known = {one.customer for one in found}
    for customer, remark in remarks.items():
        if customer in known:
            row: dict[str, object] = {"customer": customer, "why": why}
            plan.changes.append((WantedReview, row, {"wanted_at": around.now, "remark": remark}))
        else:
            plan.new.append(WantedReview(customer, why, around.now, remark))


def _take_back(plan: Plan, old: CallbackEvent, around: Surroundings) -> None:
    if old.due_at is not None:
        taken: dict[str, object] = {"due_at": None, "settled_at": around.now, "outcome": MOVED}
        plan.changes.append((CallbackEvent, _place(old), taken))


def _known(around: Surroundings, why: str, customers: Iterable[str]) -> Known:
    among = list(customers)
    found = around.reader.find(CallbackEvent, why=why, customer=among) if among else []
    return {(one.customer, one.reference): one for one in found}


def _waiting(around: Surroundings, why: str, customers: Iterable[str]) -> set[tuple[str, str]]:
    """Customer and occurrence of each callback that has become due by such an event and is not open yet."""
    among = list(customers)
    found = around.reader.find(DueCallback, why=why, customer=among, is_waiting=True) if among else []
    return {(one.customer, one.occurrence) for one in found}


def _place(one: CallbackEvent) -> dict[str, object]:
    """This row, while nobody else has changed it."""
    return {"customer": one.customer, "why": one.why, "reference": one.reference, "due_at": one.due_at}
