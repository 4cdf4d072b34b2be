"""Takes mail in: stores the raw message first, then finds the request, the person and the answer, and applies it once.

Everything that must hold together is one commit: the decision, the stretch it releases, the mark on the mail and the
receipt. A mail that cannot be applied is kept with the reason. It must not fetch, parse (`domain.mail`) or render.
"""

import logging
from dataclasses import replace

from crm_workflows.domain.errors import AuthorMistake, Refused, StoreBusy
from crm_workflows.domain.mail.automatic import BY_SUBJECT
from crm_workflows.domain.mail.incoming import UnreadableMail
from crm_workflows.domain.mail.reading import Reading
from crm_workflows.domain.mail.reply import read_reply
from crm_workflows.domain.records import Blob, Digest, InboundMail, Watermark
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine, MailDesk
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer, Answered
from crm_workflows.engine.decisions.requesting import REQUESTER
from crm_workflows.engine.mail_in import (
    bounces,
    codes,
    intake_digest,
    intake_reading,
    intake_refusals,
    intake_replies,
    intake_requester,
    mail_watch,
    quarantine,
    senders,
)
from crm_workflows.engine.mail_in.intake_asked import asked_in
from crm_workflows.engine.mail_in.intake_mark import Received, joined, taken
from crm_workflows.engine.mail_in.intake_reading import DECIDING
from crm_workflows.engine.mail_in.intake_writer import AlreadyTaken, Asked, Reply, on_record
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.entitlement import entitled, entitled_by_mail
from crm_workflows.engine.requests.files import File, mail_identity, sha256_of
from crm_workflows.engine.requests.papers import HandedIn
from crm_workflows.engine.running import attention

log = logging.getLogger(__name__)


def take_in(engine: Engine, raw: bytes, mailbox: str, envelope_sender: str | None = None) -> str:
    """Store a message and process it; returns its id. The same message again changes nothing."""
    identity = store_mail(engine, raw, mailbox, envelope_sender)
    process(engine, identity)
    return identity


def store_mail(
    engine: Engine, raw: bytes, mailbox: str, envelope_sender: str | None = None, watermark: Watermark | None = None
) -> str:
    """Keep the raw message, and how far the mailbox was read, in one commit; returns its id (idempotent)."""
    now = engine.clock.now()
    digest = sha256_of(raw)
    if envelope_sender is not None:
        # What no database keeps must not cost us the mail.
        envelope_sender = "".join(c for c in envelope_sender if c.isprintable())
    row = InboundMail(
        id="", mailbox=mailbox, message_id="", sender=envelope_sender or "", subject="", received_at=now,
        size=len(raw), sha256=digest, status="new",
        reading={"envelope_sender": envelope_sender} if envelope_sender is not None else None,
    )  # fmt: skip
    try:
        mail = quarantine.read(engine, raw, row.reading or {})
        row = replace(
            row, message_id=mail.message_id, sender=mail.sender or "", subject=mail.subject[:500],
            recipients=list(mail.recipients)[:50],
        )  # fmt: skip
    except UnreadableMail as error:
        row = replace(row, status="unreadable", why=error.message)
    identity = mail_identity(row.message_id, row.sender, raw)
    with engine.store.write() as tx:
        tx.insert_new(Blob(digest, raw))
        if tx.insert_new(replace(row, id=identity)) and row.status == "unreadable":
            mail_watch.set_aside(engine, tx, replace(row, id=identity), row.why)
        if watermark is not None:
            tx.put(watermark)
    return identity


def process_new(engine: Engine, limit: int = 50) -> int:
    """Process what was stored but not applied, after a crash or an error; returns how many."""
    with engine.store.read() as reader:
        waiting = reader.find(InboundMail, status="new", order="received_at", limit=limit)
    return sum(process(engine, row.id) for row in waiting)


