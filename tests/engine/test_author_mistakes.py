"""What an author can write wrongly is refused with file, line and what to write instead, before any case begins."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from crm_workflows import Case, FormTask, Gate, Papers, beyond, by_amount, owner, role, up_to, working_days
from crm_workflows.domain.declared import raised_at
from crm_workflows.domain.errors import AuthorMistake, Refused
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.text import in_language
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.gate_check import faults_as_written
from crm_workflows.engine.requests.needs import check_policy_has
from crm_workflows.engine.rulebook import coverage
from tests.engine.toys import Matter, Note

HERE = "tests/engine/test_author_mistakes.py:"


def mistake(make: object) -> str:
    with pytest.raises(AuthorMistake) as found:
        make()  # type: ignore[operator]
    assert found.value.message.startswith(HERE)
    return found.value.message


def test_an_argument_of_another_kind_is_refused_with_what_to_give() -> None:
    by = mistake(lambda: FormTask("task", "事项 / Task", rule="T-1", form=Note, by="owner"))  # type: ignore[arg-type]
    assert "task has by='owner', which does not fit; give role(…)" in by
    remind = mistake(lambda: Gate("gate", "审批 / Gate", rule="T-1", approver=owner, remind=2))  # type: ignore[arg-type]
    assert "remind=2, which does not fit; give working_days(…) or nothing" in remind
    back = mistake(lambda: Gate("gate", "审批 / Gate", rule="T-1", approver=owner, send_back="T-1"))  # type: ignore[arg-type]
    assert "give a tuple of str" in back
    kinds = mistake(lambda: Papers("papers", "资料 / Papers", rule="T-1", kinds=("contract",)))  # type: ignore[arg-type]
    assert "give a tuple of Paper(…)" in kinds
    rung = mistake(lambda: by_amount(up_to("limit", "finance"), beyond(owner)))  # type: ignore[arg-type]
    assert "up_to(…) has decider='finance'" in rung


def made_of(monkeypatch: pytest.MonkeyPatch, **elements: object) -> Procedure:
    module = ModuleType("toys_with_mistakes")
    vars(module).update(elements)
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def body(case: Case[Matter]) -> None: ...

    return Procedure(body, "TM", 1, "错误 / Mistakes", Matter, "mistakes", "0", module.__name__)


def test_two_elements_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Gate("same", "一 / One", rule="T-1", approver=owner)
    second = Gate("same", "二 / Two", rule="T-2", approver=owner)
    said = mistake(made_of(monkeypatch, FIRST=first, SECOND=second).elements)
    assert "two elements called same" in in_language(said, "en")
    assert "有两项同名（same）" in in_language(said, "zh")
    assert made_of(monkeypatch, FIRST=first, IMPORTED=first).element("same") is first


def test_a_rule_to_send_back_to_that_nothing_carries_out_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate("gate", "审批 / Gate", rule="T-1", approver=owner, send_back=("T-1", "T-9"))
    made = made_of(monkeypatch, GATE=gate)
    [fault] = faults_as_written({("mistakes", 1): made})
    assert str(fault) == f"{gate.where}: gate gate sends back to T-9, which nothing in mistakes carries out"


def test_no_case_begins_under_a_policy_that_lacks_what_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate("gate", "审批 / Gate", rule="T-1", approver=role("admin"), due=working_days("some_due"))
    made = made_of(monkeypatch, GATE=gate)
    check_policy_has(made, Policy({"start_confirm_due": 2, "some_due": 2}))
    with pytest.raises(Refused, match="the policy in force lacks some_due;"):
        check_policy_has(made, Policy({"start_confirm_due": 2, "another_due": 2}))


def test_rules_of_a_process_of_ones_own_are_listed_behind_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = made_of(monkeypatch, GATE=Gate("gate", "审批 / Gate", rule="T-1", approver=owner))
    [line] = coverage({("mistakes", 1): made}, tmp_path / "nothing.json", "T")
    assert (line["rule"], line["title"], line["shown_by"]) == ("T-1", "错误 / Mistakes", [])
    assert line["where"] == [made.element("gate").where]
    assert coverage({("mistakes", 1): made}, tmp_path / "nothing.json")[-1] == line


def test_an_error_inside_a_procedure_names_the_last_of_its_own_lines(tmp_path: Path) -> None:
    file = tmp_path / "flows" / "toy" / "steps.py"
    source = "def count():\n    return len(None)\n"
    module = {"__name__": "flows.toy.steps"}
    exec(compile(source, str(file), "exec"), module)
    with pytest.raises(TypeError) as found:
        module["count"]()  # type: ignore[operator]
    assert raised_at(found.value) == "flows/toy/steps.py:2"
    assert raised_at(ValueError("nowhere")) is None
