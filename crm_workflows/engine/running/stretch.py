"""Runs one stretch of a case: what lies between two waits, in one short transaction. It must not choose which case.

`run_inline` runs inside a caller's transaction (a decision, a group of ready cases); `run_leased` runs under a lease
with short transactions of its own, for tracked runs and for steps that talk to the outside.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from crm_workflows.domain.errors import CrmError, OutsideFailure, StoreBusy
from crm_workflows.domain.records import ENDING, BusinessRow, CaseClock, CaseRow, JournalEntry, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.case import Case
from crm_workflows.engine.context import Engine
from crm_workflows.engine.journal import visible
from crm_workflows.engine.ports import Perform, Reader, StretchSummary, Transaction
from crm_workflows.engine.procedure import CONFIRM_START
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import attention, leases, sending
from crm_workflows.engine.running.attempt import (
    Attempt,
    Inline,
    Leased,
    LostLease,
    OutsideAhead,
    Parked,
    SentBack,
    Writing,
    plainly,
    running,
)
from crm_workflows.engine.running.ledger import Ledger, Mark, flush_all
from crm_workflows.engine.running.rounds import give_up_after
from crm_workflows.engine.running.waiting import Ran, summary_of

log = logging.getLogger(__name__)
OUTSIDE = "outside-step"
"""In `leased_by`: the next step talks to the outside, so the case is run singly under a lease."""
TOGETHER_SECONDS: Final = 1.0
"""After which a group of ready cases takes no further one: on SQLite all writers wait for it, and PostgreSQL ends a
session that has not been heard of for ten."""
FIRST_RETRY_SECONDS = 2
MOST_FAILURES = 5


@dataclass
class _Begun:
    """A stretch whose body has run: what is to be written waits in the ledger, of which `stands` stands anyhow."""

    ledger: Ledger
    stands: Mark
    started: datetime
    performed: list[str] = field(default_factory=list)

    def ran(self) -> Ran:
        return Ran(self.ledger.row, tuple(self.performed))


def run_inline(engine: Engine, tx: Transaction, ledger: Ledger) -> Ran:
    """Run the next stretch inside `tx`, which holds the lock of the case, and write it with what `ledger` holds.

    Raises nothing of the procedure's: a failing body is dropped and the case *needs attention*, while what the ledger
    held before stands.
    """
    with engine.tally.timing():
        begun = _begin(engine, tx, ledger, engine.clock.now())
        try:
            with tx.savepoint():
                ledger.flush(tx, ledger.row)
        except StoreBusy:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the body left, the decision stands and a person is told
            _drop(engine, tx, begun, error)
    return begun.ran()


def run_together(engine: Engine, tx: Transaction, rows: Sequence[CaseRow]) -> list[Ran]:
    """Run the next stretch of several cases locked in `tx`, and write them in one flush: they happen at one instant.

    Of such as take long only the first ones: the others stay ready, and nobody has to wait for all of them. Raises what
    the flush raises; the transaction must then be given up, and the cases run singly.
    """
    now = engine.clock.now()
    begun: list[_Begun] = []
    with engine.tally.timing(begun):
        for row in rows:
            begun.append(_begin(engine, tx, Ledger(row), now))
            if engine.clock.real_seconds((engine.clock.now() - now).total_seconds()) > TOGETHER_SECONDS:
                break
        flush_all(tx, [one.ledger for one in begun])
    engine.tally.took_over(sum(row.leased_until is not None for row in rows[: len(begun)]))
    return [one.ran() for one in begun]


def _begin(engine: Engine, tx: Transaction, ledger: Ledger, now: datetime) -> _Begun:
    leases.revoke(ledger)
    begun = _Begun(ledger, ledger.mark(), now)
    try:
        attempt = prepare(engine, tx, ledger, Inline(tx, ledger.row), begun.started, plainly)
        begun.performed = attempt.performed
        try:
            _finish(attempt, replay(attempt))
        except Parked:
            _park(attempt)
        except OutsideAhead:
            ledger.set(ready_at=begun.started, status="running", leased_by=OUTSIDE)
    except StoreBusy:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the body raised, the decision stands and a person is told
        _drop(engine, tx, begun, error)
    return begun


def _drop(engine: Engine, tx: Transaction, begun: _Begun, error: Exception) -> None:
    ledger = begun.ledger
    ledger.back_to(begun.stands)
    ledger.row = _note_failure(engine, tx, ledger.flush(tx, ledger.row), error, begun.started)


def run_leased(engine: Engine, row: CaseRow, perform: Perform = plainly) -> StretchSummary | None:
    """Run the next stretch of a case just leased (`leases.take`); None when the lease was lost on the way."""
    started = engine.clock.now()
    performed: list[str] = []
    with leases.keep_lease(engine, row), engine.tally.timing():
        try:
            with engine.store.read() as reader:
                attempt = prepare(engine, reader, Ledger(row), Leased(engine.store, row), started, perform)
            performed = attempt.performed
            _run_and_commit(attempt)
        except LostLease:
            return None
        except Exception as error:  # noqa: BLE001 - see run_inline
            if not _fail_leased(engine, row, error, started):
                return None
    engine.store.wake()
    with engine.store.read() as reader:
        return summary_of(engine, reader, Ran(reader.get(CaseRow, row.code) or row, tuple(performed)))


def prepare(
    engine: Engine, reader: Reader, ledger: Ledger, writing: Writing, now: datetime, perform: Perform
) -> Attempt:
    """Read the journal, together with what is to be appended to it, and make an attempt of it."""
    row = ledger.row
    procedure = engine.procedure_of(row)
    entries = reader.find(JournalEntry, case=row.code, order="n") if row.journal_length else []
    journal = visible([*entries, *ledger.entries])
    if journal.overturned:
        still_open = reader.find(Request, case=row.code, status="open")
        give_up_after(row, journal, ledger, journal.overturned, still_open, now)
    return Attempt(procedure, journal, writing, row, engine, now, ledger, perform, seen=len(entries))


def _run_and_commit(attempt: Attempt) -> None:
    try:
        _finish(attempt, replay(attempt))
    except Parked:
        _park(attempt)
    with attempt.writing.transaction() as (tx, row):
        overtaken = row.journal_length > attempt.seen
        attempt.ledger.set(leased_until=None, leased_by=None, fence=row.fence + 1)
        if overtaken:
            attempt.ledger.set(ready_at=attempt.now, status="running")
        attempt.flush_into(tx, row)


def replay(attempt: Attempt) -> Outcome:
    subject = attempt.procedure.subject.model_validate(attempt.row.subject)
    while True:
        attempt.keys.clear()
        attempt.clocks.clear()
        attempt.journal.position = 0
        try:
            with running(attempt):
                outcome = _body(attempt, Case(attempt, subject))
        except SentBack:
            continue
        attempt.check_unbroken()
        attempt.journal.check_used_up()
        attempt.begins_new()
        return outcome


def _body(attempt: Attempt, case: Case) -> Outcome:  # type: ignore[type-arg]
    if attempt.row.origin == "prefect" and case.approval(CONFIRM_START, shows=case.subject.shown()).rejected:
        reason = bilingual("负责人未确认由外部发起的申请", "the owner did not confirm the start from outside")
        return case.close("withdrawn", reason)
    outcome = attempt.procedure.body(case)
    if not isinstance(outcome, Outcome):
        name = attempt.procedure.name
        raise CrmError(f"procedure {name} ended case {case.code} without an outcome; return case.approve() or the like")
    return outcome


def _park(attempt: Attempt) -> None:
    attempt.journal.check_used_up()
    attempt.ledger.set(status="waiting", ready_at=None, leased_by=None, failures=0)


def _finish(attempt: Attempt, outcome: Outcome) -> None:
    now = attempt.now
    attempt.ledger.set(
        status="closed", outcome=outcome.outcome, resolved_at=now, closed_at=now, ready_at=None, leased_by=None,
        failures=0,
    )  # fmt: skip
    attempt.ledger.audit("closed", "engine", now, outcome=outcome.outcome)
    if outcome.reason or outcome.comment:
        last = next(reversed(attempt.journal.outcomes.values()), None) or {}
        why = {"reason": outcome.reason, "comment": outcome.comment, "by": last.get("by")}
        attempt.ledger.put(BusinessRow(attempt.row.code, ENDING, attempt.journal.round, why, now))
    for key in attempt.clocks.values():
        attempt.ledger.update(CaseClock, (key,), status="stopped", next_at=None, stopped_at=now)
    sending.tell_the_end(attempt, outcome.outcome, outcome.reason, outcome.comment, outcome.notify)


def _note_failure(engine: Engine, tx: Transaction, row: CaseRow, error: Exception, at: datetime) -> CaseRow:
    if isinstance(error, OutsideFailure) and error.retryable and row.failures + 1 < MOST_FAILURES:
        wait = FIRST_RETRY_SECONDS * 2**row.failures
        retry_at = at + (engine.clock.after_real(wait) - engine.clock.now())
        later: dict[str, Any] = {"failures": row.failures + 1, "ready_at": retry_at, "leased_until": None}
        tx.update(CaseRow, (row.code,), **later)
        log.warning("stretch failed, retried later", extra={"case": row.code, "error": type(error).__name__})
        return replace(row, **later)
    log.error("case needs attention", extra={"case": row.code, "error": type(error).__name__}, exc_info=error)
    return attention.needed(engine, tx, row, error, at)


def _fail_leased(engine: Engine, row: CaseRow, error: Exception, at: datetime) -> bool:
    with engine.store.write() as tx:
        now_row = tx.lock_case(row.code)
        if now_row is None or now_row.fence != row.fence:
            return False
        _note_failure(engine, tx, now_row, error, at)
        tx.update(CaseRow, (row.code,), leased_until=None, leased_by=None, fence=now_row.fence + 1)
    return True
