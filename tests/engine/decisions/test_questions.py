"""Somebody is asked before a decision 询问: the gate stays open, the answer reaches all who decide."""

from datetime import datetime
from typing import Any

import pytest

from crm_workflows.domain.durations import working_days, working_hours
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.engine.record import auditing
from tests.engine.conftest import Install
from tests.engine.decisions.test_passing import HE, PANEL, QIAN, panel, passing
from tests.engine.toys import BOSS, GATE, HEAD, OWNER, STRANGER, start, toy
from tests.office import Office


def gate(office: Office, code: str) -> dict[str, Any]:
    return next(i for i in office.view(code)["waiting_for"] if i["kind"] == "approval")


def question(office: Office, code: str) -> dict[str, Any]:
    return next(i for i in office.view(code)["waiting_for"] if i["gate"] == "question")


def test_the_requester_is_asked_and_the_answer_goes_to_whoever_decides(install: Install) -> None:
    office = install(toy(passing, GATE))
    code = start(office)
    office.reply(office.asking(code), "问 交期多久？\n上次晚了两周。")
    assert question(office, code)["assignee"]["email"] == OWNER
    assert gate(office, code)["paused"]["asks"] == OWNER
    told = office.mails("task_request", to=OWNER)[0].context["request"]
    assert told["facts"][0]["value"] == "交期多久？\n上次晚了两周。"
    assert told["why_you"].startswith("您受同事询问")
    receipt = office.mails("receipt", to=HEAD)[0].context
    assert (receipt["decision"], receipt["passed_to"]) == ("ask", "王芳")
    office.reply(office.mails("task_request", to=OWNER)[0], "15 天。\n已和厂家确认。")
    assert office.mails("receipt", to=OWNER)[0].context["decision"] == "已答复 / answered"
    again = office.mails("approval_request", to=HEAD)[-1]
    (one,) = again.context["request"]["questions"]
    assert (one["by"], one["asked"], one["answer"]) == ("郑晓东", "王芳", "15 天。\n已和厂家确认。")
    assert gate(office, code)["paused"] is None
    office.reply(again, "同意")
    assert office.view(code)["outcome"] == "approved"
    assert auditing.verify(office.engine) == []


def test_the_clock_stands_until_the_answer_and_goes_on_later_by_the_working_time(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    due = datetime.fromisoformat(str(gate(office, code)["due_at"]))
    office.advance(working_hours(2))
    office.answer(code, "ask", comment="交期多久？")
    office.advance(working_days(3))
    assert not office.mails("reminder", to=HEAD), "nothing is due of a request whose clock stands"
    assert office.mails("reminder", to=OWNER), "whoever is asked is reminded"
    calendar = office.staff.hours
    since = datetime.fromisoformat(str(gate(office, code)["paused"]["since"]))
    office.submit(code, gate="question", answer="15 天")
    moved = datetime.fromisoformat(str(gate(office, code)["due_at"]))
    stood = calendar.working_time_between(since, office.clock.now())
    assert calendar.working_time_between(due, moved) == stood
    office.advance(working_days(1))
    assert len(office.mails("reminder", to=HEAD)) == 1


def test_whoever_decides_need_not_wait_and_the_question_is_over_then(install: Install) -> None:
    office = install(toy(passing, GATE))
    code = start(office)
    office.answer(code, "ask", comment="交期多久？", to="冯雪")
    asking = office.mails("task_request", to=STRANGER)[0]
    office.answer(code, "reject", gate="gate", comment="太贵")
    assert office.view(code)["outcome"] == "rejected"
    office.reply(asking, "15 天")
    assert "已撤销" in office.mails("refused", to=STRANGER)[0].context["reason"]


def test_passing_on_while_a_question_is_out_leaves_the_clock_standing(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    office.answer(code, "ask", comment="交期多久？")
    office.answer(code, "delegate", gate="gate", by=HEAD, to=STRANGER)
    office.advance(working_days(3))
    assert not office.mails("reminder", to=STRANGER)
    office.submit(code, gate="question", answer="15 天")
    assert office.mails("approval_request", to=STRANGER)[-1].context["request"]["questions"]
    office.advance(working_days(1))
    assert len(office.mails("reminder", to=STRANGER)) == 1


def test_all_who_decide_together_read_the_answer_and_one_question_is_out_at_a_time(install: Install) -> None:
    office = install(toy(panel, PANEL))
    code = start(office)
    office.answer(code, "ask", by=QIAN, comment="交期多久？")
    with pytest.raises(InvalidInput, match="waits for Wang Fang to answer a question"):
        office.answer(code, "ask", gate="panel", by=HE, comment="价格？")
    office.advance(working_hours(1))
    office.submit(code, gate="question", answer="15 天")
    for who in (QIAN, HE):
        assert office.mails("approval_request", to=who)[-1].context["request"]["questions"][0]["answer"] == "15 天"


@pytest.mark.parametrize(
    "text", ["问 冯雪 交期多久", "问 冯雪，交期多久", "ask Feng Xue how long it takes", "问 冯雪\n交期多久"]
)
def test_a_question_that_begins_with_a_colleague_without_the_sign_is_asked_back(
    install_in_memory: Install, text: str
) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    office.reply(office.asking(code), text)
    assert len(office.view(code)["waiting_for"]) == 1, "nobody was asked"
    (told,) = office.mails("unclear", to=HEAD)
    assert f"问 @{STRANGER} " in str(told.context)
    office.reply(office.asking(code), f"问 @{STRANGER} 交期多久")
    assert question(office, code)["assignee"]["email"] == STRANGER


@pytest.mark.parametrize(
    ("by", "to", "comment", "error"),
    [
        (HEAD, None, " ", InvalidInput),
        (HEAD, HEAD, "？", InvalidInput),
        (HEAD, "张三", "？", InvalidInput),
        (OWNER, BOSS, "？", NotEntitled),
        (STRANGER, None, "？", NotEntitled),
    ],
)
def test_who_may_not_ask_or_asks_nothing_is_refused(
    install_in_memory: Install, by: str, to: str | None, comment: str, error: type[Exception]
) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    with pytest.raises(error):
        office.answer(code, "ask", by=by, to=to, comment=comment)
    assert gate(office, code)["paused"] is None


def test_whoever_is_asked_a_question_cannot_decide(install_in_memory: Install) -> None:
    office = install_in_memory(toy(passing, GATE))
    code = start(office)
    office.answer(code, "ask", comment="交期多久？", to=STRANGER)
    with pytest.raises(NotEntitled):
        office.answer(code, "approve", gate="gate", by=STRANGER)
