"""Stages of one gate: which are needed, what an earlier yes counts for in a later one, who takes an empty seat."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.domain.approvers import any_of, person, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate, Stage, above
from crm_workflows.domain.errors import NotEntitled, Refused
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import Decider, everybody, in_turn
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import JournalEntry
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions.amending import Amendment, amend
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.decisions.overriding import Override, override
from crm_workflows.engine.results import Approval, Outcome
from tests.engine.conftest import Install
from tests.engine.requests.gate_world import asked
from tests.engine.toys import ADMIN, BOSS, FINANCE, HEAD, OWNER, STRANGER, Matter, attention_told, row, start, toy
from tests.office import Office

QIAN, HE = FINANCE
Open = Callable[..., Office]


class Purchase(Matter):
    """What the gates here are about."""

    amount: str = "5.00"


@pytest.fixture
def opened(install_in_memory: Install) -> Open:
    def open_with(approver: Decider, *then: Stage, **how: Any) -> Office:
        timing = {"due": working_days(2), "remind": working_days(1), "escalate_to": None}
        gate = Gate("stages", "审批 / Approval", rule="T-2", approver=approver, then=then, **timing | how)

        def body(case: Case[Purchase]) -> Outcome:
            """One gate."""
            said: Approval = case.approval(gate, amount=Money.of(case.subject.amount, "CNY"))
            return case.reject() if said.rejected else case.approve()

        office = install_in_memory(toy(body, gate))
        office.staff.rules = Policy(dict(office.staff.rules) | {"small": Money.of("10.00", "CNY")})
        return office

    return open_with


def change(office: Office, address: str, **columns: Any) -> None:
    """Another row for one of the staff."""
    people = office.staff.people
    changed = [replace(one, **columns) if one.email == address else one for one in people.people]
    office.staff.people = Directory(changed, people.roles, people.departments)


def told(office: Office, to: str) -> list[tuple[str, str]]:
    """Name and words of everybody who, as somebody is told with their request, has approved before."""
    request = office.mails("approval_request", to=to)[-1].context["request"]
    return [(one["name"], one["comment"]) for one in request["approved_before"]]


def outcome(office: Office, code: str) -> dict[str, Any]:
    """What the journal has learned last."""
    with office.engine.store.read() as reader:
        found = reader.find(JournalEntry, case=code, kind="outcome", order="n")
    return dict(found[-1].value)


@pytest.mark.parametrize(("amount", "people"), [("10.00", [HEAD]), ("10.01", [HEAD, BOSS])])
def test_a_limit_asks_for_one_more_above_it_and_not_at_it(opened: Open, amount: str, people: list[str]) -> None:
    office = opened(role("head_of_marketing"), *above("small", role("general_manager")))
    code = start(office, amount=amount)
    while office.view(code)["waiting_for"]:
        office.answer(code, "approve")
    assert [mail.recipient for mail in office.mails("approval_request")] == people


def test_of_whoever_approved_before_everybody_is_told_once_with_their_words(opened: Open) -> None:
    office = opened(person(QIAN), Stage("both", everybody(role("finance"))), Stage("last", person(BOSS)))
    code = start(office)
    office.answer(code, "approve", by=QIAN, comment="先看过")
    assert told(office, HE) == [("Qian Zhiyuan", "先看过")], "she reads English"
    office.answer(code, "approve", by=HE, comment="同意")
    assert told(office, BOSS) == [("钱志远", "先看过"), ("何静", "同意")]


def test_whose_earlier_yes_counts_in_a_later_stage_takes_no_part_in_overriding_it(opened: Open) -> None:
    office = opened(person(HE), Stage("both", everybody(role("finance"))))
    change(office, HE, roles=("finance", "admin"))
    code = start(office)
    office.answer(code, "approve", by=HE)
    with pytest.raises(NotEntitled, match="you have decided"):
        override(office.engine, office.waiting(code)["id"], Override("approve", HE, "停线", "cli"))


def test_a_stage_that_an_earlier_yes_settles_keeps_whose_it_was_and_its_words(opened: Open) -> None:
    office = opened(person(HE), Stage("same", person(QIAN)))
    change(office, HE, deputies=(Deputy(QIAN, office.engine.today(office.clock.now())),))
    code = start(office)
    office.answer(code, "approve", by=QIAN, comment="代看过")
    assert row(office, code).outcome == "approved"
    told = outcome(office, code)
    assert (told["by"], told["on_behalf_of"], told["comment"]) == (QIAN, HE, "代看过")
    assert [voice["earlier"] for voice in told["voices"]] == [True]


def test_the_seat_of_somebody_who_has_left_is_their_managers_when_its_turn_comes(opened: Open) -> None:
    office = opened(in_turn(person(QIAN), person(HE)))
    code = start(office)
    change(office, HE, active=False, manager=BOSS)
    office.answer(code, "approve", by=QIAN)
    assert [item["assignee"]["email"] for item in office.view(code)["waiting_for"]] == [BOSS]
    office.answer(code, "approve", by=BOSS)
    assert row(office, code).outcome == "approved"


def test_who_stands_in_for_two_whose_turn_comes_is_asked_once(opened: Open) -> None:
    office = opened(in_turn(person(BOSS), everybody(person(QIAN), person(HE))))
    code = start(office)
    for address in (QIAN, HE):
        change(office, address, deputies=(Deputy(HEAD, office.engine.today(office.clock.now())),))
    assert office.answer(code, "approve", by=BOSS).effective
    assert asked(office, code) == [HEAD]
    assert len(office.mails("approval_request", to=HEAD)) == 1
    office.answer(code, "approve", by=HEAD)
    assert row(office, code).outcome == "approved"


def test_nobody_is_asked_whose_group_has_its_answer_by_who_stands_in_for_another(opened: Open) -> None:
    """The second of the group is out when its turn comes, and who stands in for them has said yes before."""
    office = opened(in_turn(person(BOSS), any_of(person(QIAN), person(HE)), person(HEAD)))
    code = start(office)
    change(office, HE, deputies=(Deputy(BOSS, office.engine.today(office.clock.now())),))
    office.answer(code, "approve", by=BOSS)
    assert asked(office, code) == [HEAD]


def test_whoever_has_a_seat_of_their_own_keeps_it_when_they_come_to_stand_in_for_another(opened: Open) -> None:
    """Else whoever is back from leave could answer on it, and both would have approved by one who is not they."""
    office = opened(everybody(person(HEAD), in_turn(person(BOSS), person(QIAN))))
    code = start(office)
    change(office, QIAN, deputies=(Deputy(HEAD, office.engine.today(office.clock.now())),))
    office.answer(code, "approve", by=BOSS)
    change(office, QIAN, deputies=())
    with pytest.raises(NotEntitled):
        office.answer(code, "approve", by=QIAN)
    office.answer(code, "approve", by=HEAD)
    assert (outcome(office, code)["by"], outcome(office, code)["on_behalf_of"]) == (HEAD, None)
    assert row(office, code).outcome == "approved"


def test_a_seat_that_nobody_can_take_stops_the_case_and_says_so(opened: Open) -> None:
    office = opened(in_turn(person(QIAN), person(HE)))
    code = start(office)
    change(office, HE, active=False, manager=None)
    with attention_told(office, code, saying="nobody"), pytest.raises(Refused, match="stands still"):
        office.answer(code, "approve", by=QIAN)


def test_both_who_overrode_one_stage_are_kept_from_the_next_by_different_people(opened: Open) -> None:
    """And the next reads of both that they have approved before."""
    last = Stage("last", any_of(person(ADMIN), person(STRANGER), person(HE)))
    office = opened(role("finance"), last, by_different_people=True)
    code = start(office)
    for by in (ADMIN, STRANGER):
        override(office.engine, f"{code}-R1", Override("approve", by, "停线", "cli"))
    assert not {ADMIN, STRANGER} & {*asked(office, code)}
    assert told(office, BOSS) == [("刘洋", "停线"), ("冯雪", "停线")]
    for by in (ADMIN, STRANGER):
        with pytest.raises(NotEntitled):
            office.answer(code, "approve", by=by)


@pytest.mark.parametrize("first", [3, 4])
def test_of_two_stages_by_different_people_that_are_asked_again_at_once_one_decides_one(
    install: Install, first: int
) -> None:
    """Both are asked on what was amended, and who decides which is not known then."""
    gate = Gate(
        "apart", "审批 / Approval", rule="T-2", approver=role("finance"), then=(Stage("second", role("finance")),),
        by_different_people=True, due=working_days(2),
    )  # fmt: skip

    def body(case: Case[Matter]) -> Outcome:
        """One gate."""
        return case.reject() if case.approval(gate, shows=case.subject.shown()).rejected else case.approve()

    office = install(toy(body, gate))
    code = start(office)
    office.answer(code, "approve", by=HE)
    amend(office.engine, code, Amendment({"what": "螺母"}, OWNER, "写错了", "page"))
    request, other = f"{code}-R{first}", f"{code}-R{7 - first}"
    assert answer(office.engine, request, Answer("approve", HE, "page")).effective
    with pytest.raises(NotEntitled, match="another person"):
        answer(office.engine, other, Answer("approve", HE, "page"))
    assert answer(office.engine, other, Answer("approve", QIAN, "page")).effective
    assert row(office, code).outcome == "approved"
