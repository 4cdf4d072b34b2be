"""Sends mails to our own addresses and looks for them in the mailboxes. It must not touch any other mail.

The copy that arrives tells what providers do on the way: plus addresses dropped, Message-IDs replaced, junk, SPF and
DKIM. It stays in the mailbox, as we delete nothing there; intake passes it over as automatic mail. Nobody else gets
one: an address at a public provider is ours only if we log in as it.
"""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from crm_workflows.adapters.clock import real_now
from crm_workflows.adapters.mail.imap_mailbox import ImapMailbox, Watermark
from crm_workflows.adapters.mail.mail_compose import LOCAL_PART
from crm_workflows.business.mail_domains import mail_domain
from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.mail_out.outbox_notices import sentence
from crm_workflows.engine.mail_out.outbox_ports import Outcome, RecipientRefused, Sent
from crm_workflows.interfaces.mail_check.advice import remedy
from crm_workflows.interfaces.mail_check.finding import Finding, What
from crm_workflows.interfaces.mail_check.received import findings_in
from crm_workflows.interfaces.up.imap import folders_of
from crm_workflows.interfaces.up.mail_out import new_transport, smtp_port
from crm_workflows.settings import Settings

LARGEST: Final = 200_000
"""Bytes of a mail that is looked into; the probe has some two thousand, with what servers add."""
EVERY: Final = 2.0
"""Seconds between two looks."""
JUNK: Final = "\\Junk"
PLAIN: Final = "CRMW_REPLY_TO=plain"
KINDS: Final[dict[What, tuple[str, str]]] = {
    "returns": ("退信", "reports of undelivered mail"),
    "complaints": ("投诉来信", "complaints by mail"),
}
ALIASES: Final[dict[What, str]] = {
    "returns": bilingual(
        "把该地址设为所读邮箱的别名，或把 CRMW_MAIL_FROM 改为所读邮箱的地址；否则退信无人知道",
        "make it an alias of a mailbox that is read, or set CRMW_MAIL_FROM to one; else nobody hears what came back",
    ),
    "complaints": bilingual(
        "需要以邮件收投诉的：把它设为所读邮箱的别名，或用 CRMW_COMPLAINTS_ADDRESS 另设地址",
        "where complaints shall come by mail make it an alias of a mailbox we read, or set CRMW_COMPLAINTS_ADDRESS",
    ),
}
"""What to change where they do not come in."""


@dataclass(frozen=True)
class Arrived:
    """The copy of a probe in a folder, or the report that it `came_back`."""

    folder: str
    raw: bytes
    seconds: int
    came_back: bool


