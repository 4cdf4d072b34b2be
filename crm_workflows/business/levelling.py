"""Levels callbacks that are due to what each person can do in a day, and opens their cases (CB-3).

Until its turn comes a callback is a row. It must not decide who is called: rounds do.
"""

import logging
from datetime import date, datetime, timedelta
from typing import Any, Final

from crm_workflows.business.callbacks import due_after
from crm_workflows.business.customers import people_in
from crm_workflows.domain.errors import Refused, StoreBusy
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.records import UNFINISHED, CaseRow, Customer, DueCallback, Meta, Round
from crm_workflows.domain.recurrence import CADENCE
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.digests.after_round import LEVELLED_ON, ROUND
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.running import opening
from crm_workflows.engine.running.attention import PUT_OFF

log = logging.getLogger(__name__)
PROCESS: Final = "periodic-callbacks"
CAPACITY: Final = "callback_capacity"
USUAL_CAPACITY: Final = 20
BATCH: Final = 100
NOBODY: Final = bilingual("客户没有联系人，请补充", "the customer has nobody to call; add a contact")


def is_morning(engine: Engine, now: datetime) -> bool:
    """Whether a working day has begun on which nobody has been handed anything yet."""
    calendar = engine.staff.calendar()
    if not calendar.is_working(now):
        return False
    with engine.store.read() as reader:
        held = reader.get(Meta, LEVELLED_ON)
    return held is None or held.value != engine.today(now).isoformat()


def hand_out(engine: Engine, now: datetime) -> int:
    """Hand each person what there is room for today, the most urgent first; returns how many callbacks."""
    today = engine.today(now)
    policy = engine.staff.policy()
    # A policy that was put in force before there was the key: rounds must not stand still until somebody adds it.
    capacity = policy.number(CAPACITY) if CAPACITY in policy else USUAL_CAPACITY
    with engine.store.write() as tx:
        # Held to the commit, so that two processes cannot both find the same room.
        tx.put(Meta(LEVELLED_ON, today.isoformat()))
        return tx.hand_out(capacity, _day(engine, today), now)


def _day(engine: Engine, day: date) -> tuple[datetime, datetime]:
    calendar = engine.staff.calendar()
    return calendar.midnight(day), calendar.midnight(day + timedelta(days=1))


def open_handed_out(engine: Engine, now: datetime) -> int:
    """Open the case of each callback that was handed out; returns how many. Whoever cannot be opened holds up nobody.

    A process that dies after a case was opened finds that case again by its key.
    """
    opened = 0
    while True:
        with engine.store.read() as reader:
            due = reader.due(DueCallback, "opens_at", now, limit=BATCH)
        for row in due:
            opened += _opened(engine, row, now)
        if len(due) < BATCH:
            return opened


def _opened(engine: Engine, row: DueCallback, now: datetime) -> bool:
    done: dict[str, Any] = {"is_waiting": False, "opens_at": None}
    was_new = False
    try:
        started = _open(engine, row)
        done |= {"case": started.code}
        was_new = started.created
    except StoreBusy:
        raise
    except (Refused, NobodyToAsk) as error:
        log.error("callback not opened", extra={"customer": row.customer, "error": error.message})
        done |= {"problem": error.message}
    except Exception as error:
        log.exception("callback not opened", extra={"customer": row.customer, "error": type(error).__name__})
        done = {"opens_at": now + PUT_OFF}
    with engine.store.write() as tx:
        tx.update(DueCallback, (row.customer,), {"occurrence": row.occurrence, "is_waiting": True}, **done)
        _hold(tx, row.customer, done.get("case"))
    return was_new


def _hold(tx: Transaction, customer: str, case: str | None) -> None:
    """The customer has a callback from now on, even if no worker begins it before the next morning (CB-1)."""
    opened, row = tx.get(CaseRow, case), tx.get(Customer, customer)
    if opened is None or opened.status not in UNFINISHED or row is None:
        return
    before = tx.get(CaseRow, row.open_callback)
    if before is None or before.status not in UNFINISHED:
        tx.update(Customer, (customer,), {"open_callback": row.open_callback}, open_callback=opened.code)


def _open(engine: Engine, row: DueCallback) -> opening.Started:
    key = f"round/{row.round}/{row.occurrence}/{row.customer}"
    with engine.store.read() as reader:
        earlier = reader.find(CaseRow, idempotency_key=key, limit=1)
        customer, one = reader.get(Customer, row.customer), reader.get(Round, row.round)
        people = people_in(reader, row.customer)
    if earlier:
        return opening.Started(earlier[0].code, earlier[0].status, created=False)
    if customer is None or not people:
        raise Refused(NOBODY)
    first = people[0]
    # Whoever is known by phone alone is called all the same.
    email = next((one.email for one in people if one.email), None)
    contact = {"name": first.name, "email": email, "phone": first.phone, "language": first.language}
    owner = engine.staff.directory().identity(row.owner)
    input_ = {
        "company": customer.name, "customer": customer.code, "contact": contact, "tier": customer.tier,
        "why": _why(engine, row, customer), "questions": one.questions if one else "",
        "owner": opening.keeper(engine, owner).email, "about": _about(row),
    }  # fmt: skip
    return opening.start(engine, PROCESS, input_, requester=None, origin=ROUND, idempotency_key=key)


def _about(row: DueCallback) -> str:
    """What happened (CB-1): the occurrence of an event is why and reference."""
    why, _, reference = row.occurrence.partition("/")
    return reference if why == row.why else ""


def _why(engine: Engine, row: DueCallback, customer: Customer) -> str:
    """The reason that the caller reads: by cadence it is the first one, agreed last time, or the tier's silence."""
    if row.why != CADENCE:
        return row.why
    due = due_after(customer, engine.staff.policy(), row.made_at)
    if due is None:
        return "first"
    return CADENCE if due <= row.made_at or customer.next_callback_at is None else "agreed"
