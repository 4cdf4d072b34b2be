"""When a round comes by working days: holidays, 调休, the n-th of a month, changes of clocks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm_workflows.adapters.configuration.config_files import parse_calendar
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.recurrence import read_rule
from tests.office import shipped_text

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def days(rule: str, after: datetime, many: int, zone: ZoneInfo = SHANGHAI) -> list[str]:
    """The next so many instants in that zone."""
    calendar, found, at = parse_calendar(shipped_text("calendar")), [], after
    for _ in range(many):
        following = read_rule(rule).after(at, zone, calendar)
        assert following is not None
        at = following
        found.append(f"{at.astimezone(zone):%m-%d %H:%M}")
    return found


def test_every_working_day_leaves_the_spring_festival_out_and_keeps_make_up_workdays() -> None:
    before = datetime(2026, 2, 13, 4, tzinfo=UTC)
    assert days("workday 09:00", before, 4) == ["02-14 09:00", "02-24 09:00", "02-25 09:00", "02-26 09:00"]
    assert days("cadence", before, 2) == ["02-14 08:30", "02-24 08:30"], "when the office opens"


def test_the_first_and_the_last_working_day_of_each_month() -> None:
    before = datetime(2026, 9, 1, 4, tzinfo=UTC)
    assert days("workday 1 08:30", before, 3) == ["10-08 08:30", "11-02 08:30", "12-01 08:30"]
    assert days("workday -1 17:00", before, 3) == ["09-30 17:00", "10-30 17:00", "11-30 17:00"]
    assert days("workday 2 09:00", before, 1) == ["09-02 09:00"]


def test_a_time_of_day_stays_over_a_change_of_clocks_and_one_left_out_comes_later() -> None:
    before = datetime(2026, 3, 26, 12, tzinfo=UTC)
    assert days("workday 09:00", before, 3, BERLIN) == ["03-27 09:00", "03-30 09:00", "03-31 09:00"]
    assert days("0 2 29 3 *", before, 1, BERLIN) == ["03-29 03:00"]


@pytest.mark.parametrize("wrong", ["workday", "workday 9:00", "workday 0 09:00", "workday 1 24:00", "workdays 09:00"])
def test_what_is_no_rule_is_said(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        read_rule(wrong)


def test_a_place_that_no_month_has_comes_never() -> None:
    assert read_rule("workday 30 09:00").after(datetime(2026, 3, 1, tzinfo=UTC), SHANGHAI, parse_calendar(
        shipped_text("calendar"))) is None  # fmt: skip
