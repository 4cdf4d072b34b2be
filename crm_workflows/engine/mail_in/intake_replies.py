"""The mails by which an answer is answered: receipt, question back, refusal; one for each mail. It decides nothing."""

from datetime import datetime

from crm_workflows.domain.elements import FormTask, Paper
from crm_workflows.domain.forms import Form, read_form
from crm_workflows.domain.mail.reading import Reading
from crm_workflows.domain.mail.reply import first_line
from crm_workflows.domain.mail.visible_text import split_reply
from crm_workflows.domain.messages import (
    DocumentsReceived,
    FileProblem,
    Kind,
    Receipt,
    ReceivedFile,
    SendBackTarget,
    Unclear,
)
from crm_workflows.domain.records import CaseRow, InboundMail, Message, Request
from crm_workflows.domain.shown import Shown
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions import undoing
from crm_workflows.engine.decisions.answered import Answer, Answered
from crm_workflows.engine.mail_in import intake_refusals, mail_watch
from crm_workflows.engine.mail_in.intake_writer import Asked, Reply, Writer, name_of
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests.papers import HandedIn

MOST_CLARIFICATIONS = 3
"""Questions back for one person and request; after that the mail is kept and the request stays open (mail.md)."""
LONGEST_LOOK = 50_000
"""Characters of a mail in which the line to quote is looked for."""


def answered(reply: Reply, given: Answer, done: Answered) -> None:
    """A receipt for a decision that counts; who decided before, for one that came too late."""
    if not done.effective:
        intake_refusals.late(reply, done)
        return
    engine, asked, writer = reply.engine, reply.asked, reply.writer
    context = _receipt(engine, reply.tx, asked.row, asked.request, given, done, writer)
    if asked.assignee.is_outside:
        part = mails.case_part(asked.row, engine.procedure_of(asked.row), outside=True)
        context = context.model_copy(update={"case": part, "follows": ""})
    request = asked.request.id if context.undo_until else None  # then the receipt is answered, by the word that undoes
    reply.queue(context, writer, request=request)


def by_command(engine: Engine, tx: Transaction, given: Answer, done: Answered) -> None:
    """Tell somebody in whose name an administrator has answered by command, so that nothing is said behind their back.

    Only staff are told, and only of what counts.
    """
    person, request = engine.staff.directory().person(given.by), tx.get(Request, done.request)
    row = tx.get(CaseRow, done.case)
    if not done.effective or person is None or request is None or row is None:
        return
    writer = Writer(person.email, person.shown_name(person.language), person.language)
    context = _receipt(engine, tx, row, request, given, done, writer)
    context = context.model_copy(update={"recorded_by": given.evidence or given.channel})
    tx.insert(
        mails.mail_of(
            row.code, writer.address, writer.language, context, engine.clock.now(),
            mail_domain=engine.mail_domain, key=f"command/{done.request}/{row.audit_length}",
            request=done.request if context.undo_until else None,
        )
    )  # fmt: skip


def _receipt(
    engine: Engine, tx: Transaction, row: CaseRow, request: Request, given: Answer, done: Answered, to: Writer
) -> Receipt:
    procedure = engine.procedure_of(row)
    form = _filled_in(engine, row, request, given)
    back = given.to if given.decision == "send_back" else None
    return Receipt(
        case=mails.case_part(row, procedure), to_name=to.name, request=done.request, rule=done.rule, title=done.title,
        kind=request.kind, decision=form.gist if form and form.gist else done.decision, recorded_at=done.at,
        comment=given.comment, follows=done.follows, answers=mails.facts(Shown(form.facts())) if form else (),
        on_behalf_of=name_of(engine, done.on_behalf_of, to.language),
        sent_back_to=SendBackTarget(rule=back, title=mails.rule_title(procedure, back)) if back else None,
        passed_to=name_of(engine, done.passed_to, to.language), undo_until=_undo_until(engine, tx, row.code, done),
    )  # fmt: skip


def _filled_in(engine: Engine, row: CaseRow, request: Request, given: Answer) -> Form | None:
    """The form as it was taken; None for an answer that is none."""
    element = engine.element_of(row, request.name) if given.form is not None else None
    if not isinstance(element, FormTask):
        return None
    return read_form(element.form, given.form, request.title, request.shows.get("against"))


def _undo_until(engine: Engine, tx: Transaction, code: str, done: Answered) -> datetime | None:
    """Until when what was just decided can be undone, as things stand now."""
    row, request = tx.get(CaseRow, code), tx.get(Request, done.request)
    if row is None or request is None or done.decision not in undoing.DECIDES or done.decided_by is None:
        return None
    return undoing.until(engine, tx, row, request, done.decided_by)


def documents(reply: Reply, handed: HandedIn) -> None:
    """What was taken of a mail's files, what was not and why, and what is still missing; at most ten without a use."""
    engine, asked, writer = reply.engine, reply.asked, reply.writer
    receipts = reply.tx.count(Message, case=asked.row.code, request=asked.request.id, template="documents_received")
    if not handed.accepted and receipts >= intake_refusals.MOST_REFUSALS:
        # A responder that attaches its logo to every answer would go on for ever.
        return
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
    reply.queue(context, writer, request=asked.request.id)


def nothing_attached(reply: Reply, handed: HandedIn) -> None:
    """What is still missing, for words without files; at most three times for one request."""
    asked = reply.asked
    without_files = reply.tx.count(InboundMail, case=asked.row.code, request=asked.request.id, status="unclear")
    if without_files <= MOST_CLARIFICATIONS:
        documents(reply, handed)
    else:
        mail_watch.still_unclear(reply.engine, reply.tx, asked.row, asked.request, reply.inbound)


def unclear(reply: Reply, reading: Reading) -> None:
    """A short question back, never a guess; at most three for one request, then the admins hear of it."""
    engine, asked, writer = reply.engine, reply.asked, reply.writer
    if asked.request.status != "open":
        intake_refusals.refused(reply, _over(asked))
        return
    asked_back = reply.tx.count(Message, case=asked.row.code, request=asked.request.id, template="unclear")
    if asked_back >= MOST_CLARIFICATIONS:
        mail_watch.still_unclear(reply.engine, reply.tx, asked.row, asked.request, reply.inbound)
        return
    part = mails.request_part(
        asked.row, asked.request, asked.assignee, engine.procedure_of(asked.row), engine.staff.directory(),
        writer.language,
    )  # fmt: skip
    said = first_line(split_reply(reply.mail.text[:LONGEST_LOOK]).own)[:200]
    context = Unclear(
        case=mails.case_part(asked.row, engine.procedure_of(asked.row), outside=asked.assignee.is_outside),
        to_name=writer.name, request=part, read=said, reason=reading.why,
    )  # fmt: skip
    reply.queue(context, writer, request=asked.request.id)


def _kind(paper: Paper) -> Kind:
    return Kind(kind=paper.kind, label=paper.title, required=paper.required)


def _over(asked: Asked) -> str:
    zh = f"事项 {asked.request.id} 已处理完毕，无需再答复"
    return bilingual(zh, f"request {asked.request.id} is closed; no answer is needed any more")
