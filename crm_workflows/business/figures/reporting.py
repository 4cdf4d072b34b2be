"""The report of one month (RP-1, RP-2): every figure with its parts, people, target and the months before.

It must not draw, print or send anything; figures of how things stand are of now, whichever month is asked for.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from crm_workflows.business.callbacks import silence_of
from crm_workflows.business.figures.kpi import Kind, Kpi
from crm_workflows.business.figures.kpis import MEASURED, kpis_of
from crm_workflows.business.figures.measuring import (
    TIERS,
    Value,
    by,
    growth,
    in_currency,
    parts_of,
    per_cent,
    value_of,
)
from crm_workflows.business.figures.months import YEAR, Month
from crm_workflows.business.figures.reading import ReadOnce
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.working_time import WorkingCalendar
from crm_workflows.engine.context import Engine
from crm_workflows.engine.figure_ports import Aged, By, FigureReader, Observed

AGES: Final = (1, 3, 7, 30)
"""Days at which the ages of what is open are told apart."""
TARGETS: Final = "targets"
"""The group of the policy that holds targets by name of the figure."""
BY: Final[tuple[By, ...]] = ("part", "person")
Named = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Measured:
    """One figure of one month."""

    kpi: Kpi
    whole: Value
    parts: Named = ()
    people: Named = ()
    departments: Named = ()
    """By name of the department."""
    before: tuple[tuple[Month, Value], ...] = ()
    """The months up to this one, or quarters, or years; none of a figure of now."""
    target: int | None = None

    @property
    def last(self) -> Value | None:
        """The month before, or quarter, or year."""
        return self.before[-2][1] if len(self.before) > 1 else None

    @property
    def meets(self) -> bool | None:
        """Whether it meets its target; None where there is none, or nothing was measured."""
        if self.target is None or self.whole.value is None:
            return None
        return self.whole.value <= self.target if self.kpi.less_is_better else self.whole.value >= self.target


@dataclass(frozen=True)
class ProcessReport:
    """All figures of one process for a month, and what is open now, by step and by person."""

    process: str
    title: str
    month: Month
    figures: tuple[Measured, ...]
    open_steps: tuple[Aged, ...]
    load: tuple[Aged, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all to tell."""
        return not (self.open_steps or self.load or any(one.whole.count for one in self.figures))

    def figure(self, name: str) -> Measured:
        """The figure of that name."""
        return next(one for one in self.figures if one.kpi.name == name)


@dataclass(frozen=True)
class Rules:
    """What measuring rests on beside the rows, as it is in force now."""

    policy: Policy
    calendar: WorkingCalendar
    people: Directory
    now: datetime


def rules_of(engine: Engine) -> Rules:
    """Those in force."""
    return Rules(engine.staff.policy(), engine.staff.calendar(), engine.staff.directory(), engine.clock.now())


@carries_out("RP-2")
def reports(engine: Engine, month: Month, process: str | None = None) -> list[ProcessReport]:
    """Of one process, or of all that have figures of their own; raises NotFound for one that is not installed."""
    titles = {name: made.title for name, made in engine.procedures.items()}
    if process is not None:
        engine.procedure(process)
    wanted = [process] if process else [name for name in MEASURED if name in titles]
    rules = rules_of(engine)
    with engine.store.read() as reader:
        once = ReadOnce(reader, process)
        return [report(rules, once, name, titles[name], month) for name in wanted]


def report(rules: Rules, reader: FigureReader, process: str, title: str, month: Month) -> ProcessReport:
    """The figures of a process, from one snapshot."""
    cuts = [rules.now - timedelta(days=days) for days in AGES]
    return ProcessReport(
        process, title, month, tuple(measured(reader, kpi, process, month, rules) for kpi in kpis_of(process)),
        tuple(reader.aged("open_steps", "part", cuts, now=rules.now, process=process)),
        tuple(reader.aged("load", "person", cuts, now=rules.now, process=process)),
    )  # fmt: skip


def measured(reader: FigureReader, kpi: Kpi, process: str, month: Month, rules: Rules) -> Measured:
    """One figure of one process."""
    key = f"{TARGETS}.{kpi.name}"
    key = key if key in rules.policy else kpi.aims_at
    target = rules.policy.number(key) if key in rules.policy else None
    if kpi.kind is Kind.LACKING:
        return Measured(kpi, Value(0), target=target)
    if kpi.kind is Kind.COVERED_NOW:
        return _covered(reader, kpi, rules, target)
    if kpi.kind is Kind.PART_NOW:
        among = {one.key: sum(one.counts) for one in reader.aged(kpi.view, "part", [], now=rules.now)}
        count, total = among.get(kpi.of_part, 0), sum(among.values())
        return Measured(kpi, Value(total, per_cent(count, total), hits=count), target=target)
    if kpi.kind is Kind.CHURN:
        return _churned(reader, kpi, month, rules, target)
    if kpi.kind is Kind.GROWN:
        return _grown(reader, kpi, process, month, rules, target)
    if kpi.kind is Kind.WAITING_NOW:
        parts, people = (_waiting(reader, kpi, process, each, rules) for each in BY)
        total = sum(value.count for _, value in people)
        return Measured(kpi, Value(total, Decimal(total)), parts, people, target=target)
    if kpi.is_of_now:
        return _with_parts(kpi, reader.observed(kpi.view, process=process), rules, target)
    return _over_a_year(reader, kpi, process, month, rules, target)


def _waiting(reader: FigureReader, kpi: Kpi, process: str, each: By, rules: Rules) -> Named:
    found = reader.aged(kpi.view, each, [], now=rules.now, process=process)
    return tuple((one.key, Value(one.counts[0], Decimal(one.counts[0]))) for one in found)


