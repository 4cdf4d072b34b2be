"""The mails by which an answer is answered: receipt, question back, refusal; one for each mail. It decides nothing."""

import re
from dataclasses import dataclass
from datetime import timedelta

from crm_workflows.domain.elements import Paper
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.mail.reading import Reading
from crm_workflows.domain.messages import (
    DocumentsReceived,
    FileProblem,
    Kind,
    Mail,
    Receipt,
    ReceivedFile,
    SendBackTarget,
    Unclear,
)
from crm_workflows.domain.messages import Refused as RefusedMail
from crm_workflows.domain.records import Assignee, CaseRow, Decision, InboundMail, Message, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine import mail_watch, mails
from crm_workflows.engine.answers import Answer, Answered
from crm_workflows.engine.context import Engine
from crm_workflows.engine.papers import HandedIn
from crm_workflows.engine.ports import Reader, Transaction

MOST_CLARIFICATIONS = 3
"""Questions back for one person and request; after that the mail is kept and the request stays open (mail.md)."""
MOST_REFUSALS = 10
"""Refusals a day for one claimed sender and request: two machines that answer each other must come to an end."""
MOST_WARNINGS = 30
"""Mails to the person asked about answers that others sent, for one case; after that the admins hear of it."""
A_DAY = timedelta(days=1)
CASE_CODE = re.compile(r"\[([A-Z]{2}-\d{4}-\d{5,})\]")


@dataclass(frozen=True)
class Asked:
    """The request that a mail answers, and the person whose secret it carries."""

    row: CaseRow
    request: Request
    assignee: Assignee


@dataclass(frozen=True)
class Writer:
    """Who wrote the mail, for the answer to it: the person asked, or whoever answers in their place."""

    address: str
    name: str
    language: str


def writer_of(engine: Engine, asked: Asked, mail: IncomingMail) -> Writer:
    """The writer under the address from which they wrote."""
    person = engine.staff.directory().person(mail.sender)
    address = mail.sender or asked.assignee.person
    if person is None or person.email == asked.assignee.person:
        return Writer(address, asked.assignee.name, asked.assignee.language)
    return Writer(address, person.shown_name(person.language), person.language)


def answered(
    engine: Engine,
    tx: Transaction,
    asked: Asked,
    inbound: InboundMail,
    mail: IncomingMail,
    given: Answer,
    done: Answered,
) -> None:
    """A receipt for a decision that counts; who decided before, for one that came too late."""
    procedure = engine.procedure_of(asked.row)
    if not done.effective:
        _late(engine, tx, asked, inbound, mail, done)
        return
    target = SendBackTarget(rule=given.to, title=mails.rule_title(procedure, given.to)) if given.to else None
    writer = writer_of(engine, asked, mail)
    on_behalf_of = _name(engine, done.on_behalf_of, writer.language)
    context = Receipt(
        case=mails.case_part(asked.row, procedure), to_name=writer.name, request=done.request, rule=done.rule,
        title=done.title, kind=asked.request.kind, decision=done.decision, recorded_at=done.at, comment=given.comment,
        on_behalf_of=on_behalf_of, sent_back_to=target, follows=done.follows,
    )  # fmt: skip
    _queue(engine, tx, asked, inbound, mail, "receipt", context, writer)


def documents(
    engine: Engine, tx: Transaction, asked: Asked, inbound: InboundMail, mail: IncomingMail, handed: HandedIn
) -> None:
    """What was taken of a mail's files, what was not and why, and what is still missing; at most ten without a use."""
    receipts = tx.count(Message, case=asked.row.code, request=asked.request.id, template="documents_received")
    if not handed.accepted and receipts >= MOST_REFUSALS:
        # A responder that attaches its logo to every answer would go on for ever.
        return
    writer = writer_of(engine, asked, mail)
    context = DocumentsReceived(
        case=mails.case_part(asked.row, engine.procedure_of(asked.row), outside=asked.assignee.is_outside),
        to_name=writer.name,
        request=mails.request_part(
            asked.row, asked.request, asked.assignee, engine.procedure_of(asked.row), engine.staff.directory()
        ),
        accepted=tuple(ReceivedFile(filename=name, label=title) for name, title in handed.accepted),
        problems=tuple(FileProblem(filename=name, reason=reason) for name, reason in handed.problems),
        missing=tuple(_kind(paper) for paper in handed.missing if paper.required),
    )
    _queue(engine, tx, asked, inbound, mail, "documents_received", context, writer, request=asked.request.id)


