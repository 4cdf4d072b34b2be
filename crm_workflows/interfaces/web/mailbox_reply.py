"""Writes what a mail program would send: a reply with quoted text and In-Reply-To, or a new mail. It must not send."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Final

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.requests.files import File

NO_SENDER: Final = bilingual(
    "发件人请写成 wang.min@kehu.example 或 王敏 <wang.min@kehu.example>",
    "write the sender as wang.min@kehu.example or Wang Min <wang.min@kehu.example>",
)


@dataclass(frozen=True)
class Written:
    """A mail ready to be handed to a server."""

    sender: str
    recipient: str
    content: bytes


def reply_to(message: EmailMessage, text: str, files: Sequence[File], at: datetime) -> Written:
    """The recipient's answer to `message`; InvalidInput for a mail without a usable recipient."""
    name, sender = parseaddr(str(message["X-CRM-Original-To"] or message["To"] or ""))
    _, recipient = parseaddr(str(message["Reply-To"] or message["From"] or ""))
    if "@" not in sender or "@" not in recipient:
        raise InvalidInput(
            bilingual("这封邮件没有可以答复的地址", "this mail has no address that an answer could go to")
        )
    subject = " ".join(str(message["Subject"] or "").split())
    subject = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    mail = _begun(Address(name, addr_spec=sender), recipient, subject, at)
    # Set raw, because Python 3.11 turns long identifiers into encoded words, which breaks threading.
    answered = str(message["Message-ID"] or "").strip()
    if answered:
        mail.set_raw("In-Reply-To", answered)
        mail.set_raw(
            "References", " ".join([*str(message["References"] or "").split(), answered]).replace(" ", "\r\n ")
        )
    mail.set_content(f"{text}\n\n{_quoted(message)}", cte="base64")
    for file in files:
        _attach(mail, file)
    return Written(sender, recipient, mail.as_bytes())


def new_mail(sender: str, recipient: str, subject: str, text: str, files: Sequence[File], at: datetime) -> Written:
    """A mail that answers none; InvalidInput for a sender that is no address."""
    name, address = parseaddr(sender)
    try:
        who = Address(name, addr_spec=address)
        is_one = "@" in address and bool(who.domain) and address.isascii()
    except (HeaderParseError, ValueError, IndexError):
        is_one = False
    if not is_one:
        raise InvalidInput(NO_SENDER)
    mail = _begun(who, recipient, " ".join(subject.split()), at)
    mail.set_content(f"{text}\n", cte="base64")
    for file in files:
        _attach(mail, file)
    return Written(address, recipient, mail.as_bytes())


def _begun(sender: Address, recipient: str, subject: str, at: datetime) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = make_msgid(domain=sender.domain)
    return mail


def _quoted(message: EmailMessage) -> str:
    """The mail that is answered, as mail programs quote it."""
    body = message.get_body(("plain",))
    payload = body.get_payload(decode=True) if body is not None else b""
    text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    head = f"On {message['Date'] or ''}, {parseaddr(str(message['From'] or ''))[1]} wrote:"
    return "\n".join([head, *(f"> {line}" for line in text.splitlines())])


def _attach(mail: EmailMessage, file: File) -> None:
    main, _, sub = file.media_type.partition("/")
    if not main.isalnum() or not sub or main in ("multipart", "message"):
        main, sub = "application", "octet-stream"
    mail.add_attachment(file.content, maintype=main, subtype=sub, filename=file.filename)
