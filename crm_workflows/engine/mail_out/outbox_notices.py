"""Tells owner and admins that a mail failed or that the mail server is in trouble. It must not send or judge."""

import json
from datetime import datetime
from typing import Final

from crm_workflows.domain.messages import TITLES, CasePart, Mail, MailFailed, MailTrouble
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import CaseRow, Message, Meta
from crm_workflows.domain.text import SEPARATOR, bilingual
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.mail_out.outbox_ports import Ambiguous, MessageRefused, RecipientRefused, ServerTrouble
from crm_workflows.engine.ports import Clock, Reader, Staff, Transaction

NEVER_ABOUT: Final = frozenset(
    {"mail_failed", "mail_trouble", "mail_unread", "mailbox_away", "audit_checkpoint", "doctor"}
)
"""A failing notice is listed with the dead mails, but must not give rise to another notice."""
EPISODE: Final = "mail_trouble"
_QUIET_SECONDS: Final = 3600.0
"""Real time between two notices of trouble, so that a server that comes and goes does not flood the admins."""
_LOGIN: Final = frozenset({530, 534, 535, 538, 454})


def sentence(outcome: RecipientRefused | MessageRefused | ServerTrouble | Ambiguous) -> str:
    """What happened, as a label of one sentence that quotes the server."""
    said = quoted(getattr(outcome, "code", 0), outcome.text)
    match outcome:
        case RecipientRefused():
            return bilingual(f"邮件服务器拒收这个地址（{said}）", f"the mail server refuses this address ({said})")
        case MessageRefused():
            return bilingual(f"邮件服务器拒收这封邮件（{said}）", f"the mail server refuses this mail ({said})")
        case ServerTrouble(code=code) if code in _LOGIN:
            return bilingual(
                f"邮件服务器拒绝登录（{said}），系统会继续重试",
                f"the mail server refuses our login ({said}); we keep trying",
            )
        case ServerTrouble():
            return bilingual(
                f"邮件服务器暂时没有收下邮件（{said}），系统会继续重试",
                f"the mail server has not taken the mail ({said}); we keep trying",
            )
        case Ambiguous():
            return bilingual(
                f"邮件交出之后连接中断（{said}），不知对方是否收下；将原样再发，副本完全相同",
                f"the connection was lost after the mail had been handed over ({said}), so whether it arrived is not "
                "known; the same bytes are sent again",
            )


def queue_failed(tx: Transaction, staff: Staff, message: Message, why: str, at: datetime) -> None:
    """Queue a notice to the owner of the case and to every admin."""
    if message.template in NEVER_ABOUT:
        return
    case = tx.get(CaseRow, message.case)
    directory = staff.directory()
    owner = directory.person(case.owner) if case else None
    for person in _distinct([*([owner] if owner else []), *_admins(staff)]):
        context = MailFailed(
            case=_case_part(message, case), to_name=person.shown_name(person.language), message=message.id,
            template=message.template, to=message.recipient, why=why, failed_at=at,
            field=_field(case.subject, message.recipient) if case else "",
        )  # fmt: skip
        _queue(tx, person, context, message, at)


def trouble_began(tx: Transaction, staff: Staff, clock: Clock, message: Message, why: str) -> None:
    """Note that the server is in trouble and tell every admin, once per episode and not more often than hourly."""
    at = clock.now()
    episode = _episode(tx)
    told = datetime.fromisoformat(episode["told"]) if episode.get("told") else None
    if episode.get("since"):
        return
    is_quiet = told is not None and clock.real_seconds((at - told).total_seconds()) < _QUIET_SECONDS
    _keep(tx, {"since": at.isoformat(), "told": told.isoformat() if is_quiet and told else at.isoformat()})
    if is_quiet:
        return
    case = tx.get(CaseRow, message.case)
    waiting = tx.count(Message, status=["queued", "sending", "uncertain"])
    for person in _admins(staff):
        context = MailTrouble(
            case=_case_part(message, case), to_name=person.shown_name(person.language), why=why, since=at,
            waiting=waiting,
        )  # fmt: skip
        _queue(tx, person, context, message, at)


def trouble_ended(tx: Transaction) -> None:
    """Note that the server takes mail again."""
    episode = _episode(tx)
    if episode.get("since"):
        _keep(tx, {"told": episode.get("told", "")})


def trouble_since(reader: Reader) -> datetime | None:
    """Since when the server has been in trouble, None if it is not."""
    since = _episode(reader).get("since")
    return datetime.fromisoformat(since) if since else None


def _episode(reader: Reader) -> dict[str, str]:
    row = reader.get(Meta, EPISODE)
    return dict(json.loads(row.value)) if row else {}


def _keep(tx: Transaction, value: dict[str, str]) -> None:
    tx.put(Meta(EPISODE, json.dumps(value, sort_keys=True)))


def _queue(tx: Transaction, person: Person, context: Mail, about: Message, at: datetime) -> None:
    domain = about.message_id.rpartition("@")[2].rstrip(">")
    key = f"{about.id}/{about.attempts}/{at.isoformat()}"
    tx.insert_new(mails.mail_of(about.case, person.email, person.language, context, at, mail_domain=domain, key=key))


def _case_part(message: Message, case: CaseRow | None) -> CasePart:
    """The case as the failing mail names it, so that the notice joins its conversation; some mails belong to none."""
    if case is None:
        return CasePart(case="", title=message.recipient, process=TITLES.get(message.template, message.template))
    named = message.context.get("case") if isinstance(message.context, dict) else None
    process = str(named.get("process", case.process)) if isinstance(named, dict) else case.process
    return CasePart(case=case.code, title=case.title, process=process, url_path=f"/cases/{case.code}")


def _field(plain: object, address: str) -> str:
    """Where a subject holds that address, by names with dots between; empty where it does not."""
    if not isinstance(plain, dict):
        return ""
    for name, value in plain.items():
        if isinstance(value, str) and value.lower() == address.lower():
            return str(name)
        within = _field(value, address)
        if within:
            return f"{name}.{within}"
    return ""


def _admins(staff: Staff) -> list[Person]:
    return [person for person in staff.directory().with_role("admin") if person.active]


def _distinct(people: list[Person]) -> list[Person]:
    return list({person.email: person for person in people if person.active}.values())


def quoted(code: int, text: str) -> str:
    """The server's words inside a label: they must not split it."""
    said = f"{code} {text}" if code and not text.startswith(str(code)) else text
    return said.replace(SEPARATOR, "/").strip() or "—"
