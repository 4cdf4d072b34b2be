"""Workers that hold a case: slow ones, killed ones, and people who decide meanwhile. The fence is what protects."""

import threading
from collections.abc import Callable

import pytest

from crm_workflows.domain.durations import clock_minutes
from crm_workflows.domain.errors import OutsideFailure, StoreBusy
from crm_workflows.domain.records import JournalEntry
from crm_workflows.engine.case import Case
from crm_workflows.engine.ports import Perform, StretchSummary
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import leases, worker
from crm_workflows.engine.running.attempt import plainly
from tests.engine.breaking import Killed
from tests.engine.conftest import Install
from tests.engine.running.leasing import (
    PATIENCE,
    Barrier,
    after,
    barrier,
    before,
    everything_of,
    held_up,
    ran,
    rings,
    run_out,
    unrenewed,
)
from tests.engine.toys import NOTE, Matter, journal, office_of, row, start, step, toy

__all__ = ["barrier", "unrenewed"]


def test_nothing_is_open_while_the_outside_is_talked_to_and_what_was_before_is_committed(install: Install) -> None:
    seen: list[tuple[str, ...]] = []

    @step("T-2", outside=True)
    def looks() -> None:
        with office.engine.store.write() as tx:  # would raise inside a transaction of this thread
            seen.append(tuple(e.key for e in tx.find(JournalEntry, order="n")))

    def body(case: Case[Matter]) -> Outcome:
        before()
        looks()
        after()
        looks()
        return case.approve()

    office = install(toy(body))
    code = start(office)
    assert seen == [("T-1:before",), ("T-1:before", "T-2:looks", "T-2:after")]
    assert row(office, code).status == "closed"
    assert row(office, code).leased_by is None


def test_a_call_cut_short_by_a_kill_is_made_again_with_the_same_key_once_the_lease_has_run_out(
    install: Install, unrenewed: None
) -> None:
    calls: list[str] = []

    @step("T-2", outside=True)
    def dies_once(*, idempotency_key: str) -> int:
        calls.append(idempotency_key)
        if len(calls) == 1:
            raise Killed
        return 1

    def body(case: Case[Matter]) -> Outcome:
        before()
        dies_once()
        return case.approve()

    office = install(toy(body))
    code = start(office, work=False)
    with pytest.raises(Killed):
        office.work()
    other = office_of(office.engine.store, toy(body))
    assert other.work() == 0
    other.clock.move_to(office.clock.after_real(leases.LEASE_SECONDS))
    other.work()
    assert row(other, code).status == "closed"
    assert calls == [f"{code}/1/T-2:dies_once"] * 2
    assert ran["before"] == 1


def test_a_call_whose_answer_could_not_be_kept_is_made_again_with_the_same_key(install: Install) -> None:
    calls: list[str] = []

    @step("T-2", outside=True)
    def busy_after(*, idempotency_key: str) -> int:
        calls.append(idempotency_key)
        if len(calls) == 1:
            raise OutsideFailure("断线 / lost")
        return 1

    def body(case: Case[Matter]) -> Outcome:
        busy_after()
        return case.approve()

    office = install(toy(body))
    code = start(office)
    assert row(office, code).failures == 1
    office.advance(clock_minutes(1))
    assert row(office, code).status == "closed"
    assert calls == [f"{code}/1/T-2:busy_after"] * 2


def test_a_long_call_keeps_its_lease(install: Install, barrier: Barrier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.3)
    office = install(toy(rings))
    code = start(office, work=False)
    with held_up(office, code, barrier):
        for _ in range(4):
            office.clock.move_to(office.clock.after_real(0.2))
            wanted = office.clock.after_real(0.3)
            assert _until(lambda wanted=wanted: row(office, code).leased_until == wanted)  # type: ignore[misc]
            assert worker.run_ready(office.engine) == 0
            assert worker.run_one(office.engine, row(office, code)) == []
    assert office.waiting(code)["gate"] == "note"
    assert ran == {"before": 1, f"{code}/1/T-2:ring": 1, "after": 1}


def _until(condition: Callable[[], bool]) -> bool:
    never = threading.Event()
    return any(condition() or never.wait(0.01) for _ in range(int(PATIENCE / 0.01)))


def test_a_case_is_taken_over_when_its_worker_is_dead_and_the_late_one_writes_nothing(
    install: Install, barrier: Barrier, unrenewed: None
) -> None:
    office = install(toy(rings))
    code = start(office, work=False)
    with held_up(office, code, barrier):
        assert office.work() == 0
        run_out(office)
        office.work()
        assert office.waiting(code)["gate"] == "note"
        held = everything_of(office, code)
    assert everything_of(office, code) == held
    assert ran == {"before": 1, f"{code}/1/T-2:ring": 2, "after": 1}
    office.submit(code)
    assert row(office, code).status == "closed"


