"""Trouble around a stretch: a busy database, an admin who cannot be told, one case of a group that fails."""

import logging
from datetime import timedelta
from itertools import count

import pytest

from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import BusinessRow, Meta, Number, Request
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.ports import Store
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import attention, stretch, worker
from crm_workflows.engine.running.attempt import plainly
from crm_workflows.engine.steps import Books
from crm_workflows.testing.memory_store import MemoryStore
from tests.engine.breaking import BreakingStore
from tests.engine.conftest import Install
from tests.engine.running.stretching import broken, decided_then_two_steps, fails_if, first, ran, whole_again
from tests.engine.toys import GATE, HEAD, NOTE, Matter, attention_told, office_of, row, start, step, toy
from tests.office import Office

__all__ = ["whole_again"]


def test_what_an_error_says_can_always_be_kept(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    # A lone surrogate in captured logs cannot travel between the processes of a parallel test run.
    monkeypatch.setattr("logging.Logger.isEnabledFor", lambda *_: False)
    """A text with a NUL, half a surrogate pair or no end must not cost the decision that it came after."""

    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        raise ValueError("坏\0了\ud800 / " + "x" * 100_000)

    office = install(toy(body))
    code = start(office)
    with attention_told(office, code, saying="ValueError: 坏了 / xxx"):
        assert office.answer(code, "approve").effective


@pytest.mark.breaks_invariants("the notice itself fails", "every mail arrives or somebody hears")
def test_an_admin_who_cannot_be_told_does_not_cost_the_decision(
    install: Install, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = install(toy(decided_then_two_steps))
    code = start(office)
    broken.add("body")

    def spoilt(**_: object) -> None:
        raise LookupError("no such mail")

    monkeypatch.setattr(attention, "NeedsAttention", spoilt)
    with caplog.at_level(logging.ERROR):
        assert office.answer(code, "approve").effective
    assert row(office, code).status == "needs_attention"
    assert "no admin could be told" in caplog.text


@pytest.mark.parametrize("after", [False, True])
def test_a_database_that_is_busy_at_the_commit_loses_no_answer(store: Store, after: bool) -> None:
    """`after` stands for a connection lost behind the commit: who answers again hears that the answer is there."""
    breaking = BreakingStore(store)
    office = office_of(breaking, toy(decided_then_two_steps))
    code = start(office)
    request = office.waiting(code)["id"]
    breaking.fail_at(1, after=after, failure=lambda: StoreBusy("忙 / busy"))
    with pytest.raises(StoreBusy):
        office.answer(code, "approve")
    again = answers.answer(office.engine, request, Answer("approve", HEAD, "link"))
    assert again.effective is not after
    assert [d["effective"] for d in office.view(code)["decisions"]] == [True, False][: 1 + after]
    assert office.waiting(code)["gate"] == "note"
    assert ran == {"first": 1 + (not after), "second": 1 + (not after)}
    office.check_invariants()


def test_a_database_that_is_busy_in_a_step_puts_the_whole_answer_off(install: Install) -> None:
    @step("T-2")
    def busy(*, books: Books) -> int:
        if "database" in broken:
            raise StoreBusy("忙 / busy")
        return 1

    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        busy()
        return case.approve()

    office = install(toy(body))
    code = start(office)
    broken.add("database")
    with pytest.raises(StoreBusy):
        office.answer(code, "approve")
    assert not office.view(code)["decisions"]
    broken.clear()
    office.answer(code, "approve")
    assert office.view(code)["outcome"] == "approved"


def takes_a_key_that_is_taken(case: Case[Matter]) -> Outcome:
    case.approval(GATE)
    case._attempt.ledger.add(Meta("taken", "二"))
    return case.approve()


def test_a_row_that_is_refused_does_not_cost_the_decision(install: Install) -> None:
    office = install(toy(takes_a_key_that_is_taken))
    code = start(office)
    with office.engine.store.write() as tx:
        tx.insert(Meta("taken", "一"))
    with attention_told(office, code, saying="Duplicate"):
        assert office.answer(code, "approve").effective
    assert [d["effective"] for d in office.view(code)["decisions"]] == [True]
    office.check_invariants()


def grouped(case: Case[Matter]) -> Outcome:
    """One among twenty."""
    first()
    if case.subject.what == "坏":
        fails_if("body")
        if "flush" in broken:
            case._attempt.ledger.add(Meta("taken", "二"))
        if "step" in broken:
            taken_key()
    case.task(NOTE)
    return case.approve()


def test_a_group_of_cases_that_take_long_is_written_in_parts(install_in_memory: Install) -> None:
    """Nobody else writes meanwhile on SQLite, and PostgreSQL ends a session that has not been heard of for long."""

    def slow(case: Case[Matter]) -> Outcome:
        office.clock.move_to(office.clock.now() + timedelta(seconds=0.4))
        case.task(NOTE)
        return case.approve()

    office = install_in_memory(toy(slow))
    codes = [start(office, work=False) for _ in range(worker.GROUP)]
    assert worker.run_ready(office.engine) == 3
    assert _statuses(office, codes) == ["waiting"] * 3 + ["running"] * (worker.GROUP - 3)
    assert office.engine.tally.stretches == 3
    assert worker.work_until_idle(office.engine) == worker.GROUP - 3


def test_a_case_that_takes_too_long_for_a_transaction_does_not_stop_all_others() -> None:
    """PostgreSQL ends its session after ten seconds, and the same case would be the first of the next group again."""

    def endless(case: Case[Matter]) -> Outcome:
        if case.subject.what == "久":
            office.clock.move_to(office.clock.now() + timedelta(seconds=11))
        case.task(NOTE)
        return case.approve()

    breaking = BreakingStore(MemoryStore())
    office = office_of(breaking, toy(endless))
    codes = [start(office, work=False, what=what) for what in ("久", "好")]
    breaking.fail_at(1, after=False, failure=lambda: StoreBusy("连接已断 / the connection is lost"))
    assert worker.run_ready(office.engine) == 1
    assert _statuses(office, codes) == ["waiting", "running"]
    assert worker.run_ready(office.engine) == 1


@step("T-2")
def taken_key(*, books: Books) -> None:
    books.tx.insert(Meta("taken", "二"))


@pytest.mark.parametrize("what", ["body", "flush", "step"])
def test_one_failing_case_does_not_hold_up_the_nineteen_of_its_group(install: Install, what: str) -> None:
    office = install(toy(grouped))
    with office.engine.store.write() as tx:
        tx.insert(Meta("taken", "一"))
    broken.add(what)
    codes = [start(office, work=False, what="坏" if n == 7 else "好") for n in range(worker.GROUP)]
    with attention_told(office, codes[7], saying={"body": "坏了"}.get(what, "Duplicate")):
        assert worker.run_ready(office.engine) == worker.GROUP
    assert _statuses(office, codes) == ["needs_attention" if n == 7 else "waiting" for n in range(worker.GROUP)]
    with office.engine.store.read() as reader:
        kept = reader.find(BusinessRow, name="first")
        assert {row_.case for row_ in kept} >= set(codes) - {codes[7]}


def test_a_group_happens_at_one_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    office = office_of(MemoryStore(), toy(grouped))
    codes = [start(office, work=False) for _ in range(3)]
    ticks, begun_at = count(), office.clock.now()
    monkeypatch.setattr(office.clock, "now", lambda: begun_at + timedelta(microseconds=next(ticks)))
    assert worker.run_ready(office.engine) == len(codes)
    with office.engine.store.read() as reader:
        assert len({request.opened_at for request in reader.find(Request, case=codes)}) == 1


def _statuses(office: Office, codes: list[str]) -> list[str]:
    return [row(office, code).status for code in codes]


@pytest.mark.parametrize("how", ["in a group", "singly"])
def test_a_case_that_cannot_even_be_marked_as_failed_steps_aside(
    install: Install, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    office = install(toy(grouped))
    codes = [start(office, work=False, what="坏" if n < 2 else "好") for n in range(5)]
    broken.add("body")

    def cannot(*_: object) -> None:
        raise RuntimeError("no mark can be left")

    monkeypatch.setattr(stretch, "_note_failure", cannot)
    run = None if how == "in a group" else (lambda process, code, body: body(plainly))
    for _ in range(2):
        worker.one_pass(office.engine, run)
    monkeypatch.undo()
    assert _statuses(office, codes[2:]) == ["waiting"] * 3
    ready = [row(office, code).ready_at for code in codes[:2]]
    assert all(at is not None and at > office.clock.now() for at in ready)
    office.move_to(max(at for at in ready if at is not None))
    assert _statuses(office, codes[:2]) == ["needs_attention"] * 2


def test_a_busy_database_stops_the_group_and_the_next_pass_does_it_all(store: Store) -> None:
    breaking = BreakingStore(store)
    office = office_of(breaking, toy(grouped))
    codes = [start(office, work=False) for _ in range(5)]
    breaking.fail_at(1, after=False, failure=lambda: StoreBusy("忙 / busy"))
    with pytest.raises(StoreBusy):
        worker.run_ready(office.engine)
    assert set(_statuses(office, codes)) == {"running"}
    office.work()
    assert set(_statuses(office, codes)) == {"waiting"}
    with office.engine.store.read() as reader:
        assert len(reader.find(Number, series="first", last=5)) == 1
