"""What the engine needs from the outside: store, clock, staff, secrets. It must not contain implementations."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CaseRow, Message
from crm_workflows.domain.working_time import WorkingCalendar
from crm_workflows.engine.figure_ports import FigureReader
from crm_workflows.engine.round_ports import RoundReader, RoundWriter

R = TypeVar("R")


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """The present instant, aware, UTC, microsecond resolution."""
        ...

    def real_seconds(self, virtual_seconds: float) -> float:
        """How long a loop really has to wait for that much time of this clock to pass."""
        ...

    def after_real(self, seconds: float) -> datetime:
        """The instant this clock will show after that many real seconds: leases and retries last real time."""
        ...


class Duplicate(Exception):
    """A row with this primary or unique key exists already; `table` names the record class."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


@dataclass(frozen=True)
class CaseFilter:
    """What to look for in the list of cases (G-9); None means any. `text` is matched in code, title and subject.

    Cases opened at `opened_from` or later, and before `opened_before`; with an open request due before `overdue_at`.
    """

    process: str | None = None
    status: str | None = None
    owner: str | None = None
    text: str | None = None
    limit: int = 200
    offset: int = 0
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    overdue_at: datetime | None = None

    def covers(self, row: CaseRow) -> bool:
        """Whether text and days of opening fit; for a store that has no query of its own."""
        is_early = self.opened_from is not None and row.opened_at < self.opened_from
        is_late = self.opened_before is not None and row.opened_at >= self.opened_before
        return (self.text or "").casefold() in row.search and not is_early and not is_late


class Reader(RoundReader, FigureReader, Protocol):
    """Reads of one consistent snapshot."""

    def get(self, record: type[R], *key: object) -> R | None:
        """The row with this primary key, or None."""
        ...

    def find(
        self,
        record: type[R],
        *,
        order: str | tuple[str, ...] = (),
        descending: bool = False,
        limit: int | None = None,
        **equals: object,
    ) -> list[R]:
        """Rows whose columns equal the values; a list or tuple value means any of them, None means IS NULL.

        Without `order` rows come by primary key. Blob, Message.content and InboundMail are complete.
        """
        ...

    def containing(
        self, record: type[R], text: str, *columns: str, order: str | tuple[str, ...], limit: int, **equals: object
    ) -> list[R]:
        """Rows in one of whose columns `text` stands, A to Z as a to z; order and values as in `find`.

        Of a JSON column its text is looked at, without blanks around commas and colons; NULL holds nothing.
        """
        ...

    def columns(self, record: type[object], *names: str, **equals: object) -> list[tuple[Any, ...]]:
        """Only the named columns of the rows that `find` would give, by primary key: for reading a whole register."""
        ...

    def distinct(self, record: type[object], column: str, **equals: object) -> list[Any]:
        """The values of one column among the rows that `find` would give, each once, in order; no NULL."""
        ...

    def due(self, record: type[R], column: str, at: datetime, *, limit: int, **equals: object) -> list[R]:
        """Rows whose instant `column` is set and not after `at`, earliest first."""
        ...

    def count(self, record: type[object], **equals: object) -> int:
        """How many rows match, with the same meaning of values as `find`."""
        ...

    def count_due(self, record: type[object], column: str, at: datetime, **equals: object) -> int:
        """How many rows `due` would give without a limit."""
        ...

    def earliest(self, record: type[object], column: str, **equals: object) -> datetime | None:
        """The smallest instant in `column` among the matching rows, None if there is none."""
        ...

    def search_cases(self, wanted: CaseFilter) -> list[CaseRow]:
        """Matching cases, latest opened first."""
        ...


