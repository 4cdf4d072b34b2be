"""Mails that somebody wrote, or in which they stand, and how those that belong to no case are emptied (G-7).

It must not touch the mails of a case: `erasing` does, with all else of it.
"""

from dataclasses import replace
from typing import Any, Final

from crm_workflows.domain.erasing import Traces
from crm_workflows.domain.mail.incoming import UnreadableMail
from crm_workflows.domain.records import KEYS, Blob, Document, InboundMail, MailboxMail
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in import quarantine
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.record.erasing_found import (
    OF_A_CASE,
    Found,
    caseless,
    is_over,
    rows_by_code,
    without,
)
from crm_workflows.engine.record.retention import cases_of, erase_bytes

UNREAD: Final = "new"


def naming_mails(engine: Engine, reader: Reader, code: str, found: Found) -> list[InboundMail]:
    """Mails that came in for a case and were written by the person or say their name.

    Of a colleague's name everything is full: of those only what they wrote themselves.
    """
    known = found.traces
    here = [mail for mail in reader.find(InboundMail, case=code) if mail.sha256 and mail.erased_at is None]
    return [
        mail
        for mail in here
        if mail.sender.lower() in known.addresses or (not found.staff and _names_in_mail(engine, reader, mail, known))
    ]


def _caseless_over(reader: Reader, known: Traces) -> list[InboundMail]:
    """Mails of theirs that belong to no case, or answer a digest whose cases are all over; none that is yet unread."""
    return [
        mail
        for mail in caseless(reader, known)
        if mail.status != UNREAD and all(is_over(reader, row) for row in rows_by_code(reader, cases_of(reader, mail)))
    ]


def _names_in_mail(engine: Engine, reader: Reader, mail: InboundMail | MailboxMail, known: Traces) -> bool:
    """Whether the text of a mail names them; True for one that cannot be read."""
    blob, kept = reader.get(Blob, mail.sha256), mail.reading if isinstance(mail, InboundMail) else None
    try:
        read = quarantine.read(engine, blob.content, kept or {}) if blob else None
    except UnreadableMail:
        return True
    texts = (read.subject, read.text, read.sender_name, *read.recipients) if read else ()
    return any(known.are_in(text) for text in texts)


def out_of_caseless_mails(engine: Engine, found: Found) -> None:
    """What they wrote to no case, or by a digest; of this the cases that it answered have it on record."""
    with engine.store.read() as reader:
        mails = _caseless_over(reader, found.traces)
        papers = {mail.id for mail in mails if reader.count(Document, sha256=mail.sha256)}
    for mail in mails:
        if mail.sha256 and mail.id not in papers:
            erase_bytes(engine, mail)
        clean = {} if found.staff else without(mail, OF_A_CASE[InboundMail], found.traces)
        if clean:
            with engine.store.write() as tx:
                tx.update(InboundMail, (mail.id,), **clean)


def out_of_mailbox(engine: Engine, found: Found) -> None:
    """Mails of the local mailbox that went to them or came from them, or name them in a case that is over."""
    columns, known = ("sender", "recipients", "subject"), found.traces
    with engine.store.read() as reader:
        told = [
            (mail, clean)
            for mail in reader.find(MailboxMail)
            if (clean := without(mail, columns, known)) or _names_in_case(engine, reader, mail, found)
        ]
    with engine.store.write() as tx:
        for mail, clean in told:
            if not tx.count(Document, sha256=mail.sha256):
                tx.update(Blob, (mail.sha256,), content=b"")
            if clean:
                put_clean(tx, mail, clean)


def _names_in_case(engine: Engine, reader: Reader, mail: MailboxMail, found: Found) -> bool:
    is_of_case = any(code in mail.subject for code in found.cases)
    return is_of_case and _names_in_mail(engine, reader, mail, found.traces)


def put_clean(tx: Transaction, row: Any, clean: dict[str, Any]) -> None:
    """Put the clean row in the place of the other; a key that names somebody makes it another row."""
    record = type(row)
    key = [getattr(row, name) for name in KEYS[record]]
    if set(clean) & set(KEYS[record]):
        tx.remove(record, *key)
        tx.put(replace(row, **clean))
    else:
        tx.update(record, tuple(key), **clean)