def at_a_step(barrier: Barrier, label: str) -> worker.RunStretch:
    """A tracked run that is held up before the step with this label."""

    def run(process: str, code: str, body: Callable[[Perform], StretchSummary | None]) -> StretchSummary | None:
        def perform(name: str, work: Callable[[], object], *, retries: int, retry_delay_seconds: float) -> object:
            if name == label:
                barrier()
            return plainly(name, work, retries=retries, retry_delay_seconds=retry_delay_seconds)

        return body(perform)

    return run


def pure(case: Case[Matter]) -> Outcome:
    """Nothing outside: other workers run it in a group, without any lease."""
    before()
    after()
    case.task(NOTE)
    return case.approve()


def test_a_slow_worker_whose_case_was_run_in_a_group_meanwhile_writes_nothing(
    install: Install, barrier: Barrier, unrenewed: None
) -> None:
    """A group takes no lease: it has to take the fence from whoever held the case."""
    office = install(toy(pure))
    code = start(office, work=False)
    with held_up(office, code, barrier, at_a_step(barrier, "T-2 after")):
        run_out(office)
        assert worker.run_ready(office.engine) == 1
        held = everything_of(office, code)
    assert everything_of(office, code) == held
    assert office.waiting(code)["gate"] == "note"
    assert journal(office, code) == [(1, "step", "T-1:before"), (1, "step", "T-2:after"), (1, "open", "T-3:note")]


def test_a_lease_is_given_to_one_worker_and_only_for_a_ready_case(install: Install) -> None:
    office = install(toy(pure))
    code = start(office, work=False)
    first = leases.take(office.engine, code, "one")
    assert first is not None
    assert (first.leased_by, first.fence) == ("one", 1)
    assert leases.take(office.engine, code, "two") is None
    run_out(office)
    second = leases.take(office.engine, code, "two")
    assert second is not None
    assert second.fence == 2
    assert leases.take(office.engine, "TY-2026-99999", "one") is None
    run_out(office)
    office.work()
    assert leases.take(office.engine, code, "one") is None


def test_cases_that_others_hold_do_not_hide_the_ready_ones_behind_them(install: Install) -> None:
    office = install(toy(pure))
    codes = [start(office, work=False) for _ in range(2 * worker.GROUP + 1)]
    for code in codes[:-1]:
        assert leases.take(office.engine, code, "busy elsewhere") is not None
    assert [r.code for r in worker.ready_codes(office.engine)] == codes[-1:]
    run_out(office)
    assert len(worker.ready_codes(office.engine)) == worker.GROUP


@pytest.mark.parametrize("failure", [StoreBusy("忙 / busy"), RuntimeError("something else")])
def test_a_lease_that_cannot_be_renewed_for_a_moment_is_renewed_the_next_time(
    install: Install,
    barrier: Barrier,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
) -> None:
    monkeypatch.setattr(leases, "LEASE_SECONDS", 0.15)
    office = install(toy(rings))
    code = start(office, work=False)
    store, refused = office.engine.store, threading.Event()
    write = store.write

    def busy_for_renewals() -> object:
        if threading.current_thread().name.startswith("lease-") and not refused.is_set():
            refused.set()
            raise failure
        return write()

    monkeypatch.setattr(store, "write", busy_for_renewals)
    with held_up(office, code, barrier):
        assert refused.wait(PATIENCE)
        office.clock.move_to(office.clock.after_real(0.1))
        wanted = office.clock.after_real(0.15)
        assert _until(lambda: row(office, code).leased_until == wanted)
    assert "lease not renewed" in caplog.text
    assert office.waiting(code)["gate"] == "note"


def test_two_workers_share_the_ready_cases_and_do_each_once(install: Install) -> None:
    office = install(toy(pure))
    codes = [start(office, work=False) for _ in range(60)]
    counts: list[int] = []

    def work() -> None:
        try:
            counts.append(worker.work_until_idle(office.engine))
        except StoreBusy:
            counts.append(0)  # a crowded machine: the rest is for the other worker

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    office.work()
    assert {row(office, code).status for code in codes} == {"waiting"}
    assert ran == {"before": 60, "after": 60}
    assert len(office.mails("task_request")) == 60
    assert sum(counts) <= 60
