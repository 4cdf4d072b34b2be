"""Renders mails from `templates/emails/` in the reader's language and time zone. It must not send or store anything.

User data reach a template only as variables: printed values are escaped in HTML, and freed of control and
direction-changing characters everywhere, so that nobody can write lines into a mail that seem to be ours.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import css_inline
from babel.dates import format_date, get_timezone_name
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape
from pydantic import ValidationError

from crm_workflows.domain.errors import AuthorMistake, OfNewerRelease
from crm_workflows.domain.messages import DIGEST, MESSAGES, OF_DIGESTS, SIGN_IN, SURVEY, TITLES, Mail, context_of
from crm_workflows.domain.records import Message
from crm_workflows.domain.text import HIDDEN, SEPARATOR, bilingual, in_language, upfirst
from crm_workflows.engine.mail_out.outbox_ports import Rendered

SHARED: Final = "shared"
BODIES: Final = ("body.zh.txt", "body.en.txt", "body.zh.html", "body.en.html")
_SUBJECT_LENGTH: Final = 160
PAGES: Final = {SURVEY: "s", SIGN_IN: "sign-in/code"} | dict.fromkeys(OF_DIGESTS, "d")
"""Where the link of a message leads, where that is neither a request nor a task."""


class Renderer:
    """Implements the port `MailRenderer`. Templates are read once; a change of wording needs a restart."""

    def __init__(
        self, template_dir: Path, public_url: str, zone_of: Callable[[str], str], company: Callable[[], str] = str
    ) -> None:
        """`template_dir` is `templates/emails`; `zone_of` names the zone (IANA) of the person with that address;
        `company` is the label of our name, empty where it is not known."""
        self.template_dir = template_dir
        self._public_url = public_url.rstrip("/")
        self._zone_of = zone_of
        self._company = company
        # Remote stylesheets would be fetched while rendering; what a mail needs stands in the layout.
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
        self._hashes = {name: _hash_of(template_dir, name) for name in MESSAGES}
        self._environment = _environment(template_dir, tuple(self._hashes.values()))

    def render(self, message: Message, *, token: str | None, links: bool) -> Rendered:
        """See the port; `links=False` leaves every address of our pages out and leads with the answering words."""
        try:
            model = context_of(message.template, message.context)
        except (KeyError, ValidationError) as error:
            if _says_more(error):
                raise _of_newer_release(message) from error
            raise _mistake(message, str(error).replace("\n", " ")) from error
        return self.render_model(message, model, token=token, links=links)

    def render_model(self, message: Message, model: Mail, *, token: str | None, links: bool) -> Rendered:
        """As `render`, with the context already checked. Raises AuthorMistake naming template and line."""
        variables = self._variables(message, model, token, links)
        language = variables["language"]
        folder = message.template
        try:
            subject = self._fill(f"{SHARED}/subject.{language}.txt", variables)
            text = self._fill(f"{folder}/body.{language}.txt", variables)
            html = self._fill(f"{folder}/body.{language}.html", variables)
            inlined = self._inliner.inline(html)
            stop = f"{variables['link']}/stop" if folder == DIGEST and variables["link"] else ""
            return Rendered(_one_line(subject)[:_SUBJECT_LENGTH], _tidy(text), inlined, variables["company"], stop)
        except (TemplateError, css_inline.InlineError, TypeError, ValueError, LookupError, AttributeError) as error:
            raise _mistake(message, f"{self.place_of(error)}: {error}") from error

    def template_hash(self, name: str) -> str:
        """SHA-256 over the message's folder and the shared folder, as they were when this renderer was made."""
        return self._hashes[name]

    def _fill(self, template: str, variables: dict[str, Any]) -> str:
        return self._environment.get_template(template).render(variables)

    def _variables(self, message: Message, model: Mail, token: str | None, links: bool) -> dict[str, Any]:
        asked = getattr(model, "request", None)
        page = "r" if getattr(asked, "kind", getattr(model, "kind", "approval")) == "approval" else "t"
        page = PAGES.get(message.template, page)
        path, language = model.case.url_path, "zh" if message.language == "zh" else "en"
        return {
            **{name: getattr(model, name) for name in type(model).model_fields},
            "itself": model,
            "language": language,
            "company": in_language(self._company(), language),
            "zone": ZoneInfo(self._zone_of(message.recipient)),
            "link": f"{self._public_url}/{page}/{token}" if token and links else None,
            "case_link": f"{self._public_url}{path}" if path and links else None,
            "links": links,
            "code": token if message.template == SIGN_IN else None,
            "files": [attachment["filename"] for attachment in message.attachments],
        }

    def place_of(self, error: BaseException) -> str:
        """`file:line` of the template that failed, as far as the error tells."""
        name, line = getattr(error, "filename", None), getattr(error, "lineno", None)
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename.startswith(str(self.template_dir)):
                name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            trace = trace.tb_next
        if not name:
            return str(getattr(error, "name", None) or type(error).__name__)
        return f"{Path(name).relative_to(self.template_dir)}:{line}"


