"""Recurring rounds of callbacks (CB-2): set by an administrator, carried out by a worker, each occurrence once.

Our row is the truth. It must not decide what a callback does.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from crm_workflows.business.customers import people_in
from crm_workflows.business.tiering import TIERS
from crm_workflows.domain.cron import read_cron, zone_of
from crm_workflows.domain.errors import InvalidInput, NotEntitled, NotFound, Refused
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.records import CaseRow, Customer, Round
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine import opening
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader

log = logging.getLogger(__name__)
PROCESS: Final = "periodic-callbacks"
COLUMNS: Final = ("tier", "region", "owner", "industry")
SILENT: Final = "silent_days"
LOOKED_AHEAD: Final = timedelta(days=30)
AT_ONCE: Final = 100
LONGEST_SILENCE: Final = 3660
"""Days; beyond what a calendar holds, one round would stop all."""


@dataclass(frozen=True)
class Preview:
    """What a round would do in the next 30 days: its instants, its customers (code and name), how many per owner."""

    occurrences: tuple[datetime, ...]
    customers: tuple[tuple[str, str], ...]
    owners: dict[str, int]


def draft(engine: Engine, by: str, before: Round | None = None, **values: Any) -> Round:
    """A round that is not kept yet, checked: cron line, zone, dates, who calls, and that an admin asks for it.

    Raises InvalidInput or NotEntitled in one sentence.
    """
    admin, now = _admin(engine, by), engine.clock.now()
    default_zone = engine.staff.calendar().zone
    base = before or Round(
        "", "", "", default_zone, {}, "", "", None, None, False, None, None, now, admin
    )  # fmt: skip
    made = replace(base, **values, changed_at=now, changed_by=admin)
    _check_dates(made)
    if int((made.chooses or {}).get(SILENT) or 0) > LONGEST_SILENCE:
        zh = f"未联系天数最多 {LONGEST_SILENCE} 天"
        raise InvalidInput(bilingual(zh, f"the days without contact are {LONGEST_SILENCE} at most"))
    for address in filter(None, (made.does, (made.chooses or {}).get("owner"))):
        if engine.staff.directory().person(address) is None:
            zh = f"{address} 不在人员名册中，请核对地址"
            raise InvalidInput(bilingual(zh, f"{address} is not among the staff; check the address"))
    tier = (made.chooses or {}).get("tier")
    if tier is not None and tier not in TIERS:
        zh = f"没有等级“{tier}”，可用：{', '.join(TIERS)}"
        raise InvalidInput(bilingual(zh, f"there is no tier {tier!r}; there are {', '.join(TIERS)}"))
    if not made.title.strip():
        raise InvalidInput("请为回访计划命名 / give the round a title")
    return replace(made, next_at=None if made.is_paused else following(made, now))


def save(engine: Engine, made: Round) -> Round:
    """Keep a draft; a new one gets its code, `R-0001`."""
    with engine.store.write() as tx:
        code = made.code or f"R-{tx.next_number('round'):04d}"
        kept = replace(made, code=code)
        tx.put(kept)
    engine.store.wake()
    return kept


def remove(engine: Engine, code: str, by: str) -> None:
    """A removed round is kept, paused for good at today's date, so that its occurrences stay explained."""
    before = found(engine, code)
    yesterday = engine.today(engine.clock.now()) - timedelta(days=1)
    ended = replace(before, valid_to=yesterday.isoformat(), valid_from=None, is_paused=True, next_at=None)
    save(engine, replace(ended, changed_at=engine.clock.now(), changed_by=_admin(engine, by)))


def found(engine: Engine, code: str) -> Round:
    """The round with this code; raises NotFound."""
    with engine.store.read() as reader:
        row = reader.get(Round, code)
    if row is None:
        raise NotFound(bilingual(f"没有回访计划 {code}", f"there is no round {code}; see crmw schedule list"))
    return row


def following(one: Round, after: datetime) -> datetime | None:
    """The first occurrence later than that, within its days of validity; None when there is none."""
    zone = zone_of(one.zone)
    if one.valid_from:
        begins = datetime.combine(date.fromisoformat(one.valid_from), datetime.min.time(), zone)
        after = max(after, begins - timedelta(microseconds=1))
    at = read_cron(one.cron).after(after, zone)
    is_over = at is not None and one.valid_to and at.astimezone(zone).date().isoformat() > one.valid_to
    return None if is_over else at


