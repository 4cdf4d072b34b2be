"""A company with its pages: the story office on SQLite, the application over it, and a browser without JavaScript."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.bootstrap import Office as Opened
from crm_workflows.domain.records import (
    Assignee,
    AuditEntry,
    BusinessRow,
    CaseRow,
    Decision,
    Document,
    JournalEntry,
    Message,
    Request,
)
from crm_workflows.engine.access.passes import Lasting, open_session
from crm_workflows.interfaces.mailbox import LocalMailbox
from crm_workflows.interfaces.web.app import create_app
from crm_workflows.settings import Settings
from tests.office import Office

BASE = "http://127.0.0.1:8000"


class InProcess(httpx.BaseTransport):
    """Hands requests of a plain client to the application; an exception that leaves it fails the test."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=True)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._handle(request))

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        content = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers, content=content, request=request)


@dataclass
class World:
    """The office of the story tests, and the application over the same engine."""

    office: Office
    opened: Opened
    app: Any
    posted: list[tuple[str, str, bytes]]

    def browser(self, **options: Any) -> httpx.Client:
        """A browser of its own, in this process; redirects are followed only when told."""
        return httpx.Client(transport=InProcess(self.app), base_url=BASE, **options)

    def signed_in(self, person: str, **options: Any) -> httpx.Client:
        """A browser in which that colleague has signed in."""
        lasting = Lasting(8, 72)
        with self.office.engine.store.write() as tx:
            secret = open_session(self.office.engine, tx, person, "test", lasting)
        return self.browser(cookies={"crmw_session": secret}, **options)

    def token(self, request_id: str, person: str | None = None) -> str:
        """The secret in the link of a mail about this request."""
        with self.office.engine.store.read() as reader:
            request = reader.get(Request, request_id)
            assignees = reader.find(Assignee, request=request_id)
        assert request is not None
        own = next(a for a in assignees if person in (None, a.person))
        return self.office.engine.secrets.token(request.id, own.person, request.revision, own.nonce)

    def link(self, code: str, gate: str | None = None) -> str:
        """The path of the link for what the case waits for."""
        item = self.office.waiting(code, gate)
        letter = "r" if item["kind"] == "approval" else "t"
        return f"/{letter}/{self.token(item['id'], item['assignee']['email'])}"


@contextmanager
def world_at(url: str, home: Path, **set_: Any) -> Iterator[World]:
    """A world on a migrated database, with further settings."""
    store = open_store(url)
    office = Office(store)
    settings = Settings(home=home, database_url=url, **set_)
    office.engine = replace(office.engine, mail_outside=settings.mail_outside)
    opened = office.opened(settings)
    posted: list[tuple[str, str, bytes]] = []

    def post(sender: str, recipient: str, content: bytes) -> str | None:
        posted.append((sender, recipient, content))
        return None

    app = create_app(opened, mailbox=LocalMailbox(store), post=post)
    try:
        yield World(office, opened, app, posted)
    finally:
        store.close()


@dataclass
class Form:
    """A form of a page as a browser sees it: where it goes, and what it sends before anybody has touched it."""

    action: str
    method: str
    enctype: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    """Values that radios, boxes and selects offer."""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._text: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._form = Form(a.get("action", ""), a.get("method", "get"), a.get("enctype", ""))
            self.forms.append(self._form)
        elif self._form is not None:
            self._control(tag, a)

    def _control(self, tag: str, a: dict[str, str]) -> None:
        assert self._form is not None
        name = a.get("name", "")
        if tag == "input" and a.get("type") in ("radio", "checkbox"):
            self._form.offered.setdefault(name, []).append(a["value"])
            if "checked" in a:
                self._form.fields.setdefault(name, []).append(a["value"])
        elif tag == "input" and a.get("type") != "file" and name:
            self._form.fields[name] = [a.get("value", "")]
        elif tag == "textarea":
            self._text = name
            self._form.fields[name] = [""]
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._form.offered.setdefault(self._select, []).append(a.get("value", ""))
            if "selected" in a or self._select not in self._form.fields:
                self._form.fields[self._select] = [a.get("value", "")]

    def handle_data(self, data: str) -> None:
        if self._text is not None and self._form is not None:
            self._form.fields[self._text][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None and self._form is not None:
            self._form.fields[self._text][0] = self._form.fields[self._text][0].removeprefix("\n")
            self._text = None
        elif tag == "select":
            self._select = None
        elif tag == "form":
            self._form = None


def forms(html: str) -> list[Form]:
    """The forms of a page, in order."""
    parser = _Forms()
    parser.feed(html)
    return parser.forms


def answering_form(html: str) -> Form:
    """The first form that posts."""
    return next(form for form in forms(html) if form.method == "post")


def filled(html: str, **values: Any) -> dict[str, Any]:
    """What a browser sends when somebody fills the answering form in with `values` (dots written as `__`)."""
    fields: dict[str, Any] = dict(answering_form(html).fields)
    return fields | {name.replace("__", "."): value for name, value in values.items()}


def text_of(html: str) -> str:
    """The page as one reads it, without tags."""
    body = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def decisions(world: World, code: str) -> list[tuple[str, str, str, bool]]:
    """What was decided in a case, forms included, by whom, how and with effect or not."""
    return [(d["decision"], d["by"], d["channel"], d["effective"]) for d in world.office.view(code)["decisions"]]


def gate_decisions(world: World, code: str) -> list[tuple[str, str, str, bool]]:
    """The same without what was filled in."""
    return [found for found in decisions(world, code) if found[0] != "submit"]


def all_that_happened(world: World) -> dict[str, int]:
    """How many rows each table has that an answer would add to; compare before and after."""
    tables = (AuditEntry, BusinessRow, CaseRow, Decision, Document, JournalEntry, Message, Request)
    with world.office.engine.store.read() as reader:
        return {table.__name__: reader.count(table) for table in tables}
