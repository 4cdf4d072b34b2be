"""Months, quarters and years of the company's calendar as spans of instants. It must not ask what time it is."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final, Self

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import MONTHS, bilingual
from crm_workflows.domain.working_time import WorkingCalendar

WRITTEN: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
QUARTER_OR_YEAR: Final = re.compile(r"([0-9]{4})(?:-Q([1-4]))?")
YEAR: Final = 12
EARLIEST, LATEST = 1901, 8999
"""Years in which every zone can tell each instant."""


@dataclass(frozen=True, order=True)
class Month:
    """One month, such as 2026-10."""

    LENGTH: ClassVar[int] = 1
    BACK: ClassVar[int] = YEAR
    """So many are told together, itself the last."""
    BEFORE: ClassVar[str] = "上月 / Month before"
    NOTHING: ClassVar[str] = "本月没有案件，也没有未结事项。 / No cases in this month, and nothing is open."
    year: int
    month: int
    """Its first, of a longer period."""

    @classmethod
    def of(cls, day: date) -> Self:
        """The one of a day."""
        return cls(day.year, day.month - (day.month - 1) % cls.LENGTH)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """`2026-10`; raises InvalidInput for anything else."""
        found = WRITTEN.fullmatch(text)
        if found is None or not EARLIEST <= int(found[1]) <= LATEST:
            zh = "月份应写成 2026-10，季度写成 2026-Q4，年份写成 2026"
            raise InvalidInput(bilingual(zh, "write a month as 2026-10, a quarter as 2026-Q4, a year as 2026"))
        return cls(int(found[1]), int(found[2]))

    def back(self, many: int) -> Self:
        """So many of its kind earlier; a negative number is later."""
        count = self.year * YEAR + self.month - 1 - many * self.LENGTH
        return type(self)(count // YEAR, count % YEAR + 1)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    def span(self, calendar: WorkingCalendar) -> tuple[datetime, datetime]:
        """From its first midnight to that of the next, in the company's zone."""
        return calendar.midnight(self.first), calendar.midnight(self.back(-1).first)

    def shown(self, language: str) -> str:
        """For readers."""
        return f"{self.year} 年 {self.month} 月" if language == "zh" else f"{MONTHS[self.month - 1]} {self.year}"

    @property
    def short(self) -> str:
        """Below a drawing."""
        return str(self.month)

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"


class Quarter(Month):
    """Three months, such as 2026-Q4."""

    LENGTH = 3
    BACK = 8
    BEFORE = "上季度 / Quarter before"
    NOTHING = "本季度没有案件，也没有未结事项。 / No cases in this quarter, and nothing is open."

    def shown(self, language: str) -> str:
        return f"{self.year} 年第 {self._place} 季度" if language == "zh" else f"{self.short} {self.year}"

    @property
    def short(self) -> str:
        return f"Q{self._place}"

    @property
    def _place(self) -> int:
        return (self.month - 1) // self.LENGTH + 1

    def __str__(self) -> str:
        return f"{self.year}-{self.short}"


class Year(Month):
    """Twelve months, such as 2026."""

    LENGTH = YEAR
    BACK = 3
    BEFORE = "上年 / Year before"
    NOTHING = "本年没有案件，也没有未结事项。 / No cases in this year, and nothing is open."

    def shown(self, language: str) -> str:
        return f"{self.year} 年" if language == "zh" else str(self.year)

    @property
    def short(self) -> str:
        return str(self.year)

    def __str__(self) -> str:
        return str(self.year)


def period(text: str) -> Month:
    """A month `2026-10`, a quarter `2026-Q4` or a year `2026`; raises InvalidInput for anything else."""
    found = QUARTER_OR_YEAR.fullmatch(text)
    if found is None or not EARLIEST + YEAR <= int(found[1]) <= LATEST:
        return Month.parse(text)
    return Quarter(int(found[1]), int(found[2]) * 3 - 2) if found[2] else Year(int(found[1]), 1)
