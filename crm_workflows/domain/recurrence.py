"""When a round comes: as a cron line, or by the company's working days (CB-2). It reads no clock.

`0 9 * * 1` every Monday at nine; `workday 09:00` every working day; `workday 1 09:00` the first and `workday -1 09:00`
the last working day of each month; `cadence` every working day when the office opens, for whoever is due.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from crm_workflows.domain.cron import Cron, read_cron
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual
from crm_workflows.domain.working_time import LONGEST_CLOSURE, WorkingCalendar

CADENCE: Final = "cadence"
DAY: Final = timedelta(days=1)
WORKDAY: Final = re.compile(r"workday(?: (-?[1-9]\d?))? ([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True)
class ByCron:
    """A cron line knows nothing of working days."""

    cron: Cron

    @property
    def times_a_day(self) -> int:
        """How often it comes on a day of its own."""
        return len(self.cron.minutes) * len(self.cron.hours)

    def after(self, instant: datetime, zone: ZoneInfo, calendar: WorkingCalendar) -> datetime | None:  # noqa: ARG002
        """The first instant later than `instant`, in UTC; None when there is none in years."""
        return self.cron.after(instant, zone)


@dataclass(frozen=True)
class ByWorkdays:
    """Every working day, or the n-th of each month, counted from its end where n is negative."""

    n: int | None
    at: time | None
    """On the wall clock of the round's zone; None: when the office opens, by its own zone."""
    times_a_day: ClassVar[int] = 1

    def after(self, instant: datetime, zone: ZoneInfo, calendar: WorkingCalendar) -> datetime | None:
        """The same. A time that a change of clocks leaves out comes that much later."""
        day = instant.astimezone(zone).date() - DAY
        for _ in range(LONGEST_CLOSURE):
            hours = calendar.hours_on(day)
            if hours and (self.n is None or self._place(day, calendar) == self.n):
                own = (hours[0].opens, ZoneInfo(calendar.zone)) if self.at is None else (self.at, zone)
                at = datetime.combine(day, own[0], own[1]).astimezone(UTC)
                if at > instant:
                    return at
            day += DAY
        return None

    def _place(self, day: date, calendar: WorkingCalendar) -> int:
        """Which working day of its month it is, counted as `n` counts."""
        step = DAY if self.n is not None and self.n < 0 else -DAY
        there, count = day, 0
        while there.month == day.month:
            count += bool(calendar.hours_on(there))
            there += step
        return -count if step == DAY else count


Rule = ByCron | ByWorkdays


def read_rule(text: str) -> Rule:
    """Read a rule; InvalidInput says what is wrong with it."""
    words = " ".join(text.split())
    if words == CADENCE:
        return ByWorkdays(None, None)
    if not words.startswith("workday"):
        return ByCron(read_cron(words))
    found = WORKDAY.fullmatch(words)
    if found is None:
        zh = f"时间规则“{text}”有误：请写成 workday 09:00、workday 1 09:00 或 workday -1 09:00"
        en = f"the rule {text!r} is wrong: write workday 09:00, workday 1 09:00 or workday -1 09:00"
        raise InvalidInput(bilingual(zh, en))
    return ByWorkdays(int(found[1]) if found[1] else None, time(int(found[2]), int(found[3])))


def read_daily(text: str) -> Rule:
    """Read a rule that comes once a day at most, since whoever is due is opened and told of once a morning (CB-3)."""
    rule = read_rule(text)
    if rule.times_a_day > 1:
        zh = f"时间规则“{text}”一天不止一次；回访计划最多每天一次，请只写一个时刻，如 0 9 * * *"
        en = f"the rule {text!r} comes more than once a day; a round comes once a day at most: name one time, 0 9 * * *"
        raise InvalidInput(bilingual(zh, en))
    return rule
