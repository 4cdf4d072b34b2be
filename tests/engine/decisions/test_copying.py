"""Further staff hear how a gate is decided 抄送, named by the gate or by whoever decides, and decide nothing."""

from dataclasses import replace

import pytest

from crm_workflows.domain.approvers import role
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.results import Outcome
from tests.engine.conftest import Install
from tests.engine.decisions.test_passing import passing
from tests.engine.toys import BOSS, FINANCE, GATE, HEAD, OWNER, STRANGER, Matter, start, toy

DECLARED = replace(GATE, name="declared", copy=(role("finance"),))


def declared(case: Case[Matter]) -> Outcome:
    """A gate that names who hears of it."""
    return case.reject() if case.approval(DECLARED).rejected else case.approve()


def test_whom_those_asked_name_hears_the_result_and_decides_nothing(install: Install) -> None:
    office = install(toy(passing, GATE))
    code = start(office)
    asking = office.asking(code)
    office.reply(asking, "抄送 冯雪")
    assert office.mails("receipt", to=HEAD)[0].context["passed_to"] == "冯雪"
    assert not office.mails("decision_notice", to=STRANGER), "there is nothing to tell yet"
    with pytest.raises(NotEntitled):
        office.answer(code, "approve", by=STRANGER)
    office.answer(code, "reject", comment="太贵")
    told = office.mails("decision_notice", to=STRANGER)[0].context
    assert (told["decision"], told["comment"], told["is_copy"]) == ("reject", "太贵", True)


def test_a_decision_is_copied_afterwards_too_and_to_nobody_twice(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    office.answer(code, "approve")
    for _ in range(2):
        given = Answer("copy", HEAD, "api", to=STRANGER, evidence="api:k")
        assert answers.answer(office.engine, f"{code}-R1", given).effective, "the same call again"
    assert len(office.mails("decision_notice", to=STRANGER)) == 1
    for to in (STRANGER, OWNER, "张三"):
        with pytest.raises(InvalidInput):
            answers.answer(office.engine, f"{code}-R1", Answer("copy", HEAD, "page", to=to))
    with pytest.raises(NotEntitled):
        answers.answer(office.engine, f"{code}-R1", Answer("copy", BOSS, "page", to=STRANGER))


def test_a_gate_names_who_hears_how_it_is_decided(install_in_memory: Install) -> None:
    office = install_in_memory(toy(declared, DECLARED))
    code = start(office)
    office.answer(code, "approve")
    assert {mail.recipient for mail in office.mails("decision_notice") if mail.context["is_copy"]} == set(FINANCE)