def process(engine: Engine, identity: str) -> bool:
    """Apply one stored message if it is still new; False where it has to wait for what else is going on.

    An unexpected error keeps it for another try, then sets it aside.
    """
    with engine.store.read() as reader:
        row = reader.get(InboundMail, identity)
        blob = reader.get(Blob, row.sha256) if row else None
    if row is None or blob is None or row.status != "new":
        return True
    try:
        mail = quarantine.read(engine, blob.content, row.reading or {})
        _dispatch(engine, Received(row, mail, blob.content))
    except bounces.NotYet:
        return False
    except AlreadyTaken:
        log.info("mail was applied by another process", extra={"mail": identity})
    except StoreBusy:
        raise
    except UnreadableMail as error:
        quarantine.hold(engine, row, error.message)
    except Exception as error:
        log.exception("mail could not be processed", extra={"mail": identity, "error": type(error).__name__})
        quarantine.failed(engine, row)
    return True


def _dispatch(engine: Engine, message: Received) -> None:
    mail = message.mail
    if mail.is_automatic and not _may_be_of_a_person(engine, message):
        _automatic(engine, message)
        return
    asked = asked_in(engine, mail)
    # Who has a secret that we gave out, or speaks as one of us: checking what anybody writes would keep us busy.
    if asked is not None or senders.claims_to_be_staff(engine, mail):
        message = replace(message, row=senders.looked_at(engine, message.row, mail, message.raw))
    if isinstance(asked, Digest):
        intake_digest.take(engine, asked, message.row, mail)
    elif asked is None and (desk := _desk(engine, message)) is not None:
        desk.take(engine, message.row, mail)
    elif asked is None:
        why = bilingual("邮件中没有可识别的事项", "the mail carries no request that we know")
        _refuse_unknown(engine, message, why)
    elif mail.sender is None:
        _refuse(engine, message, asked, mail.sender_problem)
    elif asked.request.kind != "documents" and (doubt := senders.doubt(message.row)):
        _refuse(engine, message, asked, doubt)
    else:
        _answer(engine, message, asked, mail.sender)


def _may_be_of_a_person(engine: Engine, message: Received) -> bool:
    """True where only the subject looks automatic in a mail to a desk.

    No machine answers a mail of ours there, and people write of "automatic answer valves", which nobody would read.
    """
    mail = message.mail
    return mail.why_automatic == BY_SUBJECT and mail.bounce is None and _addressed(engine, message) is not None


def _addressed(engine: Engine, message: Received) -> MailDesk | None:
    """The desk to whose address it was sent; none for what carries a secret of ours, and so answers a mail."""
    addressed = {message.row.mailbox.lower(), *(one.lower() for one in message.mail.recipients)}
    return next((desk for desk in engine.mail_desks if desk.address in addressed and not message.mail.secrets), None)


def _desk(engine: Engine, message: Received) -> MailDesk | None:
    return next((one for one in engine.mail_desks if one.takes(engine, message.row, message.mail)), None)


def _answer(engine: Engine, message: Received, asked: Asked, sender: str) -> None:
    """Apply it, or tell why not; what is refused has changed nothing."""
    take = {"documents": _documents, REQUESTER: _requester}.get(asked.request.kind, _decision)
    try:
        take(engine, message, asked, sender)
    except UnreadableMail:
        raise
    except AuthorMistake as error:
        _refuse(engine, message, asked, attention.stands_still(engine, asked.row.code, error).message)
    except Refused as error:
        _refuse(engine, message, asked, error.message)


def _decision(engine: Engine, message: Received, asked: Asked, sender: str) -> None:
    with engine.store.read() as reader:
        entitled_by_mail(engine, asked.row, asked.request, asked.assignee, sender, reader)
    reading = intake_reading.reading_of(engine, asked, message.mail, message.row)
    answer = intake_reading.answer_to(engine, asked, message.mail, len(message.raw))
    if answer is None and reading.kind not in DECIDING:
        _ask_back(engine, message, asked, sender, reading)
        return
    given = Answer(
        reading.kind, sender, "reply", comment=reading.comment, to=reading.target, evidence=message.row.id,
        authentication=message.row.authentication, place=reading.place,
    )  # fmt: skip
    if answer is not None:
        known = message.row.authentication
        given = Answer("submit", sender, "reply", form=answer, evidence=message.row.id, authentication=known)

    def also(tx: Transaction, answered: Answered) -> None:
        kept = joined(engine, tx, message, asked, has_effect=answered.effective)
        status = "applied" if answered.effective or kept else "refused"
        taken(tx, message, status, asked, reading, kept or answered.sentence)
        intake_replies.answered(Reply(engine, tx, asked, message.row, message.mail), given, answered)

    answers.answer(engine, asked.request.id, given, also)


