"""Every example of every message, rendered as a mail would be, and read as a reader would."""

from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest

from crm_workflows.adapters.mail.template_examples import EXAMPLES, example_message
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.messages import ANSWERABLE, SIGN_IN, SURVEY, Mail
from crm_workflows.engine.mail_out.outbox_ports import Rendered
from crm_workflows.shipped import shipped
from tests.outbox_world import TOKEN, revised

FOLDER = shipped("templates") / "emails"
COMPANY = "永昌精密制造 / Yongchang Precision Manufacturing"
RENDERER = Renderer(FOLDER, "http://crm.example.com:8000/", lambda _: "Asia/Shanghai", lambda: COMPANY)
EVERY = [
    pytest.param(name, model, language, id=f"{name}-{n}-{language}")
    for name, models in EXAMPLES.items()
    for n, model in enumerate(models)
    for language in ("zh", "en")
]
each = pytest.mark.parametrize(("name", "model", "language"), EVERY)
CARRY = {*ANSWERABLE, SIGN_IN, SURVEY}
"""Mails that bring their reader a secret."""


def render(name: str, model: Mail, language: str, *, links: bool = True, **columns: Any) -> Rendered:
    if not columns:
        return _rendered(name, model, language, links)
    row = revised(example_message(name, model, language), **columns)
    return RENDERER.render(row, token=TOKEN if name in CARRY else None, links=links)


@cache
def _rendered(name: str, model: Mail, language: str, links: bool) -> Rendered:
    """Once, however many tests look at it: rendering takes longer than what they look for."""
    return RENDERER.render(example_message(name, model, language), token=TOKEN if name in CARRY else None, links=links)


class Reader(HTMLParser):
    """The visible text of a page, and its links."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in ("style", "title")
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader
