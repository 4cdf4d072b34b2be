"""The company's working time: office hours, holidays, make-up workdays 调休, and counting in them (G-4).

It must not read a clock, a file or a library of holidays: it is given plain data. Instants go in aware and come out in
UTC; days and hours of the day are those of the company's zone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm_workflows.domain.durations import Duration, Unit
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.rules import carries_out

LONGEST_CLOSURE: Final = 366  # days without any office hours after which the calendar is taken to be wrong
DAY: Final = timedelta(days=1)
EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)
Hours = tuple["Span", ...]


class DayKind(StrEnum):
    """What a public calendar says of a date that is not an ordinary one."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"  # 调休: a weekend day worked to make up for a bridge day


@dataclass(frozen=True, slots=True)
class Span:
    """Office hours without a break, [opens, closes) on the wall clock; `closes` 00:00 means the end of the day."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.closes != time.min and self.opens >= self.closes:
            raise AuthorMistake(f"office hours must open before they close, not {self}; correct the calendar")

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{'24:00' if self.closes == time.min else format(self.closes, '%H:%M')}"


@dataclass(frozen=True, slots=True)
class _Open:
    """One span of one day as instants in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, eq=False)
class WorkingCalendar:
    """Office hours in one zone; immutable, safe to share between threads.

    weekly: hours by weekday, 0 = Monday; a weekday left out is closed.
    days: public holidays and make-up workdays; a make-up workday on a day without weekly hours has `standard` hours.
    overrides: the company's own word on a date, which beats everything: no spans = closed.
    standard: hours of a make-up workday; by default those of the first weekday that has any.
    """

    zone: str
    weekly: Mapping[int, Hours]
    days: Mapping[date, DayKind] = field(default_factory=dict)
    overrides: Mapping[date, Hours] = field(default_factory=dict)
    standard: Hours = ()
    _zone: ZoneInfo = field(init=False, repr=False)
    _cache: dict[date, tuple[_Open, ...]] = field(init=False, repr=False, default_factory=dict)
    _elsewhere: dict[str, "WorkingCalendar"] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "_zone", ZoneInfo(self.zone))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise AuthorMistake(f'there is no time zone "{self.zone}"; write one such as Asia/Shanghai') from None
        hours = {day: tuple(spans) for day, spans in sorted(self.weekly.items()) if spans}
        if not hours or not set(hours) <= set(range(7)):
            raise AuthorMistake("the calendar has no office hours on any weekday; give some")
        standard = tuple(self.standard) or next(iter(hours.values()))
        overrides = {day: tuple(spans) for day, spans in self.overrides.items()}
        for spans in (*hours.values(), *overrides.values(), standard):
            _check_order(spans)
        # A plain dictionary may be changed by whoever gave it; any other mapping promises that it will not be.
        days = dict(self.days) if isinstance(self.days, dict) else self.days
        for name, value in (("weekly", hours), ("days", days), ("overrides", overrides)):
            object.__setattr__(self, name, MappingProxyType(value))
        object.__setattr__(self, "standard", standard)

    def in_zone(self, zone: str) -> "WorkingCalendar":
        """The same hours and days on the wall clock of another zone; this calendar itself for its own."""
        if zone == self.zone:
            return self
        if zone not in self._elsewhere:
            self._elsewhere[zone] = WorkingCalendar(zone, self.weekly, self.days, self.overrides, self.standard)
        return self._elsewhere[zone]

    @carries_out("G-4")
    def add(self, start: datetime, duration: Duration) -> datetime:
        """The instant `duration` after `start`, in UTC.

        Working day n is the same time of day n working days later; a start outside office hours counts from the next
        opening. Where that time of day is outside the hours of the day reached, it moves forward into them, and past
        the last span back to that day's close: what is due on working day n stays due on that day.
        Working hours are counted over office hours only, from the next opening if closed; a count that ends with a
        span is due at its close. Clock hours and minutes run day and night; a calendar day keeps the wall-clock time
        in the company's zone, also over a clock change.
        """
        instant, count = _utc(start), duration.count
        match duration.unit:
            case Unit.WORKING_DAYS:
                return self._add_days(self.next_opening(instant), count)
            case Unit.WORKING_HOURS:
                return self._add_hours(instant, timedelta(hours=count))
            case Unit.CLOCK_HOURS:
                return instant + timedelta(hours=count)
            case Unit.CLOCK_MINUTES:
                return instant + timedelta(minutes=count)
            case Unit.CALENDAR_DAYS:
                local = instant.astimezone(self._zone)
                return self._instant((local + count * DAY).replace(tzinfo=None), late=bool(local.fold))

    def is_working(self, instant: datetime) -> bool:
        """Whether the office is open at that instant; the instant of closing is not."""
        moment = _utc(instant)
        return any(span.start <= moment < span.end for span in self._spans_from(moment, days=1))

    def next_opening(self, instant: datetime) -> datetime:
        """The instant itself while the office is open, else the next time it opens, in UTC."""
        moment = _utc(instant)
        for span in self._spans_from(moment):
            if moment < span.end:
                return max(moment, span.start)
        raise self._endless(moment)

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Office time from `start` to `end`; negative when `end` comes first."""
        first, last = _utc(start), _utc(end)
        if last < first:
            return -self.working_time_between(last, first)
        days = (self.local_date(last) - self.local_date(first)).days + 1
        spans = self._spans_from(first, days=days)
        return sum((max(min(s.end, last) - max(s.start, first), timedelta()) for s in spans), timedelta())

    def later(self, instant: datetime, length: timedelta) -> datetime:
        """The instant later by that much office time, in UTC."""
        return self._add_hours(_utc(instant), length) if length else _utc(instant)

    def local(self, instant: datetime) -> datetime:
        """The instant on the company's clock, as people are told it."""
        return _utc(instant).astimezone(self._zone)

    def local_date(self, instant: datetime) -> date:
        """The date in the company's zone at that instant; the `on` of deputies and validity."""
        return _utc(instant).astimezone(self._zone).date()

    def midnight(self, day: date) -> datetime:
        """The instant at which a date of the company's zone begins, in UTC."""
        return self._instant(datetime.combine(day, time()))

    def instants_of(self, first: date | None, last: date | None) -> tuple[datetime | None, datetime | None]:
        """Where days of the company's zone, both included, begin and end, in UTC; None stays None.

        A day before 1900 or after 9000, which not every zone can tell as an instant, counts as the nearest one.
        """
        begin, end = (min(max(day, EARLIEST), LATEST) if day else None for day in (first, last))
        return self.midnight(begin) if begin else None, self.midnight(end + DAY) if end else None

    def hours_on(self, day: date) -> Hours:
        """The office hours of a date on the wall clock; empty = closed."""
        if day in self.overrides:
            return self.overrides[day]
        weekly = self.weekly.get(day.weekday(), ())
        match self.days.get(day):
            case DayKind.HOLIDAY:
                return ()
            case DayKind.WORKDAY:
                return weekly or self.standard
            case None:
                return weekly

    def _add_days(self, opening: datetime, count: int) -> datetime:
        local = opening.astimezone(self._zone)
        day = local.date()
        for _ in range(count):
            day = self._next_working_day(day)
        wanted = self._instant(datetime.combine(day, local.time().replace(fold=0)), late=bool(local.fold))
        spans = self._opened(day)
        index = bisect_right(spans, wanted, key=lambda span: span.end)
        return spans[-1].end if index == len(spans) else max(wanted, spans[index].start)

    def _add_hours(self, start: datetime, left: timedelta) -> datetime:
        if not left:
            return self.next_opening(start)
        for span in self._spans_from(start, days=None):
            begin = max(start, span.start)
            if begin >= span.end:
                continue
            if span.end - begin >= left:
                return begin + left
            left -= span.end - begin
        raise self._endless(start)

    def _next_working_day(self, day: date) -> date:
        for _ in range(LONGEST_CLOSURE):
            day += DAY
            if self._opened(day):
                return day
        raise self._endless(datetime.combine(day, time.min, UTC))

    def _spans_from(self, instant: datetime, days: int | None = None) -> Iterator[_Open]:
        """Spans in order from the day of `instant` on; without `days` until the office is closed for a whole year."""
        day, closed = self.local_date(instant), 0
        while (days is None and closed < LONGEST_CLOSURE) or (days is not None and days > 0):
            spans = self._opened(day)
            closed = 0 if spans else closed + 1
            days = None if days is None else days - 1
            yield from spans
            day += DAY

    def _opened(self, day: date) -> tuple[_Open, ...]:
        """The spans of a date as instants, cached: counting is by day, never by minute."""
        known = self._cache.get(day)
        if known is None:
            known = self._cache[day] = tuple(self._build(day))
        return known

    def _build(self, day: date) -> Iterator[_Open]:
        """A clock change can swallow or shift a span: none may be empty, run backwards or overlap the one before."""
        last = datetime.min.replace(tzinfo=UTC)
        for span in self.hours_on(day):
            closing = day + DAY if span.closes == time.min else day
            start = max(self._instant(datetime.combine(day, span.opens)), last)
            end = self._instant(datetime.combine(closing, span.closes), late=closing == day)
            if start < end:
                last = end
                yield _Open(start, end)

    def _instant(self, local: datetime, *, late: bool = False) -> datetime:
        """UTC of a wall-clock time: one that a clock change skips is the instant of the change, one that it repeats is
        the first (or, if `late`, the second): a span runs from its first opening to its last closing (PEP 495)."""
        first = local.replace(tzinfo=self._zone, fold=0).astimezone(UTC)
        second = local.replace(tzinfo=self._zone, fold=1).astimezone(UTC)
        if first > second:
            return self._change_between(second, first)
        return second if late else first

    def _change_between(self, before: datetime, after: datetime) -> datetime:
        """The instant at which the clocks go forward, to the second, so that later times of day stay later."""
        offset = after.astimezone(self._zone).utcoffset()
        seconds = range(int((after - before).total_seconds()))
        changed = bisect_left(
            seconds, x=True, key=lambda s: (before + timedelta(seconds=s)).astimezone(self._zone).utcoffset() == offset
        )
        return before + timedelta(seconds=changed)

    def _endless(self, instant: datetime) -> AuthorMistake:
        return AuthorMistake(
            f"the calendar is closed for a whole year from {self.local_date(instant)}; correct its overrides"
        )


def _check_order(spans: Hours) -> None:
    for earlier, later in pairwise(spans):
        if earlier.closes == time.min or earlier.closes > later.opens:
            raise AuthorMistake(f"office hours {earlier} and {later} overlap or are out of order; correct the calendar")


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise AuthorMistake(f"{instant.isoformat()} has no time zone; give an instant from the clock")
    return instant.astimezone(UTC)