def _requester(engine: Engine, message: Received, asked: Asked, _sender: str) -> None:
    request, given = intake_requester.said(engine, asked, message.mail, message.row.id)

    def also(tx: Transaction, answered: Answered) -> None:
        taken(tx, message, "applied", asked, None, answered.sentence)
        intake_replies.answered(Reply(engine, tx, asked, message.row, message.mail), given, answered)

    answers.answer(engine, request, given, also)


def _documents(engine: Engine, message: Received, asked: Asked, sender: str) -> None:
    files = [File(f.name, f.media_type, f.content) for f in message.mail.attachments]

    def also(tx: Transaction, handed: HandedIn) -> None:
        status, why = ("refused", handed.problems[0][1]) if handed.late else ("applied", handed.follows)
        taken(tx, message, status, asked, None, why)
        intake_replies.documents(Reply(engine, tx, asked, message.row, message.mail), handed)

    if files:
        papers.hand_in(engine, asked.request.id, files, by=sender, channel="reply", evidence=message.row.id, also=also)
    else:
        _without_files(engine, message, asked, sender)


def _without_files(engine: Engine, message: Received, asked: Asked, sender: str) -> None:
    """Words without files: the sender hears what is missing, and the owner reads the words in the case."""
    reading = replace(engine.apart(read_reply, message.mail.text), kind="unclear")
    with engine.store.write() as tx:
        handed = papers.nothing_handed_in(engine, tx, asked.request.id, sender)
        taken(tx, message, "unclear", asked, reading, bilingual("邮件没有附件", "the mail had no attachment"))
        intake_replies.nothing_attached(Reply(engine, tx, asked, message.row, message.mail), handed)
        on_record(engine, tx, asked, sender, message.row.id)
    engine.store.wake()


def _ask_back(engine: Engine, message: Received, asked: Asked, sender: str, reading: Reading) -> None:
    with engine.store.write() as tx:
        standing = entitled(engine, asked.row, asked.request, sender, tx)
        kept, is_over = codes.masked(reading), asked.request.status != "open"
        told = joined(engine, tx, message, asked)
        if told and is_over:
            taken(tx, message, "applied", asked, kept, told)
            return
        taken(tx, message, "unclear", asked, kept, kept.why)
        inbound = replace(message.row, status="unclear", why=kept.why)
        intake_replies.unclear(Reply(engine, tx, asked, inbound, message.mail), reading)
        on_record(engine, tx, asked, standing.person, message.row.id)
    engine.store.wake()


def _refuse(engine: Engine, message: Received, asked: Asked, reason: str) -> None:
    with engine.store.write() as tx:
        kept = joined(engine, tx, message, asked)
        status = "applied" if kept else "refused"
        taken(tx, message, status, asked, None, kept or reason)
        if not kept or asked.request.status == "open":
            inbound = replace(message.row, status=status, why=reason)
            intake_refusals.refused(Reply(engine, tx, asked, inbound, message.mail), reason)
    engine.store.wake()


def _refuse_unknown(engine: Engine, message: Received, why: str) -> None:
    """Nothing is sent to an address that nobody asked, except to staff who name a case that exists."""
    with engine.store.write() as tx:
        row = intake_refusals.named_case(engine, tx, message.mail)
        taken(tx, message, "refused", None, None, why, row.code if row else None)
        if row is not None:
            intake_refusals.unknown(engine, tx, row, replace(message.row, status="refused", why=why), message.mail)
    engine.store.wake()


def _automatic(engine: Engine, message: Received) -> None:
    """Never answered, never a decision; but a report about a mail of ours says what became of that.

    Where somebody's words may be in it, a desk tells a person.
    """
    desk, why = _addressed(engine, message) if message.mail.is_sent_on else None, message.mail.why_automatic
    with engine.store.write() as tx:
        returned = bounces.take(engine, tx, message.mail)
        if desk is not None and returned is None:
            why = desk.doubts(engine, tx, message.row, message.mail)
        taken(tx, message, "automatic", None, None, why, returned.case if returned else None)
    engine.store.wake()
