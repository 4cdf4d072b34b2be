"""Requester and approver, maker and checker, two stages, an override and its second: never one person (G-2)."""

from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.domain.approvers import any_of, owner, person, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate, Stage
from crm_workflows.domain.errors import InvalidInput, NotEntitled, Refused
from crm_workflows.domain.panels import everybody
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import answers, handing
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.handing import Handover
from crm_workflows.engine.decisions.overriding import Override, override
from crm_workflows.engine.record import auditing
from crm_workflows.engine.requests import gate_check
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import opening
from tests.engine.conftest import Install
from tests.engine.toys import ADMIN, BOSS, FINANCE, MATERIALS, OWNER, STRANGER, Matter, Note, start, toy
from tests.office import Office

QIAN, HE = FINANCE
DRAFT = FormTask("draft", "起草 / Draft", rule="T-1", form=Note, by=any_of(person(HE), person(MATERIALS)))
CHECKED = Gate(
    "checked", "复核 / Check", rule="T-2", approver=role("finance"), other_than=("draft",), due=working_days(2),
)  # fmt: skip
TWICE = Gate(
    "twice", "两级 / Two stages", rule="T-2", approver=role("finance"), then=(Stage("second", role("finance")),),
    by_different_people=True,
)  # fmt: skip


def drafted(case: Case[Matter]) -> Outcome:
    """Somebody drafts, somebody else approves."""
    case.task(DRAFT)
    return case.reject() if case.approval(CHECKED).rejected else case.approve()


def twice(case: Case[Matter]) -> Outcome:
    """Two stages, two people."""
    return case.reject() if case.approval(TWICE).rejected else case.approve()


def asked(office: Office, code: str) -> list[str]:
    return sorted(i["assignee"]["email"] for i in office.view(code)["waiting_for"])


def other_address(office: Office, email: str, other: str) -> None:
    people = office.staff.people
    found = [replace(p, other_emails=(other,)) if p.email == email else p for p in people]
    office.staff.people = Directory(found, people.roles, people.departments)


def test_who_made_it_is_not_asked_to_check_it_under_any_address_nor_as_deputy(install: Install) -> None:
    office = install(toy(drafted, DRAFT, CHECKED))
    other_address(office, HE, "amy@yongchang.example")
    code = start(office)
    office.submit(code, by="amy@yongchang.example")
    assert asked(office, code) == [QIAN]
    today = office.engine.today(office.clock.now())
    people = office.staff.people
    found = [replace(p, deputies=(Deputy(HE, today),)) if p.email == QIAN else p for p in people]
    office.staff.people = Directory(found, people.roles, people.departments)
    for address in (HE, "amy@yongchang.example"):
        with pytest.raises(NotEntitled, match="needs another person"):
            office.answer(code, "approve", by=address)
    with pytest.raises(InvalidInput, match="filled in what is checked"):
        handing.reassign(
            office.engine, office.waiting(code)["id"], from_=QIAN, to=HE, how=Handover(ADMIN, "cli", "急", "root")
        )
    office.answer(code, "approve", by=QIAN)
    assert office.view(code)["outcome"] == "approved"


def test_two_stages_by_different_people_skip_nobody_and_ask_nobody_twice(install: Install) -> None:
    office = install(toy(twice, TWICE))
    code = start(office)
    assert asked(office, code) == sorted(FINANCE)
    office.answer(code, "approve", by=HE)
    assert asked(office, code) == [QIAN]
    with pytest.raises(NotEntitled):
        office.answer(code, "approve", by=HE)
    office.answer(code, "approve", by=QIAN)
    assert office.view(code)["outcome"] == "approved"


def test_somebody_kept_apart_from_what_is_nowhere_done_is_a_mistake_of_the_flow() -> None:
    wrong = replace(CHECKED, other_than=("draught",))
    (fault,) = gate_check.faults_as_written({("toy", 1): toy(drafted, DRAFT, wrong)})
    assert "others than who did draught: there is no such task" in fault.message
    assert not list(gate_check.faults_as_written({("toy", 1): toy(drafted, DRAFT, CHECKED)}))


# -- override -------------------------------------------------------------------------------------------------------

PANEL = Gate("panel", "会签 / Panel", rule="T-2", approver=everybody(role("finance"), role("general_manager")))


def panel(case: Case[Matter]) -> Outcome:
    """Three decide."""
    return case.reject() if case.approval(PANEL).rejected else case.approve()


