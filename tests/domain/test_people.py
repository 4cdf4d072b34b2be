"""Who is asked comes from data: roles, departments, owners, managers, deputies; never the requester (G-2, G-5)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from crm_workflows.domain.approvers import Approver, any_of
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.people import (
    Deputy,
    Directory,
    NobodyToAsk,
    Person,
    department,
    manager,
    owner,
    person,
    role,
)
from crm_workflows.domain.text import in_language

TODAY = date(2026, 3, 2)
LEAVE = (date(2026, 3, 1), date(2026, 3, 5))


def someone(name: str, **facts: Any) -> Person:
    known: dict[str, Any] = {"email": f"{name}@a.example", "name": name, "department": "materials"}
    return Person(**(known | facts))


def on_leave(*deputies: str, dates: tuple[date, date] = LEAVE) -> tuple[Deputy, ...]:
    return tuple(Deputy(f"{name}@a.example", *dates) for name in deputies)


def asked(directory: Directory, approver: Approver, **given: Any) -> list[str]:
    """Names in order, a deputy as "deputy for holder"."""
    found = directory.resolve(approver, **{"on": TODAY, **given})
    return [a.person.name + (f" for {a.deputy_for.removesuffix('@a.example')}" if a.deputy_for else "") for a in found]


OFFICE = Directory(
    [
        someone("boss", roles=("general_manager",), department="management"),
        someone("head", roles=("head",), manager="boss@a.example", other_emails=("Head.Private@b.example",)),
        someone("buyer", roles=("buyer",), manager="head@a.example", name_en="Buyer Bee"),
        someone("second", roles=("buyer",), manager="head@a.example"),
        someone("leaver", roles=("clerk",), manager="head@a.example", active=False),
    ],
    roles={"head": "资材部长 / Head of materials"},
    departments={"materials": "资材部 / Materials"},
)


@pytest.mark.parametrize(
    ("approver", "names"),
    [
        (role("buyer"), ["buyer", "second"]),
        (department("materials"), ["head", "buyer", "second"]),
        (person(" HEAD.private@B.example"), ["head"]),
        (owner, ["second"]),
        (manager, ["head"]),
    ],
)
def test_words_lead_to_people_in_the_order_of_the_file(approver: Approver, names: list[str]) -> None:
    assert asked(OFFICE, approver, subject_owner="second@a.example") == names


def test_an_escalation_goes_to_the_manager_of_the_person_asked() -> None:
    assert asked(OFFICE, manager, subject_owner="second@a.example", assignee="head@a.example") == ["boss"]


def test_a_person_is_found_by_any_address_in_any_case() -> None:
    head = OFFICE.person("head@a.example")
    assert head is not None
    assert OFFICE.person("HEAD@A.EXAMPLE ") is head
    assert OFFICE.person("head.private@B.example") is head
    assert OFFICE.person("nobody@a.example") is None
    assert OFFICE.person(None) is None
    assert OFFICE.person("") is None


def test_a_person_is_found_by_name_however_it_is_written_and_never_one_who_has_left() -> None:
    wang, other, gone = (
        replace(someone(word), name="王芳", name_en="Wang Fang", active=word != "gone")
        for word in ("wang", "other", "gone")
    )
    for written in ("王芳", " 王\u3000芳 ", "wang fang", "ＷＡＮＧ ＦＡＮＧ"):
        assert Directory([wang, gone]).called(written) == (wang,), written
    assert Directory([wang, other]).called("王芳") == (wang, other)
    for written in ("", " ", "王", "Fang Wang"):
        assert Directory([wang, someone("li")]).called(written) == (), written


def test_the_requester_is_not_asked_while_others_can_be() -> None:
    assert asked(OFFICE, role("buyer"), never=["Buyer@a.example"]) == ["second"]


def test_a_task_may_go_to_the_one_who_asked_for_it() -> None:
    assert asked(OFFICE, owner, subject_owner="buyer@a.example") == ["buyer"]


@pytest.mark.parametrize("requester", ["head@a.example", "head.private@b.example"])
def test_a_role_that_only_the_requester_holds_climbs_to_their_manager(requester: str) -> None:
    for approver in (role("head"), person("head@a.example"), owner):
        assert asked(OFFICE, approver, never=[requester], subject_owner="head@a.example") == ["boss"]


def test_a_manager_who_is_the_requester_or_has_left_is_climbed_over() -> None:
    assert asked(OFFICE, manager, subject_owner="buyer@a.example", never=["head@a.example"]) == ["boss"]
    left = Directory(
        [
            someone("top"),
            someone("gone", manager="top@a.example", active=False),
            someone("owner", manager="gone@a.example"),
        ]
    )
    assert asked(left, manager, subject_owner="owner@a.example") == ["top"]


@pytest.mark.parametrize(
    ("approver", "given", "names"),
    [
        (role("nobody_holds_this"), {}, "the role nobody_holds_this (nobody is there)"),
        (role("clerk"), {}, "the role clerk (everybody there has left without a deputy)"),
        (role("general_manager"), {"never": ["boss@a.example"]}, "only the requester, and nobody above them"),
        (manager, {"subject_owner": "boss@a.example"}, "the manager of boss@a.example (nobody is there)"),
        (manager, {}, "the manager (nobody is there)"),
        (owner, {"subject_owner": "new@a.example"}, "the owner new@a.example (nobody is there)"),
        (person("new@a.example"), {}, "the person new@a.example"),
        (department("moon"), {}, "the department moon"),
    ],
)
def test_nobody_to_ask_is_said_and_never_guessed(approver: Approver, given: dict[str, object], names: str) -> None:
    with pytest.raises(NobodyToAsk) as caught:
        asked(OFFICE, approver, **given)
    assert caught.value.approver == str(approver)
    english = in_language(caught.value.message, "en")
    assert names in english
    assert "an admin should name a person, manager or deputy" in english
    assert "请管理员更新人员名单" in in_language(caught.value.message, "zh")


def test_a_deputy_stands_in_on_the_days_of_leave_only() -> None:
    directory = Directory([someone("head", roles=("head",), deputies=on_leave("vice")), someone("vice")])
    for day, names in ((1, ["vice for head"]), (5, ["vice for head"]), (6, ["head"])):
        assert asked(directory, role("head"), on=date(2026, 3, day)) == names
    assert asked(directory, role("head"), on=date(2026, 2, 28)) == ["head"]


def test_a_deputy_without_end_stands_in_for_somebody_who_has_left() -> None:
    until_further_notice = (Deputy("vice@a.example", date(2026, 1, 1)),)
    gone = someone("gone", roles=("head",), active=False, deputies=until_further_notice)
    directory = Directory([gone, someone("vice")])
    assert asked(directory, role("head"), on=date(2031, 1, 1)) == ["vice for gone"]


def test_a_deputy_who_is_away_too_passes_it_on() -> None:
    directory = Directory(
        [
            someone("head", roles=("head",), deputies=on_leave("vice")),
            someone("vice", deputies=on_leave("third")),
            someone("third"),
        ]
    )
    assert asked(directory, role("head")) == ["third for head"]


def test_deputies_never_lead_to_the_requester() -> None:
    directory = Directory(
        [
            someone("head", roles=("head",), deputies=on_leave("vice", "other")),
            someone("vice", deputies=on_leave("buyer")),
            someone("other"),
            someone("buyer", roles=("buyer",), deputies=on_leave("friend"), manager="head@a.example"),
            someone("friend"),
        ]
    )
    assert asked(directory, role("head"), never=["buyer@a.example"]) == ["other for head"]
    assert asked(directory, role("buyer"), never=["buyer@a.example"]) == ["other for head"]


def test_somebody_on_leave_whose_deputies_cannot_be_asked_is_asked_themselves() -> None:
    circle = Directory(
        [
            someone("head", roles=("head",), deputies=on_leave("vice")),
            someone("vice", deputies=on_leave("head")),
        ]
    )
    assert asked(circle, role("head")) == ["head"]
    assert asked(circle, role("head"), never=["vice@a.example"]) == ["head"]
    nowhere = Directory([someone("head", roles=("head",), deputies=on_leave("ghost"))])
    assert asked(nowhere, role("head")) == ["head"]


def test_one_person_is_asked_once_and_in_their_own_right_first() -> None:
    directory = Directory(
        [
            someone("one", roles=("finance",), deputies=on_leave("two")),
            someone("two", roles=("finance",)),
            someone("three", roles=("finance",), deputies=on_leave("two")),
        ]
    )
    assert asked(directory, role("finance")) == ["two"]


def test_managers_in_a_circle_do_not_hang_the_search() -> None:
    circle = Directory(
        [
            someone("a", manager="b@a.example", roles=("a",)),
            someone("b", manager="a@a.example", active=False),
        ]
    )
    with pytest.raises(NobodyToAsk):
        asked(circle, role("a"), never=["a@a.example"])


def test_an_address_belongs_to_one_person() -> None:
    with pytest.raises(AuthorMistake, match="belongs to both one and two"):
        Directory([someone("one"), someone("two", other_emails=("ONE@a.example",))])


def test_deputies_in_force_are_listed_for_the_mail_gate() -> None:
    directory = Directory(
        [
            someone("head", deputies=on_leave("vice", "gone", "ghost")),
            someone("vice"),
            someone("gone", active=False),
        ]
    )
    assert [p.name for p in directory.deputies_of("HEAD@a.example", TODAY)] == ["vice"]
    assert directory.deputies_of("head@a.example", date(2026, 4, 1)) == ()
    assert directory.deputies_of("ghost@a.example", TODAY) == ()


def test_labels_and_names_follow_the_readers_language() -> None:
    assert OFFICE.role_label("head", "zh") == "资材部长"
    assert OFFICE.role_label("head", "en") == "Head of materials"
    assert OFFICE.role_label("buyer", "en") == "buyer"
    assert OFFICE.department_label("materials", "en") == "Materials"
    buyer, second = OFFICE.with_role("buyer")
    assert (buyer.shown_name("en"), buyer.shown_name("zh"), second.shown_name("en")) == ("Buyer Bee", "buyer", "second")
    assert [p.name for p in OFFICE.department("management")] == ["boss"]
    assert len(OFFICE) == len(list(OFFICE)) == 5


def test_either_of_two_words_asks_everybody_that_they_name_once() -> None:
    both = [someone("a", roles=("technique",)), someone("b", roles=("quality", "technique"))]
    either = any_of(role("technique"), role("quality"))
    assert asked(Directory(both), either) == ["a", "b"]
    assert asked(Directory(both[:1]), either) == ["a"], "an empty role stops nothing while the other is held"
    assert str(either) == "role:technique+role:quality"
    with pytest.raises(NobodyToAsk, match="technique"):
        Directory([someone("c")]).resolve(either, on=TODAY)


def test_each_of_either_word_is_asked_in_the_role_that_they_hold() -> None:
    people = [someone("a", roles=("technique",)), someone("b", roles=("quality",))]
    found = Directory(people).resolve(any_of(role("technique"), role("quality")), on=TODAY)
    assert [(a.person.name, a.role) for a in found] == [("a", "technique"), ("b", "quality")]
