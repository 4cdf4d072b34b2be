"""What is kept of mails, out and in. They must not hold behaviour."""

from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from crm_workflows.domain.records.json import Json

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from crm_workflows.domain.records.quick import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One mail in the outbox. `content` holds the exact bytes from `sending` on; secrets masked in a final state."""

    id: str
    case: str
    template: str
    recipient: str
    language: str
    context: Json
    status: str
    message_id: str
    queued_at: datetime
    next_at: datetime | None
    """When the sender may take it; None in a final state."""
    request: str | None = None
    subject: str = ""
    in_reply_to: str | None = None
    attachments: Json = field(default_factory=list)
    """[{"sha256", "filename", "media_type"}]"""
    template_hash: str = ""
    attempts: int = 0
    error: str | None = None
    sent_at: datetime | None = None
    content: bytes | None = None
    claimed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class InboundMail:
    """One received mail, stored before it is read; `id` hashes Message-ID, sender and body: copies are one row."""

    id: str
    mailbox: str
    message_id: str
    sender: str
    subject: str
    received_at: datetime
    size: int
    sha256: str
    status: str
    """new, applied, receipt, unclear, refused, automatic, duplicate, unreadable"""
    recipients: Json = field(default_factory=list)
    reading: Json = None
    why: str = ""
    case: str | None = None
    request: str | None = None
    attempts: int = 0
    authentication: Json = None
    """What was known of the sender (`domain.mail.authentication`), once it was looked at."""
    erased_at: datetime | None = None
    """When its bytes were erased by the policy (G-7); the hash stays."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What waited for one person on one morning, by the numbers of the mail; never changed. `id` names day and person.

    Without items nothing waited, and no mail was sent.
    """

    id: str
    person: str
    day: str
    """ISO date on the person's own calendar."""
    made_at: datetime
    items: Json
    """[{"request", "person" as asked, "shown" (what was shown), "held" (a label: why no word decides it)}]"""
    nonce: str = ""
    token_hash: str | None = None


@dataclass(frozen=True, slots=True)
class MailboxMail:
    """One mail as the loopback mail server of the local default took it, for `/mailbox`; a copy is a row of its own."""

    id: str
    """Counts up, with leading zeros, so that the order of ids is the order of arrival."""
    at: datetime
    sender: str
    recipients: Json
    subject: str
    message_id: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ReturnedAddress:
    """An address, in lower case, from which mail came back because nobody takes it there."""

    address: str
    since: datetime | None
    """None once it has proved right: somebody wrote from it, or had a mail sent to it again."""
    why: str
    """A label."""
    mail: str
    """The mail that came back last."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a mailbox has been read."""

    mailbox: str
    uid_validity: int
    uid: int
