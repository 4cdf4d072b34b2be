"""Another working calendar moves the times of what is open, each once, and nothing that has come already (G-4)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from crm_workflows.domain.approvers import manager, owner, person, role
from crm_workflows.domain.durations import calendar_days, working_days, working_hours
from crm_workflows.domain.elements import FormTask, Gate, reject_after
from crm_workflows.domain.records import AuditEntry, Request
from crm_workflows.domain.working_time import DayKind, WorkingCalendar
from crm_workflows.engine.case import Case
from crm_workflows.engine.requests import retiming
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.results import Outcome
from tests.engine.breaking import BreakingStore, Killed
from tests.engine.conftest import Install
from tests.engine.running.sweeping import asks
from tests.engine.toys import BOSS, HEAD, MATERIALS, PAPERS, SUPPLIER, Matter, Note, start, toy
from tests.office import Office, shipped_company

CLOSED = tuple(date(2026, 3, 3) + timedelta(days=n) for n in range(2))
"""Tuesday and Wednesday of the week in which these cases begin, on its Monday."""
GATE = Gate(
    "limited", "限时审批 / In time", rule="T-2", approver=person(HEAD), due=working_days(2), remind=working_days(1),
    escalate_to=manager, on_silence=reject_after(working_hours(24)),
)  # fmt: skip
OURS = replace(PAPERS, name="ours", lapse=None, due=working_days(2), escalate_to=manager)
MEMO = FormTask("memo", "备忘 / Memo", rule="T-3", form=Note, by=role("head_of_materials"), due=working_days(2),
                remind=calendar_days(1))  # fmt: skip


def closed(office: Office, *days: date) -> WorkingCalendar:
    """The company's calendar with these days closed besides."""
    hours = office.staff.hours
    return replace(hours, overrides=dict(hours.overrides) | dict.fromkeys(days, ()))


def times(office: Office, code: str) -> dict[str, Any]:
    with office.engine.store.read() as reader:
        (request,) = reader.find(Request, case=code, status="open")
    names = ("due_at", "remind_at", "reminders", "escalate_at", "lapse_at", "reminded_at", "escalated_at")
    return {name: getattr(request, name) for name in names}


def changed(office: Office, calendar: WorkingCalendar) -> int:
    """Put another calendar in force and let everything open follow it."""
    office.staff.hours = calendar
    return retiming.follow(office.engine)


@pytest.mark.parametrize("element", [GATE, MEMO, PAPERS], ids=lambda element: element.name)
def test_what_is_open_has_the_times_it_would_have_had_if_opened_by_the_new_calendar(
    install: Install, element: Any
) -> None:
    office = install(asks(element))
    before, usual = start(office), office.staff.hours
    assert changed(office, closed(office, *CLOSED)) == 1
    after = start(office)
    assert times(office, before) == times(office, after)
    with office.engine.store.read() as reader:
        (entry,) = [e for e in reader.find(AuditEntry, case=before) if e.event == "retimed"]
    assert entry.data["request"] == f"{before}-R1"
    assert changed(office, office.staff.hours) == 0, "again"
    assert changed(office, usual) == 2
    office.check_invariants()


def test_a_wait_in_working_time_follows_and_one_for_a_date_does_not(install_in_memory: Install) -> None:
    day = datetime.fromisoformat("2026-03-04T10:00+08:00")

    def waits(case: Case[Matter]) -> Outcome:
        if case.subject.what == "working":
            case.wait("T-1", "rest", for_=working_days(2))
        else:
            case.wait("T-1", "rest", until=day)
        return case.approve()

    office = install_in_memory(toy(waits, GATE))
    working, dated = start(office, what="working"), start(office, what="dated")
    before = times(office, working)["lapse_at"]
    assert changed(office, closed(office, *CLOSED)) == 1
    assert times(office, working)["lapse_at"] == before + timedelta(days=2)
    assert times(office, working)["due_at"] == times(office, working)["lapse_at"]
    assert times(office, dated)["lapse_at"] == day


def test_papers_asked_for_until_a_date_keep_it(install_in_memory: Install) -> None:
    day = datetime.fromisoformat("2026-03-05T10:00+08:00")

    def body(case: Case[Matter]) -> Outcome:
        case.collect(PAPERS, from_=Contact("陈", SUPPLIER), until=day, remind_at=[day - timedelta(days=1)])
        return case.approve()

    office = install_in_memory(toy(body, PAPERS))
    code = start(office)
    before = times(office, code)
    assert changed(office, closed(office, *CLOSED)) == 0
    assert times(office, code) == before


