"""Whoever applies a configuration first reads, in sentences, what it changes: all of it and nothing else."""

import pytest

from crm_workflows.adapters.configuration.config_files import Kind, difference
from crm_workflows.domain.errors import ConfigurationError
from tests.adapters.configuration.config_texts import CALENDAR, PEOPLE, POLICY

DEPUTY = "deputies: [{email: head@a.example, from: 2026-03-01, to: 2026-03-05}]"
TEXTS: list[tuple[Kind, str]] = [("people", PEOPLE), ("policy", POLICY), ("calendar", CALENDAR)]


@pytest.mark.parametrize(("kind", "text"), TEXTS)
def test_comments_blank_lines_and_quotes_are_no_difference(kind: Kind, text: str) -> None:
    same = "# new heading\n\n" + text.replace("buyer@a.example", "'Buyer@a.example'").replace("zone: ", "zone:   ")
    assert difference(text, same, kind) == []


@pytest.mark.parametrize(("kind", "text"), TEXTS)
def test_at_the_first_start_everything_is_added(kind: Kind, text: str) -> None:
    lines = difference("", text, kind)
    assert lines
    assert all("added" in line or "ordinary →" in line for line in lines)


@pytest.mark.parametrize(
    ("right", "wrong", "sentences"),
    [
        ("roles: [buyer]", "roles: [head]", ["王: roles − buyer, + head"]),
        ("name: 王", "name: 汪", ["汪: name 王 → 汪"]),
        ("    manager: head@a.example\n", "", ["王: manager head@a.example → none"]),
        ("roles: [buyer]", "roles: [buyer]\n    active: false", ["王: has left"]),
        ("roles: [buyer]", "roles: [buyer]\n    language: en", ["王: language zh → en"]),
        ("roles: [buyer]", "roles: [buyer]\n    approval_limit: 5 CNY", ["王: approval_limit none → CNY 5.00"]),
        (
            "roles: [buyer]",
            f"roles: [buyer]\n    {DEPUTY}",
            ["王: deputies + head@a.example 2026-03-01 to 2026-03-05"],
        ),
        ("departments: {", "company: 甲 / A\ndepartments: {", ["company: none → 甲 / A"]),
        ("采购员 / Buyer", "买手 / Buyer", ["role buyer: 采购员 / Buyer → 买手 / Buyer"]),
        (
            "buyer@a",
            "other@a",
            ["王: removed (buyer@a.example)", "王: added (other@a.example, materials, buyer, manager"],
        ),
    ],
)
def test_changes_of_people_are_named_by_person_and_field(right: str, wrong: str, sentences: list[str]) -> None:
    found = difference(PEOPLE, PEOPLE.replace(right, wrong), "people")
    assert len(found) == len(sentences)
    assert all(line.startswith(sentence) for line, sentence in zip(found, sentences, strict=True))


def test_a_new_order_of_people_is_a_change_because_it_decides_who_is_named_first() -> None:
    head, buyer = PEOPLE.index("  - email: Head"), PEOPLE.index("  - email: buyer")
    turned = PEOPLE[:head] + PEOPLE[buyer:] + PEOPLE[head:buyer]
    assert difference(PEOPLE, turned, "people") == ["order: 王 李"]


def test_somebody_who_comes_back_is_said_to() -> None:
    assert difference(PEOPLE + "    active: false\n", PEOPLE, "people") == ["王: has come back"]


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ("recognition_due: 2", "recognition_due: 3", "recognition_due: 2 → 3"),
        ("1,000,000.00 CNY", "2000000 CNY", "recognition_finance_above: CNY 1,000,000.00 → CNY 2,000,000.00"),
        ("1,000,000.00 CNY", "1000000 EUR", "recognition_finance_above: CNY 1,000,000.00 → EUR 1,000,000.00"),
        ("approve_on_silence: false", "approve_on_silence: true", "approve_on_silence: false → true"),
        ("growth: 1.25\n", "", "growth: removed (was 1.25)"),
        ("growth: 1.25\n", "growth: 1.25\npapers_lapse: 15\n", "papers_lapse: added, 15"),
        ('greeting: "12"', "greeting: 12", 'greeting: "12" → 12'),
    ],
)
def test_changes_of_policy_are_named_by_key(right: str, wrong: str, sentence: str) -> None:
    assert difference(POLICY, POLICY.replace(right, wrong), "policy") == [sentence]


@pytest.mark.parametrize(
    ("right", "wrong", "sentences"),
    [
        ("zone: Asia/Shanghai", "zone: Asia/Tokyo", ["zone: Asia/Shanghai → Asia/Tokyo"]),
        ("holidays: CN", "holidays: none", ["holidays: CN → none"]),
        ("sunday: closed", "sunday: [09:00-10:00]", ["sunday: closed → 09:00-10:00"]),
        ("sunday: closed", "sunday: closed\nmake_up_hours: [08:30-12:00, 13:00-17:30]", ["make_up_hours: as on other"]),
        ("to: 2026-03-09", "to: 2026-03-07", ["2026-03-08 to 2026-03-09: 09:00-10:00 → ordinary"]),
        (
            "date: 2026-03-02",
            "date: 2026-03-05",
            ["2026-03-02 to 2026-03-04: 09:00-10:00 → ordinary"],
        ),
        (
            "to: 2026-03-09\n    hours: [09:00-10:00]",
            "hours: closed",
            ["2026-03-02: 09:00-10:00 → closed", "2026-03-03 to 2026-03-09: 09:00-10:00 → ordinary"],
        ),
        (
            "{date: 2026-03-16, hours: closed,",
            "{date: 2026-03-18, hours: closed,",
            ["2026-03-16: closed → ordinary", "2026-03-18: ordinary → closed"],
        ),
    ],
)
def test_changes_of_the_calendar_are_named_by_line_or_run_of_days(right: str, wrong: str, sentences: list[str]) -> None:
    assert CALENDAR.count(right) == 1
    found = difference(CALENDAR, CALENDAR.replace(right, wrong), "calendar")
    assert len(found) == len(sentences), found
    assert all(line.startswith(sentence) for line, sentence in zip(found, sentences, strict=True))


@pytest.mark.parametrize(("kind", "text"), TEXTS)
def test_a_text_with_mistakes_is_not_compared(kind: Kind, text: str) -> None:
    for old, new, which in ((text, "oops", "new"), ("oops", text, "old")):
        with pytest.raises(ConfigurationError, match=f" / {which} {kind}:1: the file must consist of"):
            difference(old, new, kind)


def test_a_change_is_told_in_chinese_to_who_reads_it() -> None:
    moved = PEOPLE.replace("[head]", "[]") + "    active: false\n"
    assert difference(PEOPLE, moved, "people", "zh") == ["李: roles − head", "王: 已离职"]
    assert difference(POLICY, "shrink: 1.25\n" + POLICY, "policy", "zh") == ["shrink: 新增, 1.25"]
    assert difference("shrink: 1.25\n" + POLICY, POLICY, "policy", "zh") == ["shrink: 移除 (原为 1.25)"]
    closed = CALENDAR.replace("overrides:", "overrides:\n  - date: 2027-03-01\n    to: 2027-03-02\n    hours: closed")
    assert difference(CALENDAR, closed, "calendar", "zh") == ["2027-03-01 至 2027-03-02: 照常 → 休息"]
