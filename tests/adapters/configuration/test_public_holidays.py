"""Public holidays worked out year by year are those that the package gives for all years at once."""

from datetime import date

import pytest
from holidays import country_holidays

from crm_workflows.adapters.configuration.config_files import parse_calendar
from crm_workflows.adapters.configuration.public_holidays import YEARS, public_days
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.working_time import DayKind
from crm_workflows.shipped import shipped


@pytest.mark.parametrize(("code", "country", "region"), [("CN", "CN", None), ("DE-BY", "DE", "BY"), ("US", "US", None)])
def test_year_by_year_is_all_at_once(code: str, country: str, region: str | None) -> None:
    at_once = country_holidays(country, subdiv=region, years=YEARS)
    expected = dict.fromkeys(at_once, DayKind.HOLIDAY) | dict.fromkeys(at_once.weekend_workdays, DayKind.WORKDAY)
    found = public_days(code)
    assert dict(found) == {day: kind for day, kind in expected.items() if day.year in YEARS}
    assert len(found) == len(dict(found)) > 40


def test_a_date_of_another_century_is_an_ordinary_one() -> None:
    assert public_days("CN").get(date(1949, 10, 1)) is None
    assert public_days("CN").get(date(2026, 10, 1)) is DayKind.HOLIDAY


def test_a_country_that_a_later_package_no_longer_knows_is_told_when_it_is_needed() -> None:
    """What is in force was checked with the package of its day."""
    text = (shipped("config") / "calendar.yaml").read_text("utf-8").replace("holidays: CN", "holidays: XY")
    with pytest.raises(ConfigurationError, match="XY"):
        parse_calendar(text)
    calendar = parse_calendar(text, checked=True)
    assert calendar.zone == "Asia/Shanghai"
    with pytest.raises(ConfigurationError, match='"XY" names no known country'):
        calendar.hours_on(date(2026, 10, 1))
