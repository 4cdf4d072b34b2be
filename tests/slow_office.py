"""An oracle for working time, written another way than the product: it walks the minutes, one after the other.

It reads no file, knows no library of holidays, and takes nothing from the product. The hours of a date come from the
test, in minutes of the wall clock; whether the office is open is asked of every single minute of the weeks in question.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
NOTHING = timedelta()
HoursOn = Callable[[date], Sequence[tuple[int, int]]]
"""The hours of a date as (opens, closes) in minutes of the wall clock; closes 1440 is the end of the day."""


class SlowOffice:
    """Weeks from `first` on (UTC, on a full minute) in one zone; what lies outside them it does not know."""

    def __init__(self, zone: str, hours_on: HoursOn, first: datetime, weeks: int) -> None:
        self.first = first
        count = weeks * 7 * 24 * 60
        local = [(first + n * MINUTE).astimezone(ZoneInfo(zone)) for n in range(count)]
        self.wall = [at.hour * 60 + at.minute for at in local]
        self.day = [at.date().toordinal() for at in local]
        self.of_day: dict[int, list[int]] = {}
        for n, day in enumerate(self.day):
            self.of_day.setdefault(day, []).append(n)
        self.open = bytearray(count)
        for day, minutes in self.of_day.items():
            for opens, closes in hours_on(date.fromordinal(day)):
                self._open(minutes, opens, closes)

    def _open(self, minutes: list[int], opens: int, closes: int) -> None:
        """From the first minute that the wall clock shows the opening, or is past it, to the last before the closing:
        hours that are shown twice are worked twice, hours that are skipped are not worked."""
        since = next((n for n in minutes if self.wall[n] >= opens), None)
        until = max((n for n in minutes if self.wall[n] < closes), default=-1)
        for n in range(since if since is not None else until + 1, until + 1):
            self.open[n] = 1

    def is_open(self, at: datetime) -> bool:
        """Whether somebody works at that instant."""
        return bool(self.open[self._index(at)])

    def opening(self, at: datetime) -> datetime:
        """That instant, or the next at which somebody works."""
        n = self._index(at)
        if self.open[n]:
            return at
        while not self.open[n]:
            n += 1
        return self._instant(n)

    def after_hours(self, start: datetime, hours: int) -> datetime:
        """When that much work has been done."""
        if not hours:
            return self.opening(start)
        at, left = start, timedelta(hours=hours)
        n = self._index(at)
        while True:
            here = self._instant(n + 1) - at
            if self.open[n]:
                if left <= here:
                    return at + left
                left -= here
            n, at = n + 1, self._instant(n + 1)

    def after_days(self, start: datetime, days: int) -> datetime:
        """The same time of day that many days of work later, or as near to it as that day is worked."""
        opening = self.opening(start)
        if not days:
            return opening
        n = self._index(opening)
        wall, past = self.wall[n], opening - self._instant(n)
        minutes = self._worked_day(self.day[n], days)
        wanted = next((m for m in minutes if self.wall[m] >= wall), minutes[-1] + 1)
        is_exact = wanted in minutes and self.wall[wanted] == wall
        if wanted in minutes and self.open[wanted]:
            return self._instant(wanted) + (past if is_exact else NOTHING)
        later = next((m for m in minutes if m > wanted and self.open[m]), None)
        return self._instant(later if later is not None else max(m for m in minutes if self.open[m]) + 1)

    def after_calendar_days(self, start: datetime, days: int) -> datetime:
        """The same time of day that many dates later; one that is skipped is the first minute that is not."""
        n = self._index(start)
        minutes = self.of_day[self.day[n] + days]
        wanted = next(m for m in minutes if self.wall[m] >= self.wall[n])
        past = start - self._instant(n) if self.wall[wanted] == self.wall[n] else NOTHING
        return self._instant(wanted) + past

    def _worked_day(self, day: int, count: int) -> list[int]:
        while count:
            day += 1
            count -= any(self.open[n] for n in self.of_day[day])
        return self.of_day[day]

    def _index(self, at: datetime) -> int:
        return (at.astimezone(UTC) - self.first) // MINUTE

    def _instant(self, n: int) -> datetime:
        return self.first + n * MINUTE
