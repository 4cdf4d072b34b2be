"""Mail that is not fetched, too large or refused by its server: its writer, where asked, hears how to answer instead.

Only its headers are here, and nobody vouches for them: it must decide nothing, and write only to whoever was asked.
"""

from dataclasses import replace
from typing import Final

from crm_workflows.domain.errors import AuthorMistake, NotEntitled, Refused
from crm_workflows.domain.mail.incoming import IncomingMail, UnreadableMail
from crm_workflows.domain.mail.parse import LARGEST
from crm_workflows.domain.mail.reading import Reading
from crm_workflows.domain.records import Digest, InboundMail, Watermark
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.requesting import REQUESTER
from crm_workflows.engine.mail_in import intake_digest, intake_refusals, intake_replies, mail_watch, quarantine
from crm_workflows.engine.mail_in.intake_asked import asked_in
from crm_workflows.engine.mail_in.intake_reading import LARGEST_DECISION, TOO_LARGE
from crm_workflows.engine.mail_in.intake_writer import Asked, Reply
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.entitlement import entitled_by_mail
from crm_workflows.engine.requests.files import mail_identity

WHY: Final = bilingual(
    "邮件过大，未收取，请在邮箱中查看", "the mail is too large and was not fetched; see it in the mailbox"
)
_MB: Final = LARGEST // 1_000_000
INSTEAD: Final = bilingual(
    f"邮件超过 {_MB} MB，没有收取；请打开链接答复或上传文件，或分成几封较小的邮件",
    f"the mail is over {_MB} MB and was not taken in; please answer or upload by the link, or send smaller mails",
)


NOT_GIVEN: Final = bilingual(
    "收信服务器不交出这封邮件，请在邮箱中查看", "the mail server does not hand the mail out; see it in the mailbox"
)
SEND_AGAIN: Final = bilingual(
    "这封邮件无法从收信服务器取出，请打开链接答复，或重新发送",
    "the mail could not be had from the mail server; please answer by the link, or send it again",
)


def largest_of(engine: Engine, head: bytes) -> int:
    """Up to how many bytes a mail with these headers is fetched: little where a colleague's decision is awaited.

    Whoever is not of the company may send pictures with their words, and a machine's mail may be a long report.
    """
    mail = _headers(engine, head)
    asked = asked_in(engine, mail) if mail is not None and not mail.is_automatic else None
    if isinstance(asked, Digest):
        return LARGEST_DECISION
    awaits = isinstance(asked, Asked) and asked.request.kind in ("approval", "task") and asked.request.status == "open"
    return LARGEST_DECISION if isinstance(asked, Asked) and awaits and not asked.assignee.is_outside else LARGEST


def set_aside(
    engine: Engine, identity: str, head: bytes, size: int, reached: Watermark, *, is_refused: bool = False
) -> None:
    """Note a mail of `size` bytes with these headers, and how far its mailbox was read; once for each `identity`.

    The same mail in another folder, or in one that was made anew, is noted as a duplicate, of which nobody hears.

    One that is too large only for a decision is asked back, like any that cannot be read; the others an admin hears of,
    also where the server refuses the mail whatever its size.
    """
    is_answer, mail = size <= LARGEST and not is_refused, _headers(engine, head)
    why = NOT_GIVEN if is_refused else TOO_LARGE if is_answer else WHY
    row = InboundMail(
        identity, reached.mailbox, "", "", "", engine.clock.now(), size, "",
        status="unclear" if is_answer else "unreadable", why=why,
    )  # fmt: skip
    if mail is not None:
        row = replace(
            row, message_id=mail.message_id, sender=mail.sender or "", subject=mail.subject[:500],
            recipients=list(mail.recipients)[:50],
        )  # fmt: skip
    asked = asked_in(engine, mail) if mail is not None and not mail.is_automatic else None
    if isinstance(asked, Asked) and asked.request.status == "open":
        row = replace(row, case=asked.row.code, request=asked.request.id)
    elif isinstance(asked, Digest):
        row = replace(row, request=asked.id)
    if head and not row.message_id:  # then a copy is known by all of its headers
        row = replace(row, id=mail_identity("", row.sender, head))
    with engine.store.write() as tx:
        is_known = bool(row.message_id) and _is_known(tx, row)
        if tx.insert_new(replace(row, status="duplicate") if is_known else row) and not is_known:
            if not is_answer:
                mail_watch.set_aside(engine, tx, row, row.why)
            if mail is not None and row.request:
                _answer(engine, tx, asked, row, mail)
        tx.update(Watermark, (reached.mailbox,), uid_validity=reached.uid_validity, uid=reached.uid)
    engine.store.wake()


def _is_known(tx: Transaction, row: InboundMail) -> bool:
    same = tx.find(InboundMail, message_id=row.message_id, sender=row.sender, size=row.size, sha256="")
    return any(one.id != row.id for one in same)


def _headers(engine: Engine, head: bytes) -> IncomingMail | None:
    try:
        return quarantine.read(engine, head, {}) if head else None
    except UnreadableMail:
        return None  # what only stands in the mailbox is for the admins, who are told


def _answer(
    engine: Engine, tx: Transaction, asked: Asked | Digest | None, row: InboundMail, mail: IncomingMail
) -> None:
    """Tell whoever was asked, or their deputy; others hear nothing, and the bounds of such answers hold."""
    said = {NOT_GIVEN: SEND_AGAIN, WHY: INSTEAD}.get(row.why, row.why)
    if isinstance(asked, Digest):
        intake_digest.too_large(engine, tx, asked, row, mail, said)
    elif asked is not None and asked.request.kind == REQUESTER:
        if engine.staff.directory().identity(mail.sender or "") == asked.assignee.person:
            intake_refusals.refused(Reply(engine, tx, asked, row, mail), said)
    elif asked is not None:
        _answer_request(Reply(engine, tx, asked, row, mail), said)


def _answer_request(reply: Reply, said: str) -> None:
    tx, asked, mail = reply.tx, reply.asked, reply.mail
    try:
        if mail.sender is None:
            raise NotEntitled(mail.sender_problem)
        if asked.request.kind == "documents":
            handed = papers.nothing_handed_in(reply.engine, tx, asked.request.id, mail.sender)
            refused = replace(handed, problems=((mail.subject or reply.inbound.message_id, said),))
            intake_replies.documents(reply, refused)
            return
        entitled_by_mail(reply.engine, asked.row, asked.request, asked.assignee, mail.sender, tx)
        intake_replies.unclear(reply, Reading("unclear", None, "", said))
    except Refused as error:
        _refuse(reply, error.message)
    except AuthorMistake:
        return  # its code is not here: the admins are told so, and of the mail


def _refuse(reply: Reply, why: str) -> None:
    """It came from somebody who may not: whoever was asked hears it as of a small one, since no admin does."""
    if reply.inbound.status == "unclear":
        reply.tx.update(InboundMail, (reply.inbound.id,), status="refused", why=why)
        intake_refusals.refused(replace(reply, inbound=replace(reply.inbound, status="refused")), why)
