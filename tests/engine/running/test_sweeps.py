"""What time brings: each thing once, never early, and one poisoned row never stops the others (G-1, G-3, G-4)."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_workflows.domain.approvers import manager, role
from crm_workflows.domain.durations import clock_minutes, working_days
from crm_workflows.domain.elements import Gate, approve_after
from crm_workflows.domain.records import Assignee, AuditEntry, Request
from crm_workflows.engine.case import Case
from crm_workflows.engine.results import Outcome
from crm_workflows.testing import MemoryStore
from tests.engine.conftest import Install
from tests.engine.running.sweeping import HURRIED, TIMED, asks
from tests.engine.toys import ADMIN, BOSS, OWNER, PAPERS, SUPPLIER, Matter, office_of, row, start, toy
from tests.office import Office

GENEROUS = Gate(
    "generous", "默认通过 / Passed on silence", rule="T-2", approver=role("head_of_marketing"),
    due=working_days(1), on_silence=approve_after(working_days(2)),
)  # fmt: skip
TOP = Gate("top", "总经理审批 / At the top", rule="T-2", approver=role("general_manager"), due=working_days(1),
           escalate_to=manager)  # fmt: skip


def opened(office: Office, code: str) -> Request:
    """The open request of a case."""
    with office.engine.store.read() as reader:
        (request,) = reader.find(Request, case=code, status="open")
    return request


@settings(max_examples=60)
@given(
    element=st.sampled_from([TIMED, GENEROUS, PAPERS, HURRIED]),
    steps=st.lists(st.integers(1, 3 * 24 * 60), min_size=1, max_size=12),
)
def test_whatever_the_clock_does_each_thing_happens_once_and_never_early(element: Any, steps: list[int]) -> None:
    office = office_of(MemoryStore(), asks(element))
    code = start(office)
    request = opened(office, code)
    expected = _Expected(request)
    for minutes in steps:
        office.move_to(office.clock.now() + timedelta(minutes=minutes))
        expected.at(office.clock.now())
        mails = Counter(mail.template for mail in office.mails())
        assert mails["reminder"] == expected.reminders
        assert mails["escalation"] == expected.escalations
        assert (row(office, code).status == "closed") is expected.is_over
    office.check_invariants()


class _Expected:
    """What should have come of a request by now, said differently than the engine does it."""

    def __init__(self, request: Request) -> None:
        first = [request.remind_at] if request.remind_at else []
        self.to_come = first + [datetime.fromisoformat(at) for at in request.reminders]
        self.escalate_at, self.lapse_at = request.escalate_at, request.lapse_at
        self.reminders = self.escalations = 0
        self.is_over = False

    def at(self, now: datetime) -> None:
        self.is_over |= self.lapse_at is not None and self.lapse_at <= now
        if self.is_over:
            return
        self.reminders += any(at <= now for at in self.to_come)
        self.to_come = [at for at in self.to_come if at > now]
        if self.escalate_at is not None and self.escalate_at <= now:
            self.escalations, self.escalate_at = self.escalations + 1, None


def test_to_the_minute(install: Install) -> None:
    office = install(asks(TIMED))
    code = start(office)
    request = opened(office, code)
    for at, what in ((request.remind_at, "reminder"), (request.escalate_at, "escalation")):
        assert at is not None
        office.move_to(at - timedelta(microseconds=1))
        assert not office.mails(what)
        office.move_to(at)
        assert len(office.mails(what)) == 1
    assert request.lapse_at is not None
    office.move_to(request.lapse_at - timedelta(microseconds=1))
    assert row(office, code).status == "waiting"
    office.move_to(request.lapse_at)
    assert row(office, code).outcome == "rejected"
    assert [len(office.mails(what)) for what in ("reminder", "escalation")] == [1, 1]


def test_after_a_standstill_everything_missed_is_caught_up_once(install: Install) -> None:
    office = install(asks(HURRIED, PAPERS))
    code = start(office)
    office.clock.move_to(office.clock.now() + timedelta(days=60))
    office.work()
    sent = {"case_opened": 1, "task_request": 1, "reminder": 1, "escalation": 1}
    assert Counter(m.template for m in office.mails()) == sent
    office.submit(code)
    office.move_to(office.clock.now() + timedelta(days=60))
    assert row(office, code).outcome == "lapsed"
    assert len(office.mails("reminder")) == 1, "nobody is reminded of what is over"


def test_a_second_reminder_that_came_due_meanwhile_waits_for_its_own_instant(install: Install) -> None:
    office = install(asks(PAPERS))
    code = start(office)
    request = opened(office, code)
    assert request.remind_at is not None
    office.move_to(request.remind_at + timedelta(hours=1))
    assert opened(office, code).remind_at == datetime.fromisoformat(request.reminders[0])
    assert opened(office, code).reminders == []
    assert len(office.mails("reminder", to=SUPPLIER)) == 1


@pytest.mark.parametrize(
    ("gate", "decision", "outcome"), [(TIMED, "reject", "rejected"), (GENEROUS, "approve", "approved")]
)
def test_silence_takes_its_declared_result_and_says_so(
    install: Install, gate: Gate, decision: str, outcome: str
) -> None:
    office = install(asks(gate))
    code = start(office)
    request = opened(office, code)
    office.advance(working_days(5))
    view = office.view(code)
    assert (view["status"], view["outcome"]) == ("closed", outcome)
    made = view["decisions"]
    assert [(d["decision"], d["by"], d["channel"], d["effective"]) for d in made] == [
        (decision, "engine", "silence", True)
    ]
    assert "no answer in time" in made[0]["comment"]
    told = office.mails("case_closed", to=OWNER)[0].context["decision"]
    assert (told["decision"], told["decided_by"]) == (decision, None)
    asked = office.mails("approval_request")[0].context["request"]
    assert f"silence counts as {'a rejection' if decision == 'reject' else 'an approval'}" in asked["on_silence"]
    with office.engine.store.read() as reader:
        lapsed = [e for e in reader.find(AuditEntry, case=code, order="n") if e.event == "lapsed"]
        assert [e.data["request"] for e in lapsed] == [request.id]
        assert reader.count(Assignee, request=request.id, is_active=True) == 0


def test_whoever_answers_before_the_silence_is_over_is_not_overruled_by_it(install: Install) -> None:
    office = install(asks(TIMED, HURRIED))
    code = start(office)
    office.advance(working_days(3))
    office.answer(code, "approve")
    office.advance(working_days(1))
    assert [d["decision"] for d in office.view(code)["decisions"]] == ["approve"]
    assert office.waiting(code)["gate"] == "hurried"


def test_a_gate_opened_again_has_its_own_time(install: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.wait("T-1", "rest", for_=clock_minutes(1))
        return case.approve() if case.approval(TIMED).approved else case.reject()

    office = install(toy(body, TIMED))
    code = start(office)
    office.advance(clock_minutes(1))
    old = opened(office, code)
    office.advance(working_days(3))
    office.answer(code, "send_back", to="T-1", comment="改")
    office.advance(clock_minutes(1))
    new = opened(office, code)
    assert old.lapse_at is not None
    assert new.lapse_at is not None
    office.move_to(old.lapse_at)
    assert row(office, code).status == "waiting"
    office.move_to(new.lapse_at)
    assert row(office, code).outcome == "rejected"


def test_an_overdue_request_with_nobody_above_is_told_to_the_admins_and_holds_up_nothing(install: Install) -> None:
    office = install(asks(TOP, TIMED))
    first, second = start(office), start(office)
    office.answer(second, "approve")
    office.advance(working_days(3))
    office.advance(working_days(1))
    assert [m.recipient for m in office.mails("escalation")] == [BOSS]  # of the second case's next gate
    told = office.mails("needs_attention", to=ADMIN)
    assert len(told) == 1
    assert "nobody to whom" in told[0].context["problem"]
    assert BOSS in told[0].context["detail"]
    request = opened(office, first)
    assert (request.escalate_at, request.status) == (None, "open")
    assert row(office, first).status == "waiting"
    office.answer(first, "approve")
    assert office.waiting(first)["gate"] == "timed"
