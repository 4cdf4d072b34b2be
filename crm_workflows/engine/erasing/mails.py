"""Mails that somebody wrote, or in which they stand, and how those that belong to no case are emptied (G-7).

It must not touch the mails of a case: `erasure` does, with all else of it.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from crm_workflows.domain.records import KEYS, Blob, Document, InboundMail, MailboxMail, Message
from crm_workflows.engine.context import Engine
from crm_workflows.engine.erasing.files import leaving, passing_on
from crm_workflows.engine.erasing.finding import FINAL, OF_A_CASE, Found, is_over, rows_by_code, without
from crm_workflows.engine.erasing.naming import caseless, named_in, texts_of, told_others
from crm_workflows.engine.erasing.noting import Order
from crm_workflows.engine.erasing.retention import cases_of, erase_bytes
from crm_workflows.engine.mail_in.bounces import sent_as
from crm_workflows.engine.mail_in.intake_refusals import CASE_CODE
from crm_workflows.engine.ports import Reader, Transaction

UNREAD: Final = "new"


def naming_mails(engine: Engine, reader: Reader, code: str, found: Found, order: Order) -> list[InboundMail]:
    """Mails that came in for a case and were written by the person, say their name or brought a file that has to go.

    Of a colleague's name everything is full: of those only what they wrote themselves.
    """
    known = found.traces
    brought = {one.evidence for one in reader.find(Document, case=code) if one.sha256 in order.files}
    here = [mail for mail in reader.find(InboundMail, case=code) if mail.sha256 and mail.erased_at is None]
    return [
        mail
        for mail in here
        if mail.sender.lower() in known.addresses
        or mail.id in brought
        or (not found.staff and named_in(engine, reader, mail, known))
    ]


def _caseless(engine: Engine, reader: Reader, found: Found, cases: Sequence[str]) -> list[InboundMail]:
    about = {*found.cases, *found.held, *cases}
    return caseless(engine, reader, found.traces, about, staff=found.staff)


def are_all_read(engine: Engine, found: Found, cases: Sequence[str]) -> bool:
    """Whether nothing of theirs has come that is still to be taken in."""
    with engine.store.read() as reader:
        return all(mail.status != UNREAD for mail in _caseless(engine, reader, found, cases))


def _caseless_over(engine: Engine, reader: Reader, found: Found, cases: Sequence[str]) -> list[InboundMail]:
    """Mails that belong to no case, or answer a digest whose cases are all over; none that is yet unread."""
    return [
        mail
        for mail in _caseless(engine, reader, found, cases)
        if mail.status != UNREAD and all(is_over(reader, row) for row in rows_by_code(reader, cases_of(reader, mail)))
    ]


def out_of_caseless_mails(engine: Engine, found: Found, cases: Sequence[str]) -> None:
    """What they wrote to no case, or by a digest, and what answers a digest of these `cases` and names them.

    Of a digest the cases that it answered have it on record.
    """
    with engine.store.read() as reader:
        mails = _caseless_over(engine, reader, found, cases)
        papers = {mail.id for mail in mails if reader.count(Document, sha256=mail.sha256)}
    for mail in mails:
        if mail.sha256 and mail.id not in papers:
            erase_bytes(engine, mail)
        clean = {} if found.staff else without(mail, OF_A_CASE[InboundMail], found.traces)
        if clean:
            with engine.store.write() as tx:
                tx.update(InboundMail, (mail.id,), **clean)


def out_of_mailbox(engine: Engine, found: Found, order: Order) -> None:
    """Mails of the local mailbox that went to them or came from them, or name them in a case that is over, or have a
    file of theirs with them.

    Bytes that also came in as a mail are the evidence of its case: they go with that, or stay with it.
    """
    columns, known = ("sender", "recipients", "subject"), found.traces
    with engine.store.read() as reader:
        passed_on = {
            message.id
            for code in found.cases
            for message in passing_on(reader, code, leaving(reader, code, known, order))
        }
        told = [
            (mail, clean)
            for mail in reader.find(MailboxMail)
            if (clean := without(mail, columns, known))
            or sent_as(mail.message_id) in passed_on
            or _names_in_case(engine, reader, mail, found)
        ]
    with engine.store.write() as tx:
        for mail, clean in told:
            is_evidence = tx.count(InboundMail, sha256=mail.sha256, erased_at=None)
            if not is_evidence and not tx.count(Document, sha256=mail.sha256):
                tx.update(Blob, (mail.sha256,), content=b"")
            if clean:
                put_clean(tx, mail, clean)


def _names_in_case(engine: Engine, reader: Reader, mail: MailboxMail, found: Found) -> bool:
    """Whether it names them beside a case that is over, or in a digest of which none of their cases is open."""
    if any(code in mail.subject for code in found.cases):
        return named_in(engine, reader, mail, found.traces)
    texts = None if CASE_CODE.search(mail.subject) else texts_of(engine, reader, mail)
    is_held = any(code in text for code in found.held for text in texts or ())
    return not is_held and any(found.traces.are_in(text) for text in texts or ())


def out_of_mails_to_others(tx: Transaction, found: Found) -> bool:
    """What a digest told colleagues of them; False where one is still to go, or has an open case of theirs."""
    is_done = True
    for message in told_others(tx, found.traces):
        if message.status not in FINAL or any(code in json.dumps(message.context) for code in found.held):
            is_done = False
        else:
            put_clean(tx, message, without(message, OF_A_CASE[Message], found.traces) | {"content": None})
            for file in message.attachments:  # the workbook of a digest says what the digest says
                if not tx.count(Document, sha256=file["sha256"]):
                    tx.update(Blob, (file["sha256"],), content=b"")
    return is_done


def put_clean(tx: Transaction, row: Any, clean: dict[str, Any]) -> None:
    """Put the clean row in the place of the other; a key that names somebody makes it another row."""
    if not clean:
        return
    record = type(row)
    key = [getattr(row, name) for name in KEYS[record]]
    if set(clean) & set(KEYS[record]):
        tx.remove(record, *key)
        tx.put(replace(row, **clean))
    else:
        tx.update(record, tuple(key), **clean)
