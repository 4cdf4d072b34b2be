"""A colleague decides in one's place 转交 or as well as oneself 加签, and may not be just anybody."""

from dataclasses import replace

import pytest

from crm_workflows.domain.approvers import role
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.domain.panels import everybody
from crm_workflows.domain.people import Directory, Person
from crm_workflows.engine.case import Case
from crm_workflows.engine.record import auditing
from crm_workflows.engine.results import Outcome
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
        ("", "say which colleague"),
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


# -- adding an approver -----------------------------------------------------------------------------------------------


def test_one_added_beside_is_asked_too_and_both_must_approve(install: Install) -> None:
    office = install(toy(passing, GATE))
    code = start(office)
    office.reply(office.asking(code), "加签 冯雪\n请质量部看一下")
    assert asked(office, code) == [(STRANGER, None), (HEAD, None)]
    receipt = office.mails("receipt", to=HEAD)[0].context
    assert (receipt["decision"], receipt["passed_to"]) == ("add_approver", "冯雪")
    told = office.mails("approval_request", to=STRANGER)[0].context["request"]
    assert told["note"] == "郑晓东加签，请您一并审批：请质量部看一下"
    assert told["why_you"].startswith("您由被征询人加签")
    office.answer(code, "approve", by=HEAD)
    assert asked(office, code) == [(STRANGER, None)]
    office.answer(code, "approve", by=STRANGER)
    assert office.view(code)["outcome"] == "approved"
    assert auditing.verify(office.engine) == []


def test_one_added_before_answers_first_and_whoever_added_them_then(install: Install) -> None:
    office = install(toy(passing, GATE))
    code = start(office)
    office.answer(code, "add_approver", to="冯雪", place="before")
    assert asked(office, code) == [(STRANGER, None)]
    early = office.answer(code, "approve", by=HEAD)
    assert not early.effective
    assert "waits for somebody who is asked before you" in early.sentence
    office.answer(code, "approve", by=STRANGER)
    assert asked(office, code) == [(HEAD, None)]
    again = office.mails("approval_request", to=HEAD)
    assert len(again) == 2
    assert [one["name"] for one in again[-1].context["request"]["approved_before"]] == ["冯雪"]
    assert office.answer(code, "approve", by=HEAD).effective
    assert office.view(code)["outcome"] == "approved"


def test_one_added_after_is_asked_once_the_first_has_approved(install: Install) -> None:
    office = install(toy(passing, GATE))
    code = start(office)
    office.answer(code, "add_approver", to=STRANGER, place="after")
    assert asked(office, code) == [(HEAD, None)]
    assert not office.mails("approval_request", to=STRANGER)
    office.answer(code, "approve", by=HEAD)
    assert asked(office, code) == [(STRANGER, None)]
    office.answer(code, "reject", by=STRANGER, comment="不合格")
    assert office.view(code)["outcome"] == "rejected"


def test_where_one_answer_suffices_the_added_one_is_needed_all_the_same(install_in_memory: Install) -> None:
    either = replace(GATE, name="either", approver=role("finance"))

    def body(case: Case[Matter]) -> Outcome:
        """One gate that one of two decides."""
        look()
        return case.reject() if case.approval(either).rejected else case.approve()

    office = install_in_memory(toy(body, either))
    code = start(office)
    office.answer(code, "add_approver", by=QIAN, to=STRANGER)
    office.answer(code, "approve", by=HE)
    assert asked(office, code) == [(STRANGER, None)], "one of finance has answered for both"
    office.answer(code, "approve", by=STRANGER)
    assert office.view(code)["outcome"] == "approved"


def test_of_a_panel_each_may_add_and_what_was_added_can_be_passed_on(install: Install) -> None:
    office = install(toy(panel, PANEL))
    code = start(office)
    office.answer(code, "add_approver", by=HE, to=STRANGER, place="before")
    assert asked(office, code) == [(STRANGER, None), (QIAN, None)]
    office.answer(code, "delegate", by=STRANGER, to=MATERIALS)
    office.answer(code, "approve", by=MATERIALS)
    office.answer(code, "approve", by=QIAN)
    assert asked(office, code) == [(HE, None)]
    office.answer(code, "approve", by=HE)
    assert office.view(code)["outcome"] == "approved"


def test_an_added_approver_who_sends_back_ends_the_adding(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    office.answer(code, "add_approver", to=STRANGER)
    office.answer(code, "send_back", by=STRANGER, to="T-1", comment="再看")
    assert asked(office, code) == [(HEAD, None)]


def test_nobody_is_added_in_a_place_that_is_none(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    with pytest.raises(InvalidInput, match="before, after or beside"):
        office.answer(code, "add_approver", to=STRANGER, place="above")


def test_who_had_it_for_another_and_is_added_later_speaks_for_themselves(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    office.answer(code, "delegate", to=STRANGER)
    office.answer(code, "delegate", by=STRANGER, to=MATERIALS)
    office.answer(code, "add_approver", by=MATERIALS, to=STRANGER)
    assert asked(office, code) == [(STRANGER, None), (MATERIALS, HEAD)]
    with pytest.raises(InvalidInput, match="already"):
        office.answer(code, "add_approver", by=MATERIALS, to=HEAD)  # has a voice through her
