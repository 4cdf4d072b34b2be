"""The roles that take mail in: the loopback server of the local default, and intake of what is stored.

They must not read answers: the engine's intake does, after the mail is stored and acknowledged.
"""

import threading
from functools import partial
from typing import Final

from crm_workflows.adapters.mail.smtp_listener import LoopbackMailServer
from crm_workflows.bootstrap import Office
from crm_workflows.engine.mail_in import intake
from crm_workflows.interfaces import mailbox
from crm_workflows.interfaces.addresses import LOOPBACK

IDLE_SECONDS: Final = 5.0


class LocalMail:
    """The loopback mail server; started again on the port that was published."""

    name = "local-mail"

    def __init__(self, office: Office, port: int) -> None:
        """Listens at once, so that the port is known; raises MailTrouble when it cannot be had."""
        self._take = partial(mailbox.take, office)
        first = LoopbackMailServer(LOOPBACK, port, self._take)
        first.start()
        self.port = first.port
        self._first: LoopbackMailServer | None = first

    def run(self, stop: threading.Event) -> None:
        """Serve until told to stop. Raises MailTrouble when the port cannot be had any more."""
        server, self._first = self._first or LoopbackMailServer(LOOPBACK, self.port, self._take), None
        server.start()
        try:
            stop.wait()
        finally:
            server.stop()


class Intake:
    """Applies what was received and stored, also what a killed process left behind."""

    name = "intake"

    def __init__(self, office: Office) -> None:
        self._office = office

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; raises what the store raises."""
        while not stop.is_set():
            if intake.process_new(self._office.engine) == 0:
                self._office.store.wait(IDLE_SECONDS)
