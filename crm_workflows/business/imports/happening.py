"""Books the callbacks that imported orders and contracts bring with them, and those that a payment settles (CB-1).

It must not call anybody.
"""

from collections import defaultdict
from collections.abc import Iterable

from crm_workflows.business import events
from crm_workflows.business.imports.table import Plan, Surroundings
from crm_workflows.domain.records import CallbackEvent, CustomerContract, CustomerInvoice, CustomerOrder
from crm_workflows.engine.round_ports import MOVED

Known = dict[tuple[str, str], CallbackEvent]
"""Events by customer and reference."""


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


def payments(plan: Plan, invoices: list[CustomerInvoice], around: Surroundings) -> None:
    """Nobody is called about an invoice that is paid."""
    paid = {(one.customer, one.number) for one in invoices if one.paid_at is not None}
    for old in _known(around, events.PAYMENT, {customer for customer, _ in paid}).values():
        if (old.customer, events.number_of(old)) in paid:
            _take_back(plan, old, around)


def _take_back(plan: Plan, old: CallbackEvent, around: Surroundings) -> None:
    if old.due_at is not None:
        taken: dict[str, object] = {"due_at": None, "settled_at": around.now, "outcome": MOVED}
        plan.changes.append((CallbackEvent, _place(old), taken))


def _known(around: Surroundings, why: str, customers: Iterable[str]) -> Known:
    among = list(customers)
    found = around.reader.find(CallbackEvent, why=why, customer=among) if among else []
    return {(one.customer, one.reference): one for one in found}


def _place(one: CallbackEvent) -> dict[str, object]:
    """This row, while nobody else has changed it."""
    return {"customer": one.customer, "why": one.why, "reference": one.reference, "due_at": one.due_at}
