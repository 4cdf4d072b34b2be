"""Reads the bytes of a mail into an IncomingMail, within limits and without raising on anything malformed.

It must not decide what an answer means, look anything up or trust what the mail claims.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from crm_workflows.domain.mail.attachments import read_files
from crm_workflows.domain.mail.automatic import is_sent_on, why_automatic
from crm_workflows.domain.mail.body import read_body
from crm_workflows.domain.mail.bounce import read_bounce
from crm_workflows.domain.mail.decoding import bytes_as_text
from crm_workflows.domain.mail.incoming import Bounce, IncomingFile, IncomingMail, UnreadableMail
from crm_workflows.domain.mail.parts import Part, parse_parts
from crm_workflows.domain.mail.sender import addresses_in, read_sender

__all__ = ["LARGEST", "Bounce", "IncomingFile", "IncomingMail", "UnreadableMail", "read_message"]

LARGEST: Final = 30_000_000  # bytes
_RECIPIENTS: Final = ("to", "cc", "delivered-to", "x-original-to")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_PLUS_SECRET = re.compile(r"^approvals\+([A-Za-z0-9_-]{8,128})@", re.IGNORECASE)
_ID_SECRET = re.compile(r"^<crmw\.([A-Za-z0-9_-]{8,128})\.[^@<>]{1,200}@")


def read_message(raw: bytes, envelope_sender: str | None = None) -> IncomingMail:
    """What the mail in `raw` says; raises UnreadableMail beyond the limits of `parts` or LARGEST.

    `envelope_sender` is the sender of the SMTP dialogue where known; empty is the null return path of automatic mail.
    """
    if len(raw) > LARGEST:
        raise UnreadableMail("邮件太大，没有读取 / The mail is too large and was not read")
    root = parse_parts(raw)
    sender = read_sender(root.raw_headers("from"))
    text = read_body(root)
    why = why_automatic(root, envelope_sender)
    recipients = addresses_in([value for name in _RECIPIENTS for value in root.raw_headers(name)])
    in_reply_to = _ids(root, "in-reply-to")
    references = _ids(root, "references")
    return IncomingMail(
        message_id=next(iter(_ids(root, "message-id")), ""),
        in_reply_to=in_reply_to[0] if in_reply_to else "",
        references=references,
        subject=root.header("subject"),
        sender=sender.address,
        sender_name=sender.name,
        sender_problem=sender.problem,
        recipients=recipients,
        secrets=_secrets(recipients, (*in_reply_to, *reversed(references))),
        date=_date(root),
        is_automatic=bool(why),
        why_automatic=why,
        is_sent_on=bool(why) and is_sent_on(root, envelope_sender),
        bounce=read_bounce(root, text) if why else None,
        text=text,
        attachments=read_files(root),
        authentication_results=next(map(bytes_as_text, root.raw_headers("authentication-results")), ""),
    )


def _ids(root: Part, name: str) -> tuple[str, ...]:
    values = (re.sub(r"[\r\n]+[ \t]*", " ", bytes_as_text(value)) for value in root.raw_headers(name))
    return tuple(dict.fromkeys(found for value in values for found in _MESSAGE_ID.findall(value)))


def _secrets(recipients: tuple[str, ...], answered: tuple[str, ...]) -> tuple[str, ...]:
    """Secrets of the reply address first, then of the answered mail, then of the conversation, newest first."""
    found = [match for address in recipients for match in _PLUS_SECRET.findall(address)]
    found += [match for message_id in answered for match in _ID_SECRET.findall(message_id)]
    return tuple(dict.fromkeys(found))


def _date(root: Part) -> datetime | None:
    """The Date header; one without a zone is taken as UTC (RFC 5322 §3.3: "-0000")."""
    try:
        stated = parsedate_to_datetime(root.header("date"))
        return (stated if stated.tzinfo else stated.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
