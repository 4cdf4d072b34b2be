"""Begins the first re-tiering (RP-4) and the first survey (CB-8) by itself; each of them books the one after it.

Once for a database, whose first customer sets the days. It must not begin what somebody has begun by hand before.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from crm_workflows.business import retiering, surveys
from crm_workflows.domain.approvers import role
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.records import Booking, CaseRow, Customer, Meta
from crm_workflows.domain.rules import carries_out
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.running import opening
from crm_workflows.engine.running.attention import PUT_OFF

log = logging.getLogger(__name__)
CHOSEN: Final = "begin_by_themselves"
"""The policy names which processes do; both, where it says nothing."""
BEGUN: Final = "begun"


@dataclass(frozen=True)
class _Kind:
    process: str
    title: str
    in_charge: str
    """A role; its first person is the owner."""
    day: Callable[[date], date]

    @property
    def key(self) -> str:
        """Under which its day is kept, later that it has begun; also the idempotency key of the case."""
        return f"first/{self.process}"


KINDS: Final = (
    _Kind(retiering.PROCESS, "季度客户重新分级 Quarterly re-tiering", "data_steward", retiering.next_quarter),
    _Kind(
        surveys.PROCESS, "客户满意度调查 Customer satisfaction survey", "service_lead",
        lambda today: today + surveys.HALF_A_YEAR,
    ),
)  # fmt: skip


@carries_out("RP-4", "CB-8")
def make_due(engine: Engine) -> int:
    """Set the days as soon as there is a customer, and open what has come; returns how many cases were opened.

    Safe in several processes and after a death in between: a case is found again by its key.
    """
    return sum(_open(engine, kind) for kind in _due(engine))


def _due(engine: Engine) -> Iterator[_Kind]:
    now, wanted = engine.clock.now(), _wanted(engine)
    for kind in KINDS:
        with engine.store.read() as reader:
            kept = reader.get(Meta, kind.key)
            has_customers = kept is not None or bool(reader.find(Customer, limit=1))
        if kept is None and has_customers and kind.process in wanted:
            calendar = engine.staff.calendar()
            at = calendar.next_opening(calendar.midnight(kind.day(engine.today(now))))
            with engine.store.write() as tx:
                tx.insert_new(Meta(kind.key, at.isoformat()))
        elif kept is not None and kind.process in wanted and _has_come(kept, now):
            yield kind


def _has_come(kept: Meta, now: datetime) -> bool:
    return kept.value != BEGUN and datetime.fromisoformat(kept.value) <= now


def _wanted(engine: Engine) -> set[str]:
    policy = engine.staff.policy()
    named = policy.text(CHOSEN).split(",") if CHOSEN in policy else [kind.process for kind in KINDS]
    return {name.strip() for name in named} & set(engine.procedures)


def _open(engine: Engine, kind: _Kind) -> bool:
    """Open the case unless it is needless; whoever cannot be found to be in charge puts it off, and it is logged."""
    value, was_new = BEGUN, False
    try:
        with engine.store.read() as reader:
            is_needless = _goes_on(reader, kind)
        if not is_needless:
            today = engine.today(engine.clock.now())
            who = engine.staff.directory().resolve(role(kind.in_charge), on=today)[0].person.email
            input_: dict[str, Any] = {"title": kind.title, "owner": who}
            was_new = opening.start(
                engine, kind.process, input_, requester=None, origin="round", idempotency_key=kind.key
            ).created  # fmt: skip
    except (Refused, NobodyToAsk) as error:
        log.error("not begun by itself", extra={"flow": kind.process, "error": error.message})
        value = (engine.clock.now() + PUT_OFF).isoformat()
    with engine.store.write() as tx:
        tx.put(Meta(kind.key, value))
    return was_new


def _goes_on(reader: Reader, kind: _Kind) -> bool:
    """Whether ours was opened by a process that died, or somebody's own has booked the next one."""
    is_open = bool(reader.find(CaseRow, idempotency_key=kind.key, limit=1))
    return is_open or reader.count(Booking, process=kind.process, is_open=True) > 0
