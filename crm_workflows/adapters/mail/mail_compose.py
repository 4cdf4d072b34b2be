"""Composes the bytes of a mail from what was rendered. It must not render, send, or depend on anything but its input.

The same input gives the same bytes (boundaries derive from the id, the date is handed in), so that every copy of a mail
is identical and a receiver can drop the second one.
"""

import email
import hashlib
import re
from base64 import encodebytes
from collections.abc import Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from quopri import encodestring
from typing import Final, cast
from urllib.parse import quote

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.messages import DIGEST, SURVEY
from crm_workflows.domain.records import Message
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.mail_out.outbox_ports import Attachment, Rendered

LOCAL_PART: Final = "approvals"
MASKED: Final = "*"
_MESSAGE_ID: Final = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,100}")
# 7bit: relays that know no 8BITMIME would re-encode, and the copies would differ. Never refold: a masked mail keeps its
# lines. Identifiers are set raw, because Python 3.11 turns long ones into encoded words, which breaks threading.
_POLICY: Final = SMTP.clone(cte_type="7bit", refold_source="none")


class Composer:
    """Implements the port `MailComposer`."""

    def __init__(self, mail_from: str, reply_domain: str, *, plain_reply_to: bool = False) -> None:
        """`mail_from` is an address or `Name <address>`, whose name goes before that of the company. `plain_reply_to`
        is for providers that drop plus addresses: answers go to `mail_from`, the Message-ID alone carries the secret.

        Raises InvalidInput for an unusable sender.
        """
        name, address = parseaddr(mail_from)
        self._from = Address(name, addr_spec=ascii_address(address))
        self._reply_domain = reply_domain
        self._plain_reply_to = plain_reply_to

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
        """See the port. Raises InvalidInput when `to` is not a mail address."""
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = Address(self._from.display_name or rendered.sender, addr_spec=self._from.addr_spec)
        self._address(mail, message, secret if is_answerable else None, to)
        _identify(mail, message, secret, self._reply_domain, at)
        if message.template == DIGEST:
            self._ending(mail, secret, rendered.stop)
        mail["Subject"] = rendered.subject
        mail.set_content(rendered.text, cte=_encoding_for(rendered.text))
        mail.add_alternative(rendered.html, subtype="html", cte=_encoding_for(rendered.html))
        shown = [one for one in attachments if f'src="cid:{one.filename}"' in rendered.html]
        for attachment in shown:
            _show(cast(EmailMessage, mail.get_body(("html",))), attachment)
        for attachment in (one for one in attachments if one not in shown):
            _attach(mail, attachment)
        for n, part in enumerate(part for part in mail.walk() if part.is_multipart()):
            part.set_boundary(f"=_crmw_{hashlib.sha256(message.id.encode()).hexdigest()[:24]}_{n}")
        return mail.as_bytes()

    def mask(self, content: bytes, secret: str) -> bytes:
        """See the port; the mask is as long as the secret."""
        mail = email.message_from_bytes(content, policy=_POLICY)
        hidden = MASKED * len(secret)
        for name, value in list(mail.raw_items()):
            if secret in value:
                del mail[name]
                mail.set_raw(name, value.replace(secret, hidden))
        for part in mail.walk():
            if part.get_content_maintype() == "text" and not part.is_attachment():
                _mask_part(part, secret, hidden)
        return mail.as_bytes()

    def _ending(self, mail: EmailMessage, secret: str, address: str) -> None:
        """How a mail program ends mails of this kind: by one click where links are sent (RFC 8058), or by a mail."""
        ways = [f"<{address}>"] if address else []
        if not self._plain_reply_to:
            ways.append(f"<mailto:{LOCAL_PART}+{secret}@{self._reply_domain}?subject=unsubscribe&body=unsubscribe>")
        if ways:
            mail.set_raw("List-Unsubscribe", ",\r\n ".join(ways))
        if address:
            mail.set_raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")

    def _address(self, mail: EmailMessage, message: Message, secret: str | None, to: str) -> None:
        name = "" if to != message.recipient else " ".join(str(message.context.get("to_name", "")).split())
        mail["To"] = Address(name, addr_spec=ascii_address(to))
        if to != message.recipient:
            mail["X-CRM-Original-To"] = ascii_address(message.recipient)
        if message.template == SURVEY:
            # A survey is answered by its link; what somebody writes is read by the person whom the mail names.
            mail.set_raw("Reply-To", ascii_address(str(message.context["manager_email"])))
            return
        plus = f"{LOCAL_PART}+{secret}" if secret else LOCAL_PART
        mail.set_raw("Reply-To", str(self._from.addr_spec) if self._plain_reply_to else f"{plus}@{self._reply_domain}")


