"""The times of a request: whose hours they are, what a new turn makes of them, who hears when they are over (G-3)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.approvers import manager, person
from crm_workflows.domain.durations import working_days, working_hours
from crm_workflows.domain.elements import FormTask, Gate, approve_after, reject_after
from crm_workflows.domain.panels import everybody, in_turn
from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import AuditEntry, Message, Request
from crm_workflows.engine.ports import Store, Transaction
from crm_workflows.engine.running.sweeps import sweep
from crm_workflows.shipped import shipped
from tests.engine.conftest import Install
from tests.engine.running.sweeping import asks
from tests.engine.toys import BOSS, FINANCE, HEAD, MATERIALS, OWNER, PAPERS, Note, start, toy
from tests.office import Office

OVERDUE = working_days(3)


def gate(*people: str, **how: Any) -> Gate:
    """One gate that asks these people; the first answer decides unless `approver` says otherwise."""
    given = {"approver": person(people[0])} | how if people else how
    return Gate("times", "限时 / In time", rule="T-2", due=working_days(2), remind=working_days(1),
                escalate_to=manager, **given)  # fmt: skip


def open_request(office: Office, code: str) -> Request:
    with office.engine.store.read() as reader:
        (found,) = reader.find(Request, case=code, status="open")
    return found


def moved_abroad(office: Office, address: str, zone: str) -> None:
    """From now on this person works in another zone."""
    people = [replace(p, zone=zone) if p.email == address else p for p in office.staff.people]
    office.staff.people = Directory(people, office.staff.people.roles)


# -- a new turn -------------------------------------------------------------------------------------------------


def test_what_came_of_an_earlier_turn_is_on_record_and_not_shown_beside_the_new_times(
    install_in_memory: Install,
) -> None:
    office = install_in_memory(asks(gate(HEAD)))
    code = start(office)
    office.advance(OVERDUE)
    (before,) = office.view(code)["requests"]
    assert before["reminded_at"]
    assert before["escalated_at"]
    office.answer(code, "delegate", to=MATERIALS, comment="请代为决定")
    (after,) = office.view(code)["requests"]
    assert (after["reminded_at"], after["escalated_at"]) == (None, None)
    assert after["due_at"] > before["due_at"]
    with office.engine.store.read() as reader:
        assert [e.event for e in reader.find(AuditEntry, case=code, order="n")].count("escalated") == 1


def test_whoever_has_it_again_is_taken_to_the_manager_again(install: Install) -> None:
    office = install(asks(gate(HEAD)))
    code = start(office)
    for asked, other in ((HEAD, MATERIALS), (MATERIALS, HEAD), (HEAD, MATERIALS)):
        office.advance(OVERDUE)
        office.answer(code, "delegate", by=asked, to=other, comment="请代为决定")
    late = [mail.context["assignee_email"] for mail in office.mails("escalation", to=BOSS)]
    assert late == [HEAD, MATERIALS, HEAD]
    assert not office.mails("needs_attention")


def test_who_is_still_asked_when_the_next_comes_in_turn_is_taken_to_the_manager_again(
    install_in_memory: Install,
) -> None:
    panel = everybody(person(HEAD), in_turn(person(MATERIALS), person(FINANCE[0])))
    office = install_in_memory(asks(gate(approver=panel)))
    code = start(office)
    office.advance(OVERDUE)
    office.answer(code, "approve", by=MATERIALS)
    office.advance(OVERDUE)
    late = sorted(mail.context["assignee_email"] for mail in office.mails("escalation"))
    assert late == sorted([HEAD, HEAD, MATERIALS, FINANCE[0]])
    assert not office.mails("needs_attention")


# -- silence ----------------------------------------------------------------------------------------------------


def said(mail: Message) -> str:
    """The plain part of a mail, as its reader gets it."""
    renderer = Renderer(shipped("templates") / "emails", "https://crm.example", lambda _: "Asia/Shanghai")
    return renderer.render(mail, token=None, links=True).text


def test_those_asked_and_the_requester_hear_that_silence_has_decided(install: Install) -> None:
    office = install(asks(gate(approver=everybody(person(HEAD), person(MATERIALS)),
                               on_silence=reject_after(working_days(4)))))  # fmt: skip
    code = start(office)
    office.answer(code, "approve", by=MATERIALS)
    office.advance(working_days(5))
    told = {mail.recipient: mail for mail in office.mails("decision_notice", case=code)}
    assert {address: mail.context["asked_as_well"] for address, mail in told.items()} == {HEAD: True, MATERIALS: True}
    assert "期限内没有等到所需的答复" in said(told[HEAD])
    (end,) = office.mails("case_closed", case=code)
    assert end.recipient == OWNER
    assert "无人答复，按规则自动得出" in said(end)
    assert "请过您审批" not in said(end)


# -- whose hours ------------------------------------------------------------------------------------------------


def test_a_person_elsewhere_has_the_same_office_hours_on_their_own_clock(install_in_memory: Install) -> None:
    office = install_in_memory(asks(gate(HEAD, on_silence=approve_after(working_hours(8)))))
    moved_abroad(office, HEAD, "Europe/Berlin")
    code = start(office)  # Monday 09:00 in Shanghai, 02:00 in Berlin
    berlin = ZoneInfo("Europe/Berlin")
    request = open_request(office, code)
    opening = datetime.combine(office.clock.now().astimezone(berlin).date(), datetime.min.time(), berlin)
    half_past_eight = opening + timedelta(hours=8, minutes=30)
    assert request.remind_at == half_past_eight + timedelta(days=1)
    assert request.due_at == half_past_eight + timedelta(days=2)
    assert request.lapse_at == half_past_eight + timedelta(hours=9)  # a lunch hour between


def test_of_several_elsewhere_the_last_clock_counts_and_none_is_late_too_early(install_in_memory: Install) -> None:
    panel = everybody(person(HEAD), person(MATERIALS), person(FINANCE[0]))
    office = install_in_memory(asks(gate(approver=panel)))
    here = open_request(office, start(office)).due_at
    moved_abroad(office, MATERIALS, "America/New_York")
    moved_abroad(office, FINANCE[0], "Europe/Berlin")
    there = open_request(office, start(office)).due_at
    assert here is not None
    assert there is not None
    assert there.astimezone(ZoneInfo("America/New_York")).strftime("%H:%M") == "08:30"
    assert there > here


def test_a_form_passed_to_somebody_elsewhere_counts_in_their_hours(install_in_memory: Install) -> None:
    from crm_workflows.engine.decisions import handing
    from crm_workflows.engine.decisions.handing import Handover

    task = FormTask("memo", "备忘 / Memo", rule="T-3", form=Note, by=person(HEAD), due=working_days(2))
    office = install_in_memory(asks(task))
    moved_abroad(office, MATERIALS, "America/New_York")
    code = start(office)
    how = Handover("liu.yang@yongchang.example", "cli", "出差")
    handing.reassign(office.engine, open_request(office, code).id, from_=HEAD, to=MATERIALS, how=how)
    due = open_request(office, code).due_at
    assert due is not None
    assert due.astimezone(ZoneInfo("America/New_York")).strftime("%H:%M") == "08:30"


# -- several workers --------------------------------------------------------------------------------------------


class Overtaken:
    """A store before whose first write another worker does everything that is due."""

    def __init__(self, store: Store, other: Callable[[], object]) -> None:
        self._store, self._other, self.was_overtaken = store, other, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(self) -> AbstractContextManager[Transaction]:
        if not self.was_overtaken:
            self.was_overtaken = True
            self._other()
        return self._store.write()


def test_what_another_worker_has_done_meanwhile_is_not_done_again(install: Install) -> None:
    office = install(asks(gate(HEAD, on_silence=reject_after(working_days(4)))))
    codes = [start(office) for _ in range(3)]
    for overdue, template in ((1, "reminder"), (1, "escalation"), (2, "case_closed")):
        office.clock.move_to(office.staff.hours.add(office.clock.now(), working_days(overdue)))
        store = Overtaken(office.engine.store, lambda: sweep(office.engine))
        sweep(replace(office.engine, store=store))
        assert store.was_overtaken
        to = {"reminder": HEAD, "escalation": BOSS}.get(template, OWNER)
        assert sorted(mail.case for mail in office.mails(template, to=to)) == codes


def test_two_workers_that_sweep_at_once_do_each_thing_once(install: Install) -> None:
    office = install(asks(gate(HEAD)))
    codes = [start(office) for _ in range(8)]
    office.clock.move_to(office.staff.hours.add(office.clock.now(), OVERDUE))
    both = Barrier(2)

    def work() -> int:
        both.wait(10)
        return sweep(office.engine)

    with ThreadPoolExecutor(2) as workers:
        done = [worker.result() for worker in [workers.submit(work), workers.submit(work)]]
    assert sum(done) == 2 * len(codes)
    for template, to in (("reminder", HEAD), ("escalation", BOSS)):
        assert sorted(mail.case for mail in office.mails(template, to=to)) == codes


def test_after_a_week_of_standstill_one_reminder_and_one_escalation_come_and_then_the_end(install: Install) -> None:
    lasting = gate(HEAD, on_silence=reject_after(working_days(20)))
    office = install(asks(lasting), toy(asks(PAPERS).body, PAPERS, name="papers", code="TP"))
    code, papers = start(office), start(office, process="papers")
    office.clock.move_to(office.clock.now() + timedelta(days=7, hours=-1))
    for _ in range(3):
        office.work()
    assert [len(office.mails(t, case=code)) for t in ("reminder", "escalation", "decision_notice")] == [1, 1, 0]
    assert len(office.mails("reminder", case=papers)) == 1, "two were missed"
    office.clock.move_to(office.clock.now() + timedelta(days=35))
    for _ in range(3):
        office.work()
    assert office.view(code)["outcome"] == "rejected"
    assert [len(office.mails(t, case=code)) for t in ("reminder", "escalation")] == [1, 1]
