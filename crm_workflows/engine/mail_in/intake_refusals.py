"""The mails that say why an answer has no effect, and how often each is said. They decide nothing.

What is sent in one (claimed) name never uses up what another is told: whoever knows a case code can write mails, and
must not silence the person asked.
"""

import re
from datetime import timedelta

from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.errors import AuthorMistake, NotEntitled
from crm_workflows.domain.mail.alike import looks_like
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.messages import Refused as RefusedMail
from crm_workflows.domain.records import CaseRow, Decision, InboundMail, Message, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.answered import Answered, asked_anew, settling, why_closed
from crm_workflows.engine.mail_in import mail_watch
from crm_workflows.engine.mail_in.intake_writer import Asked, Reply, Writer, name_of
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.requests.entitlement import entitled

MOST_REFUSALS = 10
"""Refusals a day for one claimed sender and request: two machines that answer each other must come to an end."""
MOST_WARNINGS = 30
"""Mails to the person asked about answers that others sent, for one case; after that the admins hear of it."""
A_DAY = timedelta(days=1)
_ANSWERED_OUTSIDE = bilingual(
    "您此前的答复我们已经收到并办理，这一封不再改变它",
    "we have already received your earlier answer and acted on it; this one does not change it",
)
_CLOSED_OUTSIDE = bilingual(
    "这件事已不再需要您答复，这封回复没有改变什么",
    "this matter no longer needs your answer; this reply has changed nothing",
)
CASE_CODE = re.compile(r"\[([A-Z]{2}-\d{4}-\d{5,})\]")


def refused(reply: Reply, reason: str) -> None:
    """Why an answer has no effect. Each mail is answered once: to a colleague who wrote it, else to the person asked.

    The person asked hears of a colleague's answer too, in a fresh mail, since it was theirs to give (mail.md).
    """
    engine, tx, asked, mail = reply.engine, reply.tx, reply.asked, reply.mail
    if too_many(engine, tx, asked.row, asked.request, reply.inbound):
        mail_watch.still_refused(engine, tx, asked.row, asked.request, reply.inbound)
        return
    person = engine.staff.directory().person(mail.sender)
    own = Writer(asked.assignee.person, asked.assignee.name, asked.assignee.language)
    is_own = mail.sender is not None and (person.email if person else mail.sender) == own.address
    writer = own if person is None or is_own else reply.writer
    if person is not None or is_own:
        context = _refusal(reply, writer, reason)
        request = asked.request.id if is_own else None
        reply.queue(context, writer, request=request)
    if not is_own and not _stands_in(reply):
        _warn(reply, own, is_answer=person is None)


def _stands_in(reply: Reply) -> bool:
    """True for a deputy, who may answer: what was wrong with the answer is between them and us."""
    try:
        entitled(reply.engine, reply.asked.row, reply.asked.request, reply.mail.sender or "", reply.tx)
    except (NotEntitled, AuthorMistake):  # the latter: its code is not here, which the admins are told
        return False
    return True


def _warn(reply: Reply, own: Writer, *, is_answer: bool) -> None:
    """Tell the person asked that somebody else answered; the admins, where that has happened too often."""
    engine, tx, asked, mail = reply.engine, reply.tx, reply.asked, reply.mail
    if _warnings(tx, asked) >= MOST_WARNINGS:
        mail_watch.still_refused(engine, tx, asked.row, asked.request, reply.inbound)
        return
    taken_for = _taken_for(engine, asked, mail)
    if taken_for:
        mail_watch.posing(engine, tx, asked.row, asked.request, reply.inbound)
    context = _refusal(reply, own, _not_yours(mail, taken_for), by=mail.sender or "")
    reply.queue(context, own, request=asked.request.id, is_answer=is_answer)


def _refusal(reply: Reply, to: Writer, reason: str, by: str | None = None) -> RefusedMail:
    engine, asked = reply.engine, reply.asked
    outside = asked.assignee.is_outside and to.address == asked.assignee.person
    part = mails.titled_part(asked.row, engine.title_of(asked.row), outside=outside)
    context = RefusedMail(case=part, to_name=to.name, reason=reason, title=asked.request.title, written_by=by)
    return _with_owner(engine, asked.row, context, to.language) if outside else context


