"""What time brings: each thing once, never early, and one poisoned row never stops the others (G-1, G-3, G-4)."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_workflows.domain.approvers import manager, role
from crm_workflows.domain.durations import clock_hours, clock_minutes, working_days
from crm_workflows.domain.elements import FormTask, Gate, Papers, approve_after, reject_after
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import Assignee, AuditEntry, Booking, Request
from crm_workflows.engine.case import Case, Outcome
from crm_workflows.engine.requests import reminding
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.running import attention, sweeps
from crm_workflows.testing import MemoryStore
from tests.engine.breaking import BreakingStore
from tests.engine.conftest import Install
from tests.engine.toys import (
    ADMIN,
    BOSS,
    HEAD,
    MATERIALS,
    NOTE,
    OTHER_NOTE,
    OWNER,
    PAPERS,
    SUPPLIER,
    Matter,
    Note,
    attention_told,
    office_of,
    row,
    start,
    toy,
)
from tests.office import Office

SUPPLIER_CONTACT = Contact("陈先生", SUPPLIER)
TIMED = Gate(
    "timed", "限时审批 / Approval in time", rule="T-2", approver=role("head_of_marketing"), due=working_days(2),
    remind=working_days(1), escalate_to=manager, on_silence=reject_after(working_days(4)), send_back=("T-1",),
)  # fmt: skip
GENEROUS = Gate(
    "generous", "默认通过 / Passed on silence", rule="T-2", approver=role("head_of_marketing"),
    due=working_days(1), on_silence=approve_after(working_days(2)),
)  # fmt: skip
TOP = Gate("top", "总经理审批 / At the top", rule="T-2", approver=role("general_manager"), due=working_days(1),
           escalate_to=manager)  # fmt: skip
HURRIED = FormTask("hurried", "催 / Hurried", rule="T-2", form=Note, by=role("head_of_materials"),
                   due=working_days(2), remind=working_days(1), escalate_to=manager)  # fmt: skip


def asks(*elements: Any) -> Any:
    """A procedure that asks for these, one after the other."""

    def body(case: Case[Matter]) -> Outcome:
        for element in elements:
            if isinstance(element, Papers):
                if case.collect(element, from_=SUPPLIER_CONTACT).lapsed:
                    return case.close("lapsed", notify=[SUPPLIER_CONTACT])
            elif isinstance(element, FormTask):
                case.task(element)
            elif case.approval(element).rejected:
                return case.reject()
        return case.approve()

    return toy(body, *elements)


def opened(office: Office, code: str) -> Request:
    """The open request of a case."""
    with office.engine.store.read() as reader:
        (request,) = reader.find(Request, case=code, status="open")
    return request


# -- each once, never early -------------------------------------------------------------------------------------


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


# -- silence ----------------------------------------------------------------------------------------------------


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
    notice = office.mails("decision_notice", to=OWNER)[0]
    assert (notice.context["decision"], notice.context["decided_by"]) == (decision, None)
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


# -- rows that cannot be handled --------------------------------------------------------------------------------


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


@pytest.mark.parametrize("what", ["remind", "escalate", "lapse"])
def test_a_poisoned_row_is_put_aside_told_once_and_holds_up_nothing(
    install: Install, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    office = install(asks(TIMED))
    codes = [start(office) for _ in range(3)]
    handle = getattr(sweeps, what)

    def poisoned(engine: Any, tx: Any, case: Any, request: Any, now: Any) -> Any:
        handle(engine, tx, case, request, now)
        if case.code == codes[0]:
            raise ValueError("Gift")
        return None

    monkeypatch.setattr(sweeps, what, poisoned)
    office.advance(working_days(5 if what == "lapse" else 2))
    assert office.work() == 0
    _others_were_handled(office, codes, what)
    told = office.mails("needs_attention", to=ADMIN)
    assert len(told) == 1
    assert f"{codes[0]}-R1: ValueError: Gift" in told[0].context["detail"]
    assert row(office, codes[0]).status == "waiting"
    monkeypatch.undo()
    office.advance(clock_hours(1))
    office.advance(working_days(3))
    assert {row(office, code).outcome for code in codes} == {"rejected"}
    assert len(office.mails("needs_attention", to=ADMIN)) == 1


def _others_were_handled(office: Office, codes: list[str], what: str) -> None:
    if what == "lapse":
        assert [row(office, code).outcome for code in codes] == [None, "rejected", "rejected"]
    else:
        template = {"remind": "reminder", "escalate": "escalation"}[what]
        assert sorted(m.case for m in office.mails(template)) == codes[1:]


def test_more_poison_than_a_batch_holds_up_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "BATCH", 5)
    office = office_of(MemoryStore(), asks(HURRIED))
    codes = [start(office, what=f"案{n}") for n in range(12)]
    healthy = reminding.reminder

    def poisoned(engine: Any, tx: Any, case: Any, *rest: Any) -> Any:
        if case.code != codes[-1]:
            raise ValueError("Gift")
        return healthy(engine, tx, case, *rest)

    monkeypatch.setattr(reminding, "reminder", poisoned)
    office.advance(working_days(1))
    assert [m.case for m in office.mails("reminder")] == codes[-1:]
    assert len(office.mails("needs_attention", to=ADMIN)) == len(codes) - 1


@pytest.mark.parametrize("day", [1, 2, 5])
def test_a_due_row_of_a_version_not_installed_needs_attention_and_the_others_go_on(install: Install, day: int) -> None:
    office = install(asks(TIMED))
    code = start(office)
    later = toy(asks(TIMED).body, TIMED, version=2)
    office = install(later)
    other = start(office)
    with attention_told(office, code, saying="not installed"):
        office.advance(working_days(day))
    assert office.mails("reminder", case=other) or row(office, other).outcome == "rejected"
    office = install(asks(TIMED), later)
    attention.retry(office.engine, code, ADMIN)
    office.advance(clock_hours(2))
    office.advance(working_days(5))
    assert row(office, code).outcome == "rejected"


def test_a_busy_row_does_not_stop_a_sweep_but_a_busy_database_does() -> None:
    breaking = BreakingStore(MemoryStore())
    office = office_of(breaking, asks(HURRIED))
    codes = [start(office) for _ in range(5)]
    office.clock.move_to(office.staff.hours.add(office.clock.now(), working_days(1)))
    breaking.fail_at(2, after=False, failure=lambda: StoreBusy("忙 / busy"))
    sweeps.sweep(office.engine)
    assert len(office.mails("reminder")) == len(codes) - 1
    office.work()
    assert sorted(m.case for m in office.mails("reminder")) == codes
    breaking.fail_at(1, after=False, failure=lambda: StoreBusy("忙 / busy"))
    office.clock.move_to(office.staff.hours.add(office.clock.now(), working_days(5)))
    breaking.write = _always_busy  # type: ignore[method-assign]
    with pytest.raises(StoreBusy):
        sweeps.sweep(office.engine)


def _always_busy() -> Any:
    raise StoreBusy("忙 / busy")


# -- booked cases -----------------------------------------------------------------------------------------------


def books(process: str, owner: str) -> Any:
    """A procedure that books another case."""

    def body(case: Case[Matter]) -> Outcome:
        case.open_later(process, {"owner": owner, "what": "后续"}, rule="T-3", relation="follow_up")
        case.task(NOTE)
        return case.approve()

    return toy(body)


def test_a_booked_case_of_somebody_who_left_waits_for_an_admin_and_opens_then(install: Install) -> None:
    follow_up = toy(asks(OTHER_NOTE).body, OTHER_NOTE, name="follow-up", code="TF")
    office = install(books("follow-up", HEAD), follow_up)
    everybody = office.staff.people
    office.staff.people = Directory([p for p in everybody.people if p.email != HEAD])
    code = start(office)
    healthy = start(office)
    told = office.mails("needs_attention", to=ADMIN)
    assert len(told) == 2
    assert "没有可以询问的人" in told[0].context["detail"]
    office.advance(clock_hours(1))
    assert len(office.mails("needs_attention", to=ADMIN)) == 2
    office.staff.people = everybody
    office.advance(clock_hours(1))
    for case in (code, healthy):
        linked = office.view(case)["linked"]
        assert [link["relation"] for link in linked] == ["follow_up"]
        assert office.view(linked[0]["case"])["owner"] == HEAD


def test_a_booked_case_of_a_process_not_installed_holds_up_no_other(install: Install) -> None:
    office = install(books("gone", OWNER), toy(asks(OTHER_NOTE).body, OTHER_NOTE, name="follow-up", code="TF"))
    code = start(office)
    with office.engine.store.write() as tx:
        tx.insert(Booking("later", code, "follow-up", "also", office.clock.now(), {"owner": OWNER}))
    office.work()
    assert [link["relation"] for link in office.view(code)["linked"]] == ["also"]
    assert "没有流程“gone”" in office.mails("needs_attention", to=ADMIN)[0].context["detail"]
    assert office.work() == 0


def test_a_person_removed_from_the_staff_cannot_answer_any_more(install: Install) -> None:
    from crm_workflows.domain.errors import NotEntitled

    office = install(asks(HURRIED))
    code = start(office)
    everybody = office.staff.people
    office.staff.people = Directory([p for p in everybody.people if p.email != MATERIALS])
    with pytest.raises(NotEntitled):
        office.submit(code)
    office.staff.people = everybody
    assert office.submit(code).effective
