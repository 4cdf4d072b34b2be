"""Whether the mail servers of the settings answer and let us in, and what their settings mean. It sends no mail."""

from crm_workflows.adapters.mail.imap_mailbox import ImapMailbox
from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.mail_out.outbox_notices import quoted
from crm_workflows.engine.mail_out.outbox_ports import RecipientRefused, Sent
from crm_workflows.interfaces.addresses import public_url
from crm_workflows.interfaces.mail_check.advice import is_about_us, remedy
from crm_workflows.interfaces.mail_check.finding import Finding
from crm_workflows.interfaces.up.imap import folders_of
from crm_workflows.interfaces.up.mail_out import is_loopback, new_transport, smtp_port
from crm_workflows.settings import Mailbox, Settings


def outgoing(settings: Settings) -> Finding:
    """Connect, log in and offer our sender; whether our own address is a mailbox is not asked here."""
    if settings.is_local_mail:
        zh = "未设置 CRMW_SMTP_HOST：邮件留在本机，可在 /mailbox 查看"
        return Finding("smtp", bilingual(zh, "CRMW_SMTP_HOST is not set: mails stay on this machine, under /mailbox"))
    transport = new_transport(settings, smtp_port(settings))
    try:
        outcome = transport.greet()
    finally:
        transport.close()
    where = f"{settings.smtp_host}:{smtp_port(settings)}"
    is_well = isinstance(outcome, RecipientRefused) or getattr(outcome, "only_this_mail", False)
    if isinstance(outcome, Sent) or (is_well and not is_about_us(outcome.text)):
        return Finding("smtp", bilingual(f"{where} 可用，发件人被接受", f"{where} answers and takes our sender"))
    code = getattr(outcome, "code", 0)
    said = quoted(code, outcome.text)
    says = bilingual(f"{where} 现在不会收下我们的邮件（{said}）", f"{where} would not take our mail ({said})")
    return Finding("smtp", says, ok=False, remedy=remedy("smtp", settings.smtp_host, outcome.text, code))


def incoming(settings: Settings) -> list[Finding]:
    """Log in to every mailbox and open every folder."""
    if not settings.mailboxes:
        zh = "未设置 CRMW_IMAP_HOST：回复由本机邮件服务接收"
        return [Finding("imap", bilingual(zh, "CRMW_IMAP_HOST is not set: the local mail server takes replies"))]
    return [
        finding
        for mailbox in settings.mailboxes
        for folder in folders_of(mailbox).values()
        for finding in _folder(mailbox, folder)
    ]


def _folder(mailbox: Mailbox, folder: ImapMailbox) -> list[Finding]:
    try:
        return [Finding("imap", told) for told in folder.check()]
    except MailTrouble as error:
        advice = remedy("imap", mailbox.host, in_language(error.message, "en"))
        return [Finding("imap", error.message, ok=False, remedy=advice)]


def links(settings: Settings) -> list[Finding]:
    """Whether those outside could open a link of ours."""
    if settings.is_local_mail or not is_loopback(public_url(settings)):
        return []
    zh = "CRMW_PUBLIC_URL 是本机地址：外发邮件不含链接，请收件人回复答复用语"
    en = "CRMW_PUBLIC_URL is a loopback address: mails leave links out and ask for an answer by reply"
    return [Finding("links", bilingual(zh, en))]
