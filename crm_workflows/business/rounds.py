"""Recurring rounds of callbacks (CB-2), as an administrator sets them: checked, previewed, kept with an edition.

Our row is the truth. It must not carry a round out (`calling`), nor decide what a callback does.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from crm_workflows.business import round_faults, tags
from crm_workflows.business.callbacks import shorter_silence_of, silence_of
from crm_workflows.business.round_faults import NAMED_AT_MOST, SILENT, TAG
from crm_workflows.business.tiering import TIERS
from crm_workflows.domain.cron import zone_of
from crm_workflows.domain.errors import NotEntitled, NotFound, Refused
from crm_workflows.domain.records import DueCallback, Round
from crm_workflows.domain.recurrence import CADENCE, read_rule
from crm_workflows.domain.text import bilingual, counted, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.round_ports import Calls, Piece

COLUMNS: Final = ("tier", "region", "owner", "industry")
LOOKED_AHEAD: Final = timedelta(days=30)
AT_ONCE: Final = 100
MORNING: Final = "R-0000"
TITLE: Final = "晨间回访 / Morning callbacks"
OURS: Final = (TITLE, "晨间回访 Morning callbacks")
"""The name that we gave the morning round, now and in 0.1.0; every other name is what an admin typed."""


@dataclass(frozen=True)
class Preview:
    """What a round would do in the next 30 days: its instants, the first of its customers, how many per owner."""

    occurrences: tuple[datetime, ...]
    customers: tuple[tuple[str, str], ...]
    """Code and name of some, by code."""
    owners: dict[str, int]
    not_called: Mapping[str, int] = field(default_factory=dict)
    """How many of the chosen the last of these occurrences leaves out, as things stand now, by reason."""

    @property
    def many(self) -> int:
        """How many customers in all."""
        return sum(self.owners.values())

    @property
    def said(self) -> str:
        """How often and how many customers, bilingual; no more times are looked for than `AT_ONCE`."""
        times, many = len(self.occurrences), self.many
        zh, en = ("至少 ", "at least ") if times == AT_ONCE else ("", "")
        counts = f"{en}{counted(times, 'time', 'times')}, {counted(many, 'customer', 'customers')}"
        return bilingual(f"{zh}{times} 次，{many} 家客户", counts)


def draft(engine: Engine, by: str, before: Round | None = None, *, seen: int | None = None, **values: Any) -> Round:
    """A round that is not kept yet, checked: cron line, zone, dates, who calls, and that an admin asks for it.

    `seen` is the edition that the admin has had before their eyes. Raises InvalidInput with each field that is wrong,
    NotEntitled, or Refused where somebody has changed or removed it since.
    """
    admin, now = _admin(engine, by), engine.clock.now()
    default_zone = engine.staff.calendar().zone
    base = before or Round(
        "", "", "", default_zone, {}, "", "", None, None, False, None, None, now, admin
    )  # fmt: skip
    _check_edition(base, base.edition if seen is None else seen)
    made = replace(base, **values, changed_at=now, changed_by=admin, retry_at=None)
    if made.chooses and made.chooses.get(TAG):
        with suppress(ValueError):
            made = replace(made, chooses=made.chooses | {TAG: tags.one(str(made.chooses[TAG]))})
    made = replace(made, edition=before.edition + 1 if before else 1)
    round_faults.check(engine, made)
    return replace(made, next_at=None if made.is_paused else following(engine, made, now))


def save(engine: Engine, made: Round) -> Round:
    """Keep a draft; a new one gets its code, `R-0001`. Refused where somebody has changed it since it was drafted."""
    with engine.store.write() as tx:
        if not made.code:
            made = replace(made, code=f"R-{tx.next_number('round'):04d}")
            tx.insert(made)
        else:
            columns = {name: value for name, value in asdict(made).items() if name not in ("code", "fired_at")}
            if not tx.update(Round, (made.code,), {"edition": made.edition - 1}, **columns):
                raise _changed(tx.get(Round, made.code) or made)
            if made.is_paused:
                # Else what waits for room would go on being opened every morning, and keep other rounds from it.
                tx.update_where(
                    DueCallback, {"round": made.code, "is_waiting": True, "handed_at": None}, is_waiting=False
                )
    engine.store.wake()
    return made


def pause(engine: Engine, code: str, by: str, *, seen: int | None = None) -> Round:
    """Nothing is opened until it is resumed. What it says is not checked anew: a wrong one can always be stopped."""
    return _change(engine, code, by, seen, is_paused=True, next_at=None)


def resume(engine: Engine, code: str, by: str, *, seen: int | None = None) -> Round:
    """It goes on with the next occurrence from now, checked as when it was made."""
    return save(engine, draft(engine, by, found(engine, code), seen=seen, is_paused=False))


def remove(engine: Engine, code: str, by: str, *, seen: int | None = None) -> Round:
    """A removed round is kept for good, so that its occurrences stay explained; it never comes back."""
    return _change(engine, code, by, seen, is_removed=True, is_paused=True, next_at=None)


def adopt(engine: Engine, before: Round, *, cron: str, zone: str, is_paused: bool) -> Round:
    """Take an edit over that was made in Prefect, which does not say by whom; checked as any other."""
    made = replace(before, cron=cron, zone=zone, is_paused=is_paused, edition=before.edition + 1, retry_at=None)
    _check_edition(before, before.edition)
    if not is_paused or (cron, zone) != (before.cron, before.zone):  # one that would be refused now can be stopped
        round_faults.check_times(made)
    now = engine.clock.now()
    next_at = None if is_paused else following(engine, made, now)
    return save(engine, replace(made, next_at=next_at, changed_at=now, changed_by="prefect"))


def _change(engine: Engine, code: str, by: str, seen: int | None, **columns: Any) -> Round:
    before, admin = found(engine, code), _admin(engine, by)
    _check_edition(before, before.edition if seen is None else seen)
    at = engine.clock.now()
    return save(engine, replace(before, **columns, changed_at=at, changed_by=admin, edition=before.edition + 1))


def found(engine: Engine, code: str) -> Round:
    """The round with this code; raises NotFound."""
    with engine.store.read() as reader:
        row = reader.get(Round, code)
    if row is None:
        raise NotFound(bilingual(f"没有回访计划 {code}", f"there is no round {code}; see crmw schedule list"))
    return row


def following(engine: Engine, one: Round, after: datetime) -> datetime | None:
    """The first occurrence later than that, within its days of validity; None when there is none."""
    zone = zone_of(one.zone)
    if one.valid_from:
        begins = datetime.combine(date.fromisoformat(one.valid_from), datetime.min.time(), zone)
        after = max(after, begins - timedelta(microseconds=1))
    at = read_rule(one.cron).after(after, zone, engine.staff.calendar())
    is_over = at is not None and one.valid_to and at.astimezone(zone).date().isoformat() > one.valid_to
    return None if is_over else at


def preview(engine: Engine, one: Round) -> Preview:
    """Who would be called in the next 30 days, each customer once, before anything is saved."""
    now = engine.clock.now()
    occurrences: list[datetime] = []
    at = following(engine, one, now)
    while at is not None and at <= now + LOOKED_AHEAD and len(occurrences) < AT_ONCE:
        occurrences.append(at)
        at = following(engine, one, at)
    if not occurrences:
        return Preview((), (), {})
    wanted = calls_of(engine, one, occurrences[-1])
    with engine.store.read() as reader:
        first, owners = reader.called(wanted, NAMED_AT_MOST), reader.called_by_owner(wanted)
        others = reader.not_called(wanted, Piece())
    return Preview(tuple(occurrences), tuple((c.code, c.name) for c in first), dict(owners), others)


def calls_of(engine: Engine, one: Round, at: datetime) -> Calls:
    """Whom the round calls at that instant: whoever it chooses and the silence of whose tier is over (CB-1, CB-3)."""
    given, policy = one.chooses or {}, engine.staff.policy()
    keeps_cadence = one.cron.strip() == CADENCE
    return Calls(
        one.code,
        one.next_at.isoformat() if one.next_at else "",
        CADENCE if keeps_cadence else "round",
        {tier: at - silence_of(tier, policy) for tier in TIERS},
        at - timedelta(days=int(given.get(SILENT) or 0)),
        engine.staff.directory().identity(one.does) if one.does else "",
        {name: str(given[name]) for name in COLUMNS if given.get(name)},
        at if keeps_cadence else None,
        str(given.get(TAG) or ""),
        {tier: at - shorter_silence_of(tier, policy) for tier in TIERS},
        at,
    )


def title_in(one: Round, language: str) -> str:
    """What the round is called: ours in the reader's language, an admin's as it was typed."""
    return in_language(TITLE, language) if one.title in OURS else one.title


def begin_morning(engine: Engine) -> None:
    """Make the morning round (CB-3), once for a database: an admin may change, pause or remove it."""
    with engine.store.read() as reader:
        if reader.get(Round, MORNING):
            return
    now, zone = engine.clock.now(), engine.staff.calendar().zone
    one = Round(MORNING, TITLE, CADENCE, zone, {}, "", "", None, None, False, None, None, now, "engine")
    with engine.store.write() as tx:
        tx.insert_new(replace(one, next_at=following(engine, one, now)))


def _admin(engine: Engine, address: str) -> str:
    person = engine.staff.directory().person(address)
    if person is None:
        zh = f"{address} 不在人员名册中，请核对地址"
        raise NotFound(bilingual(zh, f"{address} is not in the directory; check the address"))
    if not person.active or "admin" not in person.roles:
        zh = f"{address} 不是管理员，不能更改回访计划（CB-2）"
        raise NotEntitled(bilingual(zh, f"{address} is no admin and cannot change rounds (CB-2)"))
    return person.email


def _check_edition(before: Round, seen: int) -> None:
    if before.is_removed:
        zh = f"回访计划 {before.code} 已停用，请新建计划"
        raise Refused(bilingual(zh, f"round {before.code} was removed; add a new one"))
    if seen != before.edition:
        raise _changed(before)


def _changed(before: Round) -> Refused:
    zh = f"回访计划 {before.code} 刚被 {before.changed_by} 更改，请查看最新内容后再改"
    en = f"round {before.code} was changed by {before.changed_by} meanwhile; look at it as it is now, then change it"
    return Refused(bilingual(zh, en))
