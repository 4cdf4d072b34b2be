"""Mail too large to be fetched: shown to the admins, and its writer hears how to answer instead, where they were asked.

Only its headers are here, and nobody vouches for them: it must decide nothing, and write to nobody else.
"""

from dataclasses import replace
from typing import Final

from crm_workflows.domain.errors import Refused
from crm_workflows.domain.mail.incoming import IncomingMail, UnreadableMail
from crm_workflows.domain.mail.parse import LARGEST
from crm_workflows.domain.mail.reading import Reading
from crm_workflows.domain.records import InboundMail, Watermark
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.requesting import REQUESTER
from crm_workflows.engine.mail_in import intake_replies, mail_watch, quarantine
from crm_workflows.engine.mail_in.intake_asked import asked_in
from crm_workflows.engine.mail_in.intake_writer import Asked
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.entitlement import entitled_by_mail

WHY: Final = bilingual(
    "邮件过大，未收取，请在邮箱中查看", "the mail is too large and was not fetched; see it in the mailbox"
)
_MB: Final = LARGEST // 1_000_000
INSTEAD: Final = bilingual(
    f"邮件超过 {_MB} MB，没有收取；请打开链接答复或上传文件，或分成几封较小的邮件",
    f"the mail is over {_MB} MB and was not taken in; please answer or upload by the link, or send smaller mails",
)


def set_aside(engine: Engine, identity: str, head: bytes, size: int, reached: Watermark) -> None:
    """Note a mail of `size` bytes with these headers, and how far its mailbox was read; once for each `identity`."""
    row = InboundMail(
        identity, reached.mailbox, "", "", "", engine.clock.now(), size, "", status="unreadable", why=WHY
    )  # fmt: skip
    mail = _headers(engine, head)
    if mail is not None:
        row = replace(
            row, message_id=mail.message_id, sender=mail.sender or "", subject=mail.subject[:500],
            recipients=list(mail.recipients)[:50],
        )  # fmt: skip
    asked = asked_in(engine, mail) if mail is not None and mail.sender and not mail.is_automatic else None
    if isinstance(asked, Asked) and asked.request.kind != REQUESTER and asked.request.status == "open":
        row = replace(row, case=asked.row.code, request=asked.request.id)
    with engine.store.write() as tx:
        if tx.insert_new(row):
            mail_watch.set_aside(engine, tx, row, WHY)
            if mail is not None and isinstance(asked, Asked) and row.request:
                _answer(engine, tx, asked, row, mail)
        tx.update(Watermark, (reached.mailbox,), uid_validity=reached.uid_validity, uid=reached.uid)


def _headers(engine: Engine, head: bytes) -> IncomingMail | None:
    try:
        return quarantine.read(engine, head, {}) if head else None
    except UnreadableMail:
        return None  # what only stands in the mailbox is for the admins, who are told


def _answer(engine: Engine, tx: Transaction, asked: Asked, row: InboundMail, mail: IncomingMail) -> None:
    """Tell whoever was asked, or their deputy; others hear nothing, and the bounds of such answers hold."""
    sender = mail.sender or ""
    try:
        if asked.request.kind == "documents":
            handed = papers.nothing_handed_in(engine, tx, asked.request.id, sender)
            refused = replace(handed, problems=((mail.subject or row.message_id, INSTEAD),))
            intake_replies.documents(engine, tx, asked, row, mail, refused)
            return
        entitled_by_mail(engine, asked.row, asked.request, asked.assignee, sender, tx)
    except Refused:
        return
    intake_replies.unclear(engine, tx, asked, row, mail, Reading("unclear", None, "", INSTEAD))