def over(office: Office, code: str, by: str, decision: str = "approve", reason: str = "停线") -> Any:
    request = office.waiting(code)["id"]
    return override(office.engine, request, Override(decision, by, reason, "cli", "root"))


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_an_override_needs_two_and_is_its_own_kind_of_record(install: Install, decision: str) -> None:
    office = install(toy(panel, PANEL))
    code = start(office)
    office.answer(code, "approve", by=BOSS)
    first = over(office, code, ADMIN, decision)
    assert (first.is_decided, first.people) == (False, (ADMIN,))
    assert asked(office, code) == sorted(FINANCE), "a proposal decides nothing"
    told = {m.recipient: m.context for m in office.mails("announcement")}
    assert STRANGER in told
    assert ADMIN not in told
    assert ("Proposed by" in str(told[STRANGER]), "停线" in str(told[STRANGER])) == (True, True)
    assert f"crmw override {first.request} {decision}" in str(told[STRANGER])
    with pytest.raises(NotEntitled, match="a second person"):
        over(office, code, ADMIN, decision)
    done = over(office, code, STRANGER, decision, "同意停线")
    assert (done.is_decided, done.people) == (True, (ADMIN, STRANGER))
    made = office.view(code)["decisions"][-1]
    assert (made["decision"], made["by"], made["comment"]) == ("override", STRANGER, "停线\n同意停线")
    assert made["answer"] == {"decision": decision, "proposed_by": ADMIN}
    assert made["label"] == "越级决定 / overridden"
    assert office.view(code)["outcome"] == {"approve": "approved", "reject": "rejected"}[decision]
    notices = {m.recipient: m.context for m in office.mails("decision_notice")}
    notices[OWNER] = office.mails("case_closed", to=OWNER)[0].context["decision"]
    assert sorted(notices) == sorted([OWNER, BOSS, QIAN, HE])
    assert notices[OWNER]["decided_by"] == "刘洋、冯雪"
    assert auditing.verify(office.engine) == []


def test_another_decision_is_another_proposal_and_those_asked_may_be_first(install_in_memory: Install) -> None:
    office = install_in_memory(toy(panel, PANEL))
    code = start(office)
    over(office, code, ADMIN, "approve")
    with pytest.raises(NotEntitled, match="proposed by an administrator"):
        over(office, code, STRANGER, "reject")
    request = office.waiting(code)["id"]
    office.answer(code, "reject", by=BOSS, comment="不行")
    with pytest.raises(InvalidInput, match="only an open approval"):
        override(office.engine, request, Override("approve", STRANGER, "停线", "cli"))


@pytest.mark.parametrize(
    ("by", "decision", "reason", "error"),
    [
        (BOSS, "approve", "急", NotEntitled),
        ("nobody@yongchang.example", "approve", "急", NotEntitled),
        (ADMIN, "approve", " ", InvalidInput),
        (ADMIN, "send_back", "急", InvalidInput),
    ],
)
def test_an_override_by_who_may_not_or_without_a_reason_is_refused(
    install_in_memory: Install, by: str, decision: str, reason: str, error: type[Refused]
) -> None:
    office = install_in_memory(toy(panel, PANEL))
    code = start(office)
    with pytest.raises(error):
        over(office, code, by, decision, reason)
    assert "override" not in str(office.view(code)["decisions"])


def test_who_requested_the_case_takes_no_part_in_overriding_it(install_in_memory: Install) -> None:
    office = install_in_memory(toy(panel, PANEL))
    code = opening.start(office.engine, "toy", {"owner": OWNER}, requester=ADMIN, origin="cli").code
    office.work()
    with pytest.raises(NotEntitled, match="you requested case"):
        over(office, code, ADMIN)


def test_a_form_is_not_overridden(install_in_memory: Install) -> None:
    office = install_in_memory(toy(drafted, replace(DRAFT, by=owner), CHECKED))
    with pytest.raises(InvalidInput, match="only an open approval"):
        over(office, start(office), ADMIN)


def also(office: Office, address: str, **changes: Any) -> None:
    """Somebody of the staff with other columns, from now on."""
    people = office.staff.people
    changed = [replace(one, **changes) if one.email == address else one for one in people]
    office.staff.people = Directory(changed, people.roles, people.departments)


def test_whoever_made_what_a_gate_judges_takes_no_part_in_overriding_it(install_in_memory: Install) -> None:
    office = install_in_memory(toy(drafted, DRAFT, CHECKED))
    also(office, HE, roles=("finance", "admin"))
    code = start(office)
    office.submit(code, by=HE)
    over(office, code, ADMIN)
    with pytest.raises(NotEntitled, match="judges what you made"):
        over(office, code, HE)
    assert over(office, code, STRANGER).is_decided


