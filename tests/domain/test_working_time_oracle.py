"""Working time is checked against a slow oracle that walks the minutes, on calendars and instants made up at random."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crm_workflows.domain.durations import calendar_days, clock_hours, working_days, working_hours
from crm_workflows.domain.working_time import DayKind, Hours, Span, WorkingCalendar

MINUTE = timedelta(minutes=1)
# Offices open between 04:00 and 23:59 here, clear of the hours that clock changes skip or repeat; those have tests
# of their own.
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
FIRST = date(2026, 3, 1)
dates = st.integers(0, 45).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def hours(draw: st.DrawFn, least: int = 0) -> Hours:
    minutes = draw(st.lists(st.integers(4 * 4, 4 * 24 - 1), min_size=2 * least, max_size=6, unique=True))
    marks = [time(quarter // 4, quarter % 4 * 15) for quarter in sorted(minutes)]
    return tuple(Span(a, b) for a, b in zip(marks[0::2], marks[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    weekly = draw(st.dictionaries(st.integers(0, 6), hours(least=1), min_size=1))
    days = draw(st.dictionaries(dates, st.sampled_from(DayKind), max_size=8))
    overrides = draw(st.dictionaries(dates, hours(), max_size=5))
    return WorkingCalendar(draw(st.sampled_from(ZONES)), weekly, days, overrides)


instants = st.integers(0, 30 * 24 * 60).map(lambda n: datetime(2026, 3, 5, tzinfo=UTC) + n * MINUTE)


def open_at(calendar: WorkingCalendar, instant: datetime) -> bool:
    """The wall clock alone says whether the office is open: no instants, no caches."""
    local = instant.astimezone(ZoneInfo(calendar.zone))
    return any(span.opens <= local.time() < span.closes for span in calendar.hours_on(local.date()))


def opening_from(calendar: WorkingCalendar, instant: datetime) -> datetime:
    while not open_at(calendar, instant):
        instant += MINUTE
    return instant


@settings(max_examples=150, deadline=None)
@given(calendars(), instants)
def test_next_opening_is_the_first_open_minute(calendar: WorkingCalendar, start: datetime) -> None:
    opening = calendar.next_opening(start)
    assert opening == opening_from(calendar, start)
    assert calendar.is_working(opening)
    assert calendar.is_working(start) == open_at(calendar, start)


@settings(max_examples=80, deadline=None)
@given(calendars(), instants, st.integers(1, 20))
def test_working_hours_are_that_many_open_minutes(calendar: WorkingCalendar, start: datetime, count: int) -> None:
    instant, left = start, count * 60
    while left:
        left -= open_at(calendar, instant)
        instant += MINUTE
    assert calendar.add(start, working_hours(count)) == instant


@settings(max_examples=80, deadline=None)
@given(calendars(), instants, st.integers(0, 6 * 24 * 60))
def test_working_time_between_counts_the_open_minutes(calendar: WorkingCalendar, start: datetime, length: int) -> None:
    end = start + length * MINUTE
    worked = sum(open_at(calendar, start + n * MINUTE) for n in range(length))
    assert calendar.working_time_between(start, end) == worked * MINUTE
    assert calendar.working_time_between(end, start) == -worked * MINUTE


@settings(max_examples=150, deadline=None)
@given(calendars(), instants, st.integers(0, 6))
def test_working_days_are_days_on_which_the_office_opens(
    calendar: WorkingCalendar, start: datetime, count: int
) -> None:
    zone = ZoneInfo(calendar.zone)
    opening = opening_from(calendar, start).astimezone(zone)
    day = opening.date()
    for _ in range(count):
        day += timedelta(days=1)
        while not calendar.hours_on(day):
            day += timedelta(days=1)
    due = calendar.add(start, working_days(count)).astimezone(zone)
    spans = calendar.hours_on(day)
    assert due.date() == day
    if any(span.opens <= opening.time() < span.closes for span in spans):
        assert due.time() == opening.time()
    elif opening.time() >= spans[-1].closes:
        assert due.time() == spans[-1].closes
    else:
        assert due.time() == min(span.opens for span in spans if span.opens > opening.time())


@settings(max_examples=150, deadline=None)
@given(calendars(), instants, instants, st.integers(0, 12))
def test_who_starts_later_is_never_due_earlier(
    calendar: WorkingCalendar, one: datetime, other: datetime, count: int
) -> None:
    assume(one != other)
    early, late = sorted((one, other))
    for length in (working_days(count), working_hours(count), calendar_days(count), clock_hours(count)):
        assert early <= calendar.add(early, length) <= calendar.add(late, length)


@settings(max_examples=60, deadline=None)
@given(calendars(), instants, st.integers(1, 40))
def test_what_was_added_is_what_lies_between(calendar: WorkingCalendar, start: datetime, count: int) -> None:
    due = calendar.add(start, working_hours(count))
    assert calendar.working_time_between(start, due) == timedelta(hours=count)
