"""Keeps apart what came in and could not be read or applied, until an admin lets it try again. It must not answer it.

Nothing is lost: the bytes stay as they came, the admins hear of it (`mail_watch`), and the mails after it are taken in.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from crm_workflows.domain.errors import InvalidInput, NotFound
from crm_workflows.domain.mail.incoming import IncomingMail, UnreadableMail
from crm_workflows.domain.mail.parse import read_message
from crm_workflows.domain.records import Blob, InboundMail
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in import mail_watch
from crm_workflows.engine.ports import Reader, Transaction

log = logging.getLogger(__name__)
MOST_TRIES: Final = 3
STUMBLED: Final = bilingual("处理时出错，已搁置，请管理员查看", "an error occurred; set aside for an admin to look at")

BY_MACHINE: Final = bilingual("邮件由系统自动发出", "the mail was sent by a machine")
BY_HAND: Final = "released_by_hand"
"""Beside a machine's mail: who has released it."""
HELD: Final = ("unreadable", "automatic")
"""What can be released: set aside, or passed over as a machine's."""


def read(engine: Engine, raw: bytes, known: Mapping[str, Any]) -> IncomingMail:
    """What a mail says; UnreadableMail for whatever cannot be read, also where our own reader is at fault.

    `known` is kept beside it until it is applied. One that a person released although a machine sent it has nobody's
    address: nothing is decided by it, or sent to it.
    """
    try:
        mail = engine.apart(read_message, raw, known.get("envelope_sender"))
        return replace(mail, is_automatic=False, sender=None, sender_problem=BY_MACHINE) if BY_HAND in known else mail
    except UnreadableMail:
        raise
    except Exception as error:
        log.exception("the reader of mails stumbled", extra={"error": type(error).__name__})
        raise UnreadableMail(STUMBLED) from error


def failed(engine: Engine, row: InboundMail) -> None:
    """Count an unexpected error while a mail was applied; after the last try it is held."""
    if row.attempts + 1 >= MOST_TRIES:
        hold(engine, row, STUMBLED)
        return
    with engine.store.write() as tx:
        tx.update(InboundMail, (row.id,), {"status": "new"}, attempts=row.attempts + 1)


def hold(engine: Engine, row: InboundMail, why: str) -> None:
    """Leave a mail to an admin; only while it is new, as another process may have applied it meanwhile."""
    with engine.store.write() as tx:
        if tx.update(InboundMail, (row.id,), {"status": "new"}, status="unreadable", why=why, attempts=MOST_TRIES):
            mail_watch.set_aside(engine, tx, replace(row, why=why), why)


def release(tx: Transaction, identity: str, by: str) -> InboundMail:
    """Let a held mail try again: after an update, or where the machine had too much to do.

    A machine's mail is then taken as the words of somebody without an address, on the word of `by`. Raises NotFound,
    and InvalidInput where it is not held or was never fetched.
    """
    row, _ = kept(tx, identity)
    known = (row.reading or {}) | ({BY_HAND: by} if row.status == "automatic" else {})
    anew = {"status": "new", "why": "", "attempts": 0, "reading": known or None}
    if row.status not in HELD or not tx.update(InboundMail, (identity,), {"status": row.status}, **anew):
        zh = f"邮件 {identity} 没有被搁置，无须放行"
        raise InvalidInput(bilingual(zh, f"mail {identity} is not set aside and needs no release"))
    log.warning("a mail that was set aside was released", extra={"mail": identity, "by": by})
    return replace(row, status="new", why="", attempts=0, reading=known or None)


def released_by(row: InboundMail) -> str:
    """Who has released a machine's mail; empty for every other."""
    return str((row.reading or {}).get(BY_HAND, ""))


def kept(reader: Reader, identity: str) -> tuple[InboundMail, bytes]:
    """A mail that came in, with its bytes; NotFound, and InvalidInput where they are not here."""
    row = reader.get(InboundMail, identity)
    if row is None:
        raise NotFound(bilingual(f"没有收到过邮件 {identity}，请核对编号", f"no mail {identity} came in; check the id"))
    blob = reader.get(Blob, row.sha256)
    if row.erased_at is not None:
        zh = f"邮件 {identity} 的原文已按保存期限删除"
        raise InvalidInput(bilingual(zh, f"the bytes of mail {identity} were erased when their time was over"))
    if blob is None:
        zh = f"邮件 {identity} 过大，没有收取，请在邮箱中查看"
        raise InvalidInput(bilingual(zh, f"mail {identity} was too large to be fetched; see it in the mailbox"))
    return row, blob.content
