"""Tells the admins of received mail that no machine can settle: set aside unread, unclear or refused again and again.

One notice for each request, and one an hour for mails set aside, however many there are. It must not answer the mails.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.messages import CasePart, MailUnread
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import CaseRow, InboundMail, Meta, Request
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Transaction

log = logging.getLogger(__name__)
NO_CASE: Final = "MAIL"
"""Stands in the place of a case code in notices of mails that belong to none."""
TOLD: Final = "mail_set_aside"
_QUIET: Final = timedelta(hours=1)
_UNCLEAR: Final = bilingual(
    "对同一事项的回复一直无法读懂，系统已停止追问", "replies to one request remain unclear; we have stopped asking back"
)
_REFUSED: Final = bilingual(
    "对同一事项不断收到无效的回复，系统已停止逐封说明",
    "answers without effect keep coming for one request; we have stopped explaining each",
)
_POSING: Final = bilingual(
    "有人用与我方相似的地址答复，可能是冒充", "somebody answers from an address that only looks like one of ours"
)
_ASIDE: Final = bilingual("有收到的邮件无法处理，已搁置", "received mail could not be processed and was set aside")
_SPEAK: Final = bilingual(
    "请直接联系对方，请其打开征询邮件中的链接答复；来信可用 crmw mail list --received --case {code} 查看",
    "speak to the writer, who can answer by the link in the request; crmw mail list --received --case {code} shows it",
)
_READ: Final = bilingual(
    "邮件原样保留；用 crmw mail list --received --status unreadable 查看发件人和原因，crmw mail raw 取出原文，"
    "crmw mail release 重新处理",
    "the mail is kept as it came; crmw mail list --received --status unreadable names sender and cause, crmw mail raw "
    "takes it out, and crmw mail release lets it try again",
)


def still_unclear(engine: Engine, tx: Transaction, row: CaseRow, request: Request, inbound: InboundMail) -> None:
    """The questions back for a request are used up: tell the admins once."""
    _of_request(engine, tx, row, request, inbound, _UNCLEAR, f"unclear/{request.id}")


def still_refused(engine: Engine, tx: Transaction, row: CaseRow, request: Request | None, inbound: InboundMail) -> None:
    """The explanations for a request, or for a case where none is named, are used up: tell the admins once."""
    _of_request(engine, tx, row, request, inbound, _REFUSED, f"refused/{request.id if request else row.code}")


def posing(engine: Engine, tx: Transaction, row: CaseRow, request: Request, inbound: InboundMail) -> None:
    """Somebody answers from an address that only looks like one of ours: tell the admins once."""
    _of_request(engine, tx, row, request, inbound, _POSING, f"posing/{request.id}")


def set_aside(engine: Engine, tx: Transaction, inbound: InboundMail, why: str) -> None:
    """A mail could not be read or applied: tell the admins now, or within the hour when they were told lately.

    Whatever stands in the way of the notice is logged, not raised: it must not cost us the mail.
    """
    try:
        with tx.savepoint():
            at = _slot(tx, engine.clock.now())
            if at is None:
                return
            for admin in admins(engine):
                part = CasePart(case="", title=in_language(_ASIDE, admin.language), process=_PROCESS)
                context = _context(part, admin, _ASIDE, inbound, why, _READ)
                made = mails.mail_of(
                    NO_CASE, admin.email, admin.language, context, engine.clock.now(),
                    mail_domain=engine.mail_domain, key=f"aside/{at.isoformat()}",
                )  # fmt: skip
                tx.insert_new(replace(made, next_at=at))
    except StoreBusy:
        raise
    except Exception as error:
        log.exception("no admin could be told of a mail", extra={"mail": inbound.id, "error": type(error).__name__})


_PROCESS: Final = bilingual("收到的邮件", "Mail received")


def _slot(tx: Transaction, now: datetime) -> datetime | None:
    """When the notice may go; None while one that is still to go covers this mail as well."""
    kept = tx.get(Meta, TOLD)
    last = datetime.fromisoformat(json.loads(kept.value)["at"]) if kept else None
    if last is not None and last > now:
        return None
    at = now if last is None else max(now, last + _QUIET)
    tx.put(Meta(TOLD, json.dumps({"at": at.isoformat()})))
    return at


def _of_request(
    engine: Engine,
    tx: Transaction,
    row: CaseRow,
    request: Request | None,
    inbound: InboundMail,
    problem: str,
    key: str,
) -> None:
    for admin in admins(engine):
        part = mails.titled_part(row, engine.title_of(row))
        remedy = _SPEAK.replace("{code}", row.code)
        context = _context(part, admin, problem, inbound, inbound.why, remedy, request.title if request else "")
        made = mails.mail_of(
            row.code, admin.email, admin.language, context, engine.clock.now(),
            mail_domain=engine.mail_domain, key=key,
        )  # fmt: skip
        tx.insert_new(made)


def _context(
    part: CasePart, admin: Person, problem: str, inbound: InboundMail, why: str, remedy: str, title: str = ""
) -> MailUnread:
    return MailUnread(
        case=part, to_name=admin.shown_name(admin.language), problem=problem, title=title, mail=inbound.id,
        sender=inbound.sender, subject=inbound.subject[:200], received_at=inbound.received_at, why=why, remedy=remedy,
    )  # fmt: skip


def admins(engine: Engine) -> Sequence[Person]:
    """Those who hear of such mail."""
    return [person for person in engine.staff.directory().with_role("admin") if person.active]
