"""What the outbox needs from the outside: rendering, composing, one attempt at delivery. It must not hold behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crm_workflows.domain.records import Message


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail for reading: the same content as plain text and as HTML; `sender` is our name in the reader's language.

    `stop` is the address that ends mails of this kind (RFC 8058), where they can be ended and links are sent.
    """

    subject: str
    text: str
    html: str
    sender: str = ""
    stop: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with the mail."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """The server has taken the mail; `text` is its last reply."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class RecipientRefused:
    """The server will never take mail for this address (5xx to RCPT)."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """The server will never take this mail (5xx to its data, or larger than it announces to take)."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class ServerTrouble:
    """The mail has certainly not been taken, and trying again can help; `code` is 0 where the server gave none."""

    code: int
    text: str
    only_this_mail: bool = False
    """True for a 4xx to this recipient or these data: the next mail may well pass."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The connection was lost after the last byte had been handed over: taken or not, nobody knows."""

    text: str


Outcome = Sent | RecipientRefused | MessageRefused | ServerTrouble | Ambiguous


class Transport(Protocol):
    """The way out. Belongs to one thread."""

    def deliver(self, recipient: str, content: bytes) -> Outcome:
        """Make exactly one attempt; whatever the server or the network does is an Outcome, never an exception."""
        ...

    def close(self) -> None:
        """End the connection politely, if there is one."""
        ...


class SentCopies(Protocol):
    """Where the mail server keeps a copy of what it has taken from us, such as a Sent folder."""

    def holds(self, message_id: str) -> bool:
        """Whether a mail of this Message-ID is there; raises MailTrouble."""
        ...


class MailRenderer(Protocol):
    """Turns an outbox row into something to read."""

    def render(self, message: Message, *, token: str | None, links: bool) -> Rendered:
        """`token` is the secret of the answering link, None where the reader has nothing to answer.

        Raises AuthorMistake when template or context is wrong.
        """
        ...

    def template_hash(self, name: str) -> str:
        """Identifies the wording of that message: changes when any file that it is rendered from changes."""
        ...


class MailComposer(Protocol):
    """Turns something to read into the bytes that travel."""

    def compose(
        self,
        message: Message,
        rendered: Rendered,
        attachments: Sequence[Attachment],
        *,
        secret: str,
        is_answerable: bool,
        at: datetime,
        to: str,
    ) -> bytes:
        """The same input gives the same bytes. `to` differs from the row's recipient where mail is redirected."""
        ...

    def mask(self, content: bytes, secret: str) -> bytes:
        """The mail for the archive: the secret made unreadable wherever it stood, all else as sent."""
        ...
