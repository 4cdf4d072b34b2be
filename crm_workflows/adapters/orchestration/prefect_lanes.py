"""Flow runs held open in threads of their own and lent to workers, who never wait for Prefect to close them.

It must not run anybody's work: a lane opens the flow run, lends its context, waits for the outcome and reports it.
"""

import contextlib
import logging
import queue
import tempfile
import threading
import time
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import SyncClientContext
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Cancelled, Pending

from crm_workflows.adapters.orchestration.prefect_breaker import CircuitBreaker
from crm_workflows.adapters.orchestration.prefect_client import connected
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
from crm_workflows.adapters.orchestration.prefect_runs import Runs
from crm_workflows.adapters.orchestration.prefect_words import RunDescription

log = logging.getLogger(__name__)
RESULTS: Final = Path(tempfile.gettempdir()) / "crmw-prefect-results"

CANCELLED_TEXT: Final = "只取消了这次运行，案件不受影响 / only this run was cancelled, not the case"
RETRIES_AT_THE_END: Final = 2
"""Prefect waits 2 s, then 4 s: nobody else waits with it, and a busy SQLite is over it by then."""


class LentRun:
    """One flow run between the lane that holds it open and the worker that works inside it."""

    def __init__(self, wanted: RunDescription) -> None:
        self.wanted = wanted
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._reported: queue.SimpleQueue[tuple[State[Any], str]] = queue.SimpleQueue()
        self._context: Context | None = None
        self._left = False

    def borrow(self, seconds: float) -> Context | None:
        """The context of the open run, waiting for it at most `seconds`; None when it did not open in time."""
        self._answered.wait(seconds)
        with self._lock:
            self._left = not self._answered.is_set()
            return self._context

    @property
    def was_left(self) -> bool:
        """Whether the worker went on without it; the lane reports the outcome all the same, whenever it can."""
        return self._left

    def report(self, state: State[Any], name: str) -> None:
        """The worker is done: how the run ends and what it is called from now on. Returns at once."""
        self._reported.put((state, name))

    def lend(self, context: Context) -> None:
        """The run is open; its context is lent unless the worker has left."""
        with self._lock:
            if not self._left:
                self._context = context
            self._answered.set()

    def refuse(self) -> bool:
        """The run did not open; True when the worker learns it in time and will not report here."""
        with self._lock:
            self._answered.set()
            return self._context is None and not self._left

    def outcome(self) -> tuple[State[Any], str]:
        """Wait for the worker's report; to be taken once."""
        return self._reported.get()


Unreported = Callable[[RunDescription, State[Any], UUID | None], None]
"""Told when a run's outcome could not be reported: what it is called now, how it ended, its id if it has one."""


@dataclass
class _Carried:
    """What a lane knows of the run it carries now."""

    lent: LentRun
    began: float
    run: FlowRun | None = None
    opened_after: float | None = None
    end: tuple[State[Any], str] | None = None
    patience: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def outcome(self) -> tuple[State[Any], str]:
        if self.end is None:
            self.end = self.lent.outcome()
        return self.end


