"""Stretches as a real Prefect server shows them: one run each, many in one, or mirrored afterwards."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import replace

import pytest

from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
from crm_workflows.adapters.orchestration.prefect_tracking import Body, ReadyStretch, Tracking, TrackingMode, Way
from crm_workflows.adapters.orchestration.prefect_words import DRAIN_LIMIT
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.engine.ports import Perform, StretchSummary
from crm_workflows.engine.running import opening, worker
from crm_workflows.engine.running.attempt import LostLease
from tests.office import Office, application
from tests.patience import eventually
from tests.prefect_server import Prefect, office_with_numbers_of_its_own, prefect

pytestmark = pytest.mark.breaks_invariants("codes begin high, so that runs are found by them", "no case lost")

__all__ = ["prefect"]

SENTENCE = "等待 张伟 至 3 月 4 日 / waiting for Zhang Wei until 4 March"
PAPERS = "SV-3 ask for papers"
codes = (f"SV-2031-{n:05d}" for n in itertools.count(1))


def summary(state: str = "Waiting", *performed: str) -> StretchSummary:
    return StretchSummary(state, SENTENCE, performed)


def one_step(perform: Perform) -> StretchSummary:
    perform(PAPERS, lambda: {"asked": True}, retries=0, retry_delay_seconds=0)
    return summary("Waiting", PAPERS)


@pytest.fixture
def code() -> str:
    return next(codes)


@pytest.fixture
def tracking(prefect: Prefect) -> Iterator[Tracking]:
    # A loaded machine may take seconds; what is tested here is what is shown, not when.
    made = Tracking(prefect.address, begin_seconds=20)
    yield made
    made.close(10)


def test_a_stretch_is_one_run_named_and_tagged_by_its_case(prefect: Prefect, tracking: Tracking, code: str) -> None:
    assert tracking.run_tracked("supplier-vetting", code, one_step) == summary("Waiting", PAPERS)
    run = prefect.ended_run(code)
    assert run["name"] == f"{code} · {PAPERS}"
    assert set(run["tags"]) == {code, "supplier-vetting", "crm-workflows"}
    assert run["parameters"] == {"case": code}, "Prefect learns nothing of what the case is about"
    assert (run["state_type"], run["state_name"], run["state"]["message"]) == ("COMPLETED", "Waiting", SENTENCE)
    assert prefect.get(f"/flows/{run['flow_id']}")["name"] == "supplier-vetting"
    assert [(task["name"], task["state_name"]) for task in prefect.tasks(run, 1)] == [(PAPERS, "Completed")]


@pytest.mark.parametrize(
    ("state", "type_", "name"),
    [("Approved", "COMPLETED", "Approved"), ("NeedsAttention", "FAILED", "NeedsAttention"),
     ("Cancelled", "CANCELLED", "Cancelled")],
)  # fmt: skip
def test_a_run_ends_as_the_stretch_did(
    prefect: Prefect, tracking: Tracking, code: str, state: str, type_: str, name: str
) -> None:
    tracking.run_tracked("supplier-vetting", code, lambda _: summary(state))
    run = prefect.ended_run(code)
    assert (run["state_type"], run["state_name"]) == (type_, name)


def test_a_stretch_that_another_worker_took_over_says_so(prefect: Prefect, tracking: Tracking, code: str) -> None:
    assert tracking.run_tracked("supplier-vetting", code, lambda _: None) is None
    assert prefect.ended_run(code)["state_name"] == "HandedOver"


def test_what_the_body_raises_reaches_the_worker_and_only_its_kind_reaches_prefect(
    prefect: Prefect, tracking: Tracking, code: str
) -> None:
    def body(perform: Perform) -> StretchSummary:
        raise LookupError("Zhang Wei, +86 138 0000 0000")

    with pytest.raises(LookupError, match="138"):
        tracking.run_tracked("supplier-vetting", code, body)
    run = prefect.ended_run(code)
    assert (run["state_type"], run["state_name"], run["state"]["message"]) == ("FAILED", "NotDone", "LookupError")


def test_our_own_errors_are_quoted(prefect: Prefect, tracking: Tracking, code: str) -> None:
    def body(perform: Perform) -> StretchSummary:
        raise StoreBusy("the database is busy; it is tried again")

    with pytest.raises(StoreBusy):
        tracking.run_tracked("supplier-vetting", code, body)
    assert prefect.ended_run(code)["state"]["message"] == "the database is busy; it is tried again"


def test_an_outside_step_is_retried_by_prefect(prefect: Prefect, tracking: Tracking, code: str) -> None:
    tries: list[int] = []

    def call() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionError("not yet")
        return "sent"

    def body(perform: Perform) -> StretchSummary:
        assert perform("SV-3 call out", call, retries=3, retry_delay_seconds=0) == "sent"
        return summary("Waiting", "SV-3 call out")

    tracking.run_tracked("supplier-vetting", code, body)
    (task,) = prefect.tasks(prefect.ended_run(code), 1)
    assert (len(tries), task["run_count"], task["state_name"]) == (3, 3, "Completed")


def test_an_outside_step_that_stays_broken_raises_its_own_error(
    prefect: Prefect, tracking: Tracking, code: str
) -> None:
    def call() -> str:
        raise ConnectionError("never: chen@supplier.example")

    def body(perform: Perform) -> StretchSummary:
        perform("SV-3 x", call, retries=1, retry_delay_seconds=0)
        return summary("Waiting")

    with pytest.raises(ConnectionError, match="never"):
        tracking.run_tracked("supplier-vetting", code, body)
    (task,) = prefect.tasks(prefect.ended_run(code), 1)
    assert (task["run_count"], task["state_type"], "ConnectionError" in task["state"]["message"]) == (2, "FAILED", True)
    assert "chen@" not in str(task), "Prefect keeps its runs when somebody is erased"


def test_a_step_that_loses_its_lease_has_not_crashed(prefect: Prefect, tracking: Tracking, code: str) -> None:
    def work() -> None:
        raise LostLease

    def body(perform: Perform) -> StretchSummary | None:
        with pytest.raises(LostLease):
            perform(PAPERS, work, retries=0, retry_delay_seconds=0)
        return None

    tracking.run_tracked("supplier-vetting", code, body)
    (task,) = prefect.tasks(prefect.ended_run(code), 1)
    assert (task["state_type"], task["state_name"]) == ("COMPLETED", "Interrupted")


def test_braces_in_a_step_s_name_are_only_braces(prefect: Prefect, tracking: Tracking, code: str) -> None:
    def body(perform: Perform) -> StretchSummary:
        perform("SV-6 fill {name}", lambda: None, retries=0, retry_delay_seconds=0)
        return summary()

    tracking.run_tracked("supplier-vetting", code, body)
    (task,) = prefect.tasks(prefect.ended_run(code), 1)
    assert task["name"] == "SV-6 fill {name}"


def test_the_body_runs_in_the_worker_s_thread_and_sees_its_context(tracking: Tracking, code: str) -> None:
    bound: ContextVar[str] = ContextVar("bound", default="nothing")
    bound.set("the case's log fields")
    seen: list[tuple[threading.Thread, str]] = []

    def body(perform: Perform) -> StretchSummary:
        seen.append((threading.current_thread(), bound.get()))
        perform(
            PAPERS, lambda: seen.append((threading.current_thread(), bound.get())), retries=0, retry_delay_seconds=0
        )
        return summary()

    tracking.run_tracked("supplier-vetting", code, body)
    assert seen == [(threading.current_thread(), "the case's log fields")] * 2


def test_a_run_cancelled_in_prefect_ends_cancelled_and_its_work_is_done(
    prefect: Prefect, tracking: Tracking, code: str
) -> None:
    done = []

    def body(perform: Perform) -> StretchSummary:
        (run,) = prefect.runs(code)
        prefect.set_state(run["id"], "CANCELLING")
        perform(PAPERS, lambda: done.append(1), retries=0, retry_delay_seconds=0)
        return summary("Waiting", PAPERS)

    assert tracking.run_tracked("supplier-vetting", code, body) == summary("Waiting", PAPERS)
    run = prefect.ended_run(code)
    assert (done, run["state_name"]) == ([1], "Cancelled")
    assert "not the case" in run["state"]["message"]


def test_many_stretches_are_one_drain_run_with_a_task_each(prefect: Prefect, tracking: Tracking) -> None:
    several = [next(codes) for _ in range(5)]

    def broken(perform: Perform) -> StretchSummary:
        raise LookupError("broken")

    bodies: list[Body] = [one_step, one_step, broken, lambda _: summary("Approved"), lambda _: None]
    ready = [ReadyStretch("supplier-vetting", code, body) for code, body in zip(several, bodies, strict=True)]
    outcomes = tracking.run_drained(ready)
    kinds = [type(outcome).__name__ for outcome in outcomes]
    assert kinds == ["StretchSummary", "StretchSummary", "LookupError", "StretchSummary", "NoneType"]
    run = prefect.ended_run(several[4])
    assert {*several, "supplier-vetting", "crm-workflows"} == set(run["tags"])
    assert (run["state_name"], run["parameters"]) == ("Drained", {"cases": several})
    assert run["state"]["message"] == "2 Waiting, 1 NotDone, 1 Approved, 1 HandedOver"
    tasks = {task["name"]: task["state_name"] for task in prefect.tasks(run, 5)}
    assert tasks == dict(zip(several, ["Waiting", "Waiting", "Failed", "Approved", "HandedOver"], strict=True))


def test_a_drain_takes_no_more_than_its_limit(tracking: Tracking) -> None:
    with pytest.raises(ValueError, match=str(DRAIN_LIMIT)):
        tracking.run_drained([ReadyStretch("supplier-vetting", "SV-2031-00000", one_step)] * (DRAIN_LIMIT + 1))


def test_a_plain_stretch_is_mirrored_as_a_finished_run(prefect: Prefect, tracking: Tracking, code: str) -> None:
    tracking.stretch_done(code, "supplier-vetting", summary("Waiting", PAPERS, "SV-6 write the report"))
    run = prefect.ended_run(code)
    assert run["name"] == f"{code} · {PAPERS} +1"
    assert (run["state_name"], run["state"]["message"]) == ("Waiting", SENTENCE)
    assert set(run["tags"]) == {code, "supplier-vetting", "crm-workflows"}


def test_what_runs_inside_a_tracked_run_is_not_mirrored_as_well(
    prefect: Prefect, tracking: Tracking, code: str
) -> None:
    def body(perform: Perform) -> StretchSummary:
        tracking.stretch_done(code, "supplier-vetting", summary())
        return summary()

    tracking.run_tracked("supplier-vetting", code, body)
    last = next(codes)
    tracking.stretch_done(last, "supplier-vetting", summary())
    prefect.ended_run(last)
    assert len(prefect.runs(code)) == 1


def test_a_flood_of_plain_stretches_is_shown_together(prefect: Prefect) -> None:
    tracking = Tracking(prefect.address)
    flood = [next(codes) for _ in range(60)]
    for each in flood:
        tracking.stretch_done(each, "supplier-vetting", summary())
    tracking.close(20)
    assert tracking.mirror is not None
    assert (tracking.mirror.shown, tracking.mirror.dropped) == (60, 0)
    drained = prefect.ended_run(flood[30])
    assert (drained["state_name"], drained["state"]["message"]) == ("Drained", "50 Waiting")


def test_a_whole_case_shows_its_steps_by_rule(prefect: Prefect, tracking: Tracking) -> None:
    office = office_with_numbers_of_its_own()
    code = open_tracked_case(office, tracking)
    run = prefect.ended_run(code)
    assert run["state_name"] == "Waiting"
    assert "外部联系人" in run["state"]["message"], "who is waited for, by name only of ours"
    first, second = (task["name"] for task in prefect.tasks(run, 2))
    assert first == "SV-2 look up the company"
    assert second.startswith("SV-3 ask")
    office.hand_in(code)
    assert [run["state_name"] for run in eventually(lambda: prefect.runs(code)[1:])] == ["Waiting"], "mirrored"


def open_tracked_case(office: Office, tracking: Tracking) -> str:
    """A case whose first stretch a tracked worker has run, in an office whose other stretches are mirrored."""
    office.engine = replace(office.engine, listener=tracking)
    opened = opening.start(office.engine, "supplier-vetting", application(), requester=None, origin="cli")
    assert worker.work_until_idle(office.engine, tracking.run_tracked) == 1
    return opened.code


def ready_ways(tracking: Tracking) -> list[Way]:
    return [tracking.way(ready) for ready in (1, 3, 4, 1000)]


def test_the_way_depends_on_load_mode_and_breaker() -> None:
    address = PrefectAddress("http://127.0.0.1:9/api", ours=True)
    auto = Tracking(address)
    assert ready_ways(auto) == [Way.SINGLY, Way.SINGLY, Way.DRAINED, Way.DRAINED]
    assert ready_ways(Tracking(address, TrackingMode.ALWAYS)) == [Way.SINGLY] * 4
    assert ready_ways(Tracking(address, TrackingMode.OFF)) == [Way.PLAIN] * 4
    assert ready_ways(Tracking(None)) == [Way.PLAIN] * 4
    auto.breaker.failed(made_wait=True)
    assert ready_ways(auto) == [Way.PLAIN] * 4


@pytest.mark.parametrize("made", [lambda: Tracking(None), lambda: Tracking(None, TrackingMode.ALWAYS)])
def test_without_a_server_everything_runs_plainly(made: Callable[[], Tracking]) -> None:
    tracking = made()
    assert tracking.run_tracked("supplier-vetting", "SV-2031-00001", one_step) == summary("Waiting", PAPERS)
    one = ReadyStretch("supplier-vetting", "SV-2031-00001", one_step)
    assert tracking.run_drained([one]) == [summary("Waiting", PAPERS)]
    tracking.stretch_done("SV-2031-00001", "supplier-vetting", summary())
    tracking.close(1)
