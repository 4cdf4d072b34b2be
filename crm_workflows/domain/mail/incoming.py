"""What is known about a mail that came in. It must not parse: `parse.read_message` fills these values."""

from dataclasses import dataclass
from datetime import datetime

from crm_workflows.domain.errors import Refused


class UnreadableMail(Refused):
    """The mail is beyond the limits (parts, nesting, headers) and was not read; keep its bytes for a person."""


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """An attached file; `name` is a bare file name without path, control or direction-changing characters."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery report (RFC 3464, or an older form read from its text).

    `action` is `failed`, `delayed`, `delivered`, `relayed` or `expanded`; only `failed` is final.
    `message_id` names our mail, with angle brackets, or is empty; `status` is like `5.1.1` or empty.
    """

    action: str
    recipients: tuple[str, ...]
    message_id: str
    status: str


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """One mail as far as it can be trusted to say.

    `message_id`, `in_reply_to`, `references` keep their angle brackets. `sender` is the one From address in lower
    case, or None with the cause in `sender_problem` ("中文 / English"). `recipients` (To, Cc, Delivered-To,
    X-Original-To) keep their case, as do `secrets`: candidates only, best first, to be looked up by hash. `date` is
    aware, or None when absent or unreadable. `text` is the decoded body, quotes marked by "> ", not yet cut (see
    `visible_text`).
    """

    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    subject: str
    sender: str | None
    sender_name: str
    sender_problem: str
    recipients: tuple[str, ...]
    secrets: tuple[str, ...]
    date: datetime | None
    is_automatic: bool
    why_automatic: str
    bounce: Bounce | None
    text: str
    attachments: tuple[IncomingFile, ...]
    is_sent_on: bool = False
    """Automatic, yet no answer of a machine: somebody's words may be in it, as of a form on a page or a list."""
    authentication_results: str = ""
    """The topmost Authentication-Results, as it came."""

    @property
    def is_bounce(self) -> bool:
        """True for a report about the delivery of another mail, final or not."""
        return self.bounce is not None
