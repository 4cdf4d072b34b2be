"""The roles of the product in one process: pages, worker, sender and mailbox, each of which may die."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx

from crm_workflows.adapters.mail.imap_mailbox import FetchedMail
from crm_workflows.adapters.mail.mail_compose import Composer
from crm_workflows.adapters.mail.smtp_listener import Envelope
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.bootstrap import Office as Opened
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.mail_out.outbox import Habits, Sender
from crm_workflows.engine.mail_out.outbox_ports import Outcome, Sent
from crm_workflows.engine.running import worker
from crm_workflows.interfaces import mailbox
from crm_workflows.interfaces.up.imap import ImapFolder
from crm_workflows.interfaces.web.app import create_app
from crm_workflows.settings import Settings
from tests.engine.stories import at_work
from tests.interfaces.web.world import InProcess
from tests.office import ROOT, Office

BASE: Final = "http://127.0.0.1:8000"


@cache
def _renderer() -> Renderer:
    return Renderer(ROOT / "templates" / "emails", BASE, lambda _address: "Asia/Shanghai")


@dataclass
class Folder:
    """An IMAP folder: what lies in it outlives whoever looks into it."""

    mails: list[bytes] = field(default_factory=list)

    def newest(self) -> tuple[int, int]:
        """The watermark after which only mails of the future come."""
        return 7, 0

    def fetch_new(self, watermark: tuple[int, int] | None, limit: int, *more: object) -> Iterator[FetchedMail]:
        """Every mail behind the watermark."""
        for uid, raw in enumerate(self.mails, start=1):
            if watermark is None or uid > watermark[1]:
                yield FetchedMail(uid, 7, len(raw), raw)


class Roles:
    """One process that has just started: every role of the product on one store."""

    def __init__(self, store: Any, at: datetime, home: Path) -> None:
        self.office: Office = at_work(store, at)
        settings = Settings(home=home, public_url=BASE, mail_from="crm@yongchang.example")
        self.opened = self.office.opened(settings)

    def work(self) -> None:
        """The worker, until nothing is ready."""
        worker.work_until_idle(self.office.engine)

    def apply(self) -> None:
        """Intake of what is stored."""
        while intake.process_new(self.office.engine):
            pass

    def send(self) -> None:
        """The sender, into the embedded mail server, until nothing is due."""
        engine = self.office.engine
        sender = Sender(
            engine.store, self.office.clock, self.office.staff, self.opened.key,
            renderer=_renderer(), composer=Composer("crm@yongchang.example", engine.mail_domain), transport=self,
            habits=Habits(10),
        )  # fmt: skip
        while sender.send_due():
            pass

    def deliver(self, recipient: str, content: bytes) -> Outcome:
        """As the transport of the sender: hand the mail to the embedded server, which keeps it."""
        self.receive("crm@yongchang.example", recipient, content)
        return Sent("kept")

    def close(self) -> None:
        """Of the transport: nothing is kept open."""

    def receive(self, sender: str, recipient: str, content: bytes) -> None:
        """The embedded server takes a mail; what it has not acknowledged is handed in again."""
        assert mailbox.take(self.opened, Envelope(sender, (recipient,), content)) is None

    def poll(self, folder: Folder) -> None:
        """The poller of the company's mailbox."""
        ImapFolder(self.opened, "imap", folder).look()  # type: ignore[arg-type]

    def post(self, path: str, key: str, **body: Any) -> None:
        """One POST to the API under an idempotency key; whoever is not sure repeats it."""
        answer = self.browser().post(f"/api/v1/{path}", headers={"Idempotency-Key": key}, **body)
        assert answer.status_code in (200, 201), answer.text

    def browser(self) -> httpx.Client:
        """Somebody at the pages and the API."""
        _Here.opened = self.opened
        return httpx.Client(transport=InProcess(_application()), base_url=BASE)


class _Here:
    """The process whose pages answer, as the application knows it: making an application anew takes long."""

    opened: Opened

    def __getattr__(self, name: str) -> Any:
        return getattr(_Here.opened, name)


@cache
def _application() -> Any:
    return create_app(_Here())  # type: ignore[arg-type]
