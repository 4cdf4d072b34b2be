"""Leases of cases: who may run a stretch outside one transaction. The fence in the case row is what protects; a lease
only keeps two workers from doing the same work. Times are real seconds, whatever clock the cases live by."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.context import Engine
from crm_workflows.engine.running.ledger import Ledger

log = logging.getLogger(__name__)
LEASE_SECONDS = 4.0
"""Short enough that a killed worker's cases are taken over within 5 seconds."""


def take(engine: Engine, code: str, worker: str) -> CaseRow | None:
    """Lease a ready case and raise its fence; None when it is not ready or somebody else holds it."""
    now = engine.clock.now()
    with engine.store.write() as tx:
        row = tx.lock_case(code)
        if row is None or not is_ready(row, engine):
            return None
        engine.tally.took_over(row.leased_until is not None)
        until = engine.clock.after_real(LEASE_SECONDS)
        tx.update(CaseRow, (code,), leased_until=until, leased_by=worker, fence=row.fence + 1, status="running")
        log.debug("leased", extra={"case": code, "at": now.isoformat()})
        return tx.get(CaseRow, code)


def revoke(ledger: Ledger) -> None:
    """Take a locked case from the worker that holds or held it: what that worker still does is not written.

    Also from one whose lease has run out, since it may only be slow.
    """
    if ledger.row.leased_until is not None:
        ledger.set(leased_until=None, leased_by=None, fence=ledger.row.fence + 1)


def is_ready(row: CaseRow, engine: Engine) -> bool:
    """Whether a stretch may be run now: ready, open, and not leased to somebody alive."""
    now = engine.clock.now()
    is_free = row.leased_until is None or row.leased_until <= now
    return row.status in ("running", "waiting") and row.ready_at is not None and row.ready_at <= now and is_free


@contextmanager
def keep_lease(engine: Engine, row: CaseRow) -> Iterator[None]:
    """Renew the lease from a thread while the block runs, for steps that take long."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(LEASE_SECONDS / 3):
            until = engine.clock.after_real(LEASE_SECONDS)
            try:
                with engine.store.write() as tx:
                    held = tx.update(CaseRow, (row.code,), {"fence": row.fence}, leased_until=until)
            except Exception as error:
                # Whatever it was, the next try may succeed; should the lease run out meanwhile, the fence protects.
                log.exception("lease not renewed", extra={"case": row.code, "error": type(error).__name__})
                continue
            if not held:
                return

    thread = threading.Thread(target=renew, name=f"lease-{row.code}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