class Probe:
    """One round trip; `pause` waits that many seconds and says whether to give up."""

    def __init__(self, settings: Settings, seconds: float, pause: Callable[[float], bool] | None = None) -> None:
        self._settings, self._seconds = settings, seconds
        self._pause = pause or threading.Event().wait
        self._folders = _folders(settings)
        self._further = {
            key: folder for mailbox in settings.mailboxes[1:] for key, folder in folders_of(mailbox).items()
        }
        self._marks: Mapping[str, Watermark] = {}

    def findings(self) -> list[Finding]:
        """Send, find, and tell what became of it on the way."""
        try:
            self._marks = {name: folder.newest() for name, folder in (self._folders | self._further).items()}
            is_plus = self._settings.reply_to == "plus"
            found = self._plus() if is_plus else self._plain()
            is_well = all(one.ok for one in found if one.what in ("sent", "arrived", "plus"))
            return [*found, *(self._others(has_sender=not is_plus) if is_well else [])]
        except MailTrouble as error:
            mailbox = self._settings.mailboxes[0]
            advice = remedy("imap", mailbox.host, in_language(error.message, "en"))
            return [Finding("arrived", error.message, ok=False, remedy=advice)]

    def _plus(self) -> list[Finding]:
        token = _token()
        address = f"{LOCAL_PART}+{token}@{self._settings.mail_domain}"
        outcome = self._send(token, address)
        if isinstance(outcome, Sent):
            found = self._wait_for({token}, self._folders).get(token)
            if found is not None and not found.came_back:
                return [_sent(address), *_told(found, token, self._settings)]
            why = _not_there(address, found, self._seconds)
        elif isinstance(outcome, RecipientRefused):
            why = sentence(outcome)
        else:
            return [self._unsent(outcome)]
        return self._without_plus(why)

    def _without_plus(self, why: str) -> list[Finding]:
        """The same to the plain address, so as to tell a dropped plus from a mail that nobody gets."""
        found = self._plain()
        if all(one.ok for one in found if one.what in ("sent", "arrived")):
            zh, en = (
                f"服务商丢弃带加号的地址：设 {PLAIN}，答复改按邮件编号识别",
                f"the provider drops plus addresses: set {PLAIN}; answers are then told by the mail that they answer",
            )
            return [Finding("plus", why, ok=False, remedy=bilingual(zh, en)), *found]
        address = f"{LOCAL_PART}@{self._settings.mail_domain}"
        zh, en = (
            f"须有邮箱或别名 {address}，且由 CRMW_IMAP_USER 的邮箱收取",
            f"there must be a mailbox or alias {address}, read by the mailbox of CRMW_IMAP_USER",
        )
        return [Finding("plus", why, ok=False, remedy=bilingual(zh, en)), *found]

    def _plain(self) -> list[Finding]:
        token, address = _token(), _sender(self._settings)
        outcome = self._send(token, address)
        if not isinstance(outcome, Sent):
            return [self._unsent(outcome)]
        found = self._wait_for({token}, self._folders).get(token)
        if found is not None and not found.came_back:
            return [_sent(address), *_told(found, token, self._settings)]
        advice = bilingual(
            "核对：CRMW_IMAP_USER 是否收取该地址的邮件；网页邮箱里有无此信；迟到的用 --wait 多等",
            "check that CRMW_IMAP_USER gets the mail of that address; look into the web mail; wait longer by --wait",
        )
        return [_sent(address), Finding("arrived", _not_there(address, found, self._seconds), ok=False, remedy=advice)]

    def _others(self, *, has_sender: bool) -> list[Finding]:
        """Whether reports of undelivered mail, and complaints, come in as well; the former go to our sender."""
        sender, complaints = _sender(self._settings).lower(), self._settings.complaints_to
        reply = f"{LOCAL_PART}@{self._settings.mail_domain}"
        wanted: dict[str, What] = {} if has_sender or sender == reply else {sender: "returns"}
        told = []
        if not mail_domain(complaints):
            told.append(_is_missing("complaints", complaints, self._seconds))
        elif complaints not in (sender, reply):
            wanted[complaints] = "complaints"
        tokens = {address: _token() for address in wanted}
        sent = {to: isinstance(self._send(token, to), Sent) for to, token in tokens.items()}
        found = self._wait_for({tokens[to] for to, is_sent in sent.items() if is_sent}, self._folders | self._further)
        for address, token in tokens.items():
            arrived = found.get(token)
            is_there = arrived is not None and not arrived.came_back
            told.append((_is_there if is_there else _is_missing)(wanted[address], address, self._seconds))
        return told

    def _unsent(self, outcome: Outcome) -> Finding:
        text, code = getattr(outcome, "text", ""), getattr(outcome, "code", 0)
        advice = remedy("smtp", self._settings.smtp_host, text, code)
        return Finding("sent", "" if isinstance(outcome, Sent) else sentence(outcome), ok=False, remedy=advice)

    def _send(self, token: str, address: str) -> Outcome:
        transport = new_transport(self._settings, smtp_port(self._settings))
        try:
            return transport.deliver(address, _mail(token, address, self._settings))
        finally:
            transport.close()

    def _wait_for(self, tokens: set[str], folders: Mapping[str, ImapMailbox]) -> dict[str, Arrived]:
        """What has come of those mails when all are there, or the time is over."""
        found: dict[str, Arrived] = {}
        waited = 0.0
        while True:
            for name, folder in folders.items():
                for mail in folder.fetch_new(self._marks[name], LARGEST):
                    raw = mail.raw or b""
                    for token in tokens - set(found):
                        if token.encode() in raw:
                            came_back = token not in str(message_from_bytes(raw)["Subject"])
                            found[token] = Arrived(name, raw, round(waited), came_back)
            if tokens <= set(found) or waited >= self._seconds or self._pause(EVERY):
                return found
            waited += EVERY


