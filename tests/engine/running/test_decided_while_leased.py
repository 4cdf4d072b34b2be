"""People who decide, send back or cancel while a worker holds the case: it writes nothing that is over."""

import pytest

from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.case import Case
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import leases, opening
from tests.engine.conftest import Install
from tests.engine.running.leasing import (
    Barrier,
    after,
    barrier,
    before,
    everything_of,
    held_up,
    here,
    ran,
    rings,
    run_out,
    unrenewed,
)
from tests.engine.toys import GATE, NOTE, OTHER_NOTE, OWNER, Matter, requests, row, start, toy
from tests.office import Office

__all__ = ["barrier", "unrenewed"]


def flushing(case: Case[Matter]) -> Outcome:
    """Waits at the barrier, and may then write early, as before a call to the outside."""
    before()
    here[0]()
    if "flush" in ran:
        case._attempt.flush()
    case.together(NOTE, OTHER_NOTE)
    after()
    case.approval(GATE)
    return case.approve()


@pytest.mark.parametrize("flush", [False, True])
def test_a_decision_while_a_worker_holds_the_case_is_recorded_at_once_and_its_stretch_follows(
    install: Install, barrier: Barrier, flush: bool
) -> None:
    office = install(toy(flushing))
    code = start(office)
    _make_ready(office, code)
    if flush:
        ran["flush"] = 1
    with held_up(office, code, barrier):
        for gate in ("note", "other_note"):
            assert office.submit(code, gate=gate).effective
        assert set(requests(office, code).values()) == {"decided"}
        assert office.view(code)["status"] == "running"
        assert ran["after"] == 0
    office.work()
    assert office.waiting(code)["gate"] == "gate"
    assert ran["after"] == 1


def _make_ready(office: Office, code: str) -> None:
    """As an admin's retry would."""
    with office.engine.store.write() as tx:
        tx.update(CaseRow, (code,), ready_at=office.clock.now())


def test_a_decision_while_a_dying_worker_holds_the_case_is_taken_up_by_the_next(
    install: Install, barrier: Barrier, unrenewed: None
) -> None:
    office = install(toy(flushing))
    code = start(office)
    _make_ready(office, code)
    assert leases.take(office.engine, code, "dead") is not None
    office.submit(code, gate="note")
    office.submit(code, gate="other_note")
    assert office.work() == 0
    run_out(office)
    office.work()
    assert office.waiting(code)["gate"] == "gate"


def gated(case: Case[Matter]) -> Outcome:
    """A gate that may send back before the barrier."""
    before()
    here[0]()
    case.approval(GATE)
    return case.approve()


def test_a_send_back_takes_the_case_from_the_worker_that_holds_it(install: Install, barrier: Barrier) -> None:
    office = install(toy(gated))
    code = start(office)
    _make_ready(office, code)
    with held_up(office, code, barrier):
        assert office.answer(code, "send_back", to="T-1", comment="重来").effective
        assert office.waiting(code)["round"] == 2
        held = everything_of(office, code)
    assert everything_of(office, code) == held
    assert ran["before"] == 2
    assert list(requests(office, code).values()) == ["decided", "open"]


def test_a_cancelled_case_is_not_brought_back_by_the_worker_that_held_it(install: Install, barrier: Barrier) -> None:
    office = install(toy(rings))
    code = start(office, work=False)
    with held_up(office, code, barrier):
        opening.cancel(office.engine, code, by=OWNER, reason="不要了")
        held = everything_of(office, code)
    assert everything_of(office, code) == held
    assert (row(office, code).status, row(office, code).outcome) == ("cancelled", "withdrawn")
    assert office.work() == 0


def test_a_worker_that_fails_after_it_lost_its_case_marks_nothing(
    install: Install, barrier: Barrier, unrenewed: None
) -> None:
    def body(case: Case[Matter]) -> Outcome:
        before()
        ran["replays"] += 1
        if ran["replays"] == 1:
            here[0]()
            raise ValueError("zu spät")
        case.task(NOTE)
        return case.approve()

    office = install(toy(body))
    code = start(office, work=False)
    with held_up(office, code, barrier):
        run_out(office)
        office.work()
    assert row(office, code).status == "waiting"
    assert not office.mails("needs_attention")
