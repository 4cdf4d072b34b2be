"""The role that sends mail: the outbox's loop over one connection to the server. It must not decide what is sent."""

import logging
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from crm_workflows.adapters.database.schema_version import newest_version
from crm_workflows.adapters.mail.access_token import token_from
from crm_workflows.adapters.mail.mail_compose import Composer
from crm_workflows.adapters.mail.mail_out import SmtpTransport
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.bootstrap import Office
from crm_workflows.engine.mail_out.outbox import Habits, Sender
from crm_workflows.engine.mail_out.outbox_ports import SentCopies
from crm_workflows.engine.running import releases
from crm_workflows.interfaces.addresses import LOOPBACK
from crm_workflows.settings import Settings
from crm_workflows.shipped import shipped

IDLE_SECONDS: Final = 5.0
USUAL_PORTS: Final = {"none": 25, "starttls": 587, "ssl": 465}

log = logging.getLogger(__name__)


class MailOut:
    """Sends what is due, one mail after the other."""

    name = "mail-out"

    def __init__(self, office: Office, public_url: Callable[[], str], local_port: Callable[[], int | None]) -> None:
        """`local_port` is where the loopback mail server listens just now, None while it does not."""
        self._office = office
        self._public_url = public_url
        self._local_port = local_port

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop; raises what the store raises, and Refused once a newer release is at work."""
        while not stop.is_set():
            port = self._port()
            if port is None:
                stop.wait(1.0)
                continue
            sender = new_sender(self._office, self._public_url(), port)
            try:
                self._send(sender, port, stop)
            finally:
                sender.close()

    def _send(self, sender: Sender, port: int, stop: threading.Event) -> None:
        """Until told to stop, or the local server has moved to another port."""
        while not stop.is_set() and self._port() == port:
            releases.check_is_current(self._office.engine, int(newest_version()))
            if sender.send_due() == 0:
                self._office.store.wait(sender.seconds_to_next(IDLE_SECONDS))

    def _port(self) -> int | None:
        settings = self._office.settings
        return self._local_port() if settings.is_local_mail else smtp_port(settings)


def smtp_port(settings: Settings) -> int:
    """The port of the company's server: as set, else the usual one of its kind of security."""
    return settings.smtp_port or USUAL_PORTS[settings.smtp_security]


def new_transport(settings: Settings, port: int) -> SmtpTransport:
    """One connection to the server of the settings, or to the loopback one at `port`; for one thread."""
    sender = settings.mail_from.rpartition("<")[2].strip(" >")
    if settings.is_local_mail:
        return SmtpTransport(
            LOOPBACK, port, security="none", sender=sender, ehlo="localhost", seconds=settings.smtp_timeout
        )
    return SmtpTransport(
        settings.smtp_host, port, security=settings.smtp_security, sender=sender, ehlo=socket.gethostname(),
        user=settings.smtp_user, password=settings.smtp_password, seconds=settings.smtp_timeout,
        token=token_from(settings.smtp_token_command, settings.smtp_token_file),
    )  # fmt: skip


def new_sender(office: Office, public_url: str, port: int) -> Sender:
    """The outbox's sender with its templates and its connection; for one thread."""
    settings = office.settings
    return Sender(
        office.store, office.clock, office.staff, office.key,
        renderer=Renderer(
            shipped("templates") / "emails", public_url, lambda address: zone_of(office, address),
            lambda: office.staff.directory().company,
        ),
        composer=Composer(
            settings.mail_from, office.engine.mail_domain, plain_reply_to=settings.reply_to == "plain"
        ),
        transport=new_transport(settings, port),
        habits=Habits(
            settings.most_retry_seconds,
            links=settings.is_local_mail or not is_loopback(public_url),
            redirect_to=settings.mail_redirect_to or None,
            per_minute=settings.mails_per_minute,
        ),
        copies=_sent_copies(settings),
    )  # fmt: skip


def _sent_copies(settings: Settings) -> SentCopies | None:
    """The folder of sent mails, of the first mailbox for which one is set."""
    for mailbox in settings.mailboxes:
        if mailbox.sent_folder:
            from crm_workflows.interfaces.up.imap import folders_of

            return next(iter(folders_of(mailbox.model_copy(update={"folder": mailbox.sent_folder})).values()))
    return None


def zone_of(office: Office, address: str) -> str:
    """The zone in which the person with that address reads times: their own, else the company's."""
    person = office.staff.directory().person(address)
    return (person.zone if person else None) or office.staff.calendar().zone


def is_loopback(url: str) -> bool:
    """Whether only this machine can open the address: links to it are of no use to anybody outside."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
