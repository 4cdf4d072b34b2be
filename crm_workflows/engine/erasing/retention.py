"""Erases the bytes of mails that came in once the policy's days are over; their hashes stay on record (G-7).

What people decided, and when, by which mail, is not touched: a record without the mail still verifies, since the
erasing is on it too. It must not erase what an open case or a paper rests on, nor what nobody could read yet.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from crm_workflows.domain.audit import ERASED
from crm_workflows.domain.records import OVER, Blob, CaseRow, Digest, Document, InboundMail, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.running.ledger import Ledger

DAYS: Final = "received_mail_days"
"""The policy's key: days after the end of the case, or after a mail came in that belongs to none; without it never."""
MOST: Final = 20_000
"""Mails looked at in one night."""
UNREAD: Final = ("new", "unreadable")
"""Mails that came in and are yet to be applied, or wait for an administrator: nobody knows yet what they say."""


def due(engine: Engine) -> list[InboundMail]:
    """The mails whose bytes are to be erased now, earliest first; none where the policy keeps them for ever."""
    days = engine.staff.policy().number_or(DAYS, 0)
    if days < 1:
        return []
    until = engine.clock.now() - timedelta(days=days)
    with engine.store.read() as reader:
        found = reader.due(InboundMail, "received_at", until, limit=MOST, erased_at=None)
        # Bytes are kept once: a mail that is set aside may be those of another that was read.
        held = {mail.sha256 for mail in reader.find(InboundMail, status=list(UNREAD))}
        return [mail for mail in found if mail.sha256 and mail.sha256 not in held and _is_over(reader, mail, until)]


@carries_out("G-7")
def erase(engine: Engine) -> int:
    """Erase what is due, a mail a commit; returns how many. Again, or by two at once, does no harm."""
    return sum(erase_bytes(engine, mail) for mail in due(engine))


def erase_bytes(engine: Engine, mail: InboundMail) -> bool:
    """Empty one mail and put that on the record of its cases; False where somebody else has done so."""
    now = engine.clock.now()
    with engine.store.write() as tx:
        rows = [row for code in sorted(cases_of(tx, mail)) if (row := tx.lock_case(code)) is not None]
        if not tx.update(InboundMail, (mail.id,), {"erased_at": None}, erased_at=now):
            return False
        tx.update(Blob, (mail.sha256,), content=b"")
        for row in rows:
            ledger = Ledger(row)
            ledger.audit(ERASED, "engine", now, evidence=mail.id, sha256=mail.sha256)
            ledger.flush(tx, row)
    return True


def _is_over(reader: Reader, mail: InboundMail, until: datetime) -> bool:
    """Whether nothing rests on the mail any more: its cases ended long enough ago, and it is nobody's paper."""
    cases = [reader.get(CaseRow, code) for code in cases_of(reader, mail)]
    if any(row is None or row.status not in OVER or (row.closed_at or row.opened_at) > until for row in cases):
        return False
    return not reader.count(Document, sha256=mail.sha256)


def cases_of(reader: Reader, mail: InboundMail) -> set[str]:
    """The cases of a mail: its own, or those of the digest that it answers."""
    return {mail.case} if mail.case else set(_of_digest(reader, mail))


def _of_digest(reader: Reader, mail: InboundMail) -> Iterator[str]:
    digest = reader.get(Digest, mail.request) if mail.request else None
    for item in digest.items if digest else ():
        request = reader.get(Request, item["request"])
        if request is not None:
            yield request.case
