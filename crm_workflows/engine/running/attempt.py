"""One attempt at a stretch: the replayed journal, the buffer of new rows, and how and when they are written.

It must not hold business rules. An attempt that fails leaves nothing but what an earlier flush point has committed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CaseRow, JournalEntry, Json
from crm_workflows.engine.journal import OPEN, OUTCOME, STEP, VisibleJournal
from crm_workflows.engine.ports import Perform, Store, Transaction, Work
from crm_workflows.engine.running.ledger import Ledger

if TYPE_CHECKING:
    from crm_workflows.domain.elements import Element
    from crm_workflows.engine.context import Engine
    from crm_workflows.engine.procedure import Procedure
    from crm_workflows.engine.steps import StepFunction


class Parked(BaseException):
    """The case waits; not an error, and no `except Exception` may swallow it."""


class OutsideAhead(BaseException):
    """A step that talks to the outside is next: it needs a lease, never an open transaction."""


class LostLease(BaseException):
    """Somebody else took the case over or sent it back; this attempt must write nothing more."""


class SentBack(BaseException):
    """The procedure itself went back to a rule; the replay starts again from the top."""


def plainly(name: str, work: Work, *, retries: int, retry_delay_seconds: float) -> object:  # noqa: ARG001
    """Carry work out directly, without Prefect, once.

    A step's own retries need somewhere to wait, and here the case is leased or even locked in a transaction. Without
    Prefect it is the stretch that is run again, after growing pauses, when the outside world failed (`stretch`).
    """
    return work()


class Writing(Protocol):
    """How an attempt reaches the database."""

    def transaction(self) -> AbstractContextManager[tuple[Transaction, CaseRow]]:
        """A write transaction with the case locked and this attempt's right to write proven."""
        ...

    def before_outside(self, flush: Callable[[], None]) -> None:
        """Called before a step that talks to the outside; raises OutsideAhead where no such step may run."""
        ...


@dataclass
class Inline:
    """Everything in the caller's transaction, which has locked the case: a decision or a group of ready cases."""

    tx: Transaction
    row: CaseRow

    @contextmanager
    def transaction(self) -> Iterator[tuple[Transaction, CaseRow]]:
        with self.tx.savepoint():
            yield self.tx, self.row

    def before_outside(self, flush: Callable[[], None]) -> None:
        flush()
        raise OutsideAhead


@dataclass
class Leased:
    """Short transactions of its own under a lease; `fence` proves that nobody has taken the case over since."""

    store: Store
    row: CaseRow

    @contextmanager
    def transaction(self) -> Iterator[tuple[Transaction, CaseRow]]:
        with self.store.write() as tx:
            row = tx.lock_case(self.row.code)
            if row is None or row.fence != self.row.fence:
                raise LostLease
            yield tx, row

    def before_outside(self, flush: Callable[[], None]) -> None:
        flush()


