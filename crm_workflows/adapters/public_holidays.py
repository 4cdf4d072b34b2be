"""Public holidays and make-up workdays 调休 from the package `holidays`. It must not know a company's own days.

The package is imported when first asked: that takes 0.4 s, which most commands need not pay.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from crm_workflows.domain.working_time import DayKind

if TYPE_CHECKING:
    from holidays import HolidayBase

CODE: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,5})?")
YEARS: Final = range(2020, 2061)


def unknown_country(code: str) -> str | None:
    """A sentence on why a code such as CN or DE-BY is not known; None if it is."""
    # The package would take any name that it happens to contain, so a code is checked before it is asked.
    problem = f'holidays "{code}" names no known country or region; write a code such as CN, DE-BY or none'
    if not CODE.fullmatch(code):
        return problem
    try:
        _calendar(code)
    except NotImplementedError:
        return problem
    return None


@lru_cache(maxsize=8)
def public_days(code: str) -> Mapping[date, DayKind]:
    """What the years 2020 to 2060 say of dates that are not ordinary; NotImplementedError for an unknown code.

    Years that are not published yet have the statutory dates only: no bridge days and no make-up workdays.
    """
    calendar = _calendar(code, *YEARS)
    days = dict.fromkeys(calendar, DayKind.HOLIDAY)
    return MappingProxyType(days | dict.fromkeys(calendar.weekend_workdays, DayKind.WORKDAY))


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
