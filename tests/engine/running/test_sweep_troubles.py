"""What time brings where a row is poisoned, busy, of no installed version or of somebody who left: the others go on."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from crm_workflows.domain.durations import clock_hours, working_days
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import Booking, Request
from crm_workflows.engine.case import Case
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests import reminding
from crm_workflows.engine.requests.desk import AnswerDesk
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import attention, sweeps
from crm_workflows.testing import MemoryStore
from tests.engine.breaking import BreakingStore
from tests.engine.conftest import Install
from tests.engine.running.sweeping import HURRIED, TIMED, asks
from tests.engine.toys import (
    ADMIN,
    HEAD,
    MATERIALS,
    NOTE,
    OTHER_NOTE,
    OWNER,
    Matter,
    attention_told,
    office_of,
    row,
    start,
    toy,
)
from tests.office import Office


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

    def poisoned(desk: AnswerDesk, *rest: Any) -> Any:
        if desk.row.code != codes[-1]:
            raise ValueError("Gift")
        return healthy(desk, *rest)

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
    assert bool(office.mails("reminder", case=other)) is (day < 5)
    assert row(office, other).outcome == ("rejected" if day == 5 else None)
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


def test_what_is_put_off_between_the_look_and_the_lock_does_not_come_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a change of the calendar, or by whoever passes a request on."""
    office = office_of(MemoryStore(), asks(TIMED))
    code = start(office)
    looked = sweeps._still_due

    def put_off(tx: Transaction, found: Request, column: str, now: datetime) -> Any:
        if column == "lapse_at":
            tx.update(Request, (found.id,), lapse_at=now + timedelta(days=30))
        return looked(tx, found, column, now)

    monkeypatch.setattr(sweeps, "_still_due", put_off)
    office.advance(working_days(4))
    assert row(office, code).status == "waiting"
    monkeypatch.undo()
    office.advance(clock_hours(30 * 24))
    assert row(office, code).outcome == "rejected"
