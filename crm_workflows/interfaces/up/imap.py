"""The roles that poll the company's own mailboxes: what came since the watermark is stored, and intake applies it.

They must not mark, move or delete anything there. Polling is the truth and IDLE only a hint; the watermark moves with
the stored mail, in one commit, so that a killed process fetches again instead of losing.
"""

import logging
import threading
from datetime import date, datetime, timedelta
from typing import Final

from crm_workflows.adapters.mail.access_token import token_from
from crm_workflows.adapters.mail.imap_idle import listen
from crm_workflows.adapters.mail.imap_mailbox import FetchedMail, ImapMailbox, ImapSettings
from crm_workflows.bootstrap import Office
from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.records import InboundMail, Message, Watermark
from crm_workflows.engine.mail_in import intake, mailbox_watch, oversized
from crm_workflows.engine.mail_in.intake_reading import LARGEST_DECISION
from crm_workflows.settings import Mailbox

USUAL_PORTS: Final = {"none": 143, "starttls": 143, "ssl": 993}
_SLICE: Final = 1.0
"""Seconds between two looks whether to stop."""
_PATIENCE: Final = 1800.0
"""Real seconds for which a server may refuse a mail before those behind it are fetched."""
_TRIES: Final = 3
"""And how often at least, since a connection may be lost twice by chance."""
_BEFORE_THE_LAST: Final = timedelta(days=2)
"""How far before the latest mail to read a folder that was made anew: servers know days only, each in its own zone."""

log = logging.getLogger(__name__)


def folders_of(mailbox: Mailbox) -> dict[str, ImapMailbox]:
    """The folders of a mailbox, each by the key under which is kept how far it was read."""
    port = mailbox.port or USUAL_PORTS[mailbox.security]
    # One for all folders, so that a program that prints tokens is not asked for each.
    token = token_from(mailbox.token_command, mailbox.token_file)
    return {
        f"{mailbox.name}/{folder}": ImapMailbox(
            ImapSettings(mailbox.host, port, mailbox.user, mailbox.password, mailbox.security, folder, token=token)
        )
        for folder in mailbox.folders
    }


def imap_roles(office: Office) -> list["Imap"]:
    """A role for each mailbox of the settings, so that one in trouble does not hold up the others."""
    found = enumerate(office.settings.mailboxes, start=1)
    return [Imap(office, f"imap{n if n > 1 else ''}", mailbox) for n, mailbox in found]


class Imap:
    """Looks into the folders of a mailbox every `CRMW_IMAP_POLL_SECONDS`, and when the first one hints at something."""

    def __init__(self, office: Office, name: str, mailbox: Mailbox) -> None:
        self.name = name
        self._office = office
        self._mailbox = mailbox.address
        folders = folders_of(mailbox)
        self._folders = [ImapFolder(office, key, mailbox) for key, mailbox in folders.items()]
        self._first = next(iter(folders.values()))
        self._hinted = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Poll until told to stop; a server in trouble is asked again at the next poll."""
        over = threading.Event()
        listening = threading.Thread(target=self._listen, args=(over,), name=f"{self.name}-idle", daemon=True)
        listening.start()
        try:
            while not stop.is_set():
                self._hinted.clear()
                self.look()
                self._wait(stop)
        finally:
            over.set()
            listening.join(2 * _SLICE)  # a server that no longer answers is left without a goodbye

    def look(self) -> None:
        """Store what is new in every folder; one that cannot be read does not hold up the others."""
        trouble = ""
        for folder in self._folders:
            try:
                folder.look()
            except MailTrouble as error:
                log.warning("a mailbox could not be read", extra={"error": error.message})
                trouble = trouble or error.message
        if trouble:
            mailbox_watch.away(self._office.engine, self._mailbox, trouble)
        else:
            mailbox_watch.well(self._office.engine, self._mailbox)

    def _wait(self, stop: threading.Event) -> None:
        left = self._office.settings.imap_poll_seconds
        while left > 0 and not stop.is_set() and not self._hinted.wait(min(left, _SLICE)):
            left -= _SLICE

    def _listen(self, over: threading.Event) -> None:
        while not over.is_set():
            try:
                if not listen(self._first, over, self._hinted.set):
                    return
            except MailTrouble as error:
                log.info("no hints from a mailbox for the time being", extra={"error": error.message})
            over.wait(self._office.settings.imap_poll_seconds)


class ImapFolder:
    """One folder, and how far it was read."""

    def __init__(self, office: Office, key: str, mailbox: ImapMailbox) -> None:
        self._office, self._key, self._mailbox = office, key, mailbox
        self._refused: dict[int, tuple[datetime, int]] = {}

    def look(self) -> int:
        """Store what is new; returns how many mails. Raises MailTrouble, with what came before it stored."""
        taken = 0
        rules = (self._first_day, self._largest, self._is_given_up)
        for mail in self._mailbox.fetch_new(self._watermark(), LARGEST_DECISION, *rules):
            self._store(mail)
            self._refused.clear()
            self._office.store.wake()
            taken += 1
        return taken

    def _is_given_up(self, uid: int) -> bool:
        """Whether a mail has been refused for so long that it, not the server, is in trouble."""
        now = self._office.engine.clock.now()
        first, tries = self._refused.get(uid, (now, 0))
        self._refused[uid] = first, tries + 1
        waited = self._office.engine.clock.real_seconds((now - first).total_seconds())
        return tries + 1 >= _TRIES and waited >= _PATIENCE

    def _largest(self, head: bytes) -> int:
        return oversized.largest_of(self._office.engine, head)

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

    def _first_day(self) -> date | None:
        """From which day on a folder that was made anew may hold what we have not read; None: it may be any mail."""
        with self._office.store.read() as reader:
            latest = reader.find(InboundMail, mailbox=self._key, order="received_at", descending=True, limit=1)
        return (latest[0].received_at - _BEFORE_THE_LAST).date() if latest else None

    def _store(self, mail: FetchedMail) -> None:
        reached = Watermark(self._key, mail.uidvalidity, mail.uid)
        if mail.raw is not None:
            intake.store_mail(self._office.engine, mail.raw, self._key, watermark=reached)
            return
        identity = f"{self._key}/{mail.uidvalidity}/{mail.uid}"
        oversized.set_aside(self._office.engine, identity, mail.head, mail.size, reached, is_refused=mail.is_refused)
        log.warning("a mail was not fetched", extra={"bytes": mail.size, "refused": mail.is_refused})
