"""Due dates count working time: office hours, holidays, 调休, clock changes; 2026 as the State Council published it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm_workflows.domain.durations import (
    Duration,
    Unit,
    calendar_days,
    clock_hours,
    clock_minutes,
    working_days,
    working_hours,
)
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.text import in_language
from crm_workflows.domain.working_time import DayKind, Hours, Span, WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE: Hours = (Span(time(8, 30), time(12)), Span(time(13), time(17, 30)))
# Spring Festival 2026: off from Sunday 15 to Monday 23 February; Saturdays 14 and 28 are worked for it.
SPRING_FESTIVAL = dict.fromkeys((date(2026, 2, day) for day in (16, 17, 18, 19, 20, 23)), DayKind.HOLIDAY)
MAKE_UP = dict.fromkeys((date(2026, 2, 14), date(2026, 2, 28)), DayKind.WORKDAY)
WEEK = dict.fromkeys(range(5), OFFICE)
CALENDAR = WorkingCalendar("Asia/Shanghai", WEEK, SPRING_FESTIVAL | MAKE_UP)


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        ("02-12T10:00", working_days(1), "02-13T10:00"),
        ("02-13T16:00", working_days(1), "02-14T16:00"),  # the made-up Saturday is a working day
        ("02-13T16:00", working_days(2), "02-24T16:00"),  # then nine days off
        ("02-27T16:00", working_days(1), "02-28T16:00"),
        ("02-27T16:00", working_days(2), "03-02T16:00"),
        ("02-17T10:00", working_days(1), "02-25T08:30"),  # in the holiday: counts from the next opening
        ("02-12T12:15", working_days(1), "02-13T13:00"),  # at lunch
        ("02-12T06:00", working_days(1), "02-13T08:30"),  # before the office opens
        ("02-12T19:00", working_days(1), "02-14T08:30"),  # after it has closed
        ("02-12T17:30", working_days(1), "02-14T08:30"),  # closing is no longer open
        ("02-12T19:00", working_days(0), "02-13T08:30"),
        ("02-12T10:00", working_days(0), "02-12T10:00"),
        ("02-12T11:30", working_hours(1), "02-12T13:30"),  # over lunch
        ("02-12T11:00", working_hours(1), "02-12T12:00"),  # used up with the span: due at its close
        ("02-12T16:00", working_hours(4), "02-13T11:00"),
        ("02-14T16:30", working_hours(2), "02-24T09:30"),
        ("02-12T19:00", working_hours(0), "02-13T08:30"),
        ("02-14T16:30", clock_hours(24), "02-15T16:30"),
        ("02-14T16:30", clock_minutes(10), "02-14T16:40"),
        ("02-14T16:30", calendar_days(3), "02-17T16:30"),
    ],
)
def test_due_dates_over_the_spring_festival_of_2026(start: str, duration: Duration, due: str) -> None:
    assert CALENDAR.add(shanghai(start), duration) == shanghai(due)


def test_results_are_in_utc_whatever_zone_went_in() -> None:
    new_york = shanghai("02-12T10:00").astimezone(ZoneInfo("America/New_York"))
    due = CALENDAR.add(new_york, working_days(1))
    assert due.tzinfo is UTC
    assert due.isoformat() == "2026-02-13T02:00:00+00:00"
    assert CALENDAR.next_opening(new_york).tzinfo is UTC


def test_working_time_between_two_instants() -> None:
    assert CALENDAR.working_time_between(shanghai("02-13T16:00"), shanghai("02-14T09:00")) == timedelta(hours=2)
    assert CALENDAR.working_time_between(shanghai("02-14T17:30"), shanghai("02-24T08:30")) == timedelta()
    assert CALENDAR.working_time_between(shanghai("02-12T08:00"), shanghai("02-12T20:00")) == timedelta(hours=8)
    assert CALENDAR.working_time_between(shanghai("02-24T09:30"), shanghai("02-14T16:30")) == timedelta(hours=-2)


def test_the_companys_own_word_on_a_date_beats_holidays_and_weekly_hours() -> None:
    morning = (Span(time(9), time(12)),)
    overrides: dict[date, Hours] = {
        date(2026, 2, 17): morning,
        date(2026, 2, 14): (),
        date(2026, 2, 13): morning,
        date(2026, 2, 15): OFFICE,
    }
    calendar = WorkingCalendar("Asia/Shanghai", WEEK, SPRING_FESTIVAL | MAKE_UP, overrides)
    assert calendar.is_working(shanghai("02-17T09:00"))
    assert not calendar.is_working(shanghai("02-14T09:00"))
    assert calendar.next_opening(shanghai("02-13T15:00")) == shanghai("02-15T08:30")
    assert calendar.hours_on(date(2026, 2, 13)) == morning


def test_what_is_due_on_a_short_day_stays_due_on_that_day() -> None:
    calendar = WorkingCalendar("Asia/Shanghai", WEEK, {}, {date(2026, 3, 4): (Span(time(9), time(11)),)})
    assert calendar.add(shanghai("03-03T15:00"), working_days(1)) == shanghai("03-04T11:00")
    assert calendar.add(shanghai("03-03T08:45"), working_days(1)) == shanghai("03-04T09:00")
    assert calendar.add(shanghai("03-03T10:00"), working_days(1)) == shanghai("03-04T10:00")


def test_a_make_up_day_has_standard_hours_unless_the_weekday_has_its_own() -> None:
    short = (Span(time(8), time(11)),)
    by_default = WorkingCalendar("Asia/Shanghai", WEEK, MAKE_UP)
    chosen = WorkingCalendar("Asia/Shanghai", WEEK, MAKE_UP, standard=short)
    with_saturday = WorkingCalendar("Asia/Shanghai", WEEK | {5: short}, MAKE_UP)
    assert by_default.hours_on(date(2026, 2, 14)) == OFFICE
    assert chosen.hours_on(date(2026, 2, 14)) == short
    assert with_saturday.hours_on(date(2026, 2, 14)) == short


def test_a_clock_change_moves_no_office_hours() -> None:
    berlin = WorkingCalendar("Europe/Berlin", WEEK)
    zone = ZoneInfo("Europe/Berlin")
    friday = datetime(2026, 3, 27, 16, tzinfo=zone)  # the clocks go forward on Sunday 29 March
    assert berlin.add(friday, working_days(1)) == datetime(2026, 3, 30, 16, tzinfo=zone)
    assert berlin.add(friday, working_hours(2)) == datetime(2026, 3, 30, 9, tzinfo=zone)
    assert berlin.add(friday, calendar_days(3)).astimezone(zone).hour == 16
    assert berlin.add(friday, clock_hours(72)).astimezone(zone).hour == 17


def test_a_night_shift_over_a_clock_change_is_an_hour_shorter_or_longer() -> None:
    night = WorkingCalendar("Europe/Berlin", dict.fromkeys(range(7), (Span(time(0), time(8)), Span(time(20), time(0)))))

    def worked(day: date) -> timedelta:
        zone = ZoneInfo("Europe/Berlin")
        start = datetime.combine(day, time(), zone).astimezone(UTC)
        return night.working_time_between(start, datetime.combine(day + timedelta(days=1), time(), zone))

    assert worked(date(2026, 3, 28)) == timedelta(hours=12)
    assert worked(date(2026, 3, 29)) == timedelta(hours=11)
    assert worked(date(2026, 10, 25)) == timedelta(hours=13)


def test_office_hours_that_a_clock_change_swallows_open_when_the_clock_is_back() -> None:
    zone = ZoneInfo("Europe/Berlin")
    odd = WorkingCalendar("Europe/Berlin", {6: (Span(time(2), time(2, 30)), Span(time(2, 30), time(3, 30)))})
    before = datetime(2026, 3, 29, 1, tzinfo=zone)
    after = datetime(2026, 3, 29, 4, tzinfo=zone)
    assert odd.next_opening(before) == datetime(2026, 3, 29, 3, tzinfo=zone)
    assert odd.working_time_between(before, after) == timedelta(minutes=30)


def test_midnight_that_a_clock_change_skips_still_ends_the_day() -> None:
    zone = ZoneInfo("Africa/Cairo")  # 23 April 2026 ends at midnight, and Friday 24 begins at 01:00
    cairo = WorkingCalendar("Africa/Cairo", dict.fromkeys(range(7), (Span(time(0), time(0)),)))
    start = datetime(2026, 4, 23, 12, tzinfo=zone)
    assert cairo.working_time_between(start, datetime(2026, 4, 24, 12, tzinfo=zone)) == timedelta(hours=23)
    assert cairo.add(start, working_hours(12)) == datetime(2026, 4, 24, 1, tzinfo=zone)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: WorkingCalendar("Asia/Nowhere", WEEK), "no time zone"),
        (lambda: WorkingCalendar("../etc", WEEK), "no time zone"),
        (lambda: WorkingCalendar("Asia/Shanghai", {}), "no office hours on any weekday"),
        (lambda: WorkingCalendar("Asia/Shanghai", {0: ()}), "no office hours on any weekday"),
        (lambda: WorkingCalendar("Asia/Shanghai", {7: OFFICE}), "no office hours on any weekday"),
        (lambda: WorkingCalendar("Asia/Shanghai", {0: OFFICE[::-1]}), "overlap or are out of order"),
        (lambda: WorkingCalendar("Asia/Shanghai", {0: (Span(time(8), time(0)), *OFFICE)}), "overlap or are out of"),
        (lambda: WorkingCalendar("Asia/Shanghai", WEEK, {}, {date(2026, 1, 1): OFFICE[::-1]}), "overlap or are out"),
        (lambda: Span(time(9), time(9)), "must open before they close, not 09:00-09:00"),
        (lambda: CALENDAR.add(datetime(2026, 1, 1, 9), working_days(1)), "has no time zone"),  # noqa: DTZ001
        (lambda: CALENDAR.add(shanghai("02-12T10:00"), working_days("due")), "before its policy key was looked up"),
    ],
)
def test_mistakes_in_a_calendar_are_named(build: object, sentence: str) -> None:
    assert callable(build)
    with pytest.raises(AuthorMistake, match=sentence):
        build()


def test_a_company_closed_for_good_is_an_error_and_not_an_endless_search() -> None:
    closed = {date(2026, 3, 2) + timedelta(days=n): () for n in range(400)}
    calendar = WorkingCalendar("Asia/Shanghai", WEEK, {}, closed)
    for duration in (working_days(1), working_hours(1), working_hours(0)):
        with pytest.raises(AuthorMistake, match="closed for a whole year"):
            calendar.add(shanghai("03-02T10:00"), duration)
    with pytest.raises(AuthorMistake, match="closed for a whole year"):
        calendar.add(shanghai("02-27T10:00"), working_days(1))


def test_a_calendar_given_to_others_cannot_be_changed_by_them() -> None:
    days = dict(SPRING_FESTIVAL)
    calendar = WorkingCalendar("Asia/Shanghai", WEEK, days)
    days.clear()
    assert not calendar.is_working(shanghai("02-17T10:00"))
    with pytest.raises(TypeError):
        calendar.overrides[date(2026, 1, 1)] = ()  # type: ignore[index]


def test_the_date_at_an_instant_is_the_companys() -> None:
    assert CALENDAR.local_date(datetime(2026, 2, 12, 16, tzinfo=UTC)) == date(2026, 2, 13)


def test_a_duration_takes_its_number_from_the_policy() -> None:
    policy = Policy({"recognition_due": 2, "pass_mark": "much"})
    assert working_days("recognition_due").resolve(policy) == working_days(2)
    assert working_days(3).resolve(policy) == working_days(3)
    assert working_days("recognition_due").policy_key == "recognition_due"
    for key in ("pass_mark", "recognition_dew"):
        with pytest.raises(AuthorMistake, match=key):
            working_days(key).resolve(policy)


@pytest.mark.parametrize("amount", [-1, True, 1.5, "", None])
def test_a_length_is_a_whole_number_from_zero_up_or_a_key(amount: int) -> None:
    with pytest.raises(AuthorMistake, match=r"duration"):
        working_days(amount)


def test_a_duration_is_named_in_both_languages() -> None:
    labels = {unit: Duration(unit, 2).label() for unit in Unit}
    assert in_language(labels[Unit.WORKING_DAYS], "zh") == "2 个工作日"
    assert in_language(labels[Unit.CLOCK_HOURS], "en") == "2 hours"
    assert in_language(working_hours(1).label(), "en") == "1 working hour"
    assert len(set(labels.values())) == len(Unit)


def test_a_time_of_day_that_a_clock_change_skips_is_the_instant_of_the_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    berlin = WorkingCalendar("Europe/Berlin", WEEK)
    due = berlin.add(datetime(2026, 3, 28, 2, 30, tzinfo=zone), calendar_days(1))
    assert due == datetime(2026, 3, 29, 3, tzinfo=zone)
    assert due <= berlin.add(datetime(2026, 3, 28, 3, 10, tzinfo=zone), calendar_days(1))


def test_office_hours_that_a_clock_change_repeats_run_to_their_last_closing() -> None:
    zone = ZoneInfo("Europe/Berlin")  # on 25 October 2026 the hour from 02:00 comes twice
    early = WorkingCalendar("Europe/Berlin", {6: (Span(time(1), time(2, 30)),)})
    first, second = (datetime(2026, 10, 25, 2, 15, fold=fold, tzinfo=zone) for fold in (0, 1))
    assert early.is_working(first)
    assert early.is_working(second)
    assert early.add(datetime(2026, 10, 25, 0, tzinfo=zone), working_hours(2)).astimezone(zone).time() == time(2)
    assert early.add(second, calendar_days(0)) == second.astimezone(UTC)  # PEP 495: never equal otherwise


def test_a_time_of_day_at_which_the_lunch_break_begins_moves_behind_it() -> None:
    no_lunch = {date(2026, 3, 3): (Span(time(8, 30), time(17, 30)),)}
    calendar = WorkingCalendar("Asia/Shanghai", WEEK, {}, no_lunch)
    assert calendar.add(shanghai("03-03T12:00"), working_days(1)) == shanghai("03-04T13:00")
    assert calendar.add(shanghai("03-03T12:30"), working_days(1)) == shanghai("03-04T13:00")


def test_days_are_those_of_the_company_and_both_included() -> None:
    calendar = WorkingCalendar("Asia/Shanghai", {0: OFFICE})
    assert calendar.instants_of(date(2026, 3, 2), date(2026, 3, 2)) == (
        datetime(2026, 3, 1, 16, tzinfo=UTC),
        datetime(2026, 3, 2, 16, tzinfo=UTC),
    )
    assert calendar.instants_of(None, None) == (None, None)
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        for day in (date.min, date.max):
            begin, end = WorkingCalendar(zone, {0: OFFICE}).instants_of(day, day)
            assert begin is not None
            assert end is not None
            assert end - begin == timedelta(days=1)
