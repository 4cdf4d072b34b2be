"""Whether the mail servers of the settings answer, and what their settings mean. It sends and changes nothing."""

from typing import Any

from crm_workflows.adapters.imap_mailbox import ImapMailbox
from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.mail_out.outbox_notices import sentence
from crm_workflows.engine.mail_out.outbox_ports import Sent
from crm_workflows.interfaces.addresses import public_url
from crm_workflows.interfaces.up.imap import folders_of
from crm_workflows.interfaces.up.mail_out import is_loopback, new_transport, smtp_port
from crm_workflows.settings import Settings


def findings_of(settings: Settings) -> list[dict[str, Any]]:
    """One line for each way of mail: `what`, `ok`, and what it `says` ("中文 / English")."""
    return [_outgoing(settings), *_incoming(settings), *_links(settings)]


def _outgoing(settings: Settings) -> dict[str, Any]:
    if settings.is_local_mail:
        zh = "未设置 CRMW_SMTP_HOST：邮件留在本机，可在 /mailbox 查看"
        return _line("smtp", bilingual(zh, "CRMW_SMTP_HOST is not set: mails stay on this machine, under /mailbox"))
    transport = new_transport(settings, smtp_port(settings))
    try:
        outcome = transport.greet()
    finally:
        transport.close()
    where = f"{settings.smtp_host}:{smtp_port(settings)}"
    if isinstance(outcome, Sent):
        return _line("smtp", bilingual(f"{where} 可用，发件人被接受", f"{where} answers and takes our sender"))
    return _line("smtp", sentence(outcome), ok=False)


def _incoming(settings: Settings) -> list[dict[str, Any]]:
    if not settings.mailboxes:
        zh = "未设置 CRMW_IMAP_HOST：回复由本机邮件服务接收"
        return [_line("imap", bilingual(zh, "CRMW_IMAP_HOST is not set: the local mail server takes replies"))]
    return [
        line for mailbox in settings.mailboxes for folder in folders_of(mailbox).values() for line in _folder(folder)
    ]


def _folder(folder: ImapMailbox) -> list[dict[str, Any]]:
    try:
        return [_line("imap", told) for told in folder.check()]
    except MailTrouble as error:
        return [_line("imap", error.message, ok=False)]


def _links(settings: Settings) -> list[dict[str, Any]]:
    if settings.is_local_mail or not is_loopback(public_url(settings)):
        return []
    zh = "CRMW_PUBLIC_URL 是本机地址：外发邮件不含链接，请收件人回复答复用语"
    en = "CRMW_PUBLIC_URL is a loopback address: mails leave links out and ask for an answer by reply"
    return [_line("links", bilingual(zh, en))]


def _line(what: str, says: str, *, ok: bool = True) -> dict[str, Any]:
    return {"what": what, "ok": ok, "says": says}
