"""The role that polls the company's own mailbox: what came since the watermark is stored, and intake applies it.

It must not mark, move or delete anything there. Polling is the truth; the watermark moves with the stored mail, in one
commit, so that a killed process fetches again instead of losing.
"""

import logging
import threading
from typing import Final

from crm_workflows.adapters.access_token import token_from
from crm_workflows.adapters.imap_mailbox import FetchedMail, ImapMailbox, ImapSettings
from crm_workflows.bootstrap import Office
from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.mail.parse import LARGEST
from crm_workflows.domain.records import InboundMail, Message, Watermark
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.mail_in import intake, mail_watch
from crm_workflows.settings import Settings

USUAL_PORTS: Final = {"none": 143, "starttls": 143, "ssl": 993}

log = logging.getLogger(__name__)


def mailbox_of(settings: Settings) -> ImapMailbox:
    """The mailbox of the settings."""
    port = settings.imap_port or USUAL_PORTS[settings.imap_security]
    return ImapMailbox(
        ImapSettings(
            settings.imap_host, port, settings.imap_user, settings.imap_password, settings.imap_security,
            settings.imap_folder, token=token_from(settings.imap_token_command, settings.imap_token_file),
        )
    )  # fmt: skip


class Imap:
    """Looks into the mailbox every `CRMW_IMAP_POLL_SECONDS`."""

    name = "imap"

    def __init__(self, office: Office, mailbox: ImapMailbox | None = None) -> None:
        self._office = office
        settings = office.settings
        self._mailbox = mailbox or mailbox_of(settings)
        self._key = f"imap:{settings.imap_user}@{settings.imap_host}/{settings.imap_folder}"

    def run(self, stop: threading.Event) -> None:
        """Poll until told to stop; a server in trouble is asked again at the next poll."""
        while not stop.is_set():
            try:
                self.look()
            except MailTrouble as error:
                log.warning("the mailbox could not be read", extra={"error": error.message})
            stop.wait(self._office.settings.imap_poll_seconds)

    def look(self) -> int:
        """Store what is new; returns how many mails. Raises MailTrouble, with what came before it stored."""
        taken = 0
        for mail in self._mailbox.fetch_new(self._watermark(), LARGEST):
            self._store(mail)
            self._office.store.wake()
            taken += 1
        return taken

    def _watermark(self) -> tuple[int, int]:
        """How far we have read; at first only mails of the future, unless somebody may have answered us already."""
        store = self._office.store
        with store.read() as reader:
            held = reader.get(Watermark, self._key)
            has_asked = held is None and reader.count(Message, status="sent") > 0
        if held is not None:
            return held.uid_validity, held.uid
        uid_validity, newest = self._mailbox.newest()
        first = Watermark(self._key, uid_validity, 0 if has_asked else newest)
        with store.write() as tx:
            tx.insert_new(first)
        return first.uid_validity, first.uid

    def _store(self, mail: FetchedMail) -> None:
        reached = Watermark(self._key, mail.uidvalidity, mail.uid)
        if mail.raw is not None:
            intake.store_mail(self._office.engine, mail.raw, self._key, watermark=reached)
            return
        identity = f"{self._key}/{mail.uidvalidity}/{mail.uid}"
        zh = "邮件过大，未收取，请在邮箱中查看"
        why = bilingual(zh, "the mail is too large and was not fetched; see it in the mailbox")
        with self._office.store.write() as tx:
            now = self._office.clock.now()
            row = InboundMail(identity, self._key, "", "", "", now, mail.size, "", status="unreadable", why=why)
            if tx.insert_new(row):
                mail_watch.set_aside(self._office.engine, tx, row, why)
            tx.update(Watermark, (self._key,), uid_validity=mail.uidvalidity, uid=mail.uid)
        log.warning("a mail was too large to be fetched", extra={"bytes": mail.size})
