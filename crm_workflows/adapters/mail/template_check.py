"""Checks every mail template before anything starts, so that a mistake is found by its author. It must not send.

Each message is rendered with its examples, in both languages, with and without links.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from crm_workflows.adapters.mail.template_examples import EXAMPLES, example_message
from crm_workflows.adapters.mail.templates import BODIES, SHARED, Renderer
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.messages import MESSAGES, Mail
from crm_workflows.domain.text import LANGUAGES
from crm_workflows.shipped import shipped

LARGEST_HTML: Final = 100_000
"""Bytes; beyond about that size mail programs cut a mail off."""
_LOADS: Final = ("<img", "<script", "<link", "<iframe", "url(", "@import")
"""What would load something from outside, or be blocked by mail programs."""
_OWN_PICTURE: Final = '<img src="cid:'
"""A picture that comes with the mail itself."""
_PLACE: Final = "templates/emails"


def check_templates(template_dir: Path | None = None) -> list[str]:
    """One line a finding, `file:line: what is wrong`; empty when every message can be sent. Default: those shipped."""
    folder = template_dir or shipped("templates") / "emails"
    return [*_missing_or_unknown(folder), *_rendering(folder)]


def _missing_or_unknown(folder: Path) -> Iterator[str]:
    for name in MESSAGES:
        for body in BODIES:
            if not (folder / name / body).is_file():
                yield f"{_PLACE}/{name}/{body}:1: is missing; every message has both languages, as text and as HTML"
    for found in sorted(folder.iterdir()):
        if found.name != SHARED and found.name not in MESSAGES:
            yield f"{_PLACE}/{found.name}:1: belongs to no message; remove it, or declare it in domain/messages.py"


def _rendering(folder: Path) -> Iterator[str]:
    renderer = Renderer(folder, "https://crm.example.com", lambda _: "Asia/Shanghai")
    seen: set[str] = set()
    for name, models in EXAMPLES.items():
        for model in models:
            for finding in _of_example(renderer, folder, name, model):
                if finding not in seen:
                    seen.add(finding)
                    yield finding


def _of_example(renderer: Renderer, folder: Path, name: str, model: Mail) -> Iterator[str]:
    for language in LANGUAGES:
        if not all((folder / name / body).is_file() for body in BODIES):
            continue
        message = example_message(name, model, language)
        for links in (True, False):
            try:
                html = renderer.render_model(message, model, token="example", links=links).html  # noqa: S106 - no secret
            except AuthorMistake as error:
                cause = error.__cause__ or error
                yield f"{_PLACE}/{renderer.place_of(cause)}: {' '.join(str(cause).split())}"
                continue
            yield from _of_html(f"{_PLACE}/{name}/body.{language}.html", html)


def _of_html(file: str, html: str) -> Iterator[str]:
    if len(html.encode()) >= LARGEST_HTML:
        yield f"{file}:1: renders to {len(html.encode())} bytes; keep below {LARGEST_HTML}"
    own = html.lower().replace(_OWN_PICTURE, "")
    for loads in _LOADS:
        if loads in own:
            yield f"{file}:1: holds {loads!r}; a mail loads nothing"
