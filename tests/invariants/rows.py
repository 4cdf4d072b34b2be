"""The rows of a store, read once and sorted by case and request. It must not judge them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from crm_workflows.domain.records import (
    Assignee,
    AuditEntry,
    Booking,
    BusinessRow,
    CaseRow,
    Decision,
    Digest,
    Document,
    InboundMail,
    JournalEntry,
    Link,
    Message,
    Meta,
    Number,
    Request,
    Supplier,
)
from crm_workflows.engine.ports import Reader
from tests.invariants.people import People

T = TypeVar("T")
OVER = ("closed", "cancelled")
MESSAGE = (
    "id", "case", "template", "recipient", "status", "message_id", "queued_at", "next_at", "request", "in_reply_to",
    "attempts", "error", "sent_at",
)  # fmt: skip
"""All of a mail but what it says."""


@dataclass(frozen=True)
class Sent:
    """A row of the outbox without its contents."""

    id: str
    case: str
    template: str
    recipient: str
    status: str
    message_id: str
    queued_at: Any
    next_at: Any
    request: str | None
    in_reply_to: str | None
    attempts: int
    error: str | None
    sent_at: Any


@dataclass
class Rows:
    """One snapshot; dictionaries are by case code or request id."""

    reader: Reader
    cases: dict[str, CaseRow]
    requests: dict[str, Request]
    assignees: dict[str, list[Assignee]]
    decisions: dict[str, list[Decision]]
    documents: dict[str, list[Document]]
    journal: dict[str, list[JournalEntry]]
    audit: dict[str, list[AuditEntry]]
    inbound: dict[str, InboundMail]
    messages: list[Sent]
    links: list[Link]
    bookings: list[Booking]
    numbers: dict[str, int]
    suppliers: list[Supplier]
    results: list[BusinessRow]
    meta: dict[str, str]
    digests: dict[str, list[str]]
    """Digest -> the requests that it lists."""
    people: tuple[People, ...] = field(default=())
    may_skip_numbers: bool = False
    """Whether an opening that failed may have used up its number, as on a server."""

    @classmethod
    def of(cls, reader: Reader) -> "Rows":
        """Read them all; mails without their contents."""
        return cls(
            reader,
            {row.code: row for row in reader.find(CaseRow)},
            {row.id: row for row in reader.find(Request)},
            by(reader.find(Assignee), lambda row: row.request),
            by(reader.find(Decision), lambda row: row.request),
            by(reader.find(Document), lambda row: row.request),
            by(reader.find(JournalEntry), lambda row: row.case),
            by(reader.find(AuditEntry), lambda row: row.case),
            {row.id: row for row in reader.find(InboundMail)},
            [Sent(*values) for values in reader.columns(Message, *MESSAGE)],
            reader.find(Link),
            reader.find(Booking),
            {row.series: row.last for row in reader.find(Number)},
            reader.find(Supplier),
            reader.find(BusinessRow),
            {row.key: row.value for row in reader.find(Meta)},
            {row.id: [item["request"] for item in row.items] for row in reader.find(Digest)},
        )

    def all_decisions(self) -> Iterable[Decision]:
        """Every decision, request by request."""
        return (decision for made in self.decisions.values() for decision in made)


def by(found: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    """The rows in lists by that key, nothing for one that has none."""
    sorted_: defaultdict[str, list[T]] = defaultdict(list)
    for row in found:
        sorted_[key(row)].append(row)
    return sorted_


def repeated(values: Iterable[T]) -> list[T]:
    """What comes more than once."""
    seen: set[T] = set()
    return [value for value in values if value in seen or seen.add(value)]  # type: ignore[func-returns-value]