class Lane:
    """One daemon thread that opens one flow run after another, each for as long as a worker works inside it."""

    def __init__(self, number: int, address: PrefectAddress, breaker: CircuitBreaker, unreported: Unreported) -> None:
        self._address = address
        self._breaker = breaker
        self._unreported = unreported
        self._jobs: queue.SimpleQueue[LentRun | None] = queue.SimpleQueue()
        self._flows: dict[str, Flow[..., Any]] = {}
        self._carried: _Carried | None = None
        self.is_idle = True
        self._thread = threading.Thread(target=self._serve, name=f"prefect-lane-{number}", daemon=True)

    def open(self, lent: LentRun) -> None:
        """Begin to open this run; the caller has made sure that the lane is idle."""
        self.is_idle = False
        if not self._thread.is_alive():
            self._thread.start()
        self._jobs.put(lent)

    def stop(self, seconds: float) -> None:
        """Let the thread end after its present run, waiting for that at most `seconds`."""
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _serve(self) -> None:
        with connected(self._address) as client:
            runs = Runs(client)
            while (lent := self._jobs.get()) is not None:
                self._carry(runs, lent)
                self.is_idle = True

    def _carry(self, runs: Runs, lent: LentRun) -> None:
        carried = self._carried = _Carried(lent, time.perf_counter())
        reported = False
        try:
            carried.run = runs.create(lent.wanted, Pending())
            with carried.patience:
                reported = self._run(runs, carried, carried.run)
        except BaseException as error:
            # Prefect's Abort is no Exception, and a lane outlives every run.
            log.debug("Prefect failed around run %s", lent.wanted.name, exc_info=error)
            self._breaker.failed()
        if not lent.refuse() and not reported:
            state, name = carried.outcome()
            self._unreported(replace(lent.wanted, name=name), state, carried.run.id if carried.run else None)

    def _run(self, runs: Runs, carried: _Carried, run: FlowRun) -> bool:
        """Let Prefect's engine run the flow around the loan; True when the server has heard how it ended."""
        # The engine would open a websocket for a run that belongs to a deployment; ours cannot be suspended.
        local = run.model_copy(update={"deployment_id": None})
        end = run_flow(self._flow(carried.lent.wanted), flow_run=local, return_type="state")
        if carried.opened_after is None:
            return False
        self._breaker.succeeded(carried.opened_after)
        wanted, _ = carried.outcome()
        if not isinstance(end, State) or (end.type, end.name) == (wanted.type, wanted.name):
            return True
        if not end.is_final():
            # Cancelled in Prefect while the work went on. The work is done; only this run is called cancelled.
            return runs.end(run.id, Cancelled(message=CANCELLED_TEXT))
        if end.is_failed():
            # The engine met a server that was away when it came to report, and took that for the flow's own failure.
            return runs.end(run.id, wanted)
        return True

    def _hold_open(self) -> State[Any]:
        """The body of every flow here: lend the run, wait until the worker is done, end as it says."""
        carried, context = self._carried, SyncClientContext.get()
        if carried is None or carried.run is None or context is None:
            raise RuntimeError("this flow is held open by a lane only")
        carried.opened_after = time.perf_counter() - carried.began
        carried.lent.lend(copy_context())
        state, name = carried.outcome()
        if name != carried.lent.wanted.name:
            with contextlib.suppress(httpx.HTTPError):
                context.client.set_flow_run_name(carried.run.id, name)
        carried.patience.enter_context(temporary_settings({PREFECT_CLIENT_MAX_RETRIES: RETRIES_AT_THE_END}))
        return state

    def _flow(self, wanted: RunDescription) -> Flow[..., Any]:
        if wanted.flow not in self._flows:

            def stretch(case: str) -> State[Any]:  # noqa: ARG001 - what Prefect shows as the run's parameters
                return self._hold_open()

            def drain(cases: list[str]) -> State[Any]:  # noqa: ARG001
                return self._hold_open()

            self._flows[wanted.flow] = Flow(
                stretch if "case" in wanted.parameters else drain,
                name=wanted.flow,
                validate_parameters=False,
                persist_result=False,
                # Naming a place spares two questions to the server about the default one. Prefect writes there only
                # the error of a run that it could not close, so it must not be the folder in which we were started.
                result_storage=RESULTS,
            )
        return self._flows[wanted.flow]


class Lanes:
    """A few lanes; one is given to each run to open, none when all are busy."""

    def __init__(self, count: int, address: PrefectAddress, breaker: CircuitBreaker, unreported: Unreported) -> None:
        self._lock = threading.Lock()
        self._lanes = [Lane(number, address, breaker, unreported) for number in range(count)]

    def open(self, wanted: RunDescription) -> LentRun | None:
        """Begin to open a flow run; None when every lane is still busy with another."""
        with self._lock:
            lane = next((lane for lane in self._lanes if lane.is_idle), None)
            if lane is None:
                return None
            lent = LentRun(wanted)
            lane.open(lent)
            return lent

    def close(self, seconds: float) -> None:
        """Let every lane report what it carries, waiting for all of them together at most `seconds`."""
        until = time.perf_counter() + seconds
        for lane in self._lanes:
            lane.stop(max(0.0, until - time.perf_counter()))
