"""Reports that a mail of ours was not delivered (RFC 3464): the mail fails as if it had been refused at once.

Only a report that names our mail by its secret Message-ID and its recipient counts, so that nobody can invent one. It
must not send anything again: the case's owner and the admins hear of it and put the address right.
"""

import re
from collections.abc import Iterator
from typing import Final

from crm_workflows.domain.mail.incoming import Bounce, IncomingMail
from crm_workflows.domain.records import Message
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import addresses, outbox_notices
from crm_workflows.engine.mail_out.outbox_secrets import was_sent_as
from crm_workflows.engine.ports import Transaction

_OURS: Final = re.compile(r"<crmw\.[^.@<>\s]{1,128}\.([^@<>\s]{1,80})@[^@<>\s]+>")
_CAUSES: Final = (
    ("5.1.", "对方没有这个地址", "there is no such address"),
    ("5.2.1", "对方邮箱已停用", "the mailbox is closed"),
    ("5.2.2", "对方邮箱已满", "the mailbox is full"),
    ("5.2.3", "邮件对其邮箱而言过大", "the mail is too large for the mailbox"),
    ("5.3.4", "邮件对其服务器而言过大", "the mail is too large for the server"),
    ("5.7.", "对方服务器按其规则拒收", "the server's rules refuse it"),
    ("4.", "多次尝试仍未送达", "it could not be delivered in time"),
    ("", "没有送达", "it was not delivered"),
)
"""By the beginning of the enhanced status code (RFC 3463), the first that fits."""


class NotYet(Exception):
    """The mail is still being handed over; the report counts once that has ended."""


def take(engine: Engine, tx: Transaction, mail: IncomingMail) -> Message | None:
    """Let the mail fail that a report is about, and tell people; returns it, or None where the report changes nothing.

    Raises NotYet.
    """
    bounce = mail.bounce
    if bounce is None or bounce.action != "failed":
        return None
    message = _returned(engine, tx, (bounce.message_id, mail.in_reply_to, *mail.references), bounce)
    if message is None:
        return None
    if message.status == "sending":
        raise NotYet
    why, now = _why(bounce.status), engine.clock.now()
    if not tx.update(Message, (message.id,), {"status": "sent"}, status="failed", error=why):
        return None
    outbox_notices.queue_failed(tx, engine.staff, message, why, now)
    if addresses.is_nobody_there(bounce.status):
        addresses.mark(tx, message, why, now)
    return message


def _returned(engine: Engine, tx: Transaction, named: tuple[str, ...], bounce: Bounce) -> Message | None:
    """The mail of ours that the report names. What names another recipient is about a copy that somebody passed on."""
    for message_id, identity in _candidates(named):
        message = tx.get(Message, identity)
        if message is None or not was_sent_as(tx, engine.secrets, message, message_id):
            continue
        if not bounce.recipients or message.recipient.lower() in {one.lower() for one in bounce.recipients}:
            return message
    return None


def _candidates(named: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for message_id in named:
        if identity := sent_as(message_id):
            yield message_id, identity


def sent_as(message_id: str) -> str | None:
    """Which mail of ours has this Message-ID, if it is of our kind; whether it is the true one is not looked at."""
    ours = _OURS.fullmatch(message_id)
    return ours[1] if ours else None


def _why(status: str) -> str:
    zh, en = next((zh, en) for start, zh, en in _CAUSES if status.startswith(start))
    code = (f"（{status}）", f" ({status})") if status else ("", "")
    return bilingual(f"邮件被退回：{zh}{code[0]}", f"the mail came back: {en}{code[1]}")
