"""What the engine itself does at a re-tiering (RP-4), and the plans that follow from it (RP-5)."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from crm_workflows import Books, Fact, Policy, Shown, in_language, plans, retiering, step
from crm_workflows import person as somebody
from flows.customer_retiering.subject import Retiering

BOTH = ("zh", "en")
FOREIGN = "有其他币种交易、未评定，请人工复评 / Not judged, trade in another currency: please review each by hand"


@step(rule="RP-4", title="按规则重算全部等级 / work out all tiers by rule")
def propose(policy: Policy, *, books: Books) -> retiering.Proposal:
    """Every active customer of which something is known to judge it by."""
    return retiering.propose(books, policy)


def left(found: retiering.Proposal, excepted: tuple[str, ...]) -> tuple[retiering.TierChange, ...]:
    """The changes without the exceptions."""
    return tuple(one for one in found.changes if one.code not in excepted)


def listed(found: retiering.Proposal, changes: tuple[retiering.TierChange, ...], reason: str = "") -> Shown:
    """All changes, with their arithmetic, under each account manager."""
    by_owner = sorted(changes, key=lambda one: (one.owner, one.code))
    facts = []
    for (owner, name), group in groupby(by_owner, key=lambda one: (one.owner, one.owner_name)):
        held = list(group)
        facts.append(Fact(f"{name} {owner}", *("\n".join(_line(one, language) for one in held) for language in BOTH)))
    kept = "、".join(one.code for one in found.changes if one not in changes)
    return Shown(
        (
            Fact.of("评定的客户数 / Customers judged", found.judged),
            Fact.of("资料不足、未评定 / Not judged, nothing to judge by", found.unknown),
            *((Fact(FOREIGN, "、".join(found.foreign)),) if found.foreign else ()),
            Fact.of("等级变更数 / Changes of tier", len(changes)),
            *facts,
            *((Fact("保持原等级 / Keep their tier", f"{kept}：{reason}"),) if kept else ()),
        )
    )


def _line(one: retiering.TierChange, language: str) -> str:
    return f"{one.code} {one.name} {one.old} → {one.new} ({in_language(one.arithmetic, language)})"


def account_managers(changes: tuple[retiering.TierChange, ...]) -> tuple[Any, ...]:
    """Whose customers change tier, as people to be told."""
    return tuple(somebody(address) for address in sorted({one.owner for one in changes}))


@step(rule="RP-4", title="登记新等级 / enter the new tiers", after_send_back="once")
def enter(changes: tuple[retiering.TierChange, ...], *, books: Books) -> int:
    """All at once, in one transaction; returns how many."""
    return len(retiering.apply(books, changes))


@dataclass(frozen=True)
class Later:
    """The next re-tiering."""

    at: datetime | None
    """None where one is booked already: whoever starts one by hand does not begin a second row of quarters."""
    input: dict[str, Any]


@step(rule="RP-4", title="安排下季度 / book the next quarter")
def next_quarter(this: Retiering, *, books: Books) -> Later:
    """On the first day of the next quarter."""
    at = None if retiering.is_booked(books) else books.morning_of(retiering.next_quarter(books.today))
    return Later(at, this.model_dump(mode="json"))


@step(rule="RP-4", title="查找正在进行的重新分级 / look for one that is under way")
def under_way(*, books: Books) -> str | None:
    """The code of another one that is not over yet."""
    return retiering.under_way(books)


@step(rule="RP-4", title="找出没有计划的 A 级客户 / find the A customers without a plan")
def without_plan(*, books: Books) -> tuple[dict[str, Any], ...]:
    """What the plan of each begins with."""
    return tuple(plans.without_plan(books))
