"""Configuration mistakes are found with their line and a remedy before anything starts; changes are shown in words."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
import yaml

from crm_workflows.adapters.configuration.config_files import (
    check_calendar,
    check_people,
    check_policy,
    load_calendar,
    load_people,
    load_policy,
    parse_calendar,
    parse_people,
    parse_policy,
)
from crm_workflows.domain.approvers import RoleAsked
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.money import Money
from crm_workflows.domain.people import Deputy, NobodyToAsk, role
from crm_workflows.domain.working_time import Span
from crm_workflows.shipped import shipped
from tests.adapters.configuration.config_texts import CALENDAR, PEOPLE, POLICY

CONFIG = shipped("config")
ROLES = {
    "buyer",
    "head_of_materials",
    "head_of_technique",
    "head_of_design",
    "head_of_quality",
    "finance",
    "head_of_marketing",
    "general_manager",
    "admin",
    "process_owner",
    "sales",
    "sales_manager",
    "sales_director",
    "data_steward",
    "service",
    "service_lead",
    "service_director",
    "compliance",
}

# --- what is shipped --------------------------------------------------------------------------------------------------


def test_the_shipped_company_has_no_mistakes_and_somebody_for_every_role() -> None:
    assert (
        check_people(
            (CONFIG / "people.yaml").read_text(encoding="utf-8"),
            "people.yaml",
            dict.fromkeys(ROLES, RoleAsked("flows/own/gates.py:7", {})),
        )
        == []
    )
    assert check_policy((CONFIG / "policy.yaml").read_text(encoding="utf-8"), "policy.yaml") == []
    assert check_calendar((CONFIG / "calendar.yaml").read_text(encoding="utf-8"), "calendar.yaml") == []


def test_the_shipped_company_is_what_the_samples_and_the_handbook_expect() -> None:
    people = load_people(CONFIG / "people.yaml")
    assert len(people) == 22
    assert [p.name for p in people if not p.manager] == ["陈国栋"]
    assert len([p for p in people if p.language == "en"]) == 2
    assert all(p.name_en for p in people)
    assert [p.email for p in people.with_role("buyer")] == ["wang.fang@yongchang.example", "zhao.lei@yongchang.example"]
    assert len(people.with_role("finance")) == 2
    assert {p.department for p in people} == set(people.departments)


def test_each_role_of_the_shipped_company_can_be_asked_by_anybody_on_any_day() -> None:
    people = load_people(CONFIG / "people.yaml")
    for day in (date(2026, 2, 16), date(2026, 7, 1)):
        for requester in people:
            for name in ROLES - {"general_manager"}:
                assert people.resolve(role(name), on=day, never=[requester.email])
    with pytest.raises(NobodyToAsk):
        people.resolve(role("general_manager"), on=date(2026, 7, 1), never=["chen.guodong@yongchang.example"])


def test_the_shipped_policy_has_what_the_rules_need() -> None:
    policy = load_policy(CONFIG / "policy.yaml")
    assert policy.amount("recognition_finance_above") == Money.of(1_000_000)
    assert sum(policy.numbers("criteria_weights").values()) == 100
    assert [policy.number(f"papers_{key}") for key in ("remind_first", "remind_second", "lapse")] == [3, 5, 15]
    assert [policy.number(f"class_{band}_valid_years") for band in "abc"] == [1, 2, 3]


def test_the_shipped_calendar_knows_the_spring_festival_of_2026() -> None:
    calendar = load_calendar(CONFIG / "calendar.yaml")
    office = (Span(time(8, 30), time(12)), Span(time(13), time(17, 30)))
    days = [date(2026, 2, 13) + timedelta(days=n) for n in range(16)]
    worked = [day.day for day in days if calendar.hours_on(day)]
    assert worked == [13, 14, 24, 25, 26, 27, 28]  # Saturdays 14 and 28 are made up; 15 to 23 are off
    assert calendar.hours_on(date(2026, 2, 14)) == office
    start = datetime(2026, 2, 13, 9, tzinfo=timezone(timedelta(hours=8)))
    assert calendar.add(start, working_days(2)) == datetime(2026, 2, 24, 1, tzinfo=UTC)


def test_settings_example_names_only_settings_of_the_contract() -> None:
    text = (CONFIG / "settings.env.example").read_text(encoding="utf-8")
    names = re.findall(r"^# ([A-Z_]+)=", text, flags=re.MULTILINE)
    assert len(names) == len(set(names)) > 20
    assert all(name.startswith(("CRMW_", "PREFECT_")) for name in names)
    assert all(line.startswith("#") or not line.strip() for line in text.splitlines())


def test_no_setting_of_the_example_has_words_behind_it_which_systemd_takes_for_its_value() -> None:
    text = (CONFIG / "settings.env.example").read_text(encoding="utf-8")
    assert re.findall(r"^# [A-Z][A-Z0-9_]+=.*#.*$", text, flags=re.MULTILINE) == []


def test_settings_of_the_example_are_explained_in_both_languages() -> None:
    text = (CONFIG / "settings.env.example").read_text(encoding="utf-8")
    above = re.findall(r"((?:^#(?! [A-Z][A-Z0-9_]+=).*\n)+)(?=# [A-Z])", text, flags=re.MULTILINE)
    chinese, english = re.compile(r"[\u4e00-\u9fff]{2}"), re.compile(r"\b[a-z]{2,} [a-z]{2,}")
    assert len(above) > 30
    assert [words for words in above if not chinese.search(words) or not english.search(words)] == []


# --- reading ----------------------------------------------------------------------------------------------------------


def test_people_are_read_with_all_their_fields() -> None:
    directory = parse_people(
        PEOPLE
        + """\
    name_en: Wang
    language: en
    other_emails: [Wang@Private.example]
    deputies:
      - {email: head@a.example, from: 2026-03-01, to: 2026-03-05}
      - {email: head@a.example, from: 2026-12-01}
    approval_limit: 5000 CNY
    active: false
    zone: Europe/Berlin
