"""Mistakes in policy and calendar are found with their line and a remedy before anything starts."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_workflows.adapters.configuration.config_files import (
    Finding,
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
from crm_workflows.adapters.configuration.public_holidays import unpublished_years
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.text import LANGUAGES, in_language
from crm_workflows.interfaces.cli.failing import first_of
from tests.adapters.configuration.config_texts import CALENDAR, PEOPLE, POLICY
from tests.adapters.configuration.findings import one, told

POLICY_MISTAKES = [
    ("cost: 60", "cost: 50", 2, "the criteria_weights sum to 90, not 100"),
    ("cost: 60", "cost: 60.0", 2, 'weight "criteria_weights.cost" must be a whole number of per cent, not 60.0'),
    ("pass_mark: 60", "pass_mark: 101", 4, "must be a whole number from 0 to 100, not 101"),
    ("pass_mark: 60", "pass_mark: 60 CNY", 4, "must be a whole number from 0 to 100, not 60.00 CNY"),
    (
        "pass_mark: 60",
        "pass_mark: 60\ncriteria_floors:\n  cots: 50",
        6,
        'there is no criterion "cots" in criteria_weights',
    ),
    ("pass_mark: 60", "pass_mark: 60\ncriteria_floors:\n  cost: 101", 6, "must be a whole number from 0 to 100"),
    ("pass_mark: 60", "floor: 70\npass_mark: 60", 5, '"pass_mark" (60) must be at least "floor" (70)'),
    ("pass_mark: 60", "class_b_from_score: 80\nclass_a_from_score: 80", 5, "the bands of the classes would overlap"),
    ("pass_mark: 60", "pass_mark: 75\nclass_b_from_score: 70", 5, "a class is given only to who has passed"),
    (
        "pass_mark: 60",
        "class_b_from_amount: 2 CNY\nclass_a_from_amount: 1 CNY",
        5,
        '"class_a_from_amount" (1.00 CNY) must be above "class_b_from_amount" (2.00 CNY)',
    ),
    ("pass_mark: 60", "class_b_from_amount: 2 CNY\nclass_a_from_amount: 1 EUR", 5, "whole numbers or in one currency"),
    ("pass_mark: 60", "papers_remind_first: 5\npapers_lapse: 5", 5, "reminders come before the lapse"),
    ("pass_mark: 60", "recognition_remind: 2", 5, "the reminder comes before the decision is due"),
    ("recognition_due: 2", "recognition_due: -2", 5, "is negative (-2); give a value from 0 up"),
    (
        "recognition_due: 2",
        "recognition_due: 2 days",
        5,
        'has the unclear value "2 days"; write 3, 2.5, 1000000.00 CNY',
    ),
    ("recognition_due: 2", "recognition_due: 2.1234567", 5, "unclear value"),
    ("recognition_due: 2", "recognition_due:", 5, 'policy "recognition_due" has no value'),
    ("recognition_due: 2", "recognition_due: [2]", 5, 'policy "recognition_due" must be a single value'),
    ("recognition_due: 2", "recognition-due: 2", 5, '"recognition-due" is no policy key'),
    ("recognition_due: 2", "recognition: {}", 5, 'the group "recognition" is empty'),
    ("recognition_due: 2", "recognition: {due: {days: 2}}", 5, "must be a single value"),
    ("recognition_due: 2", "pass_mark: 2", 5, 'the policy file gives "pass_mark" twice; keep one'),
    ("1,000,000.00 CNY", "1,000,000.001 CNY", 6, "an amount has at most two decimals"),
    ("1,000,000.00 CNY", "1000000.00 cny", 6, "write money as 480000.00 CNY"),
    ("pass_mark: 60", "digest: sometimes\npass_mark: 60", 4, '"digest" must be one of off, also, instead'),
    ("pass_mark: 60", "digest: also\npass_mark: 60", 4, "digests need the time at which they go"),
    ("pass_mark: 60", 'digest_at: "8:30"\npass_mark: 60', 4, 'must be a time of day such as "08:30"'),
    ("pass_mark: 60", "digest_limit: 100\npass_mark: 60", 4, '"digest_limit" must be an amount, not "100"'),
    (
        "pass_mark: 60",
        "pass_mark: 60\ncomplaint_causes:\n  rust: 锈蚀",
        6,
        '"complaint_causes.rust" must be a label in both languages',
    ),
    ("approve_on_silence: false", "approve_on_silence: no", 8, 'unclear value "no"'),
]


@pytest.mark.parametrize(("right", "wrong", "line", "message"), POLICY_MISTAKES)
def test_each_mistake_in_the_policy_has_its_line_and_remedy(right: str, wrong: str, line: int, message: str) -> None:
    assert POLICY.count(right) == 1
    assert check_policy(POLICY, "policy.yaml") == []
    found = check_policy(POLICY.replace(right, wrong), "policy.yaml")
    assert one(found)[0] == line
    assert message in one(found)[1]


def test_keys_that_procedures_read_must_be_there_and_of_their_kind() -> None:
    fitting = {"criteria_weights": "", "pass_mark": "whole number", "recognition_finance_above": "amount"}
    assert check_policy(POLICY, "policy.yaml", fitting) == []
    needed = fitting | {"pass_mark": "amount", "report_due": "whole number", "greetings": "text"}
    assert told(check_policy(POLICY, "policy.yaml", needed)) == [
        (1, "error", 'a procedure reads "report_due"; add it'),
        (4, "error", '"pass_mark" must be of the kind amount, not the whole number "60"'),
        (9, "error", 'a procedure reads "greetings"; did you mean it by "greeting"?'),
    ]


@pytest.mark.parametrize("key", ["pass_mark", "criteria_weights"])
def test_what_is_there_with_a_wrong_value_is_not_called_missing(key: str) -> None:
    wrong = re.sub(rf"({key}:\s+(?:\w+: )?)\d+", r"\1-5", POLICY)
    assert " is negative (-5)" in one(check_policy(wrong, "policy.yaml", {key: ""}))[1]


def test_a_slip_in_a_key_that_may_be_left_out_is_doubted_and_a_key_of_the_company_s_own_is_not() -> None:
    (doubt,) = check_policy(POLICY + "undo_minute: 10\nour_own_limit: 3\n", "policy.yaml")
    assert (doubt.severity, "“undo_minutes”" in doubt.message_zh) == ("warning", True)
    assert 'did you mean "undo_minutes"?' in doubt.message
    grouped = POLICY + "undo_minutes: 10\ncomplaint_causes:\n  it: 系统 / IT\n"
    assert check_policy(grouped, "policy.yaml") == [], "nor is a member of a group"


CALENDAR_MISTAKES = [
    ("zone: Asia/Shanghai", "zone: Asia/Beijing", 1, '"Asia/Beijing" is no time zone'),
    ("zone: Asia/Shanghai\n", "", 1, "the calendar file has no zone"),
    ("zone: Asia/Shanghai", "zone:", 1, "the calendar file has no zone"),
    ("monday:", "mondy:", 3, 'unknown field "mondy"; did you mean "monday"?'),
    ("[08:30-12:00, 13:00-17:30]", "[13:00-17:30, 08:30-12:00]", 3, "overlap or are out of order"),
    ("[08:30-12:00, 13:00-17:30]", "[08:30-13:30, 13:00-17:30]", 3, "hours 08:30-13:30 and 13:00-17:30 overlap"),
    ("[08:30-12:00, 13:00-17:30]", "[12:00-08:30]", 3, 'hours "12:00-08:30" must open before they close'),
    ("[08:30-12:00, 13:00-17:30]", "[18:00-00:00]", 3, "write 24:00 for the end of the day"),
    ("[08:30-12:00, 13:00-17:30]", "[8-12]", 3, 'hours "8-12" must be written like 08:30-12:00'),
    ("[08:30-12:00, 13:00-17:30]", "[08:30-25:00]", 3, "must be written like 08:30-12:00"),
    ("[08:30-12:00, 13:00-17:30]", "08:30-12:00", 3, 'hours "08:30-12:00" must be closed or spans such as'),
    ("[08:30-12:00, 13:00-17:30]", "open", 3, 'hours "open" must be closed or spans'),
    ("sunday: closed", "tuesday: false", 4, 'hours "false" must be closed or spans'),
    ("holidays: CN", "holidays: China", 5, '"China" names no known country or region; write a code such as CN, DE-BY'),
    ("holidays: CN", "holidays: DE-ZZ", 5, '"DE-ZZ" names no known country or region'),
    ("to: 2026-03-09", "to: 2026-03-01", 8, "from 2026-03-02 to 2026-03-01 cannot be: swap them"),
    ("to: 2026-03-09", "to: 2036-03-09", 8, "cannot be: check the year"),
    ("to: 2026-03-09", "until: 2026-03-09", 8, 'unknown field "until"'),
    ("date: 2026-03-02", "date: 2026-02-29", 7, '"2026-02-29" is no date of the calendar'),
    ("date: 2026-03-15", "date: 2026-03-08", 10, "2026-03-08 is overridden on line 7 already; keep one"),
    ("date: 2026-03-15, ", "", 10, "an override has no `date`"),
    (", hours: open", "", 10, "an override has no `hours`"),
    ("hours: open", "hours: holiday", 10, 'hours "holiday" must be closed, open or spans'),
]


@pytest.mark.parametrize(("right", "wrong", "line", "message"), CALENDAR_MISTAKES)
def test_each_mistake_in_the_calendar_has_its_line_and_remedy(right: str, wrong: str, line: int, message: str) -> None:
    assert CALENDAR.count(right) == 1
    assert check_calendar(CALENDAR, "calendar.yaml") == []
    found = check_calendar(CALENDAR.replace(right, wrong), "calendar.yaml")
    assert (line, True) == (found[0].line, message in found[0].message), told(found)


def test_a_company_that_never_opens_is_refused() -> None:
    text = "zone: Asia/Shanghai\noffice_hours:\n  monday: closed\n"
    assert one(check_calendar(text, "calendar.yaml")) == (
        3,
        "office_hours are closed on every weekday; open at least one",
    )


def test_a_year_whose_holidays_are_not_published_is_warned_of_and_still_works() -> None:
    latest = 2026
    while not unpublished_years("CN", date(latest, 1, 1), date(latest, 1, 1)):
        latest += 1
    assert latest >= 2027
    warned = check_calendar(CALENDAR, "calendar.yaml", on=date(latest - 1, 10, 1))
    assert told(warned)[0][:2] == (5, "warning")
    assert f"make-up workdays of {latest} are not published" in one(warned)[1]
    assert check_calendar(CALENDAR, "calendar.yaml", on=date(latest - 1, 5, 1)) == []
    assert check_calendar(CALENDAR.replace("CN", "DE"), "calendar.yaml", on=date(latest - 1, 10, 1)) == []
    assert parse_calendar(CALENDAR).hours_on(date(latest, 10, 1)) == ()


def test_a_text_with_mistakes_is_not_used_and_says_so_line_by_line() -> None:
    with pytest.raises(ConfigurationError) as people:
        parse_people(PEOPLE.replace("[head]", "[haed]").replace("[buyer]", "[byer]"))
    assert [in_language(one, "en") for one in people.value.findings] == [
        'people.yaml:7: role "haed" is unknown; did you mean "head"?',
        'people.yaml:11: role "byer" is unknown; did you mean "buyer"?',
    ]
    assert people.value.findings[1].startswith("people.yaml:11: 角色“byer”没有登记，是否指“buyer”？ / ")
    assert [in_language(str(people.value), language).count("\n") for language in LANGUAGES] == [1, 1]
    with pytest.raises(ConfigurationError, match=r"mine\.yaml:5: policy \"recognition_due\""):
        parse_policy(POLICY.replace("due: 2", "due: -2"), "mine.yaml")
    with pytest.raises(ConfigurationError, match=r"calendar\.yaml:1: zone"):
        parse_calendar(CALENDAR.replace("Asia", "Aisa"))


@pytest.mark.parametrize(
    ("check", "text", "told"),
    [
        (check_policy, PEOPLE, "这是 people 文件，不是 policy 文件，请用 crmw people check"),
        (check_people, POLICY, "这是 policy 文件，不是 people 文件，请用 crmw policy check"),
        (check_calendar, PEOPLE, "这是 people 文件，不是 calendar 文件，请用 crmw people check"),
        (check_people, CALENDAR, "这是 calendar 文件，不是 people 文件，请用 crmw calendar check"),
    ],
)
def test_a_file_of_another_kind_is_told_once(check: Callable[..., list[Finding]], text: str, told: str) -> None:
    (found,) = check(text, "file.yaml")
    assert (found.line, found.message_zh) == (1, told)


def test_a_finding_reads_as_one_line_with_file_and_line() -> None:
    assert str(Finding("people.yaml", 12, "x; do y", "甲")) == "people.yaml:12: x; do y"
    assert str(Finding("people.yaml", 12, "x; do y", "甲", "warning")) == "people.yaml:12: warning: x; do y"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing, foreign, marked = tmp_path / "no.yaml", tmp_path / "gbk.yaml", tmp_path / "bom.yaml"
    foreign.write_bytes("#\nzone: 上海".encode("gbk"))
    marked.write_bytes(b"\xef\xbb\xbf" + PEOPLE.encode())
    with pytest.raises(
        ConfigurationError, match=r"文件无法读取（没有这个文件或目录）.* / .*no\.yaml: the file cannot be read"
    ):
        load_policy(missing)
    with pytest.raises(ConfigurationError, match=r"gbk\.yaml:2: the file is not written in UTF-8; save it as UTF-8"):
        load_calendar(foreign)
    assert len(load_people(marked)) == 2


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([PEOPLE, POLICY, CALENDAR]), st.integers(0, 600), st.integers(0, 40), st.text(max_size=12))
def test_whatever_is_typed_into_a_text_checking_it_never_fails(text: str, at: int, cut: int, typed: str) -> None:
    spoilt = text[:at] + typed + text[at + cut :]
    for check in (check_people, check_policy, check_calendar):
        for finding in check(spoilt, "file.yaml"):
            assert 1 <= finding.line <= spoilt.count("\n") + 10 * len(typed) + 2
            assert in_language(finding.told(), "en") == str(finding)
            assert in_language(finding.told(), "zh") != str(finding)


def test_a_doubled_key_is_told_in_chinese_and_how_many_more_there_are() -> None:
    twice = POLICY.replace("recognition_due: 2", "pass_mark: 2\npass_mark: 3")
    with pytest.raises(ConfigurationError) as told:
        parse_policy(twice)
    first = first_of(told.value.findings * 2)
    assert re.fullmatch(
        r"policy.*:\d+: 政策文件中“pass_mark”写了两次，请只保留一处（另有 \d 处）", in_language(first, "zh")
    )
    assert 'gives "pass_mark" twice; keep one' in in_language(first, "en")
    assert first_of(["a:1: only English"] * 2) == "a:1: only English (and 1 more)", "never half of each"
