"""Mistakes in the people file: each with its line and remedy, circles, stand-ins, addresses handed on (G-5)."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_workflows.adapters.configuration.config_check_links import circles
from crm_workflows.adapters.configuration.config_files import Former, check_people, parse_people
from crm_workflows.domain.approvers import RoleAsked
from tests.adapters.configuration.config_texts import PEOPLE
from tests.adapters.configuration.findings import one, told

FLOW = RoleAsked("flows/own/gates.py:7", {"新客户建档 / Customer onboarding": ("信用审批 / Approval of credit",)})
"""A gate of a procedure that asks a role."""
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
        ("company：华远\npeople:\n  - name: x\n", 1, "the colon is the wide one of Chinese type"),
        ("a: \x00\n", 1, "this is not YAML"),
        ("[" * 3000, 1, "nested too deeply"),
    ],
)
def test_a_text_that_is_no_people_file_is_refused_at_its_line(text: str, line: int, message: str) -> None:
    first = check_people(text, "people.yaml")
    assert any(f.line == line and message in f.message for f in first), told(first)


def test_roles_that_a_procedure_asks_need_somebody_who_can_answer() -> None:
    assert one(check_people(PEOPLE, "people.yaml", {"own_role": FLOW})) == (
        2,
        'nobody has the role "own_role", which flows/own/gates.py:7 asks; give it to somebody',
    )
    gone = PEOPLE + "    active: false\n"
    assert one(check_people(gone, "people.yaml", {"buyer": FLOW}))[1].startswith(
        "everybody with the role buyer (Buyer) has left"
    )
    kept = gone + "    deputies: [{email: head@a.example, from: 2026-01-01}]\n"
    assert check_people(kept, "people.yaml", {"buyer": FLOW}) == []
    for_a_week = gone + "    deputies: [{email: head@a.example, from: 2026-01-01, to: 2026-01-07}]\n"
    assert check_people(for_a_week, "people.yaml", {"buyer": FLOW}) != []


def test_a_role_nobody_holds_is_told_by_its_title_with_the_processes_and_gates_that_need_it() -> None:
    first, second = check_people(PEOPLE, "people.yaml", {"finance": FLOW, "compliance": FLOW})
    assert first.message == (
        'nobody holds the role compliance (Compliance), needed by "Customer onboarding" (Approval of credit); '
        "list it under roles and give it to somebody (one person may hold several: roles: [compliance, finance])"
    )
    assert first.message_zh == (
        "没有人担任 compliance（合规专员），流程“新客户建档”（信用审批）需要此角色；请在 roles 中登记，并指定一人"
        "（一人可兼任多个角色，如 roles: [compliance, finance]）"
    )
    assert second.message_zh.startswith("没有人担任 finance（财务），")
    assert second.message_zh.endswith("；请在 roles 中登记，并指定一人"), "that one may hold several is said once"
    assert not any("gates.py" in said or "是否" in said for said in (first.message_zh, second.message_zh))


def test_a_role_of_the_company_that_nobody_holds_is_told_as_its_file_calls_it() -> None:
    text = PEOPLE.replace("roles: {", "roles: {legal: 法务 / Legal, ")
    (found,) = check_people(text, "people.yaml", {"legal": FLOW})
    assert "没有人担任 legal（法务），流程“新客户建档”（信用审批）需要此角色；请指定一人（" in found.message_zh
    assert "nobody holds the role legal (Legal), needed by" in found.message


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