class Transaction(Reader, RoundWriter, Protocol):
    """One write transaction: SQLite `BEGIN IMMEDIATE`, PostgreSQL READ COMMITTED with explicit row locks.

    What `insert`, `put` and `update_each` raise may come only from the end of the savepoint or transaction that they
    stand in: where the database is far away, they do not go there by themselves.
    """

    def insert(self, *records: object) -> None:
        """Insert rows of any mix of classes, one executemany a class, in the order given by class.

        Raises `Duplicate` when a key exists; the transaction is then unusable unless inside `savepoint`.
        """
        ...

    def insert_new(self, record: object) -> bool:
        """Insert unless its primary key exists; True when inserted. Never raises `Duplicate` for the primary key."""
        ...

    def put(self, *records: object) -> None:
        """Insert rows, or write them over those with the same primary keys; no two of one call may have the same."""
        ...

    def update(
        self,
        record: type[object],
        key: tuple[object, ...],
        expecting: dict[str, object] | None = None,
        **values: object,
    ) -> bool:
        """Set columns of the row with this primary key; with `expecting`, only if those columns still hold that.

        True when a row was changed.
        """
        ...

    def update_where(self, record: type[object], where: dict[str, object], **values: object) -> int:
        """Set columns of all matching rows (values as in `find`); returns how many."""
        ...

    def update_each(self, record: type[object], changes: Sequence[tuple[dict[str, object], dict[str, object]]]) -> None:
        """`update_where` for each pair of (where, values), one executemany for those of one shape, in no order."""
        ...

    def remove(self, record: type[object], *key: object) -> None:
        """Delete the row with this primary key, if any: only what must not be kept. Raises for a row of the record."""
        ...

    def lock_case(self, code: str, ahead: "Ahead | None" = None) -> CaseRow | None:
        """The case row, locked against other writers until the transaction ends (`FOR UPDATE`).

        `ahead` makes the reads that follow under the lock and must not use them: a hint where the database is far away.
        """
        ...

    def claim_ready(self, now: datetime, limit: int) -> list[CaseRow]:
        """Ready cases (ready_at <= now, status not closed/cancelled/needs_attention, no live lease), locked, earliest
        first; PostgreSQL skips rows others hold (`SKIP LOCKED`)."""
        ...

    def claim_mail(self, now: datetime, until: datetime, limit: int) -> list[Message]:
        """Messages whose next_at <= now and that nobody claims past `now`; sets claimed_until (SKIP LOCKED)."""
        ...

    def next_number(self, series: str, *, gaps: bool = False) -> int:
        """The next number of a series, starting at 1; gap-free, since it rolls back with the transaction.

        With `gaps` it may be given for good at once, so that nobody has to wait for this transaction to have the next.
        """
        ...

    def hear(self) -> None:
        """Wait until no write so far can be refused any more, where something not written is to change by it."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what happened inside when an exception leaves the block, and let it pass on."""
        ...

    def trust(self) -> None:
        """Hear of nothing before the end: what a savepoint should undo leaves as `running.trusting.Unheard` then."""
        ...


Ahead = Callable[[Reader], object]  # Reads of which only the reading counts.


class Store(Protocol):
    """Where everything is kept. Only the store commits."""

    def write(self) -> AbstractContextManager[Transaction]:
        """Open a write transaction: commit at the end, roll back when an exception (BaseException too) leaves it.

        Raises `StoreBusy` when the database is locked, full or away; nothing was written then.
        """
        ...

    def read(self) -> AbstractContextManager[Reader]:
        """Open a read snapshot."""
        ...

    def wake(self) -> None:
        """Tell waiting workers and senders, here and elsewhere, that something may be ready."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait until something may be ready or the time is over; True when woken. Polling stays the truth."""

    def compact(self, *, by_night: bool) -> bool:
        """Rid its files of what no row says now; False: it has to wait. By day only where writers hardly notice."""

    def close(self) -> None:
        """Release connections."""


class Staff(Protocol):
    """People, policy and calendar in force, from the database."""

    def directory(self) -> Directory: ...

    def policy(self) -> Policy: ...

    def calendar(self) -> WorkingCalendar: ...


class Secrets(Protocol):
    """Secrets derived from the server key."""

    def nonce(self) -> str:
        """A fresh random nonce of at least 128 bits, as text."""
        ...

    def token(self, request: str, person: str, revision: int, nonce: str) -> str:
        """The link and reply secret of this person for this revision of the request; lower-case base32, >= 128 bits."""
        ...

    def sign(self, purpose: str, value: str) -> str:
        """A MAC over value for one purpose (form fields)."""
        ...

    def public_key(self) -> str:
        """Who seals here: an Ed25519 public key, hexadecimal."""
        ...

    def seal(self, content: bytes) -> str:
        """A signature that anybody can check with the public key, hexadecimal."""
        ...

    def is_seal(self, public_key: str, content: bytes, signature: str) -> bool:
        """Whether the owner of that key has signed the content; False for what is no key or signature at all."""
        ...


class Perform(Protocol):
    """How a named piece of work is carried out: plainly, or as a Prefect task inside a tracked flow run."""

    def __call__(self, name: str, work: "Work", *, retries: int, retry_delay_seconds: float) -> object: ...


Work = Callable[[], object]
"""A piece of work whose result is a JSON-able value."""


@dataclass(frozen=True)
class StretchSummary:
    """What a stretch ended with, for people: state name, one bilingual sentence, and the steps performed."""

    state: str
    """Waiting, Completed, Cancelled or NeedsAttention"""
    sentence: str
    performed: tuple[str, ...]
    """Names such as `SV-3 ask for papers`, in order."""
