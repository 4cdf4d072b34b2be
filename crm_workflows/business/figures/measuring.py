"""Works key figures out from what their views count (RP-2). Pure but for its reads; it must not choose a period.

Days have one decimal, and four where it is less than a day, so that minutes are not nothing; shares are per cent with
one decimal. The 90th percentile is the nearest rank: the smallest number of days within which nine in ten stayed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from math import ceil
from typing import Final

from crm_workflows.business.figures.kpi import Kind, Kpi
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.report import both
from crm_workflows.domain.text import SEPARATOR, bilingual
from crm_workflows.engine.figure_ports import Observed

TENTH: Final = Decimal("0.1")
OF_A_DAY: Final = Decimal("0.0001")
"""To the nearest nine seconds."""
HUNDRED: Final = 100
NINE_IN_TEN: Final = Decimal("0.9")
DAY: Final = timedelta(days=1)
COMPANY_AMOUNT: Final = "tier_full_value"
"""An amount that every policy has."""
TIERS: Final = ("A", "B", "C")


@dataclass(frozen=True)
class Value:
    """A figure over so many things; `value` is None where there is nothing to tell."""

    count: int
    value: Decimal | None = None
    """Median days, per cent, or a number."""
    high: Decimal | None = None
    """Of days: what nine in ten stayed within."""
    hits: int | None = None
    """Of a share: how many are as they should be."""
    money: tuple[Money, ...] = ()
    """Of amounts: the sum in each currency."""


def days_between(begin: datetime, end: datetime) -> Decimal:
    """Rounded days."""
    return _rounded(Decimal((end - begin) // timedelta(microseconds=1)) / (DAY // timedelta(microseconds=1)))


def _rounded(days: Decimal) -> Decimal:
    return days.quantize(TENTH if days >= 1 else OF_A_DAY, ROUND_HALF_UP)


def per_cent(hits: int, count: int) -> Decimal | None:
    """A share; None of nothing."""
    return (Decimal(hits * HUNDRED) / count).quantize(TENTH, ROUND_HALF_UP) if count else None


def median(values: Sequence[Decimal]) -> Decimal | None:
    """The middle, or the mean of the two middle ones."""
    ordered, half = sorted(values), len(values) // 2
    if not ordered:
        return None
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return _rounded(middle)


def nine_in_ten(values: Sequence[Decimal]) -> Decimal | None:
    """The nearest-rank 90th percentile."""
    return sorted(values)[ceil(NINE_IN_TEN * len(values)) - 1] if values else None


def value_of(kpi: Kpi, rows: Sequence[Observed], policy: Policy, today: date) -> Value:
    """The figure over these observations."""
    if kpi.kind is Kind.DAYS:
        days = [days_between(one.began_at, one.ended_at) for one in rows if one.began_at and one.ended_at]
        return Value(len(days), median(days), nine_in_ten(days))
    count = sum(one.many for one in rows)
    if kpi.kind in (Kind.SHARE, Kind.SHARE_NOW, Kind.AMISS):
        hits = sum(one.many for one in rows if is_hit(kpi, one, policy))
        amiss = Decimal(count - hits) if rows else None
        return Value(count, amiss if kpi.kind is Kind.AMISS else per_cent(hits, count), hits=hits)
    if kpi.kind is Kind.PAUSED:
        lasted = sum(_seconds(one) for one in rows)
        stood = sum(one.number or 0 for one in rows)
        return Value(len(rows), per_cent(stood, lasted))
    if kpi.kind is Kind.MONEY:
        counted = [one for one in rows if not (kpi.amiss_only and is_hit(kpi, one, policy))]
        return Value(len(counted), money=_sums(counted))
    if kpi.kind is Kind.OVERDUE_NOW:
        over = sum(one.until_on is not None and one.until_on < today.isoformat() for one in rows)
        return Value(len(rows), Decimal(over), hits=len(rows) - over)
    return Value(count, Decimal(count))


def in_currency(rows: Iterable[Observed], policy: Policy) -> list[Observed]:
    """Those in the currency of the policy's amounts: no rate is known for others."""
    currency = policy.amount(COMPANY_AMOUNT).currency
    return [one for one in rows if one.amount is not None and Money.model_validate(one.amount).currency == currency]


def growth(rows: Sequence[Observed], before: Sequence[Observed], policy: Policy) -> Value:
    """Per cent by which the amounts are more than those before; `money` has both sums. None where there was nothing."""
    none = Money.of(0, policy.amount(COMPANY_AMOUNT).currency)
    now, then = (next(iter(_sums(one)), none) for one in (rows, before))
    more = (now.amount - then.amount) * HUNDRED
    change = (more / then.amount).quantize(TENTH, ROUND_HALF_UP) if then.amount else None
    return Value(len(rows), change, money=(now, then))


def is_hit(kpi: Kpi, one: Observed, policy: Policy) -> bool:
    """Whether an observation is what the figure counts a share of."""
    if kpi.within is not None:
        return one.began_at is not None and one.ended_at is not None and one.ended_at - one.began_at <= kpi.within
    if kpi.again_within:
        days = timedelta(days=policy.number(kpi.again_within))
        return one.began_at is not None and one.at is not None and one.at - one.began_at <= days
    if kpi.of_part:
        return one.part == kpi.of_part
    if kpi.results:
        return one.result in kpi.results
    if kpi.reaches:
        return one.number is not None and one.number >= policy.number(kpi.reaches)
    return one.hit == 1


def _seconds(one: Observed) -> int:
    return (one.ended_at - one.began_at) // timedelta(seconds=1) if one.began_at and one.ended_at else 0


def by(name: str, rows: Iterable[Observed]) -> list[tuple[str, list[Observed]]]:
    """The observations of each part or person, in order; those without one are left out."""
    named = sorted(((getattr(one, name), one) for one in rows if getattr(one, name)), key=lambda pair: str(pair[0]))
    return [(key, [one for _, one in group]) for key, group in groupby(named, key=lambda pair: str(pair[0]))]


def parts_of(kpi: Kpi, rows: Sequence[Observed]) -> list[tuple[str, list[Observed]]]:
    """The observations of each part, told apart by product or department too where the figure says so."""
    if not kpi.beside:
        return by("part", rows)
    found: dict[str, list[Observed]] = {}
    for one in rows:
        beside = one.department if kpi.beside == "department" else (one.product or "").replace(SEPARATOR, "/")
        if beside and one.part:
            (zh, en), (cause_zh, cause_en) = both(beside), both(one.part)
            found.setdefault(bilingual(f"{zh}：{cause_zh}", f"{en}: {cause_en}"), []).append(one)
    return sorted(found.items())


def _sums(rows: Sequence[Observed]) -> tuple[Money, ...]:
    sums: dict[str, Money] = {}
    for one in rows:
        if one.amount is not None:
            money = Money.model_validate(one.amount)
            sums[money.currency] = sums.get(money.currency, Money.of(0, money.currency)) + money
    return tuple(sums[currency] for currency in sorted(sums))
