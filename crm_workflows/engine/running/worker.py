"""Finds ready cases and runs their stretches, in groups or one by one under a lease. It must not know Prefect."""

import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Perform, StretchSummary
from crm_workflows.engine.running import leases, stretch
from crm_workflows.engine.running.attempt import plainly
from crm_workflows.engine.running.sweeps import sweep
from crm_workflows.engine.running.waiting import told_to_listener

log = logging.getLogger(__name__)
GROUP = 20
"""Cases per commit: more would let a decision wait behind them."""
STEP_ASIDE_SECONDS = 60.0

RunStretch = Callable[[str, str, Callable[[Perform], StretchSummary | None]], StretchSummary | None]
"""(process, case code, body) -> summary: runs the body as a tracked run, handing it a way to perform its steps."""


@dataclass(frozen=True)
class Pass:
    """What one pass of a worker did."""

    swept: int
    stretches: int

    @property
    def was_idle(self) -> bool:
        return self.swept == 0 and self.stretches == 0


def worker_name() -> str:
    """This worker, for the lease: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def ready_codes(engine: Engine, limit: int = GROUP) -> list[CaseRow]:
    """Cases ready for a stretch, earliest first; not locked."""
    look_at = limit
    while True:
        with engine.store.read() as reader:
            found = reader.due(CaseRow, "ready_at", engine.clock.now(), limit=look_at, status=["running", "waiting"])
        free = [row for row in found if leases.is_ready(row, engine)]
        # Cases that others have leased stand in front; look past them rather than at nothing.
        if free or len(found) < look_at:
            return free[:limit]
        look_at *= 4


def run_ready(engine: Engine) -> int:
    """Run up to a group of ready cases in one commit, plainly; returns how many."""
    began = engine.clock.now()
    try:
        summaries: Sequence[tuple[CaseRow, StretchSummary | None]] = _run_group(engine, GROUP)
    except StoreBusy:
        if engine.clock.real_seconds((engine.clock.now() - began).total_seconds()) <= stretch.TOGETHER_SECONDS:
            raise
        # PostgreSQL ends a session whose case takes long, and would each time: under a lease nothing is held meanwhile.
        summaries = _singly(engine, ready_codes(engine, limit=1))
    except Exception as error:  # noqa: BLE001 - one bad case must not hold up its group: they are run singly
        log.warning("a group of cases failed as a whole, run singly", extra={"error": type(error).__name__})
        summaries = _singly(engine, ready_codes(engine))
    _tell(engine, summaries)
    if summaries:
        engine.store.wake()
    return len(summaries)


def _tell(engine: Engine, summaries: Sequence[tuple[CaseRow, StretchSummary | None]]) -> None:
    for row, summary in summaries:
        engine.tell(row, summary)


def _singly(engine: Engine, rows: list[CaseRow], run: RunStretch | None = None) -> list[tuple[CaseRow, StretchSummary]]:
    """Run cases one after the other; one that cannot even be marked as failed steps aside for the others."""
    summaries = []
    for row in rows:
        try:
            summaries += run_one(engine, row, run)
        except StoreBusy:
            raise
        except Exception as error:
            log.exception("a case could not be run", extra={"case": row.code, "error": type(error).__name__})
            until = engine.clock.after_real(STEP_ASIDE_SECONDS)
            with engine.store.write() as tx:
                tx.update(CaseRow, (row.code,), {"ready_at": row.ready_at}, ready_at=until)
    return summaries


def _run_group(engine: Engine, limit: int) -> list[tuple[CaseRow, StretchSummary | None]]:
    with engine.store.write() as tx:
        tx.trust()
        rows = tx.claim_ready(engine.clock.now(), limit)
        return [(ran.row, told_to_listener(engine, tx, ran)) for ran in stretch.run_together(engine, tx, rows)]


def run_one(engine: Engine, row: CaseRow, run: RunStretch | None = None) -> list[tuple[CaseRow, StretchSummary]]:
    """Lease one case and run its stretch, through `run` when it is to be tracked; empty when somebody else has it."""
    leased = leases.take(engine, row.code, worker_name())
    if leased is None:
        return []

    def body(perform: Perform) -> StretchSummary | None:
        return stretch.run_leased(engine, leased, perform)

    summary = run(row.process, row.code, body) if run else body(plainly)
    return [(leased, summary)] if summary is not None else []


def one_pass(engine: Engine, run: RunStretch | None = None) -> Pass:
    """Sweep what time brought, then run what is ready: singly through `run` when given, else in one group."""
    swept = sweep(engine)
    if run is None:
        return Pass(swept, run_ready(engine) + _run_outside(engine))
    return Pass(swept, len(_singly(engine, ready_codes(engine), run)))


def _run_outside(engine: Engine) -> int:
    """Cases whose next step talks to the outside run singly, under a lease."""
    with engine.store.read() as reader:
        found = reader.due(CaseRow, "ready_at", engine.clock.now(), limit=GROUP, leased_by=stretch.OUTSIDE)
    summaries = _singly(engine, found)
    _tell(engine, summaries)
    return len(summaries)


def work_until_idle(engine: Engine, run: RunStretch | None = None, most_passes: int = 10_000) -> int:
    """Do all that is ready now; returns the number of stretches run."""
    total = 0
    for _ in range(most_passes):
        done = one_pass(engine, run)
        if done.was_idle:
            break
        total += done.stretches
    return total