"""
    )
    buyer = directory.person("wang@private.example")
    assert buyer is not None
    assert (buyer.email, buyer.name_en, buyer.language, buyer.active) == ("buyer@a.example", "Wang", "en", False)
    assert buyer.deputies == (
        Deputy("head@a.example", date(2026, 3, 1), date(2026, 3, 5)),
        Deputy("head@a.example", date(2026, 12, 1), None),
    )
    assert (buyer.approval_limit, buyer.zone) == (Money.of(5000), "Europe/Berlin")
    assert directory.role_label("head", "en") == "Head"


def test_policy_values_have_the_kind_they_look_like() -> None:
    policy = parse_policy(POLICY)
    assert policy.numbers("criteria_weights") == {"cooperation": 40, "cost": 60}
    assert policy.amount("recognition_finance_above") == Money.of(1_000_000)
    assert str(policy.decimal("growth")) == "1.25"
    assert policy.flag("approve_on_silence") is False
    assert policy.text("greeting") == "12"


@pytest.mark.parametrize("text", [POLICY, POLICY.replace('"12"', ""), "a: |\n  b\nc: [", "", "- 1", "a: &x 1\nb: *x"])
def test_both_readers_of_yaml_read_alike(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every machine's PyYAML has libyaml, the fast one."""
    fast = check_policy(text, "policy.yaml")
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert check_policy(text, "policy.yaml") == fast


def test_calendar_overrides_beat_weekly_hours() -> None:
    calendar = parse_calendar(CALENDAR)
    office = (Span(time(8, 30), time(12)), Span(time(13), time(17, 30)))
    assert calendar.hours_on(date(2026, 3, 4)) == (Span(time(9), time(10)),)
    assert calendar.hours_on(date(2026, 3, 15)) == office
    assert calendar.hours_on(date(2026, 3, 16)) == ()
    assert calendar.hours_on(date(2026, 3, 23)) == office
    assert calendar.hours_on(date(2026, 3, 24)) == ()


def test_a_calendar_without_country_knows_no_holidays_and_one_with_another_knows_its_own() -> None:
    for given, open_on_christmas in (("none", True), ("DE-BY", False)):
        calendar = parse_calendar(f"zone: Europe/Berlin\noffice_hours: {{friday: [08:00-24:00]}}\nholidays: {given}\n")
        assert bool(calendar.hours_on(date(2026, 12, 25))) is open_on_christmas
