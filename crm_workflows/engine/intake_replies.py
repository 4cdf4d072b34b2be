"""The mails by which an answer is answered: receipt, question back, refusal; one for each mail. It decides nothing."""

import re
from dataclasses import dataclass

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
from crm_workflows.engine import mails
from crm_workflows.engine.answers import Answer, Answered
from crm_workflows.engine.context import Engine
from crm_workflows.engine.papers import HandedIn
from crm_workflows.engine.ports import Transaction

MOST_CLARIFICATIONS = 3
"""Questions back for one person and request; after that the mail is kept and the request stays open (mail.md)."""
CASE_CODE = re.compile(r"\[([A-Z]{2}-\d{4}-\d{5,})\]")


@dataclass(frozen=True)
class Asked:
    """The request that a mail answers, and the person whose secret it carries."""

    row: CaseRow
    request: Request
    assignee: Assignee


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
    on_behalf_of = _name(engine, done.on_behalf_of, asked.assignee.language)
    context = Receipt(
        case=mails.case_part(asked.row, procedure), to_name=asked.assignee.name, request=done.request, rule=done.rule,
        title=done.title, kind=asked.request.kind, decision=done.decision, recorded_at=done.at, comment=given.comment,
        on_behalf_of=on_behalf_of, sent_back_to=target, follows=done.follows,
    )  # fmt: skip
    _queue(engine, tx, asked, inbound, mail, "receipt", context, mail.sender or asked.assignee.person)


def documents(
    engine: Engine, tx: Transaction, asked: Asked, inbound: InboundMail, mail: IncomingMail, handed: HandedIn
) -> None:
    """What was taken of a mail's files, what was not and why, and what is still missing."""
    context = DocumentsReceived(
        case=mails.case_part(asked.row, engine.procedure_of(asked.row), outside=asked.assignee.is_outside),
        to_name=asked.assignee.name,
        request=mails.request_part(
            asked.row, asked.request, asked.assignee, engine.procedure_of(asked.row), engine.staff.directory()
        ),
        accepted=tuple(ReceivedFile(filename=name, label=title) for name, title in handed.accepted),
        problems=tuple(FileProblem(filename=name, reason=reason) for name, reason in handed.problems),
        missing=tuple(_kind(paper) for paper in handed.missing),
    )
    to = mail.sender or asked.assignee.person
    _queue(engine, tx, asked, inbound, mail, "documents_received", context, to, request=asked.request.id)


def unclear(
    engine: Engine, tx: Transaction, asked: Asked, inbound: InboundMail, mail: IncomingMail, reading: Reading
) -> None:
    """A short question back, never a guess; at most three for one person and request."""
    if asked.request.status != "open":
        refused(engine, tx, asked, inbound, mail, _over(asked))
        return
    asked_back = tx.count(Message, request=asked.request.id, template="unclear", recipient=asked.assignee.person)
    if asked_back >= MOST_CLARIFICATIONS:
        return
    part = mails.request_part(
        asked.row, asked.request, asked.assignee, engine.procedure_of(asked.row), engine.staff.directory()
    )
    said = reading.comment.strip().split("\n")[0][:200]
    context = Unclear(
        case=mails.case_part(asked.row, engine.procedure_of(asked.row)), to_name=asked.assignee.name, request=part,
        read=said, reason=reading.why,
    )  # fmt: skip
    _queue(
        engine, tx, asked, inbound, mail, "unclear", context, asked.assignee.person, request=asked.request.id
    )  # fmt: skip


def refused(
    engine: Engine, tx: Transaction, asked: Asked, inbound: InboundMail, mail: IncomingMail, reason: str
) -> None:
    """Why an answer has no effect: told to the person who was asked, and to a colleague who wrote in their place."""
    context = RefusedMail(
        case=mails.case_part(asked.row, engine.procedure_of(asked.row), outside=asked.assignee.is_outside),
        to_name=asked.assignee.name, reason=reason, title=asked.request.title,
    )  # fmt: skip
    _queue(engine, tx, asked, inbound, mail, "refused", context, asked.assignee.person)
    writer = engine.staff.directory().person(mail.sender)
    if writer is not None and writer.email != asked.assignee.person:
        own = context.model_copy(update={"to_name": writer.shown_name(writer.language)})
        _queue(engine, tx, asked, inbound, mail, "refused", own, writer.email, language=writer.language)


def unknown(engine: Engine, tx: Transaction, inbound: InboundMail, mail: IncomingMail) -> None:
    """Staff who name a case in the subject but answer no request are told how to answer; nobody else is written to."""
    writer = engine.staff.directory().person(mail.sender)
    match = CASE_CODE.search(mail.subject)
    row = tx.get(CaseRow, match.group(1)) if match else None
    if writer is None or row is None:
        return
    zh = "这封邮件没有对应到任何事项，请直接回复征询邮件本身"
    reason = bilingual(zh, "this mail answers no request; please reply to the mail that asked you")
    context = RefusedMail(
        case=mails.case_part(row, engine.procedure_of(row)), to_name=writer.shown_name(writer.language), reason=reason
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
    context = RefusedMail(
        case=mails.case_part(asked.row, engine.procedure_of(asked.row)), to_name=asked.assignee.name,
        reason=done.sentence, title=done.title,
        decision=earlier.decision if earlier and earlier.decision != "submit" else None,
        decided_by=_name(engine, earlier.by, asked.assignee.language) if earlier else None,
        decided_at=earlier.at if earlier else None,
    )  # fmt: skip
    _queue(engine, tx, asked, inbound, mail, "refused", context, mail.sender or asked.assignee.person)


def _queue(
    engine: Engine,
    tx: Transaction,
    asked: Asked,
    inbound: InboundMail,
    mail: IncomingMail,
    template: str,
    context: Mail,
    to: str,
    *,
    request: str | None = None,
    language: str | None = None,
) -> None:
    tx.insert(
        mails.mail(
            asked.row, template, to, language or asked.assignee.language, context, engine.clock.now(),
            mail_domain=engine.mail_domain, key=f"answer/{inbound.id}", request=request,
            in_reply_to=mail.message_id or None,
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
