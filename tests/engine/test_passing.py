"""Passing on 转交: a colleague decides in one's place, on one's behalf, and may not be just anybody."""

from dataclasses import replace

import pytest

from crm_workflows.domain.approvers import role
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.domain.panels import everybody
from crm_workflows.domain.people import Directory, Person
from crm_workflows.engine import auditing
from crm_workflows.engine.case import Case, Outcome
from tests.engine.conftest import Install
from tests.engine.toys import BOSS, FINANCE, GATE, HEAD, MATERIALS, OWNER, STRANGER, Matter, start, step, toy
from tests.office import Office

QIAN, HE = FINANCE
PANEL = replace(GATE, name="panel", approver=everybody(role("finance")))


@step("T-1")
def look() -> int:
    return 1


def passing(case: Case[Matter]) -> Outcome:
    """One gate."""
    look()
    return case.reject() if case.approval(GATE).rejected else case.approve()


def panel(case: Case[Matter]) -> Outcome:
    """One gate that two decide."""
    look()
    return case.reject() if case.approval(PANEL).rejected else case.approve()


def asked(office: Office, code: str) -> list[tuple[str, str | None]]:
    return sorted((i["assignee"]["email"], i["assignee"]["deputy_for"]) for i in office.view(code)["waiting_for"])


def test_a_colleague_decides_on_behalf_and_the_first_no_more(install: Install) -> None:
    office = install(toy(passing, GATE))
    code = start(office)
    office.reply(office.asking(code), "转 Feng Xue\n她更了解情况")
    assert asked(office, code) == [(STRANGER, HEAD)]
    receipt = office.mails("receipt", to=HEAD)[0].context
    assert (receipt["decision"], receipt["passed_to"]) == ("delegate", "冯雪")
    note = office.mails("approval_request", to=STRANGER)[0].context["request"]["note"]
    assert note == "原请郑晓东答复，现转请您：她更了解情况"
    with pytest.raises(NotEntitled):
        office.answer(code, "approve", by=HEAD)
    office.answer(code, "approve", by=STRANGER)
    (made,) = office.view(code)["decisions"]
    assert (made["by"], made["on_behalf_of"]) == (STRANGER, HEAD)
    assert auditing.verify(office.engine) == []


def test_what_was_passed_on_can_be_given_back(install: Install) -> None:
    office = install(toy(passing, GATE))
    code = start(office)
    office.answer(code, "delegate", to="冯雪")
    office.answer(code, "delegate", by=STRANGER, to=HEAD)
    assert asked(office, code) == [(HEAD, None)]
    assert len(office.mails("approval_request", to=HEAD)) == 2, "told by a mail of its own that it is theirs again"
    assert office.answer(code, "approve", by=HEAD).effective


@pytest.mark.parametrize(
    ("to", "says"),
    [
        (OWNER, "requested the case"),
        (HEAD, "asks Zheng Xiaodong already"),
        ("张三", "nobody here is called “张三”"),
        ("", "say to which colleague"),
        ("王伟", "2 colleagues are called “王伟”; give the address"),
    ],
)
def test_who_cannot_be_asked_is_refused_with_what_to_do(install_in_memory: Install, to: str, says: str) -> None:
    office = install_in_memory(toy(passing, GATE))
    twins = [Person(email=f"wang.wei{n}@yongchang.example", name="王伟", department="design") for n in (1, 2)]
    people = office.staff.people
    office.staff.people = Directory([*people, *twins], people.roles, people.departments)
    code = start(office)
    with pytest.raises(InvalidInput, match=says):
        office.answer(code, "delegate", to=to)
    assert asked(office, code) == [(HEAD, None)]


def test_a_name_that_a_reply_misspells_is_answered_and_the_request_stays(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    office.reply(office.asking(code), "转 张三")
    assert "人员名册中没有“张三”" in office.mails("refused", to=HEAD)[0].context["reason"]
    assert asked(office, code) == [(HEAD, None)]


def test_of_several_each_passes_on_their_own_part_only_and_not_to_each_other(install: Install) -> None:
    office = install(toy(panel, PANEL))
    code = start(office)
    with pytest.raises(InvalidInput, match="already"):
        office.answer(code, "delegate", by=QIAN, to=HE)
    office.answer(code, "delegate", by=QIAN, to=MATERIALS)
    office.answer(code, "approve", by=HE)
    with pytest.raises(InvalidInput, match="you have answered"):
        office.answer(code, "delegate", by=HE, to=BOSS)
    assert office.answer(code, "approve", by=MATERIALS).effective
    assert office.view(code)["outcome"] == "approved"


def test_what_is_decided_is_not_passed_on(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    first = office.asking(code)
    office.answer(code, "approve")
    office.reply(first, "转 冯雪")
    assert "已结束，不能再转交" in office.mails("refused", to=HEAD)[0].context["reason"]
