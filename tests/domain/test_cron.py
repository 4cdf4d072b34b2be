"""Recurring instants: against another way of finding them, and over changes of clocks."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_workflows.domain.cron import read_cron, zone_of
from crm_workflows.domain.errors import InvalidInput

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def first(text: str, at: str, zone: ZoneInfo = SHANGHAI, count: int = 3) -> list[str]:
    start = datetime.fromisoformat(at)
    return [
        found.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        for found in islice(read_cron(text).each_after(start, zone), count)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 9 * * 1", ["2026-03-09 09:00", "2026-03-16 09:00", "2026-03-23 09:00"]),
        ("30 8,14 * * *", ["2026-03-02 14:30", "2026-03-03 08:30", "2026-03-03 14:30"]),
        ("0 9 1 */3 *", ["2026-04-01 09:00", "2026-07-01 09:00", "2026-10-01 09:00"]),
        ("*/30 17-18 * * 1-5", ["2026-03-02 17:00", "2026-03-02 17:30", "2026-03-02 18:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 9 13 * 5", ["2026-03-06 09:00", "2026-03-13 09:00", "2026-03-20 09:00"]),
        ("0 9 * * 7", ["2026-03-08 09:00"]),
    ],
)
def test_the_instants_of_a_line(text: str, expected: list[str]) -> None:
    assert first(text, "2026-03-02T09:00:00+08:00", count=len(expected)) == expected


def test_a_time_that_summer_time_leaves_out_comes_an_hour_later_and_once() -> None:
    assert first("30 2 * * *", "2026-03-28T12:00:00+01:00", BERLIN) == [
        "2026-03-29 03:30", "2026-03-30 02:30", "2026-03-31 02:30",
    ]  # fmt: skip


def test_a_time_that_winter_time_repeats_comes_once() -> None:
    found = list(islice(read_cron("30 2 * * *").each_after(datetime(2026, 10, 24, 12, tzinfo=UTC), BERLIN), 2))
    assert found == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


@given(
    minutes=st.integers(0, 366 * 24 * 60),
    hour=st.integers(0, 23),
    weekday=st.integers(0, 6),
    zone=st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("America/St_Johns"), ZoneInfo("Australia/Lord_Howe")]),
)
def test_instants_rise_and_begin_after_the_one_given(minutes: int, hour: int, weekday: int, zone: ZoneInfo) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = list(islice(read_cron(f"15 {hour} * * {weekday}").each_after(start, zone), 4))
    assert start < found[0] <= start + timedelta(days=7, hours=2)
    assert all(timedelta(days=6, hours=22) < b - a < timedelta(days=7, hours=2) for a, b in pairwise(found))


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "60 * * * *", "0 24 * * *", "0 9 0 * *", "a * * * *", "0 9 5-1 * *", "*/0 * * * *", "0 9 * * mon"],
)
def test_what_is_no_cron_line_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidInput, match="the rule"):
        read_cron(text)


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        zone_of("Asia/Peking City")