def test_whoever_has_answered_takes_no_part_in_overriding_the_same_request(install_in_memory: Install) -> None:
    """A person decides a request once: the seat that was given an answer is not given a second one as an override."""
    office = install_in_memory(toy(panel, PANEL))
    also(office, BOSS, roles=("general_manager", "process_owner", "admin"))
    code = start(office)
    over(office, code, BOSS)
    office.answer(code, "approve", by=BOSS)
    with pytest.raises(NotEntitled, match="you have decided"):
        over(office, code, BOSS, "reject")
    with pytest.raises(NotEntitled, match="proposed by an administrator"):
        over(office, code, STRANGER)
    over(office, code, ADMIN)
    with pytest.raises(NotEntitled, match="you have decided"):
        over(office, code, BOSS)
    assert over(office, code, STRANGER).is_decided


@pytest.mark.parametrize("address", [HE, "amy@yongchang.example"])
def test_whoever_a_deputy_has_answered_for_takes_no_part_either(install_in_memory: Install, address: str) -> None:
    """One seat is one voice, whoever speaks on it, and under whichever address that person is known since."""
    office = install_in_memory(toy(panel, PANEL))
    today = office.engine.today(office.clock.now())
    also(office, HE, roles=("finance", "admin"), deputies=(Deputy(MATERIALS, today),))
    code = start(office)
    over(office, code, HE)
    office.answer(code, "approve", by=MATERIALS)
    if address != HE:
        also(office, HE, email=address, other_emails=(HE,))
    with pytest.raises(NotEntitled, match="proposed by an administrator"):
        over(office, code, STRANGER)
    over(office, code, ADMIN)
    for one in (HE, address):
        with pytest.raises(NotEntitled, match="you have decided"):
            over(office, code, one)
    assert over(office, code, STRANGER).is_decided


def test_a_proposal_lapses_with_whoever_may_propose_no_longer(install_in_memory: Install) -> None:
    office = install_in_memory(toy(panel, PANEL))
    also(office, QIAN, roles=("finance", "admin"))
    code = start(office)
    over(office, code, QIAN)
    also(office, QIAN, roles=("finance",))
    with pytest.raises(NotEntitled, match="proposed by an administrator"):
        over(office, code, STRANGER)
    assert not over(office, code, ADMIN).is_decided
    assert over(office, code, STRANGER).is_decided


# -- the same call made again ---------------------------------------------------------------------------------------


def by_api(key: str, decision: str, by: str, reason: str) -> Override:
    return Override(decision, by, reason, "api", f"api:{key}")


def test_a_call_made_again_is_answered_again_and_another_under_its_key_is_refused(install_in_memory: Install) -> None:
    office = install_in_memory(toy(twice, TWICE))
    code = start(office)
    request = office.waiting(code)["id"]
    how = Handover(ADMIN, "api", "休假", "api:k1")
    said = [handing.reassign(office.engine, request, from_=QIAN, to=BOSS, how=how) for _ in range(2)]
    assert said[0] == said[1]
    for to, other in ((MATERIALS, how), (BOSS, replace(how, reason="离职"))):
        with pytest.raises(InvalidInput, match="used for another answer"):
            handing.reassign(office.engine, request, from_=QIAN, to=to, how=other)
    assert asked(office, code) == sorted([BOSS, HE])
    proposed = [override(office.engine, request, by_api("k2", "approve", ADMIN, "停线")) for _ in range(2)]
    assert [one.is_decided for one in proposed] == [False, False]
    with pytest.raises(InvalidInput, match="used for another answer"):
        override(office.engine, request, by_api("k2", "reject", ADMIN, "停线"))
    made = [override(office.engine, request, by_api("k3", "approve", STRANGER, "同意停线")) for _ in range(2)]
    assert [one.people for one in made] == [(ADMIN, STRANGER)] * 2
    with pytest.raises(InvalidInput, match="used for another answer"):
        override(office.engine, request, by_api("k3", "approve", STRANGER, "别的话"))


@pytest.mark.parametrize("is_over", [False, True])
def test_the_key_of_somebodys_decision_serves_no_override(install_in_memory: Install, is_over: bool) -> None:
    office = install_in_memory(toy(panel, PANEL))
    request = office.waiting(start(office))["id"]
    for n, by in enumerate((QIAN, HE, BOSS)[: 3 if is_over else 1]):
        answers.answer(office.engine, request, Answer("approve", by, "api", evidence=f"api:k{n}"))
    with pytest.raises(InvalidInput, match="used for another answer"):
        override(office.engine, request, by_api("k0", "approve", ADMIN, "停线"))


def test_the_notice_of_an_override_says_that_it_is_one(install_in_memory: Install) -> None:
    office = install_in_memory(toy(twice, TWICE))
    code = start(office)
    request = office.waiting(code)["id"]
    for who in (ADMIN, STRANGER):
        override(office.engine, request, Override("approve", who, "停线", "cli"))
    assert office.mails("decision_notice", to=OWNER)[0].context["is_override"] is True
