"""What is kept of cases: row, journal, requests, answers, documents, audit chain. They must not hold behaviour."""

from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from crm_workflows.domain.records.json import Json

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from crm_workflows.domain.records.quick import dataclass

UNFINISHED: Final = ("running", "waiting", "needs_attention")
OVER: Final = ("closed", "cancelled")
"""The states of a case: it still goes on, or it has ended."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One run of a procedure for one subject; `fence` rises whenever a running attempt must lose its right to write."""

    code: str
    process: str
    version: int
    source_hash: str
    status: str
    subject: Json
    title: str
    """What the case is about in a few words: the company's name. Shown in subjects of mails and in lists."""
    owner: str
    requester: str
    origin: str
    language: str
    policy: str
    """The policy as it was when the case was opened, as `Policy.as_text` writes it."""
    opened_at: datetime
    idempotency_key: str | None = None
    input_hash: str = ""
    outcome: str | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    fence: int = 0
    journal_length: int = 0
    request_count: int = 0
    ready_at: datetime | None = None
    """When set and past, a worker may run the next stretch."""
    leased_until: datetime | None = None
    leased_by: str | None = None
    failures: int = 0
    attention: str | None = None
    audit_length: int = 0
    audit_head: str = ""
    search: str = ""
    unsealed_at: datetime | None = None
    """Since when the audit chain has links that no checkpoint has sealed yet."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What the procedure has learnt, in order; append-only. `kind` is step, open, outcome or back."""

    case: str
    n: int
    round: int
    rule: str
    key: str
    kind: str
    value: Json
    at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """Something a case waits for: an approval, a form task, documents or an instant (`kind`)."""

    id: str
    case: str
    kind: str
    rule: str
    name: str
    title: str
    key: str
    round: int
    status: str
    opened_at: datetime
    revision: int = 1
    due_at: datetime | None = None
    remind_at: datetime | None = None
    reminders: Json = field(default_factory=list)
    """Later instants to remind at, ISO strings in order, after `remind_at` is used up."""
    reminded_at: datetime | None = None
    escalate_at: datetime | None = None
    escalated_at: datetime | None = None
    lapse_at: datetime | None = None
    on_silence: str = "keep_waiting"
    shows: Json = field(default_factory=dict)
    fingerprint: str = ""
    closed_at: datetime | None = None
    outcome: Json = None


@dataclass(frozen=True, slots=True)
class Assignee:
    """One person asked by a request; the link token itself is never stored, only its SHA-256."""

    request: str
    person: str
    case: str
    name: str
    role: str
    language: str
    nonce: str
    token_hash: str
    asked_at: datetime
    """Since when they are asked; anew when it comes to them again."""
    deputy_for: str | None = None
    is_outside: bool = False
    """True for a person who is not of the company, such as a supplier's contact."""
    is_active: bool = True
    """False once the request is closed; keeps the inbox a plain index look-up."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer to a request, effective or not; append-only."""

    request: str
    n: int
    case: str
    decision: str
    by: str
    channel: str
    effective: bool
    at: datetime
    on_behalf_of: str | None = None
    comment: str = ""
    answer: Json = None
    """The validated form answer of a task; for a send-back `{"to": rule}`."""
    evidence: str | None = None
    """Id of the inbound mail, or the operating-system account for channel `cli`."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file handed in for a documents request; `problem` says why it was not taken, else None."""

    request: str
    n: int
    case: str
    kind: str
    filename: str
    media_type: str
    size: int
    sha256: str
    received_at: datetime
    by: str
    channel: str
    problem: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One link of a case's audit chain; rows cannot be changed or deleted. No personal data beyond ids (G-7)."""

    case: str
    n: int
    at: datetime
    event: str
    actor: str
    data: Json
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Heads of audit chains under a signature; each names the hash of the one before. Never changed or deleted."""

    n: int
    at: datetime
    heads: Json
    """[[case, length of its chain, hash of its last link], ...] of the cases that have changed, by code."""
    previous: str
    public_key: str
    """Ed25519, hexadecimal; whoever has got it by another way knows whose signature this is."""
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class Link:
    """Two cases that belong together."""

    case: str
    other: str
    relation: str


@dataclass(frozen=True, slots=True)
class Booking:
    """A case to be opened later; `key` makes it unique."""

    key: str
    case: str
    """Which has booked it; of a supplier that was imported, its code."""
    process: str
    relation: str
    due_at: datetime
    input: Json
    opened: str | None = None
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class CaseClock:
    """A time limit towards somebody outside, in clock hours, that stands while a question to them is out (CP-14)."""

    key: str
    case: str
    name: str
    rule: str
    round: int
    begun_at: datetime
    hours: int
    due_at: datetime
    """When it is over, as far as is known: later by every pause."""
    status: str = "running"
    """running, stopped, or over with its round or case: superseded, withdrawn"""
    next_at: datetime | None = None
    """When it is looked at next; None once nothing more comes of it."""
    contact: Json = None
    """Who gets the holding letter: {"name", "email", "language"}."""
    warned_at: datetime | None = None
    late_at: datetime | None = None
    stopped_at: datetime | None = None
    paused_seconds: int = 0
    """For how long it had stood, when it was last looked at."""


ENDING: Final = "ending"
"""The row that says why a case ended: `reason` (a label), `comment`, and `by`, whose answer it followed."""


@dataclass(frozen=True, slots=True)
class BusinessRow:
    """Something a procedure wrote for `rows` of a case: register entries, announcements, archive lists."""

    case: str
    name: str
    round: int
    value: Json
    at: datetime
