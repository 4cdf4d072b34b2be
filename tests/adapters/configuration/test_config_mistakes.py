"""Mistakes in people, policy and calendar are found with their line and a remedy before anything starts."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_workflows.adapters.configuration.config_check_links import circles
from crm_workflows.adapters.configuration.config_files import (
    Finding,
    Former,
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
from tests.adapters.configuration.config_texts import CALENDAR, PEOPLE, POLICY

FLOW = "flows/own/gates.py:7"
"""Where a procedure asks a role."""


def told(findings: list[Finding]) -> list[tuple[int, str, str]]:
    return [(finding.line, finding.severity, finding.message) for finding in findings]


def one(findings: list[Finding]) -> tuple[int, str]:
    """The only finding, as line and message."""
    assert len(findings) == 1, told(findings)
    return findings[0].line, findings[0].message


PEOPLE_MISTAKES = [
    (
        "    manager: head@a.example",
        "    manger: head@a.example",
        12,
        'unknown field "manger"; did you mean "manager"?',
    ),
    ("manager: head@", "manager: haed@", 12, 'haed@a.example of 王 is nobody here; did you mean "head@a.example"?'),
    ("manager: head@a.example", "manager: buyer@a.example", 12, "managers lead in a circle, 王 → 王"),
    ("departments: {", "company: 永昌\ndepartments: {", 1, 'company "永昌" is not given in both languages'),
    ("departments: {", "company: 甲 / A / B\ndepartments: {", 1, "write it as 中文 / English"),
    ("departments: {", 'company: "甲 / A\\nB"\ndepartments: {', 1, "must stand on one line of at most 120 visible"),
    ("    manager: head@", "    digest: never\n    manager: head@", 12, "give off, also, instead"),
    ("roles: [buyer]", "roles: [byer]", 11, 'role "byer" is unknown; did you mean "buyer"?'),
    ("roles: [buyer]", "roles: [buyer, buyer]", 11, 'role "buyer" is given twice'),
    ("roles: [buyer]", "roles: buyer", 11, "roles must be a list"),
    ("name: 王\n    department: materials", "name: 王\n    department: sales", 10, 'department "sales" is unknown'),
    ("    name: 王\n", "", 8, "buyer@a.example has no name; give one"),
    ("name: 王", "name: ", 9, "buyer@a.example has no name; give one"),
    ("email: buyer@a.example", "email: buyer.a.example", 8, '"buyer.a.example" is no mail address'),
    ("email: buyer@a.example", "email: head@a.example", 8, "head@a.example already belongs to 李"),
    ("roles: [buyer]", "other_emails: [HEAD@a.example]", 11, "head@a.example already belongs to 李"),
    ("roles: [buyer]", "language: fr", 11, 'language "fr" is not one that mails are written in; give zh or en'),
    ("roles: [buyer]", "zone: Asia/Shangai", 11, '"Asia/Shangai" is no time zone; write one such as Asia/Shanghai'),
    ("roles: [buyer]", "active: yes", 11, 'active must be true or false, not "yes"'),
    ("roles: [buyer]", "approval_limit: lots", 11, '"lots" is no amount: write money as 480000.00 CNY'),
    ("roles: [buyer]", "approval_limit: -1 CNY", 11, "is negative; give an amount from 0 up"),
    ("roles: [buyer]", "name: 王二", 11, 'a person gives "name" twice; keep one'),
    ("roles: [buyer]", "deputies: [{email: ghost@a.example, from: 2026-03-01}]", 11, "ghost@a.example of 王 is nobody"),
    ("roles: [buyer]", "deputies: [{email: head@a.example}]", 11, "a deputy of 王 has no `from`"),
    ("roles: [buyer]", "deputies: [{from: 2026-03-01}]", 11, "a deputy of 王 has no `email`"),
    ("roles: [buyer]", "deputies: [{email: head@a.example, from: 2026-02-30}]", 11, '"2026-02-30" is no date'),
    ("roles: [buyer]", "deputies: [{email: head@a.example, from: 1. March}]", 11, "write it as 2026-03-02"),
    (
        "roles: [buyer]",
        "deputies: [{email: head@a.example, from: 2026-03-05, to: 2026-03-01}]",
        11,
        "ends (2026-03-01) before it begins (2026-03-05); swap the dates",
    ),
    ("roles: [buyer]", "deputies: [{email: buyer@a.example, from: 2026-03-05}]", 11, "deputies lead in a circle on"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "message"), PEOPLE_MISTAKES)
def test_each_mistake_in_the_people_file_has_its_line_and_remedy(
    right: str, wrong: str, line: int, message: str
) -> None:
    assert PEOPLE.count(right) == 1
    assert check_people(PEOPLE, "people.yaml", {"head": FLOW, "buyer": FLOW}) == []
    found = [f for f in check_people(PEOPLE.replace(right, wrong), "people.yaml") if f.severity == "error"]
    assert one(found)[0] == line
    assert message in one(found)[1]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (PEOPLE.replace("people:", "peopel:"), 3, 'unknown field "peopel"; did you mean "people"?'),
        ("departments: {}\nroles: {}\n", 1, "the people file names nobody"),
        ("", 1, "must consist of `field: value` lines"),
        ("- one\n- two\n", 1, "must consist of `field: value` lines"),
        ("people:\n  - email: a@b.example\n   name: x\n", 3, "this is not YAML"),
        ("people: [\n", 2, "this is not YAML"),
        ("a: \x00\n", 1, "this is not YAML"),
        ("[" * 3000, 1, "nested too deeply"),
    ],
)
def test_a_text_that_is_no_people_file_is_refused_at_its_line(text: str, line: int, message: str) -> None:
    first = check_people(text, "people.yaml")
    assert any(f.line == line and message in f.message for f in first), told(first)


def test_roles_that_a_procedure_asks_need_somebody_who_can_answer() -> None:
    assert one(check_people(PEOPLE, "people.yaml", {"finance": FLOW})) == (
        2,
        'nobody has the role "finance", which flows/own/gates.py:7 asks; give it to somebody',
    )
    gone = PEOPLE + "    active: false\n"
    assert one(check_people(gone, "people.yaml", {"buyer": FLOW}))[1].startswith(
        'everybody with the role "buyer" has left'
    )
    kept = gone + "    deputies: [{email: head@a.example, from: 2026-01-01}]\n"
    assert check_people(kept, "people.yaml", {"buyer": FLOW}) == []
    for_a_week = gone + "    deputies: [{email: head@a.example, from: 2026-01-01, to: 2026-01-07}]\n"
    assert check_people(for_a_week, "people.yaml", {"buyer": FLOW}) != []


def test_leavers_who_still_manage_or_stand_in_and_second_heads_are_doubts_and_not_mistakes() -> None:
    text = PEOPLE.replace("roles: [head]", "roles: [head]\n    active: false") + (
        "    deputies: [{email: head@a.example, from: 2026-01-01}]\n"
        "  - {email: one@a.example, name: 一, department: materials}\n"
        "  - {email: two@a.example, name: 二, department: materials}\n"
    )
    assert told(check_people(text, "people.yaml")) == [
        (13, "warning", "manager 李 of 王 has left; name another"),
        (14, "warning", "deputy 李 of 王 has left; name another"),
        (16, "warning", "二 has no manager, and neither has 一; name one unless both lead"),
    ]
    assert len(parse_people(text)) == 4


@pytest.mark.parametrize(("until", "mistakes"), [("2026-03-09", 0), ("2026-03-10", 1)])
def test_deputies_may_stand_in_for_each_other_but_not_on_the_same_day(until: str, mistakes: int) -> None:
    text = PEOPLE.replace(
        "roles: [head]",
        f"roles: [head]\n    deputies: [{{email: buyer@a.example, from: 2026-03-01, to: {until}}}]",
    )
    text += "    deputies:\n      - {email: head@a.example, from: 2026-03-10, to: 2026-03-20}\n"
    found = check_people(text, "people.yaml")
    assert len(found) == mistakes
    assert all("deputies lead in a circle on 2026-03-10, 李 → 王 → 李" in f.message and f.line == 8 for f in found)


arrows = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3), max_size=6)


@settings(max_examples=400, deadline=None)
@given(arrows)
def test_a_circle_is_found_exactly_where_there_is_one(given_arrows: dict[str, list[str]]) -> None:
    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(given_arrows.get(start, ()))
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += given_arrows.get(name, ())
        return seen

    found = list(circles(given_arrows))
    assert bool(found) == any(name in reach(name) for name in given_arrows)
    for circle in found:
        assert circle[0] == circle[-1]
        assert len(set(circle)) == len(circle) - 1
        assert all(after in given_arrows[before] for before, after in pairwise(circle))


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


# --- how it is said ---------------------------------------------------------------------------------------------------


def test_a_text_with_mistakes_is_not_used_and_says_so_line_by_line() -> None:
    with pytest.raises(ConfigurationError) as people:
        parse_people(PEOPLE.replace("[head]", "[haed]").replace("[buyer]", "[byer]"))
    assert people.value.findings == [
        'people.yaml:7: role "haed" is unknown; did you mean "head"?',
        'people.yaml:11: role "byer" is unknown; did you mean "buyer"?',
    ]
    assert str(people.value).count("\n") == 1
    with pytest.raises(ConfigurationError, match=r"mine\.yaml:5: policy \"recognition_due\""):
        parse_policy(POLICY.replace("due: 2", "due: -2"), "mine.yaml")
    with pytest.raises(ConfigurationError, match=r"calendar\.yaml:1: zone"):
        parse_calendar(CALENDAR.replace("Asia", "Aisa"))


def test_a_finding_reads_as_one_line_with_file_and_line() -> None:
    assert str(Finding("people.yaml", 12, "x; do y")) == "people.yaml:12: x; do y"
    assert str(Finding("people.yaml", 12, "x; do y", "warning")) == "people.yaml:12: warning: x; do y"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing, foreign, marked = tmp_path / "no.yaml", tmp_path / "gbk.yaml", tmp_path / "bom.yaml"
    foreign.write_bytes("zone: 上海".encode("gbk"))
    marked.write_bytes(b"\xef\xbb\xbf" + PEOPLE.encode())
    with pytest.raises(ConfigurationError, match=r"no\.yaml:1: the file cannot be read \(No such file"):
        load_policy(missing)
    with pytest.raises(ConfigurationError, match=r"gbk\.yaml:1: the file is not written in UTF-8; save it as UTF-8"):
        load_calendar(foreign)
    assert len(load_people(marked)) == 2


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([PEOPLE, POLICY, CALENDAR]), st.integers(0, 600), st.integers(0, 40), st.text(max_size=12))
def test_whatever_is_typed_into_a_text_checking_it_never_fails(text: str, at: int, cut: int, typed: str) -> None:
    spoilt = text[:at] + typed + text[at + cut :]
    for check in (check_people, check_policy, check_calendar):
        for finding in check(spoilt, "file.yaml"):
            assert 1 <= finding.line <= spoilt.count("\n") + 10 * len(typed) + 2
            assert finding.message


LI = "head@a.example"
WANG = "buyer@a.example"
HANDED_ON = [
    ("at once", [], ("new@a.example", f"{WANG}, {LI}"), 10, LI),
    ("as the main address", [], ("new@a.example", f"{LI}, {WANG}"), 9, LI),
    ("another one", [f"{LI}, h@a.example"], (LI, f"{WANG}, H@a.example"), 10, "h@a.example"),
    ("given up before", [f"{LI}, h@a.example", LI], (LI, f"{WANG}, h@a.example"), 10, "h@a.example"),
    ("after two renames", [f"i@a.example, {LI}", "j@a.example, i@a.example"], ("j@a.example", f"{WANG}, {LI}"), 10, LI),
]


def company(li: str, wang: str) -> str:
    """PEOPLE with these addresses, the main one first."""
    text = PEOPLE
    for written, addresses in (("Head@a.example", li), (WANG, wang)):
        main, *others = addresses.split(", ")
        text = text.replace(f"email: {written}\n", f"email: {main}\n    other_emails: [{', '.join(others)}]\n")
    return text.replace("manager: head@a.example", f"manager: {li.split(', ')[0]}")


@pytest.mark.parametrize(
    ("before", "now", "line", "address"), [case[1:] for case in HANDED_ON], ids=[c[0] for c in HANDED_ON]
)
def test_an_address_is_never_handed_on_to_somebody_else(
    before: list[str], now: tuple[str, str], line: int, address: str
) -> None:
    """Else what 李 was asked could be answered by 王, who would only have to be given 李's address."""
    former = Former([company(li, WANG) for li in (LI, *before)])
    told_at, said = one(check_people(company(*now), "people.yaml", former=former))
    assert told_at == line
    assert said.startswith(f"{address} was the address of 李, so 王 could answer what 李 was asked; give 王 an address")


@pytest.mark.parametrize(
    ("li", "wang"),
    [(f"new@a.example, {LI}", WANG), ("new@a.example", WANG), (f"{LI}, H@a.example", WANG), (LI, "w@a.example")],
)
def test_a_new_address_for_the_same_person_is_no_hand_over(li: str, wang: str) -> None:
    former = Former([company(LI, WANG), company(f"h@a.example, {LI}", WANG), company(LI, WANG)])
    assert check_people(company(li, wang), "people.yaml", former=former) == []


def test_what_is_in_force_stays_who_it_is_also_for_a_text_of_before_this_rule() -> None:
    """An address that was handed on before belongs to its first holder, so that only taking it away is left."""
    taken = company("new@a.example", f"{WANG}, {LI}")
    former = Former([company(LI, WANG), taken])
    assert one(check_people(taken, "people.yaml", former=former))[0] == 10
    assert check_people(company("new@a.example", WANG), "people.yaml", former=former) == []
