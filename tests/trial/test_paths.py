"""Every path of a procedure is walked: what ends is told with its worst time, what cannot end by gate and reason."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import Field

from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.domain.approvers import owner, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate, reject_after
from crm_workflows.domain.examples import Example
from crm_workflows.domain.forms import Form
from crm_workflows.domain.money import Money
from crm_workflows.engine.case import Case
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.results import Outcome
from crm_workflows.interfaces.cli.simulate import examples_of
from crm_workflows.testing.trial.form_answers import Limits, answers
from crm_workflows.testing.trial.office import TrialOffice, TrialStaff
from crm_workflows.testing.trial.paths import FORGOTTEN, MOST_ANSWERS, NO_ANSWER_FITS, Walk
from crm_workflows.testing.trial.paths_told import told
from tests.engine.toys import GATE, OWNER, PAPERS, Matter, step, toy
from tests.office import shipped_company

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class Verdict(Form):
    """One choice, one amount."""

    is_good: bool = Field(title="好 / Good", examples=[True])
    score: int = Field(title="分 / Score", ge=0, le=100, examples=[70])
    remark: str = Field(default="", title="说明 / Remark")


VERDICT = FormTask(
    "verdict", "判断 / Verdict", rule="T-3", form=Verdict, by=role("head_of_materials"), due=working_days(3)
)


def walked(made: Procedure, *examples: Example, returns: int = 0, most: int = MOST_ANSWERS) -> dict[str, Any]:
    staff = TrialStaff(*shipped_company())
    versions = {**load_processes(), (made.name, made.version): made}
    walk = Walk(TrialOffice(versions, staff, MONDAY), made, returns, most)
    found = walk.from_examples(examples or [Example("玩具 / a toy", {"owner": OWNER})])
    return told(found, made, staff.hours, MONDAY, returns)


def ends(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(path["ends"], path["outcome"]) for path in document["paths"]}


def leads(document: dict[str, Any], element: str) -> dict[str, list[str]]:
    return {o["answer"].split(" / ")[1]: o["leads_to"] for o in document["outcomes"] if o["element"] == element}


def judged_and_approved(case: Case[Matter]) -> Outcome:
    papers = case.collect(PAPERS, from_=owner)
    if papers.lapsed:
        return case.close("lapsed")
    if not case.task(VERDICT).is_good:
        return case.reject("不好 / not good")
    return case.approve() if case.approval(GATE).approved else case.reject()


def test_every_outcome_of_every_wait_is_on_a_path_with_its_worst_working_time() -> None:
    found = walked(toy(judged_and_approved, PAPERS, VERDICT, GATE))
    assert found["ends"]
    assert ends(found) == {("closed", "lapsed"), ("closed", "rejected"), ("closed", "approved")}
    assert leads(found, "papers") == {"all papers": ["T-3 判断 / T-3 Verdict"], "silence": ["lapsed"]}
    waits_on = "继续等待 / waits on"
    assert leads(found, "verdict") == {
        "as in the example": ["T-5 审批 / T-5 Approval"], "Good: no": ["rejected"], "silence": [waits_on]
    }  # fmt: skip
    gate = leads(found, "gate")
    assert gate.pop("silence") == ["提醒、继续等待 / reminded, waits on"]
    assert set(gate) == {"approve", "reject", "send back to T-3"}, "to T-1, which it never came by, nobody can send it"
    assert (gate["approve"], gate["reject"]) == (["approved"], ["rejected"])
    days = {o["element"]: o["working_days"] for p in found["paths"] for o in p["steps"]}
    assert (days["papers"], days["verdict"], days["gate"]) == (5.0, 3.0, 2.0)
    assert found["worst_working_days"] == 5 + 3 + 2 + 3 * (3 + 2), "sent back three times, which is the limit"
    assert found["not_reached"] == []


@step("T-1")
def fragile(is_good: bool) -> int:
    if not is_good:
        raise ValueError("no such case was thought of")
    return 1


def that_breaks(case: Case[Matter]) -> Outcome:
    fragile(case.task(VERDICT).is_good)
    return case.approve()


def test_an_answer_on_which_the_procedure_breaks_is_named_with_the_way_to_it() -> None:
    found = walked(toy(that_breaks, VERDICT))
    (stuck,) = found["cannot_end"]
    assert not found["ends"]
    assert (stuck["rule"], stuck["element"]) == ("T-3", "verdict")
    assert "no such case was thought of" in stuck["why"]
    assert ("stuck", "needs_attention") in ends(found)


def test_a_gate_that_nobody_may_decide_cannot_end() -> None:
    nobody = replace(GATE, approver=role("nobody_has_this"))

    def body(case: Case[Matter]) -> Outcome:
        case.task(VERDICT)
        return case.approve() if case.approval(nobody).approved else case.reject()

    found = walked(toy(body, VERDICT, nobody))
    assert {"verdict"} == {one["element"] for one in found["cannot_end"]}, "the answer that leads there is named"


def test_a_wait_of_which_nobody_ever_hears_again_cannot_end_but_one_with_silence_declared_can() -> None:
    forgotten = Gate("gate", "审批 / Approval", rule="T-5", approver=role("head_of_marketing"))

    def body(gate: Gate) -> Any:
        def decided(case: Case[Matter]) -> Outcome:
            return case.approve() if case.approval(gate).approved else case.reject()

        return decided

    (stuck,) = walked(toy(body(forgotten), forgotten))["cannot_end"]
    assert (stuck["element"], stuck["why"]) == ("gate", FORGOTTEN)
    declared = replace(forgotten, on_silence=reject_after(working_days(4)))
    found = walked(toy(body(declared), declared))
    assert found["ends"]
    assert leads(found, "gate")["silence"] == ["rejected"]


def test_asking_without_end_is_found() -> None:
    def body(case: Case[Matter]) -> Outcome:
        while case.task(VERDICT).is_good:
            pass
        return case.reject()

    (stuck,) = walked(toy(body, VERDICT), most=9)["cannot_end"]
    assert "without end" in stuck["why"]


def test_a_form_that_takes_no_answer_cannot_end() -> None:
    class Impossible(Form):
        text: str = Field(title="文字 / Text", min_length=9, max_length=3, examples=["好"])

    task = FormTask("note", "记录 / Note", rule="T-3", form=Impossible, by=owner, due=working_days(1))

    def body(case: Case[Matter]) -> Outcome:
        case.task(task)
        return case.approve()

    (stuck,) = walked(toy(body, task))["cannot_end"]
    assert (stuck["element"], stuck["why"]) == ("note", NO_ANSWER_FITS)


def test_going_back_more_often_than_is_allowed_is_a_declared_end() -> None:
    def body(case: Case[Matter]) -> Outcome:
        if not case.task(VERDICT).is_good:
            case.back_to("T-3", because="再来", rounds=2)
        return case.approve()

    found = walked(toy(body, VERDICT))
    assert found["ends"]
    assert ends(found) == {("closed", "approved"), ("person", "needs_attention")}
    assert found["worst_working_days"] == 9.0


def test_scores_are_tried_on_both_sides_of_the_limits_and_texts_where_a_reason_is_asked_for() -> None:
    from flows.supplier_vetting.forms import CriteriaJudgement, PapersCheck
    from flows.supplier_vetting.survey_forms import OverallJudgement

    limits = Limits((40, 60), (Money.of(100),))
    scores = {tuple(t.changes.values()) for t in answers(CriteriaJudgement, CriteriaJudgement.example(), {}, limits)}
    assert {(n,) * 6 for n in (0, 39, 40, 59, 60, 100)} <= scores
    overall = [t.changes for t in answers(OverallJudgement, OverallJudgement.example(), {}, limits)]
    assert {c["verdict"] for c in overall if "verdict" in c} == {"papers_again", "talk_again", "refuse"}
    without = OverallJudgement.example() | {"reason": ""}
    overall = [t.changes for t in answers(OverallJudgement, without, {}, limits)]
    assert all(c["reason"] for c in overall if c.get("verdict", "survey") != "survey")
    check = [t.changes for t in answers(PapersCheck, PapersCheck.example(), {}, limits)]
    assert any(c.get("papers_are_right") is False and c.get("ask_again") for c in check)
    amounts = [c["last_revenue"]["amount"] for c in check if "last_revenue" in c]
    assert amounts == ["100.00", "100.01"]


LONG = ("customer-onboarding", "supplier-vetting")
"""Half a minute together."""
PROCESSES = sorted({name for name, _ in load_processes()})


def whole(process: str, returns: int) -> dict[str, Any]:
    made = load_processes()[process, 1]
    return walked(made, *examples_of(made, None, None), returns=returns)


@pytest.mark.parametrize("process", [name for name in PROCESSES if name not in LONG])
def test_every_path_of_a_shipped_process_can_end(process: str) -> None:
    found = whole(process, returns=0)
    assert found["cannot_end"] == []
    assert found["not_reached"] == []


@pytest.mark.soak
@pytest.mark.parametrize("process", PROCESSES)
def test_every_path_of_every_process_can_end_also_after_a_return(process: str) -> None:
    found = whole(process, returns=0 if process in LONG else 1)
    assert found["cannot_end"] == []
    assert found["not_reached"] == []