def test_papers_asked_of_the_staff_are_due_by_the_calendar_in_force(install_in_memory: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.collect(OURS, from_=owner)
        return case.approve()

    office = install_in_memory(toy(body, OURS))
    before = start(office)
    was = times(office, before)
    assert was["due_at"] == was["escalate_at"] == office.staff.hours.add(office.clock.now(), working_days(2))
    assert changed(office, closed(office, *CLOSED)) == 1
    assert times(office, before) == times(office, start(office)) != was


def test_what_has_come_already_does_not_come_again(install: Install) -> None:
    office = install(asks(GATE), toy(asks(PAPERS).body, PAPERS, name="papers", code="TP"))
    code, papers = start(office), start(office, process="papers")
    office.advance(working_days(1))
    assert len(office.mails("reminder", case=code)) == len(office.mails("reminder", case=papers)) == 1
    assert changed(office, closed(office, *CLOSED)) == 2
    assert times(office, code)["remind_at"] is None
    office.advance(working_days(1))
    assert [len(office.mails(t, case=code)) for t in ("reminder", "escalation")] == [1, 0], "due a day later now"
    assert len(office.mails("reminder", case=papers)) == 1
    office.advance(working_days(1))
    assert [len(office.mails(t, case=code)) for t in ("reminder", "escalation")] == [1, 1]
    assert len(office.mails("reminder", case=papers)) == 2
    changed(office, closed(office, *CLOSED, date(2026, 3, 9), date(2026, 3, 10)))
    office.work()
    assert [len(office.mails(t, case=code)) for t in ("reminder", "escalation")] == [1, 1]
    office.check_invariants()


def test_a_day_worked_instead_brings_it_forward_and_what_is_overdue_by_it_comes_at_once(install: Install) -> None:
    office = install(asks(GATE))
    office.clock.move_to(datetime.fromisoformat("2026-03-06T17:00+08:00"))  # Friday
    code = start(office)
    office.clock.move_to(datetime.fromisoformat("2026-03-08T20:00+08:00"))  # Sunday
    office.work()
    assert not office.mails("reminder", case=code)
    hours = office.staff.hours
    weekend = dict.fromkeys((date(2026, 3, 7), date(2026, 3, 8)), DayKind.WORKDAY)
    assert changed(office, replace(hours, days=dict(hours.days) | weekend)) == 1
    office.work()
    assert [len(office.mails(t, case=code)) for t in ("reminder", "escalation")] == [1, 1]


def test_times_count_from_when_it_came_to_whoever_has_it_now(install: Install) -> None:
    office = install(asks(GATE))
    code = start(office)
    office.advance(working_days(1))
    office.answer(code, "delegate", to=MATERIALS, comment="请代为决定")
    office.advance(working_days(1))
    office.answer(code, "delegate", by=MATERIALS, to=HEAD, comment="还是请您")
    came = office.clock.now()
    new = closed(office, date(2026, 3, 5), date(2026, 3, 6))
    assert changed(office, new) == 1
    assert times(office, code)["due_at"] == new.add(came, working_days(2))
    office.advance(working_days(2))
    assert len(office.mails("escalation", to=BOSS)) == 1


def test_whoever_added_one_before_themselves_is_counted_from_when_it_came_back(install_in_memory: Install) -> None:
    office = install_in_memory(asks(GATE))
    code = start(office)
    office.answer(code, "add_approver", to=MATERIALS, place="before", comment="请先看")
    office.advance(working_days(1))
    office.answer(code, "approve", by=MATERIALS)
    came = office.clock.now()
    new = closed(office, date(2026, 3, 4), date(2026, 3, 5))
    assert changed(office, new) == 1
    assert times(office, code)["due_at"] == new.add(came, working_days(2))


def test_time_for_which_a_question_was_out_counts_by_the_new_calendar_too(install: Install) -> None:
    def story(monday: str) -> tuple[Office, str]:
        """A question from Monday morning to Wednesday morning; due on Wednesday without it, on Thursday with it."""
        office = install(asks(GATE))
        office.clock.move_to(datetime.fromisoformat(monday))
        began = office.clock.now()
        code = start(office)
        office.move_to(began + timedelta(hours=1))
        office.answer(code, "ask", to=MATERIALS, comment="产能够吗？", gate="limited")
        if monday.startswith("2026-03-09"):
            assert changed(office, new) == 1, "of the gate, though its clock stands"
        office.move_to(began + timedelta(days=2))
        office.submit(code, gate="question")
        return office, code

    office, code = story("2026-03-02T09:30+08:00")
    new = closed(office, *(date(2026, 3, day) for day in (5, 12)))
    usual = times(office, code)
    assert changed(office, new) == 1
    assert changed(office, new) == 0
    moved = times(office, code)
    assert moved["due_at"] == usual["due_at"] + timedelta(days=1), "not on Thursday"
    office.answer(code, "approve")
    office.staff.hours = shipped_company()[2]
    office, code = story("2026-03-09T09:30+08:00")
    assert times(office, code)["due_at"] == moved["due_at"] + timedelta(days=7), "the same a week later"
    assert changed(office, new) == 0
    office.check_invariants()


def test_a_crash_on_the_way_leaves_what_another_try_completes(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retiming, "CHUNK", 2)
    office = install(asks(GATE))
    codes = [start(office) for _ in range(5)]
    want = closed(office, *CLOSED)
    due = want.add(office.clock.now(), working_days(2))
    office.staff.hours = want
    breaking = BreakingStore(office.engine.store)
    breaking.fail_at(2, after=False)
    with pytest.raises(Killed):
        retiming.follow(replace(office.engine, store=breaking))
    done = sum(times(office, code)["due_at"] == due for code in codes)
    assert 0 < done < len(codes)
    assert retiming.follow(office.engine) == len(codes) - done
    assert [times(office, code)["due_at"] for code in codes] == [due] * len(codes)
    office.check_invariants()