@dataclass
class Attempt:
    """The running attempt; the procedure's verbs and steps find it through `current`."""

    procedure: "Procedure"
    journal: VisibleJournal
    writing: Writing
    row: CaseRow
    engine: "Engine"
    now: datetime
    ledger: Ledger
    perform: Perform = plainly
    performed: list[str] = field(default_factory=list)
    keys: Counter[str] = field(default_factory=Counter)
    clocks: dict[str, str] = field(default_factory=dict)
    """The clocks that run at this point of the replay: their keys by name."""
    seen: int = 0
    """How many entries of the journal this attempt has read or written: more in the row came from somebody else."""
    failed: Exception | None = None
    besides: Json = field(default_factory=dict)
    """What the next request shows besides its own: what an amendment has changed."""

    def __post_init__(self) -> None:
        self.policy = Policy.from_text(self.row.policy)
        self.request_count = self.row.request_count

    def key(self, rule: str, name: str) -> str:
        """The journal key of the next use of this element; `#2` from the second use in one replay on."""
        self.check_unbroken()
        base = f"{rule}:{name}"
        self.keys[base] += 1
        return base if self.keys[base] == 1 else f"{base}#{self.keys[base]}"

    def met(self, kind: str, key: str) -> JournalEntry | None:
        """The entry at the point the replay has reached; None where something new begins."""
        entry = self.journal.next(kind, key)
        if entry is None:
            self.begins_new()
        return entry

    def begins_new(self) -> None:
        """Called before anything new is done; nothing is while a gate is asked again on what has changed (G-6)."""
        if self.journal.reopened:
            raise Parked

    def is_to_ask(self, key: str, element: "Element | None", shows: Json, who: object) -> bool:  # noqa: ARG002
        """Whether somebody is to be asked now; `shows` is what they would see, `who` whom a collection would ask."""
        return self.met(OPEN, key) is None

    def is_to_renew(self, step: "StepFunction") -> bool:  # noqa: ARG002
        """Whether a step whose result is there is carried out again all the same."""
        return False

    def carry_out(self, label: str, work: Work, *, retries: int = 0, retry_delay_seconds: float = 0) -> object:
        """Perform a piece of work. When it raises, the whole attempt has failed, see `check_unbroken`."""
        try:
            return self.perform(label, work, retries=retries, retry_delay_seconds=retry_delay_seconds)
        except Exception as error:
            self.failed = error
            raise

    def check_unbroken(self) -> None:
        """Raise again what a piece of work raised: a procedure that swallows it would go on from rows rolled back."""
        if self.failed is not None:
            raise self.failed

    def record(self, kind: str, rule: str, key: str, value: Json) -> None:
        """Append to the journal: in the buffer, and in what the replay sees."""
        entry = JournalEntry(self.row.code, 0, self.journal.round, rule, key, kind, value, self.now)
        self.ledger.journal(entry)
        self.journal.append(entry)

    def learn(self, rule: str, key: str, outcome: Json) -> None:
        """Journal the outcome of a request that nobody need be asked."""
        entry = JournalEntry(self.row.code, 0, self.journal.round, rule, key, OUTCOME, outcome, self.now)
        self.ledger.journal(entry)
        self.journal.read(entry)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A write transaction for one piece of work, behind all that is buffered.

        In a caller's transaction what was buffered does not go down with the piece of work: a decision stands.
        """
        if isinstance(self.writing, Inline):
            self.flush()
        with self.writing.transaction() as (tx, row):
            self.flush_into(tx, row)
            yield tx
            self.flush_into(tx, self.row)

    def flush(self) -> None:
        """Write what is buffered, at a flush point or at the end."""
        with self.writing.transaction() as (tx, row):
            self.flush_into(tx, row)

    def flush_into(self, tx: Transaction, row: CaseRow) -> None:
        """Write what is buffered into an open transaction."""
        self.seen += len(self.ledger.entries)
        self.row = self.ledger.flush(tx, row)
        if isinstance(self.writing, Inline):
            self.writing.row = self.row

    def kept_once(self, rule: str, key: str) -> JournalEntry | None:
        """The result of a `once` step from before a send-back, journaled again; None if there is none."""
        entry = self.journal.kept.get(key)
        if entry is None:
            return None
        del self.journal.kept[key]
        self.record(STEP, rule, key, entry.value)
        return self.journal.stack[-1]


_CURRENT: ContextVar[Attempt | None] = ContextVar("crm_attempt", default=None)


def current() -> Attempt | None:
    """The attempt that runs in this context, None outside a procedure."""
    return _CURRENT.get()


def current_or_refuse(what: str) -> Attempt:
    """The running attempt; AuthorMistake when `what` is used outside a procedure."""
    attempt = _CURRENT.get()
    if attempt is None:
        raise AuthorMistake(f"{what} was used outside a procedure; call it from the function marked @procedure")
    return attempt


@contextmanager
def running(attempt: Attempt) -> Iterator[None]:
    """Make `attempt` the current one inside the block."""
    token = _CURRENT.set(attempt)
    try:
        yield
    finally:
        _CURRENT.reset(token)
