"""Measuring key figures: medians, shares, months and targets, on observations made by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from crm_workflows.business.figures import document, monthly
from crm_workflows.business.figures.kpi import Kind, Kpi
from crm_workflows.business.figures.kpis import KPIS, kpis_of
from crm_workflows.business.figures.measuring import Value, median, nine_in_ten, value_of
from crm_workflows.business.figures.months import Month, period
from crm_workflows.business.figures.reporting import Measured, ProcessReport
from crm_workflows.business.figures.said import NONE_IN_PERIOD, aim, beside, part_named, rows, said
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.text import LANGUAGES, in_language
from crm_workflows.engine.figure_ports import Observed
from tests.office import shipped_company

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
TODAY = date(2026, 3, 2)
POLICY = Policy({"archive_complete": 80})


def kpi(kind: Kind, **changes: Any) -> Kpi:
    return Kpi("x", "RP-2", "某指标 / A figure", "定义 / Definition", kind, **changes)


def seen(**columns: Any) -> Observed:
    names = ("person", "part", "at", "began_at", "ended_at", "until_on", "hit", "number", "amount")
    given: dict[str, Any] = {**dict.fromkeys(names), **columns}
    return Observed("supplier-vetting", "SV-1", **given)


def lasting(*days: float) -> list[Observed]:
    return [seen(began_at=NOON - timedelta(days=one), ended_at=NOON) for one in days]


def report_of(*figures: Measured) -> ProcessReport:
    return ProcessReport("supplier-vetting", "供应商认定 / Supplier vetting", Month(2026, 3), figures, (), ())


def test_days_are_told_by_their_median_and_what_nine_in_ten_stayed_within() -> None:
    found = value_of(kpi(Kind.DAYS), lasting(4, 1, 2, 3, 100, 5, 6, 7, 8, 9), POLICY, TODAY)
    assert found == Value(10, Decimal("5.5"), Decimal("9.0"))
    assert said(kpi(Kind.DAYS), found) == "5.5 天 / 5.5 days"
    assert beside(kpi(Kind.DAYS), found) == "10 件；90% 在 9 天内 / of 10; 90% within 9 days"


@pytest.mark.parametrize(
    ("minutes", "words", "most"),
    [
        (0, "不到 1 小时 / under an hour", "90% 在 1 小时内 / of 2; 90% within an hour"),
        (59, "1 小时 / 1 hour", "90% 在 1 小时内 / of 2; 90% within 1 hour"),
        (56, "不到 1 小时 / under an hour", "90% 在 1 小时内 / of 2; 90% within an hour"),
        (200, "3.3 小时 / 3.3 hours", "90% 在 3.3 小时内 / of 2; 90% within 3.3 hours"),
        (24 * 60 - 1, "1 天 / 1 day", "90% 在 1 天内 / of 2; 90% within 1 day"),
        (36 * 60, "1.5 天 / 1.5 days", "90% 在 1.5 天内 / of 2; 90% within 1.5 days"),
    ],
)
def test_what_takes_less_than_a_day_is_told_in_hours(minutes: int, words: str, most: str) -> None:
    found = value_of(kpi(Kind.DAYS), lasting(*[minutes / 1440] * 2), POLICY, TODAY)
    assert said(kpi(Kind.DAYS), found) == words
    assert beside(kpi(Kind.DAYS), found) == f"2 件；{most}"


def test_a_table_for_programs_keeps_days_to_the_minute() -> None:
    found = value_of(kpi(Kind.DAYS), lasting(200 / 1440), POLICY, TODAY)
    (row,) = rows(report_of(Measured(kpi(Kind.DAYS), found)), shipped_company()[0], "en")
    assert row[5:8] == ("0.1389", "days", "0.1389")


def test_what_reads_alike_has_not_changed() -> None:
    """Two minutes and then ten are five times as long, and both are under an hour."""
    for minutes, told in (((2, 10), 0), ((2, 120), 1)):
        each = tuple((Month(2026, 2), value_of(kpi(Kind.DAYS), lasting(n / 1440), POLICY, TODAY)) for n in minutes)
        found = monthly._changes([report_of(Measured(kpi(Kind.DAYS), each[-1][1], before=each))])
        assert len(found) == told, found


def test_a_document_names_in_one_line_what_there_is_nothing_to_count_for() -> None:
    opened, *others = sorted(kpis_of("supplier-vetting"), key=lambda one: one.name != "opened")
    figures = (Measured(opened, Value(3, Decimal(3))), *(Measured(one, Value(0)) for one in others))
    (section,) = document.document([report_of(*figures)], "甲").sections
    told, silent = section.facts
    assert (told.label, told.value, told.value_en) == (opened.title, "3", "3")
    assert silent.label == document.NOTHING_FOR
    assert silent.value == "、".join(in_language(one.title, "zh") for one in others)
    assert silent.value_en == "; ".join(in_language(one.title, "en") for one in others)


@pytest.mark.parametrize(
    ("days", "target", "unit", "number"),
    [(0.25, None, "（小时）", ">6</text>"), (0.25, 10, "（天）", ">0.2</text>"), (2, None, "（天）", ">2</text>")],
)
def test_a_drawing_of_what_takes_less_than_a_day_counts_hours(
    days: float, target: int | None, unit: str, number: str
) -> None:
    each = tuple((Month(2026, n), value_of(kpi(Kind.DAYS), lasting(days), POLICY, TODAY)) for n in (2, 3))
    drawing = document._single(Measured(kpi(Kind.DAYS), each[-1][1], before=each, target=target), "zh")
    assert unit in drawing.title
    assert number in drawing.svg


@pytest.mark.parametrize(
    ("days", "middle", "nine"),
    [([], None, None), ([3], "3.0", "3.0"), ([1, 2], "1.5", "2.0"), (list(range(1, 21)), "10.5", "18.0")],
)
def test_medians_and_ranks_of_few(days: list[float], middle: str | None, nine: str | None) -> None:
    values = [Decimal(one) for one in days]
    assert median(values) == (Decimal(middle) if middle else None)
    assert nine_in_ten(values) == (Decimal(nine) if nine else None)


def test_a_share_of_nothing_is_no_share() -> None:
    share = kpi(Kind.SHARE)
    assert said(share, value_of(share, [], POLICY, TODAY)) == NONE_IN_PERIOD
    found = value_of(share, [seen(hit=1), seen(hit=0), seen(hit=1)], POLICY, TODAY)
    assert (said(share, found), beside(share, found)) == ("66.7%", "2/3")


def test_a_share_may_ask_the_policy_from_where_on_it_counts() -> None:
    complete = kpi(Kind.SHARE, reaches="archive_complete")
    assert value_of(complete, [seen(number=79), seen(number=80), seen(number=None)], POLICY, TODAY).hits == 1


def test_what_was_done_within_its_time_counts_and_what_was_never_done_does_not() -> None:
    quick = kpi(Kind.SHARE, within=timedelta(hours=1))
    rows = [seen(began_at=NOON, ended_at=NOON + timedelta(minutes=60)), seen(began_at=NOON), *lasting(1)]
    assert value_of(quick, rows, POLICY, TODAY).hits == 1


def test_the_share_of_time_paused_is_of_all_time_together() -> None:
    rows = [
        seen(began_at=NOON, ended_at=NOON + timedelta(hours=3), number=3600),
        seen(began_at=NOON, ended_at=NOON + timedelta(hours=1), number=0),
        seen(began_at=NOON, number=None),
    ]
    paused = kpi(Kind.PAUSED)
    assert said(paused, value_of(paused, rows, POLICY, TODAY)) == "25%"
    assert said(paused, value_of(paused, [], POLICY, TODAY)) == NONE_IN_PERIOD


def test_amounts_are_summed_exactly_and_never_across_currencies() -> None:
    rows = [seen(amount="0.10 CNY"), seen(amount="0.20 CNY"), seen(amount="5.00 EUR"), seen(amount=None)]
    found = value_of(kpi(Kind.MONEY), rows, POLICY, TODAY)
    assert found.money == (Money.of("0.30"), Money.of("5.00", "EUR"))
    assert said(kpi(Kind.MONEY), found) == "¥0.30；EUR 5.00 / CNY 0.30; EUR 5.00"


def test_a_recognition_holds_through_its_last_day() -> None:
    rows = [seen(until_on="2026-03-01"), seen(until_on="2026-03-02"), seen(until_on=None)]
    assert value_of(kpi(Kind.OVERDUE_NOW), rows, POLICY, TODAY).value == 1


@pytest.mark.parametrize(("less", "value", "meets"), [(True, 9, True), (True, 11, False), (False, 9, False)])
def test_a_target_is_met_from_its_own_side(less: bool, value: int, meets: bool) -> None:
    one = Measured(kpi(Kind.DAYS, less_is_better=less), Value(3, Decimal(value)), target=10)
    assert one.meets is meets
    assert aim(one).startswith("≤ 10 天" if less else "≥ 10 天")
    assert Measured(one.kpi, Value(0), target=10).meets is None


@pytest.mark.parametrize(
    ("text", "first", "last", "before", "zh", "en"),
    [
        ("2026-03", "2026-03-01", "2026-03-31", "2026-02", "2026 年 3 月", "Mar 2026"),
        ("2026-Q1", "2026-01-01", "2026-03-31", "2025-Q4", "2026 年第 1 季度", "Q1 2026"),
        ("2026", "2026-01-01", "2026-12-31", "2025", "2026 年", "2026"),
    ],
)
def test_a_month_a_quarter_or_a_year_is_a_period(
    text: str, first: str, last: str, before: str, zh: str, en: str
) -> None:
    found, calendar = period(text), shipped_company()[2]
    begin, end = found.span(calendar)
    assert [str(calendar.local_date(at)) for at in (begin, end - timedelta(seconds=1))] == [first, last]
    assert (str(found), str(found.back(1)), found.back(-1).back(1)) == (text, before, found)
    assert (found.shown("zh"), found.shown("en")) == (zh, en)
    assert type(found).of(date.fromisoformat(last)) == found


def test_a_month_begins_at_midnight_of_the_company() -> None:
    calendar = shipped_company()[2]
    begin, end = Month.parse("2026-03").span(calendar)
    assert begin == datetime(2026, 2, 28, 16, tzinfo=UTC)  # midnight of 1 March in Shanghai
    assert end == Month(2026, 4).span(calendar)[0]
    assert [str(Month(2026, 1).back(n)) for n in (1, 12, -12)] == ["2025-12", "2025-01", "2027-01"]


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-1", "0000-01", "9999-12", "२०२६-01"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Month.parse(text)


def test_every_figure_says_in_both_languages_what_it_counts() -> None:
    assert len({one.name for one in KPIS}) == len(KPIS)
    for one in KPIS:
        for label in (one.title, one.says):
            zh, en = (in_language(label, language) for language in LANGUAGES)
            assert zh != en
            assert any("一" <= letter <= "鿿" for letter in zh), label
            assert en.isascii(), label


def test_why_a_case_went_back_keeps_its_rule_in_either_language() -> None:
    """The rule stands before a reason that is a label or, typed by somebody, is in one language."""
    assert part_named("ON-1：档案尚不完整 / incomplete") == "ON-1：档案尚不完整 / ON-1: incomplete"
    assert part_named("SV-3：太贵\n再谈") == "SV-3：太贵\n再谈 / SV-3: 太贵\n再谈"
    assert (part_named("SV-3"), part_named("轴承：材料")) == ("SV-3", "轴承：材料")