def ascii_address(address: str) -> str:
    """The address as it travels: local part in ASCII, an international domain in its ASCII form.

    Raises InvalidInput where there is no such form (RFC 5321; SMTPUTF8 is not used, as few servers pass it on).
    """
    local, _, domain = address.strip().rpartition("@")
    try:
        if not (local and domain and local.isascii() and local.isprintable() and len(local) <= 64):
            raise ValueError(address)
        known = Address(addr_spec=f"{local}@{domain.encode('idna').decode('ascii')}")
    except (ValueError, IndexError, MessageError) as error:
        raise InvalidInput(
            bilingual(
                f"“{address}”不是可以投递的邮件地址：请改正后重发",
                f"{address!r} is not an address that mail can be sent to: correct it and send again",
            )
        ) from error
    return known.addr_spec


def _identify(mail: EmailMessage, message: Message, secret: str, reply_domain: str, at: datetime) -> None:
    """References lead to a root that is the same for the whole case, so that mail programs show one conversation."""
    answered = _message_id(message.in_reply_to)
    root = f"<{message.case}@{reply_domain}>"
    mail.set_raw("Date", format_datetime(at))
    mail.set_raw("Message-ID", message.message_id.replace("*", secret))
    mail.set_raw("References", f"{root}\r\n {answered}" if answered else root)
    if answered:
        mail.set_raw("In-Reply-To", answered)
    mail.set_raw("Auto-Submitted", "auto-generated")
    mail.set_raw("X-Auto-Response-Suppress", "OOF, AutoReply")
    if message.context.get("case", {}).get("case"):
        mail.set_raw("X-CRM-Case", message.case)
    if message.request and message.template != SURVEY:
        mail.set_raw("X-CRM-Request", message.request)


def _message_id(text: str | None) -> str | None:
    """A foreign Message-ID, only if it is one: it becomes a header line of ours."""
    if not text:
        return None
    bare = text.strip()
    candidate = bare if bare.startswith("<") else f"<{bare}>"
    return candidate if _MESSAGE_ID.fullmatch(candidate) else None


def _encoding_for(text: str) -> str:
    """Quoted-printable stays readable in the raw mail; for Chinese text base64 is half as long."""
    foreign = sum(not character.isascii() for character in text)
    return "quoted-printable" if foreign * 6 < len(text) else "base64"


def _show(html: EmailMessage, picture: Attachment) -> None:
    """A picture that stands in the HTML part itself, under its file name (RFC 2392)."""
    main, _, sub = picture.media_type.partition("/")
    html.add_related(picture.content, maintype=main, subtype=sub, cte="base64")
    part = cast(list[EmailMessage], html.get_payload())[-1]
    del part["Content-Disposition"]
    part.set_raw("Content-Disposition", f"inline;\r\n {_filename(picture.filename)}")
    part.set_raw("Content-ID", f"<{picture.filename}>")


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    media_type = attachment.media_type.lower()
    if not _MEDIA_TYPE.fullmatch(media_type) or media_type.startswith(("multipart/", "message/")):
        media_type = "application/octet-stream"
    main, _, sub = media_type.partition("/")
    mail.add_attachment(attachment.content, maintype=main, subtype=sub, cte="base64")
    part = list(mail.iter_attachments())[-1]
    del part["Content-Disposition"]
    part.set_raw("Content-Disposition", f"attachment;\r\n {_filename(attachment.filename)}")


def _filename(name: str) -> str:
    """One RFC 2231 parameter on one line: some mail programs do not join the pieces that the library writes."""
    shown = "".join(c for c in " ".join(name.split()) if c.isprintable() and c not in '"\\/')
    stem, dot, ending = shown.rpartition(".")
    shown = f"{stem[:80]}.{ending[:10]}" if dot else shown[:80]
    return f'filename="{shown or "file"}"' if shown.isascii() else f"filename*=utf-8''{quote(shown, safe='')}"


def _mask_part(part: EmailMessage, secret: str, hidden: str) -> None:
    body = cast(bytes, part.get_payload(decode=True))
    if secret.encode() not in body:
        return
    masked = body.replace(secret.encode(), hidden.encode())
    is_base64 = part["Content-Transfer-Encoding"] == "base64"
    encoded = encodebytes(masked) if is_base64 else encodestring(masked)
    part.set_payload(encoded.decode("ascii"))
