"""Public holidays and make-up workdays 调休 from the package `holidays`. It must not know a company's own days.

The package is imported when a date is first looked up, and for the years around that date only: import and all years
together take half a second, which most commands and the first page need not pay.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.text import bilingual
from crm_workflows.domain.working_time import DayKind

if TYPE_CHECKING:
    from holidays import HolidayBase

CODE: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,5})?")
YEARS: Final = range(2020, 2061)


def unknown_country(code: str) -> tuple[str, str] | None:
    """A sentence, in Chinese and English, on why a code such as CN or DE-BY is not known; None if it is."""
    # The package would take any name that it happens to contain, so a code is checked before it is asked.
    if not CODE.fullmatch(code):
        return _problem(code)
    try:
        _calendar(code)
    except NotImplementedError:
        return _problem(code)
    return None


def _problem(code: str) -> tuple[str, str]:
    zh = f"holidays“{code}”不是已知的国家或地区，请写 CN、DE-BY 这样的代码，或 none"
    return zh, f'holidays "{code}" names no known country or region; write a code such as CN, DE-BY or none'


class PublicDays(Mapping[date, DayKind]):
    """What the years 2020 to 2060 say of dates that are not ordinary, worked out year by year as they are asked for.

    Years that are not published yet have the statutory dates only: no bridge days and no make-up workdays. Immutable to
    those outside, and safe to share between threads: two of them work out the same year at worst. A lookup raises
    ConfigurationError for a code that the installed package does not know.
    """

    def __init__(self, code: str) -> None:
        self._code = code
        self._years: dict[int, dict[date, DayKind]] = {}

    def __getitem__(self, day: date) -> DayKind:
        return self._year(day.year)[day]

    def __iter__(self) -> Iterator[date]:
        return (day for year in YEARS for day in self._year(year))

    def __len__(self) -> int:
        return sum(len(self._year(year)) for year in YEARS)

    def _year(self, year: int) -> dict[date, DayKind]:
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = self._looked_up(year) if year in YEARS else {}
        return found

    def _looked_up(self, year: int) -> dict[date, DayKind]:
        # A ruling may move a day across the turn of the year.
        around = [near for near in (year - 1, year, year + 1) if near in YEARS]
        try:
            calendar = _calendar(self._code, *around)
        except NotImplementedError:
            raise ConfigurationError([bilingual(*_problem(self._code))]) from None
        days = dict.fromkeys(calendar, DayKind.HOLIDAY)
        days |= dict.fromkeys(calendar.weekend_workdays, DayKind.WORKDAY)
        return {day: kind for day, kind in days.items() if day.year == year}


public_days = lru_cache(maxsize=8)(PublicDays)
"""The days of a country or region by its code, such as CN or DE-BY: one and the same mapping for the whole process."""


def unpublished_years(code: str, first: date, last: date) -> list[int]:
    """Years between two dates for which the package does not know yet what the authorities rule each year.

    Only where the last five rulings came year after year is the next one waited for; elsewhere the law is enough.
    """
    ruled = set(getattr(_calendar(code), "special_public_holidays", {}))
    latest = max(ruled, default=0)
    if not ruled.issuperset(range(latest - 4, latest + 1)):
        return []
    return [year for year in range(first.year, last.year + 1) if year > latest]


def _calendar(code: str, *years: int) -> "HolidayBase":
    from holidays import country_holidays

    country, _, region = code.partition("-")
    return country_holidays(country, subdiv=region or None, years=years)