def _folders(settings: Settings) -> dict[str, ImapMailbox]:
    """Those of the first mailbox, and junk where the server names it: a lost mail is mostly there."""
    mailbox = settings.mailboxes[0]
    found = dict(zip(mailbox.folders, folders_of(mailbox).values(), strict=True))
    if JUNK in found:
        return found
    (junk,) = folders_of(mailbox.model_copy(update={"folder": JUNK})).values()
    try:
        junk.newest()
    except MailTrouble:
        return found  # without one, or under a name that nobody told us
    return found | {JUNK: junk}


def _told(found: Arrived, token: str, settings: Settings) -> list[Finding]:
    """Where the copy arrived, and what it says."""
    is_junk = found.folder not in settings.mailboxes[0].folders
    zh = f"测试邮件约 {found.seconds} 秒后到达文件夹 {found.folder}"
    en = f"the test mail arrived in {found.folder} after about {found.seconds} seconds"
    advice = bilingual(
        "被当作垃圾邮件：设 CRMW_IMAP_FOLDER=INBOX,\\Junk，并在服务商处把本发件人加入白名单",
        "it was taken for junk: set CRMW_IMAP_FOLDER=INBOX,\\Junk, and have the provider trust our sender",
    )
    return [
        Finding("arrived", bilingual(zh, en), ok=not is_junk, remedy=advice if is_junk else ""),
        *findings_in(found.raw, _message_id(token, settings), _sender(settings), settings.mailboxes[0]),
    ]


def _is_there(what: What, address: str, _seconds: float) -> Finding:
    zh, en = KINDS[what]
    return Finding(what, bilingual(f"{zh}（{address}）能收到", f"{en} ({address}) come in"))


def _is_missing(what: What, address: str, seconds: float) -> Finding:
    """A company may do without complaints by mail; a mail that comes back unseen is one that nobody knows of."""
    zh, en = KINDS[what]
    if mail_domain(address) or what == "returns":
        says = bilingual(
            f"{zh}（{address}）在 {seconds:.0f} 秒内没有进入所读的邮箱",
            f"{en} ({address}) have not come into a mailbox that is read, within {seconds:.0f} seconds",
        )
    else:
        says = bilingual(f"{address} 是公共邮箱的地址，未试发", f"{address} is at a public provider and was not tried")
    return Finding(what, says, ok=what != "returns", remedy=ALIASES[what])


def _not_there(address: str, found: Arrived | None, seconds: float) -> str:
    if found is not None:
        return bilingual(f"发到 {address} 的测试邮件被退回", f"the test mail to {address} came back as undeliverable")
    zh = f"发到 {address} 的测试邮件 {seconds:.0f} 秒内没有到达收信邮箱"
    return bilingual(zh, f"the test mail to {address} has not reached the mailbox within {seconds:.0f} seconds")


def _sent(address: str) -> Finding:
    return Finding("sent", bilingual(f"测试邮件已发往 {address}", f"a test mail was sent to {address}"))


def _mail(token: str, address: str, settings: Settings) -> bytes:
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["From"], mail["To"] = _sender(settings), address
    mail["Subject"] = f"crmw mail check {token}"
    mail["Date"] = format_datetime(real_now())
    mail.set_raw("Message-ID", _message_id(token, settings))
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Autogenerated"] = "Check"  # else it might be somebody's words from a form, and a person would be told
    mail.set_content(
        "这是 crmw mail check 的测试邮件，可以删除。\nThis is the test mail of crmw mail check; delete it.\n"
    )
    return mail.as_bytes()


def _message_id(token: str, settings: Settings) -> str:
    return f"<crmw.check.{token}@{settings.mail_domain}>"


def _sender(settings: Settings) -> str:
    return settings.mail_from.rpartition("<")[2].strip(" >")


def _token() -> str:
    return secrets.token_hex(8)
