"""What an administrator is told of somebody who leaves, before and after (G-5)."""

from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.adapters.configuration.staff import ProposedStaff
from crm_workflows.domain.approvers import Approver, person, role
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.panels import Decider, everybody
from crm_workflows.domain.people import Directory, Person
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import leavers
from crm_workflows.engine.decisions.departures import Departure, departures
from crm_workflows.engine.record.doctor import new_findings
from crm_workflows.engine.results import Outcome
from crm_workflows.testing import MemoryStore
from tests.engine.toys import BOSS, FINANCE, HEAD, MATERIALS, OWNER, STRANGER, Matter, Note, office_of, start, toy
from tests.office import Office

QIAN, HE = FINANCE
GONE = {"active": False}
AT_THE_TOP = {"active": False, "manager": None}


@pytest.mark.parametrize(
    ("requests", "owned", "zh", "en"),
    [
        (2, 0, "王 已不在岗，仍有 2 项待答复（SV-1）", "王 is gone and leaves 2 open requests (SV-1)"),
        (
            0,
            1,
            "王 已不在岗，仍有 1 个由其负责的未结案件（SV-1）",
            "王 is gone and leaves 1 open case of their own (SV-1)",
        ),
    ],
)
def test_what_nobody_leaves_behind_is_not_counted(requests: int, owned: int, zh: str, en: str) -> None:
    person = Person(email="wang@a.example", name="王", department="office")
    gone = Departure(person=person, requests=requests, stuck=0, owned=owned, cases=("SV-1",), can_answer=())
    assert gone.sentence == bilingual(zh, en)


def office_with(asked: Gate | FormTask) -> Office:
    """One case that asks this and nothing else."""

    def leaving(case: Case[Matter]) -> Outcome:
        if isinstance(asked, Gate):
            case.approval(asked)
        else:
            case.task(asked)
        return case.approve()

    return office_of(MemoryStore(), toy(leaving, asked))


def gate(approver: Decider) -> Gate:
    return Gate("leaving", "审批 / Approval", rule="T-2", approver=approver)


def task(by: Approver) -> FormTask:
    return FormTask("leaving", "记录 / Note", rule="T-2", form=Note, by=by)


def changed(office: Office, changes: dict[str, dict[str, Any]]) -> Directory:
    """Another people file: these people changed, or left out of it where nothing is said."""
    people = office.staff.people
    kept = [p for p in people.people if changes.get(p.email, {"": None})]
    return Directory([replace(p, **changes.get(p.email, {})) for p in kept], people.roles, people.departments)


def asked_in(office: Office, code: str) -> set[str]:
    return {item["assignee"]["email"] for item in office.view(code)["waiting_for"]}


ALONE, ANY, ALL = gate(role("head_of_marketing")), gate(role("finance")), gate(everybody(role("finance")))
BY_ROLE, BY_NAME = task(role("head_of_marketing")), task(person(HEAD))
UNDER_BOSS = GONE | {"manager": BOSS}
UNDER_REQUESTER = GONE | {"manager": OWNER}
HOLDS_IT = {"roles": ("head_of_marketing",)}


@pytest.mark.parametrize(
    ("asked", "changes", "who"),
    [
        pytest.param(ALONE, {HEAD: GONE}, [BOSS], id="manager"),
        pytest.param(ALONE, {HEAD: {}, BOSS: GONE, STRANGER: HOLDS_IT}, [STRANGER], id="who holds the role then"),
        pytest.param(ALONE, {HEAD: UNDER_REQUESTER, BOSS: GONE}, [MATERIALS], id="past the requester"),
        pytest.param(ANY, {QIAN: GONE}, [HE], id="asked as well"),
        pytest.param(ANY, {QIAN: AT_THE_TOP, HE: AT_THE_TOP}, [], id="all gone"),
        pytest.param(ALL, {HE: GONE | {"manager": MATERIALS}}, [MATERIALS], id="one of all is replaced"),
        pytest.param(ALL, {HE: AT_THE_TOP}, [], id="one of all is not"),
        pytest.param(ALL, {QIAN: UNDER_BOSS, HE: UNDER_BOSS}, [BOSS], id="one voice each"),
        pytest.param(BY_NAME, {HEAD: UNDER_REQUESTER, BOSS: GONE}, [OWNER], id="a task by the requester too"),
        pytest.param(BY_ROLE, {HEAD: {}, BOSS: GONE}, [], id="nobody"),
    ],
)
def test_what_is_told_before_is_what_is_done_after(
    asked: Gate | FormTask, changes: dict[str, dict[str, Any]], who: list[str]
) -> None:
    """The sentence, the doctor and the move agree on who takes over, and on where nobody does."""
    office = office_with(asked)
    code = start(office)
    before = asked_in(office, code)
    then = ProposedStaff(office.staff, changed(office, changes))
    told = [one for one in departures(office.engine, then) if one.requests]
    stuck = [f for f in new_findings(office.engine, then) if f.kind == "asked_nobody"]
    office.staff.people = then.people
    moved = leavers.move_on(office.engine)
    after = asked_in(office, code)
    gone = {one.person.email for one in told}
    assert list(dict.fromkeys(p.email for one in told for p in one.can_answer)) == who
    assert after - gone == (before - gone) | set(who)
    assert len(after & gone) == sum(one.stuck for one in told) == len(stuck)
    assert moved == bool(who)


def test_what_nobody_could_take_over_moves_once_somebody_is_named() -> None:
    """As the doctor and the mail to the admins say: with the next people file, not with the next reminder."""
    office = office_with(gate(role("general_manager")))
    code = start(office)
    office.staff.people = changed(office, {BOSS: GONE})
    assert leavers.move_on(office.engine) == 0
    office.staff.people = changed(office, {BOSS: {"manager": HEAD}})
    assert leavers.move_on(office.engine) == 1
    assert asked_in(office, code) == {HEAD}