def nothing_attached(
    engine: Engine, tx: Transaction, asked: Asked, inbound: InboundMail, mail: IncomingMail, handed: HandedIn
) -> None:
    """What is still missing, for words without files; at most three times for one request."""
    without_files = tx.count(InboundMail, case=asked.row.code, request=asked.request.id, status="unclear")
    if without_files <= MOST_CLARIFICATIONS:
        documents(engine, tx, asked, inbound, mail, handed)
    else:
        mail_watch.still_unclear(engine, tx, asked.row, asked.request, inbound)


def unclear(
    engine: Engine, tx: Transaction, asked: Asked, inbound: InboundMail, mail: IncomingMail, reading: Reading
) -> None:
    """A short question back, never a guess; at most three for one request, then the admins hear of it."""
    if asked.request.status != "open":
        refused(engine, tx, asked, inbound, mail, _over(asked))
        return
    writer = writer_of(engine, asked, mail)
    asked_back = tx.count(Message, case=asked.row.code, request=asked.request.id, template="unclear")
    if asked_back >= MOST_CLARIFICATIONS:
        mail_watch.still_unclear(engine, tx, asked.row, asked.request, inbound)
        return
    part = mails.request_part(
        asked.row, asked.request, asked.assignee, engine.procedure_of(asked.row), engine.staff.directory(),
        writer.language,
    )  # fmt: skip
    said = reading.comment.strip().split("\n")[0][:200]
    context = Unclear(
        case=mails.case_part(asked.row, engine.procedure_of(asked.row)), to_name=writer.name, request=part,
        read=said, reason=reading.why,
    )  # fmt: skip
    _queue(engine, tx, asked, inbound, mail, "unclear", context, writer, request=asked.request.id)


def refused(
    engine: Engine, tx: Transaction, asked: Asked, inbound: InboundMail, mail: IncomingMail, reason: str
) -> None:
    """Why an answer has no effect. Each mail is answered once: to a colleague who wrote it, else to the person asked.

    The person asked hears of a colleague's answer too, in a fresh mail, since it was theirs to give (mail.md).
    """
    person = engine.staff.directory().person(mail.sender)
    asked_person = Writer(asked.assignee.person, asked.assignee.name, asked.assignee.language)
    is_own = mail.sender is not None and (person.email if person else mail.sender) == asked.assignee.person
    if _too_many(engine, tx, asked.row, asked.request, inbound):
        mail_watch.still_refused(engine, tx, asked.row, asked.request, inbound)
        return
    if person is not None and not is_own:
        writer = Writer(mail.sender or person.email, person.shown_name(person.language), person.language)
        _queue(engine, tx, asked, inbound, mail, "refused", _refusal(engine, asked, writer, reason), writer)
    if is_own:
        _queue(engine, tx, asked, inbound, mail, "refused", _refusal(engine, asked, asked_person, reason), asked_person)
    elif _warnings(tx, asked) < MOST_WARNINGS:
        context = _refusal(engine, asked, asked_person, _not_yours(mail), by=mail.sender or "")
        _queue(engine, tx, asked, inbound, mail, "refused", context, asked_person, is_answer=person is None)
    else:
        mail_watch.still_refused(engine, tx, asked.row, asked.request, inbound)


def _refusal(engine: Engine, asked: Asked, to: Writer, reason: str, by: str | None = None) -> RefusedMail:
    outside = asked.assignee.is_outside and to.address == asked.assignee.person
    part = mails.titled_part(asked.row, engine.title_of(asked.row), outside=outside)
    return RefusedMail(case=part, to_name=to.name, reason=reason, title=asked.request.title, written_by=by)


def _not_yours(mail: IncomingMail) -> str:
    if mail.sender is None:
        return mail.sender_problem
    zh = "回复来自另一个地址，不能代您答复"
    return bilingual(zh, "it came from another address, which cannot answer for you")