def _with_owner(engine: Engine, row: CaseRow, context: RefusedMail, language: str) -> RefusedMail:
    """Names who is in charge, to whom people outside can turn."""
    return context.model_copy(update={"in_charge": (name_of(engine, row.owner, language) or "", row.owner)})


def _taken_for(engine: Engine, asked: Asked, mail: IncomingMail) -> str:
    """The address that a reader could take the sender's for: of whoever was asked, or of a colleague."""
    known = [asked.assignee.person, *(address for one in engine.staff.directory() for address in one.emails)]
    return looks_like(mail.sender, known) if mail.sender else ""


def _not_yours(mail: IncomingMail, taken_for: str) -> str:
    if mail.sender is None:
        return mail.sender_problem
    if taken_for:
        zh = f"回复来自另一个地址，它只是与 {taken_for} 相似，可能有人冒充；请勿回信，并告知管理员"
        en = (
            f"it came from another address, which only looks like {taken_for}: somebody may be posing; do not answer it"
        )
        return bilingual(zh, f"{en}, and tell an admin")
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
    if too_many(engine, tx, row, None, inbound):
        mail_watch.still_refused(engine, tx, row, None, inbound)
        return
    zh = "这封邮件没有对应到任何事项，请直接回复征询邮件本身"
    reason = bilingual(zh, "this mail answers no request; please reply to the mail that asked you")
    context = RefusedMail(
        case=mails.titled_part(row, engine.title_of(row)), to_name=writer.shown_name(writer.language), reason=reason
    )
    tx.insert(
        mails.mail_of(
            row.code, writer.email, writer.language, context, engine.clock.now(),
            mail_domain=engine.mail_domain, key=f"answer/{inbound.id}", in_reply_to=mail.message_id or None,
        )
    )  # fmt: skip


def late(reply: Reply, done: Answered) -> None:
    """Who decided before, for an answer that came too late."""
    engine, tx, asked, mail = reply.engine, reply.tx, reply.asked, reply.mail
    decisions = tx.find(Decision, request=done.request, order="n")
    writer, person = reply.writer, engine.staff.directory().person(mail.sender)
    request = tx.get(Request, done.request) or asked.request
    if request.status == "open":  # of several who decide together: what they said themselves, where they did
        decisions = [d for d in decisions if person and d.effective and d.by == person.email] or decisions
    if asked.assignee.is_outside and person is None:
        context = _late_outside(reply, request, writer)
        reply.queue(context, writer)
        return
    anew = asked_anew(tx, request)
    earlier = None if anew else settling(decisions)
    answerer = person.email if person else mail.sender
    reason, _ = why_closed(engine, request, decisions, answerer, anew, is_reader=True)
    context = RefusedMail(
        case=mails.titled_part(asked.row, engine.title_of(asked.row)), to_name=writer.name,
        reason=reason, title=done.title,
        decision=earlier.decision if earlier and earlier.decision != "submit" else None,
        decided_by=name_of(engine, earlier.by, writer.language) if earlier else None,
        decided_at=earlier.at if earlier else None,
    )  # fmt: skip
    reply.queue(context, writer)


def _late_outside(reply: Reply, request: Request, to: Writer) -> RefusedMail:
    """The same for people outside: what they had answered themselves in their own words, nothing of who decided."""
    context = _refusal(reply, to, _CLOSED_OUTSIDE)
    earlier = settling(reply.tx.find(Decision, request=request.id, order="n"))
    if earlier is None or earlier.by != reply.asked.assignee.person:
        return context
    element = reply.engine.element_of(reply.asked.row, request.name)
    form = element.form.model_construct(**earlier.answer) if isinstance(element, FormTask) and earlier.answer else None
    update = {"reason": _ANSWERED_OUTSIDE, "decision": form.gist or None if form else None, "decided_at": earlier.at}
    return context.model_copy(update=update)


def too_many(engine: Engine, tx: Transaction, row: CaseRow, request: Request | None, inbound: InboundMail) -> bool:
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
