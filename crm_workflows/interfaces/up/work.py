"""The role that works on cases: sweeps what time brought and runs what is ready. It must not hold rules of cases."""

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from crm_workflows.adapters.database.schema_version import newest_version
from crm_workflows.bootstrap import Office
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.ports import Perform, StretchSummary
from crm_workflows.engine.running import leases, releases, stretch, worker
from crm_workflows.engine.running.sweeps import sweep

if TYPE_CHECKING:
    from crm_workflows.adapters.orchestration.prefect_tracking import Tracking

IDLE_SECONDS: Final = 0.5
"""Longest that what time brings, or a dead worker's lease that has run out, waits to be found."""


class Worker:
    """Untracked in groups, one commit for twenty cases; tracked singly, and drained together under load."""

    name = "worker"

    def __init__(self, office: Office, tracking: "Callable[[], Tracking | None]" = lambda: None) -> None:
        """`tracking` is asked before each pass: Prefect comes up behind the product, and may go away."""
        self._office = office
        self._tracking = tracking

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; raises what the store raises, and Refused once a newer release is at work."""
        while not stop.is_set():
            if self.one_pass() == 0:
                self._office.store.wait(IDLE_SECONDS)

    def one_pass(self) -> int:
        """One look at what is due and ready; returns how much was done."""
        releases.check_is_current(self._office.engine, int(newest_version()))
        tracking = self._tracking()
        if tracking is not None:
            return self._tracked(tracking)
        done = worker.one_pass(self._office.engine)
        return done.swept + done.stretches

    def _tracked(self, tracking: "Tracking") -> int:
        from crm_workflows.adapters.orchestration.prefect_tracking import Way
        from crm_workflows.adapters.orchestration.prefect_words import DRAIN_LIMIT

        engine = self._office.engine
        ready = worker.ready_codes(engine, DRAIN_LIMIT)
        way = tracking.way(len(ready)) if ready else Way.PLAIN
        if way is Way.DRAINED:
            return sweep(engine) + self._drain(tracking, ready)
        done = worker.one_pass(engine, tracking.run_tracked if way is Way.SINGLY else None)
        return done.swept + done.stretches

    def _drain(self, tracking: "Tracking", ready: list[CaseRow]) -> int:
        from crm_workflows.adapters.orchestration.prefect_tracking import ReadyStretch

        stretches = [ReadyStretch(row.process, row.code, partial(self._run_leased, row.code)) for row in ready]
        outcomes = tracking.run_drained(stretches)
        failed = next((outcome for outcome in outcomes if isinstance(outcome, Exception)), None)
        if failed is not None:
            raise failed
        return sum(outcome is not None for outcome in outcomes)

    def _run_leased(self, code: str, perform: Perform) -> StretchSummary | None:
        engine = self._office.engine
        row = leases.take(engine, code, worker.worker_name())
        return stretch.run_leased(engine, row, perform) if row is not None else None
