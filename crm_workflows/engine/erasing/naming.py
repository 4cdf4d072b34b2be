"""Mails of no case in which somebody stands: their own, answers to digests that name them, and digests (G-7).

It must not change anything.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from crm_workflows.domain.erasing import Traces
from crm_workflows.domain.file_words import words_in
from crm_workflows.domain.mail.incoming import IncomingMail, UnreadableMail
from crm_workflows.domain.records import Blob, CaseRow, InboundMail, MailboxMail, Message
from crm_workflows.engine.context import Engine
from crm_workflows.engine.erasing.retention import cases_of
from crm_workflows.engine.mail_in import quarantine
from crm_workflows.engine.ports import Reader

MOST: Final = 1_000_000


def caseless(
    engine: Engine, reader: Reader, known: Traces, cases: Collection[str], *, staff: bool
) -> list[InboundMail]:
    """What they wrote to no case or by a digest, and answers of others to digests of these cases that name them."""
    kept = [mail for mail in reader.find(InboundMail, case=None) if mail.erased_at is None]
    theirs = [mail for mail in kept if mail.sender.lower() in known.addresses]
    if staff or not cases:
        return theirs
    answers = (mail for mail in kept if mail.request and mail.sha256 and mail.sender.lower() not in known.addresses)
    about = (mail for mail in answers if not cases_of(reader, mail).isdisjoint(cases))
    return [*theirs, *(mail for mail in about if named_in(engine, reader, mail, known))]


def told_others(reader: Reader, known: Traces) -> Iterator[Message]:
    """Mails of no case that went to others and name them, as a digest says whom to call."""
    found = {
        message.id: message
        for text in sorted({*known.addresses, *(known.names - known.shared), *known.phones})
        for message in reader.containing(Message, text, "subject", "context", order=(), limit=MOST)
    }
    return (one for one in found.values() if reader.get(CaseRow, one.case) is None and _is_kept(one, known))


def _is_kept(message: Message, known: Traces) -> bool:
    """Whether it names them still, which a longer name of somebody else does not."""
    return bool(known.out_of_json(message.context) != message.context or known.are_in(message.subject))


def named_in(engine: Engine, reader: Reader, mail: InboundMail | MailboxMail, known: Traces) -> bool:
    """Whether the text of a mail names them; True for one that cannot be read."""
    texts = texts_of(engine, reader, mail)
    return texts is None or any(known.are_in(text) for text in texts)


def texts_of(engine: Engine, reader: Reader, mail: InboundMail | MailboxMail) -> Iterable[str] | None:
    """What a mail says; None where it cannot be read."""
    blob, kept = reader.get(Blob, mail.sha256), mail.reading if isinstance(mail, InboundMail) else None
    try:
        read = quarantine.read(engine, blob.content, kept or {}) if blob else None
    except UnreadableMail:
        return None
    if read is None:
        return ()
    return (read.subject, read.text, read.sender_name, *read.recipients, *_enclosed(engine, read))


def _enclosed(engine: Engine, read: IncomingMail) -> Iterator[str]:
    """What stands in the files of a mail, as far as can be seen: a workbook that was filled in says all of a digest."""
    for file in read.attachments:
        try:
            words = engine.apart(words_in, file.content)
        except UnreadableMail:  # too heavy
            continue
        yield from (file.name, words or "")
