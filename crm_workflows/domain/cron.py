"""Recurring instants written as cron has them: minute, hour, day of the month, month, weekday. It reads no clock.

Counted in the local time of a zone. A time that a change of clocks leaves out comes that much later; one that it
repeats comes once, the first time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual

LIMITS: Final = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
DAYS_SEARCHED: Final = 366 * 8 + 2
"""From one 29 February to the next, past a year such as 2100 that has none."""
SUNDAY: Final = 7


@dataclass(frozen=True)
class Cron:
    """A cron line that was read; `text` is as it was written."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Both a day of the month and a weekday are named: then either of them suffices, as cron has it."""

    def covers(self, day: date) -> bool:
        """Whether anything is due on that date."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % SUNDAY in self.weekdays
        return by_day or by_weekday if self.either_day else by_day and by_weekday

    def after(self, instant: datetime, zone: ZoneInfo) -> datetime | None:
        """The first instant later than `instant`, in UTC; None when there is none in eight years."""
        return next(self.each_after(instant, zone), None)

    def each_after(self, instant: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """All instants later than `instant`, in order, none twice."""
        first = instant.astimezone(zone).date()
        times = [time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes)]
        last = instant
        for ahead in range(-1, DAYS_SEARCHED):
            day = first + timedelta(days=ahead)
            if self.covers(day):
                for at in sorted(datetime.combine(day, one, zone).astimezone(UTC) for one in times):
                    if at > last:
                        last = at
                        yield at


def read_cron(text: str) -> Cron:
    """Read five fields of numbers, `*`, lists, ranges and steps; InvalidInput says which field is wrong."""
    parts = text.split()
    if len(parts) != len(LIMITS):
        raise _wrong(text, "须有五段：分 时 日 月 星期", "five fields are needed: minute hour day month weekday")
    minutes, hours, days, months, weekdays = (
        _field(text, part, *limits) for part, limits in zip(parts, LIMITS, strict=True)
    )
    either = parts[2] != "*" and parts[4] != "*"
    return Cron(" ".join(parts), minutes, hours, days, months, frozenset(day % SUNDAY for day in weekdays), either)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; InvalidInput when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zh = f"没有时区“{name}”，请写成 Asia/Shanghai 这样"
        raise InvalidInput(bilingual(zh, f"there is no time zone {name!r}; write one such as Asia/Shanghai")) from None


def _field(text: str, part: str, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for piece in part.split(","):
        span, _, step = piece.partition("/")
        first, dash, last = (f"{low}", "-", f"{high}") if span == "*" else span.partition("-")
        numbers = (first, last if dash else first, step or "1")
        if not all(number.isascii() and number.isdigit() for number in numbers):
            raise _wrong(text, f"“{piece}”无法识别（{name}）", f"{piece!r} cannot be read ({name})")
        begin, end, by = map(int, numbers)
        end = high if step and not dash else end
        if not (low <= begin <= end <= high and by >= 1):
            raise _wrong(text, f"“{piece}”超出 {low}–{high}（{name}）", f"{piece!r} is outside {low}-{high} ({name})")
        found.update(range(begin, end + 1, by))
    return frozenset(found)


def _wrong(text: str, chinese: str, english: str) -> InvalidInput:
    return InvalidInput(bilingual(f"时间规则“{text}”有误：{chinese}", f"the rule {text!r} is wrong: {english}"))