def preview(engine: Engine, one: Round) -> Preview:
    """Who would be called in the next 30 days, each customer once, before anything is saved."""
    now = engine.clock.now()
    occurrences: list[datetime] = []
    at = following(one, now)
    while at is not None and at <= now + LOOKED_AHEAD and len(occurrences) < AT_ONCE:
        occurrences.append(at)
        at = following(one, at)
    if not occurrences:
        return Preview((), (), {})
    with engine.store.read() as reader:
        customers = list(chosen(reader, one, occurrences[-1]))
    owners: dict[str, int] = {}
    for customer in customers:
        who = one.does or customer.owner
        owners[who] = owners.get(who, 0) + 1
    return Preview(tuple(occurrences), tuple((c.code, c.name) for c in customers), dict(sorted(owners.items())))


def chosen(reader: Reader, one: Round, at: datetime) -> Iterator[Customer]:
    """The customers of a round at that instant: active, and silent for as long as it asks."""
    given = one.chooses or {}
    equals: dict[str, Any] = {name: given[name] for name in COLUMNS if given.get(name)}
    silent = timedelta(days=int(given.get(SILENT) or 0))
    for customer in reader.find(Customer, status="active", consents=True, **equals):
        if (customer.last_contact_at or customer.registered_at) + silent <= at:
            yield customer


@carries_out("CB-2")
def fire(engine: Engine) -> int:
    """Carry out every round that is due; returns how many callbacks were opened. Safe in several processes.

    What was missed is caught up once: the next occurrence is counted from now. After a kill in the middle the same
    occurrence goes on, and whoever has a callback of it gets no second one.
    """
    now = engine.clock.now()
    with engine.store.read() as reader:
        due = reader.due(Round, "next_at", now, limit=AT_ONCE, is_paused=False)
    return sum(_carry_out(engine, one, now) for one in due)


def _carry_out(engine: Engine, one: Round, now: datetime) -> int:
    is_over = one.valid_to is not None and now.astimezone(zone_of(one.zone)).date().isoformat() > one.valid_to
    opened = 0
    if not is_over and one.next_at is not None:
        with engine.store.read() as reader:
            customers = list(chosen(reader, one, now))
        occurrence = f"round/{one.code}/{one.next_at.isoformat()}"
        for customer in customers:
            try:
                opened += _open(engine, one, customer, f"{occurrence}/{customer.code}")
            except (Refused, NobodyToAsk) as error:
                # One customer whose line is not in order holds up nobody else; the register shows it as not called.
                log.error("callback not opened", extra={"customer": customer.code, "error": error.message})
    with engine.store.write() as tx:
        # Only if nobody has carried it out or edited it meanwhile.
        tx.update(Round, (one.code,), {"next_at": one.next_at}, next_at=following(one, now), fired_at=now)
    log.info("round carried out", extra={"round": one.code, "opened": opened})
    return opened


def _open(engine: Engine, one: Round, customer: Customer, key: str) -> int:
    with engine.store.read() as reader:
        if reader.find(CaseRow, idempotency_key=key, limit=1):
            return 0
        people = people_in(reader, customer.code)
    if not people:
        log.warning("a customer has nobody to call", extra={"customer": customer.code})
        return 0
    first = people[0]
    contact = {"name": first.name, "email": first.email, "phone": first.phone, "language": first.language}
    owner = engine.staff.directory().identity(one.does or customer.owner)
    input_ = {
        "company": customer.name, "customer": customer.code, "contact": contact, "tier": customer.tier,
        "why": "round", "questions": one.questions, "owner": opening.keeper(engine, owner).email,
    }  # fmt: skip
    opening.start(engine, PROCESS, input_, requester=None, origin="round", idempotency_key=key)
    return 1


def _admin(engine: Engine, address: str) -> str:
    person = engine.staff.directory().person(address)
    if person is None or not person.active or "admin" not in person.roles:
        zh = f"{address} 不是管理员，不能更改回访计划（CB-2）"
        raise NotEntitled(bilingual(zh, f"{address} is no admin and cannot change rounds (CB-2)"))
    return person.email


def _check_dates(made: Round) -> None:
    read_cron(made.cron)
    zone_of(made.zone)
    for day in filter(None, (made.valid_from, made.valid_to)):
        try:
            is_day = date.fromisoformat(day).isoformat() == day and "2000" <= day < "3000"  # days are compared as text
        except ValueError:
            is_day = False
        if not is_day:
            zh = f"“{day}”不是日期，请写成 2026-03-02 这样"
            raise InvalidInput(bilingual(zh, f"{day!r} is no date; write it as 2026-03-02"))
    if made.valid_from and made.valid_to and made.valid_from > made.valid_to:
        raise InvalidInput("有效期的起始日晚于截止日 / the round ends before it begins")
