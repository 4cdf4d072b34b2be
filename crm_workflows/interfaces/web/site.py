"""What every page works with: the office, the templates, the mailbox. It must not hold state of a reader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from crm_workflows.bootstrap import Office
from crm_workflows.domain.records import Assignee
from crm_workflows.domain.text import in_language
from crm_workflows.engine.access.passes import Lasting
from crm_workflows.engine.context import Engine
from crm_workflows.interfaces.web import access
from crm_workflows.interfaces.web.acting import myself
from crm_workflows.interfaces.web.language import language_of
from crm_workflows.interfaces.web.rendering import Pages, Reader, zone_name


@dataclass(frozen=True)
class MailboxEntry:
    """One mail of the embedded mailbox, as lists show it."""

    id: str
    to: str
    sender: str
    subject: str
    message_id: str
    at: datetime


class MailboxReader(Protocol):
    """The embedded mailbox of the local default."""

    def list(self, limit: int = 200, to: str | None = None) -> Sequence[MailboxEntry]:
        """The latest mails, newest first; `to` selects one recipient."""
        ...

    def get(self, identity: str) -> bytes | None:
        """The mail as sent; None when there is none of that id."""
        ...


PostMail = Callable[[str, str, bytes], str | None]
"""(envelope sender, recipient, mail) -> None when the mail server took it, else why not in one bilingual sentence."""


@dataclass(frozen=True, eq=False)
class Site:
    """The parts, one per process; safe to share between threads."""

    office: Office
    pages: Pages
    mailbox: MailboxReader | None = None
    post: PostMail | None = None

    @property
    def engine(self) -> Engine:
        return self.office.engine

    @property
    def lasting(self) -> Lasting:
        """How long a session lasts."""
        return Lasting(self.office.settings.session_idle_hours, self.office.settings.session_hours)

    def reader(self, request: Request) -> Reader:
        """Whoever has signed in, else a reader we do not know: language by address, cookie or browser, zone of the
        company."""
        me, zone = myself(), self.office.staff.calendar().zone
        return Reader(language_of(request, usual=me.language if me else None), (me.zone if me else None) or zone)

    def reader_asked(self, request: Request, assignee: Assignee) -> Reader:
        """The person whom a link belongs to: their own language, and their own zone where the directory has one."""
        person = self.office.staff.directory().person(assignee.person)
        zone = person.zone if person and person.zone else self.office.staff.calendar().zone
        return Reader(language_of(request, assignee.language), zone)

    def page(
        self, request: Request, template: str, reader: Reader | None = None, *, status: int = 200, **variables: Any
    ) -> Response:
        """The answer with a filled template."""
        reader, me = reader or self.reader(request), myself()
        now = self.office.clock.now()
        frame = {
            "now": now,
            "zone_name": zone_name(reader.zone, reader.language, now),
            "has_mailbox": bool(self.mailbox),
            "company": in_language(self.office.staff.directory().company, reader.language),
            "me": me,
            "may": partial(access.may, me),
        }
        if self.office.settings.sign_in and me is None:
            variables["with_nav"] = False
        return self.pages.response(request, template, reader, status=status, **{**frame, **variables})

    def name(self, address: str | None, language: str, otherwise: str = "") -> str:
        """The name of somebody of the staff; for anybody else `otherwise`, or the address itself."""
        person = self.office.staff.directory().person(address)
        return person.shown_name(language) if person else otherwise or address or "—"


def site_of(request: Request) -> Site:
    """The site that serves this request."""
    return request.app.state.site  # type: ignore[no-any-return]
