"""Where a person looks after mails: which were given up, and sending one again. It must not send by itself."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from crm_workflows.domain.errors import InvalidInput, NotFound
from crm_workflows.domain.records import Message
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.mail_out import addresses
from crm_workflows.engine.ports import Reader, Transaction


@dataclass(frozen=True, slots=True)
class DeadMail:
    """A mail that was given up (`crmw mail dead`); `why` is a label, `at` when it was queued."""

    id: str
    case: str
    template: str
    to: str
    why: str
    at: datetime


def dead(reader: Reader) -> list[DeadMail]:
    """The mails that were given up, oldest first."""
    found = reader.find(Message, status="failed", order="queued_at")
    return [DeadMail(m.id, m.case, m.template, m.recipient, m.error or "", m.queued_at) for m in found]


def resend(tx: Transaction, mail: str, at: datetime, to: str | None = None) -> Message:
    """Queue a mail again, rendered anew, to another address if given; returns the row that will be sent.

    One that failed or waits is queued as it is; of one that was sent a new mail is made, since its bytes may not be
    sent twice with other content. Raises NotFound, or InvalidInput for a bad address or a mail that is under way.
    """
    message = tx.get(Message, mail)
    if message is None:
        raise NotFound(bilingual(f"没有编号为 {mail} 的邮件", f"there is no mail {mail}; see crmw mail dead"))
    if to is not None and not re.fullmatch(r"[^@\s<>,]+@[^@\s<>,]+", to):
        raise InvalidInput(bilingual(f"“{to}”不是邮件地址", f"{to!r} is not a mail address"))
    if message.status in ("sending", "uncertain"):
        raise InvalidInput(
            bilingual(f"邮件 {mail} 正在发送或重试中，无需重发", f"mail {mail} is under way and sent again by itself")
        )
    addresses.alive(tx, to or message.recipient)
    again = _again(tx, message) if message.status == "sent" else message
    fresh: dict[str, Any] = {
        "status": "queued", "recipient": to or message.recipient, "next_at": at, "attempts": 0,
        "error": None, "content": None, "claimed_until": None,
    }  # fmt: skip
    tx.update(Message, (again.id,), **fresh)
    return replace(again, **fresh)


def _again(tx: Transaction, message: Message) -> Message:
    n = tx.next_number(f"mail again/{message.id}") + 1
    new = f"{message.id}-{n}"
    copy = replace(
        message,
        id=new,
        message_id=message.message_id.replace(f".{message.id}@", f".{new}@"),
        status="queued",
        content=None,
        sent_at=None,
    )
    tx.insert(copy)
    return copy