def named_case(engine: Engine, reader: Reader, mail: IncomingMail) -> CaseRow | None:
    """The case in the subject of a mail that answers no request, where one of the staff wrote it."""
    match = CASE_CODE.search(mail.subject)
    writer = engine.staff.directory().person(mail.sender)
    return reader.get(CaseRow, match.group(1)) if match and writer is not None else None


def unknown(engine: Engine, tx: Transaction, row: CaseRow, inbound: InboundMail, mail: IncomingMail) -> None:
    """Staff who name a case in the subject but answer no request are told how to answer; nobody else is written to."""
    writer = engine.staff.directory().person(mail.sender)
    if writer is None:
        return
    if _too_many(engine, tx, row, None, inbound):
        mail_watch.still_refused(engine, tx, row, None, inbound)
        return
    zh = "这封邮件没有对应到任何事项，请直接回复征询邮件本身"
    reason = bilingual(zh, "this mail answers no request; please reply to the mail that asked you")
    context = RefusedMail(
        case=mails.titled_part(row, engine.title_of(row)), to_name=writer.shown_name(writer.language), reason=reason
    )
    tx.insert(
        mails.mail(
            row, "refused", writer.email, writer.language, context, engine.clock.now(), mail_domain=engine.mail_domain,
            key=f"answer/{inbound.id}", in_reply_to=mail.message_id or None,
        )
    )  # fmt: skip


def _late(
    engine: Engine, tx: Transaction, asked: Asked, inbound: InboundMail, mail: IncomingMail, done: Answered
) -> None:
    earlier = next((d for d in tx.find(Decision, request=done.request, order="n") if d.effective), None)
    writer = writer_of(engine, asked, mail)
    context = RefusedMail(
        case=mails.titled_part(asked.row, engine.title_of(asked.row)), to_name=writer.name,
        reason=done.sentence, title=done.title,
        decision=earlier.decision if earlier and earlier.decision != "submit" else None,
        decided_by=_name(engine, earlier.by, writer.language) if earlier else None,
        decided_at=earlier.at if earlier else None,
    )  # fmt: skip
    _queue(engine, tx, asked, inbound, mail, "refused", context, writer)


def _too_many(engine: Engine, tx: Transaction, row: CaseRow, request: Request | None, inbound: InboundMail) -> bool:
    """True when this (claimed) sender was refused so often in a day for this request: what others send never counts."""
    same = tx.find(
        InboundMail, case=row.code, request=request.id if request else None, sender=inbound.sender,
        status=inbound.status, order="received_at", descending=True, limit=MOST_REFUSALS + 1,
    )  # fmt: skip
    if len(same) <= MOST_REFUSALS:
        return False
    return same[-1].received_at > engine.clock.now() - A_DAY


def _warnings(tx: Transaction, asked: Asked) -> int:
    """How many mails have told the person asked of answers from other addresses."""
    told = tx.find(Message, case=asked.row.code, template="refused", recipient=asked.assignee.person)
    return sum(1 for message in told if message.context.get("written_by") is not None)


def _queue(
    engine: Engine,
    tx: Transaction,
    asked: Asked,
    inbound: InboundMail,
    mail: IncomingMail,
    template: str,
    context: Mail,
    to: Writer,
    *,
    request: str | None = None,
    is_answer: bool = True,
) -> None:
    tx.insert(
        mails.mail(
            asked.row, template, to.address, to.language, context, engine.clock.now(),
            mail_domain=engine.mail_domain, key=f"answer/{inbound.id}", request=request,
            in_reply_to=mail.message_id or None if is_answer else None,
        )
    )  # fmt: skip


def _kind(paper: Paper) -> Kind:
    return Kind(kind=paper.kind, label=paper.title, required=paper.required)


def _name(engine: Engine, address: str | None, language: str) -> str | None:
    person = engine.staff.directory().person(address)
    return person.shown_name(language) if person else address


def _over(asked: Asked) -> str:
    zh = f"事项 {asked.request.id} 已处理完毕，无需再答复"
    return bilingual(zh, f"request {asked.request.id} is closed; no answer is needed any more")