def _over_a_year(
    reader: FigureReader, kpi: Kpi, process: str, month: Month, rules: Rules, target: int | None
) -> Measured:
    """The month itself, with the eleven before."""
    months = [month.back(n) for n in reversed(range(month.BACK))]
    begins = [one.span(rules.calendar)[0] - kpi.later for one in (*months, month.back(-1))]
    if kpi.is_counted:
        known = rules.now - kpi.later + timedelta(microseconds=1)
        edges = [min(begin, known) for begin in begins]
        rows = reader.tallied(kpi.view, edges, within=kpi.within, process=process)
        rows = [one for one in rows if kpi.only in ("", one.part)]
        counted = replace(kpi, within=None)
    else:
        counted, rows = kpi, between(reader, kpi, process, begins[0], begins[-1], rules.now)
    instants = [row.at for row in rows if row.at]
    places = [bisect_left(instants, begin) for begin in begins]
    each = [(one, rows[first:last]) for one, (first, last) in zip(months, pairwise(places), strict=True)]
    today = rules.calendar.local_date(rules.now)
    before = tuple((one, value_of(counted, found, rules.policy, today)) for one, found in each)
    return replace(_with_parts(counted, each[-1][1], rules, target, before), kpi=kpi)


def between(
    reader: FigureReader, kpi: Kpi, process: str, begin: datetime, end: datetime, now: datetime
) -> list[Observed]:
    """What the figure counts of [begin, end); what is due later than now has not been missed."""
    rows = reader.observed(kpi.view, since=begin, before=end, process=process)
    return [one for one in rows if kpi.only in ("", one.part) and one.at and one.at + kpi.later <= now]


def _with_parts(
    kpi: Kpi,
    rows: Sequence[Observed],
    rules: Rules,
    target: int | None,
    before: tuple[tuple[Month, Value], ...] = (),
) -> Measured:
    today = rules.calendar.local_date(rules.now)

    def valued(groups: Sequence[tuple[str, Sequence[Observed]]]) -> Named:
        return tuple((key, value_of(kpi, found, rules.policy, today)) for key, found in groups)

    people = by("person", rows)
    departments: dict[str, list[Observed]] = {}
    for address, found in people:
        person = rules.people.person(address)
        if person is not None:
            departments.setdefault(person.department, []).extend(found)
    return Measured(
        kpi, value_of(kpi, rows, rules.policy, today), valued([] if kpi.only or kpi.of_part else parts_of(kpi, rows)),
        valued(people), valued(sorted(departments.items())), before, target,
    )  # fmt: skip


def _grown(reader: FigureReader, kpi: Kpi, process: str, month: Month, rules: Rules, target: int | None) -> Measured:
    """The period and the one before, each held against that of a year before, as far as it has come."""
    found: list[tuple[Month, list[Observed], list[Observed]]] = []
    for one in (month.back(1), month):
        begin, end = one.span(rules.calendar)
        then, _ = one.back(YEAR // one.LENGTH).span(rules.calendar)
        spans = ((begin, end), (then, then + (min(end, rules.now) - begin)))
        now, earlier = (in_currency(between(reader, kpi, process, *span, rules.now), rules.policy) for span in spans)
        found.append((one, now, earlier))

    def grown(name: str) -> Named:
        then = dict(by(name, earlier))
        return tuple((key, growth(rows, then.get(key, []), rules.policy)) for key, rows in by(name, now))

    before = tuple((one, growth(rows, then, rules.policy)) for one, rows, then in found)
    return Measured(kpi, before[-1][1], grown("part"), grown("person"), before=before, target=target)


def _churned(reader: FigureReader, kpi: Kpi, month: Month, rules: Rules, target: int | None) -> Measured:
    """Counted by the database, as `_covered`: by when each customer ordered last."""
    months = [month.back(n) for n in reversed(range(month.BACK))]
    edges = [min(one.span(rules.calendar)[0], rules.now) - kpi.later for one in (*months, month.back(-1))]
    by_tier = {one.key: one.counts for one in reader.aged(kpi.view, "part", edges[::-1], now=rules.now)}
    sums = [sum(column) for column in zip(*by_tier.values(), strict=True)] or [0] * (len(edges) + 1)

    def in_month(counts: Sequence[int], place: int) -> Value:
        """Those last seen in the year that ends with the month are still there; `place` is 1 for the newest month."""
        lost, kept = counts[place], sum(counts[:place])
        return Value(lost + kept, per_cent(lost, lost + kept), hits=lost)

    before = tuple((one, in_month(sums, month.BACK - n)) for n, one in enumerate(months))
    parts = tuple((tier, in_month(counts, 1)) for tier, counts in by_tier.items())
    return Measured(kpi, before[-1][1], tuple(one for one in parts if one[1].count), before=before, target=target)


def _covered(reader: FigureReader, kpi: Kpi, rules: Rules, target: int | None) -> Measured:
    """Counted by the database: it may be a million customers (CB-1)."""
    cuts: Mapping[str, datetime] = {tier: rules.now - silence_of(tier, rules.policy) for tier in TIERS}
    parts: list[tuple[str, Value]] = []
    for tier, cut in cuts.items():
        found = [one for one in reader.aged(kpi.view, "part", [cut], now=rules.now) if one.key == tier]
        for aged in found:
            count = sum(aged.counts)
            parts.append((tier, Value(count, per_cent(aged.counts[0], count), hits=aged.counts[0])))
    total, hits = sum(value.count for _, value in parts), sum(value.hits or 0 for _, value in parts)
    return Measured(kpi, Value(total, per_cent(hits, total), hits=hits), tuple(parts), target=target)