@lru_cache(maxsize=2)
def _environment(template_dir: Path, _hashes: tuple[str, ...]) -> ImmutableSandboxedEnvironment:
    """One for the same wording, so that what the check at the start has compiled is not compiled again."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(template_dir),
        autoescape=lambda name: bool(name) and str(name).endswith(".html"),
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        label=_label, sentence=_sentence, upfirst=upfirst, when=_when, oneline=_one_line, lines=_lines
    )
    environment.globals["titles"] = TITLES
    return environment


@pass_context
def _label(context: Context, label: str) -> str:
    return in_language(label, context["language"])


@pass_context
def _sentence(context: Context, label: str) -> str:
    """The label as a sentence with exactly one stop, whether its author wrote one or not."""
    text = in_language(label, context["language"]).rstrip().rstrip("。.；;")
    return text if text.endswith(("？", "?", "！", "!")) else text + ("。" if context["language"] == "zh" else ".")


@pass_context
def _when(context: Context, at: datetime) -> str:
    """The instant in the reader's zone, with weekday and the name of the zone: deadlines must not be guessed at."""
    local = at.astimezone(context["zone"])
    if context["language"] == "zh":
        day, zone = format_date(local, "y年M月d日 EEE", locale="zh"), get_timezone_name(local, locale="zh")
        return f"{day} {local:%H:%M}（{zone}）"
    day, zone = format_date(local, "EEE d MMMM y", locale="en"), get_timezone_name(local, locale="en")
    return f"{day}, {local:%H:%M} ({zone})"


def _printable(value: object) -> object:
    """What may be printed: text without hidden characters. None would show as "None", so it is a mistake."""
    if value is None:
        raise TypeError("a template prints a value that is not there")
    if isinstance(value, str) and not isinstance(value, Markup):
        return HIDDEN.sub("", value.replace("\r\n", "\n")).replace("\r", "\n")
    return value


def _lines(text: object) -> Markup:
    """For HTML: what was written on lines of their own stays there, also where `white-space` is not known (Outlook)."""
    return Markup("<br>").join(escape(_printable(text)).split("\n"))


def _one_line(text: str) -> str:
    return " ".join(HIDDEN.sub(" ", text).split())


def _tidy(text: str) -> str:
    """No blanks at line ends, at most one empty line in a row, exactly one line end at the end."""
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"


def _hash_of(template_dir: Path, name: str) -> str:
    digest = hashlib.sha256()
    for folder in (name, SHARED):
        for file in sorted((template_dir / folder).glob("*")):
            digest.update(f"{folder}/{file.name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _says_more(error: KeyError | ValidationError) -> bool:
    """Whether all that is wrong with a message is that this release does not know it, or a part of it."""
    return isinstance(error, KeyError) or all(one["type"] == "extra_forbidden" for one in error.errors())


def _of_newer_release(message: Message) -> OfNewerRelease:
    return OfNewerRelease(
        bilingual(
            f"案件 {message.case} 的邮件 {message.template} 由新版程序写成，须由新版发送；"
            f"请启动新版后执行 crmw mail resend {message.id}",
            f"mail {message.template} of case {message.case} was written by a newer release, which is to send it; "
            f"start that one, then run crmw mail resend {message.id}",
        )
    )


def _mistake(message: Message, why: str) -> AuthorMistake:
    told = _one_line(why).replace(SEPARATOR, "/")
    return AuthorMistake(
        bilingual(
            f"案件 {message.case} 的邮件 {message.template} 无法生成：{told}；"
            f"请改正模板后执行 crmw mail resend {message.id}",
            f"mail {message.template} of case {message.case} cannot be rendered: {told}; correct the template, then "
            f"run crmw mail resend {message.id}",
        )
    )
