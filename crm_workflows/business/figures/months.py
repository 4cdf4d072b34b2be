"""Months of the company's calendar as spans of instants. It must not ask what time it is."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import MONTHS, bilingual
from crm_workflows.domain.working_time import WorkingCalendar

WRITTEN: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
YEAR: Final = 12
EARLIEST, LATEST = 1901, 8999
"""Years in which every zone can tell each instant."""


@dataclass(frozen=True, order=True)
class Month:
    """One month, such as 2026-10."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month of a day."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """`2026-10`; raises InvalidInput for anything else."""
        found = WRITTEN.fullmatch(text)
        if found is None or not EARLIEST <= int(found[1]) <= LATEST:
            raise InvalidInput(bilingual("月份应写成 2026-10", "write the month as 2026-10"))
        return cls(int(found[1]), int(found[2]))

    def back(self, months: int) -> "Month":
        """So many months earlier; a negative number is later."""
        count = self.year * YEAR + self.month - 1 - months
        return Month(count // YEAR, count % YEAR + 1)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    def span(self, calendar: WorkingCalendar) -> tuple[datetime, datetime]:
        """From its first midnight to that of the next month, in the company's zone."""
        return calendar.midnight(self.first), calendar.midnight(self.back(-1).first)

    def shown(self, language: str) -> str:
        """For readers."""
        return f"{self.year} 年 {self.month} 月" if language == "zh" else f"{MONTHS[self.month - 1]} {self.year}"

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"
