"""Fills page templates in the reader's language and time zone. It must not read cases.

Templates hold both languages side by side: `_("待办 / Inbox")`. User data reach them only as variables and are escaped.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_name
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from crm_workflows.domain.papers import STARTS
from crm_workflows.domain.text import HIDDEN, MONTHS, Language, day_in, in_language, moment_in, size_in_words, upfirst
from crm_workflows.interfaces.web.forms import CURRENCIES, YES_NO
from crm_workflows.interfaces.web.language import COOKIE, PARAMETER, chosen

_YEAR: Final = 365 * 24 * 3600
CHINESE_NUMBER: Final = re.compile(r"\+86(1[3-9]\d|10|2\d|[3-9]\d\d)(\d{3,4})(\d{4})")
"""Of a mobile phone, or with the code of its place: of two digits for the largest cities, else of three."""


@dataclass(frozen=True)
class Reader:
    """Who a page is for: language and time zone (IANA)."""

    language: Language
    zone: str


class Pages:
    """The templates of one folder and their stylesheet, read once."""

    def __init__(self, folder: Path) -> None:
        self.style = (folder / "style.css").read_bytes()
        self.style_version = hashlib.sha256(self.style).hexdigest()[:12]
        self._environment = _environment(folder)

    def response(
        self, request: Request, template: str, reader: Reader, *, status: int = 200, **variables: Any
    ) -> HTMLResponse:
        """The filled page; remembers the language when the address asked for one."""
        html = self.fill(template, reader, _surroundings(request, reader) | variables)
        response = HTMLResponse(html, status_code=status)
        language = chosen(request)
        if language is not None:
            # Lax: a browser sends no strict cookie with a link that is opened from a mail program in the browser.
            response.set_cookie(COOKIE, language, max_age=_YEAR, httponly=True, samesite="lax")
        return response

    def fill(self, template: str, reader: Reader, variables: Mapping[str, Any]) -> str:
        """The text of a page."""
        fixed = {"language": reader.language, "zone": ZoneInfo(reader.zone), "style_version": self.style_version}
        return self._environment.get_template(template).render({**variables, **fixed})


def _surroundings(request: Request, reader: Reader) -> dict[str, Any]:
    """What the frame of every page needs; `with_nav` is off where the reader may be from outside."""
    other = "en" if reader.language == "zh" else "zh"
    query = [(key, value) for key, value in request.query_params.multi_items() if key != PARAMETER]
    switch = f"{request.url.path}?{urlencode([*query, (PARAMETER, other)])}"
    return {"switch": switch, "with_nav": True, "section": ""}


def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, finalize=_printable,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    environment.filters.update(
        label=_label, when=_when, day=_day, date=_date, clock=_clock, size=size_in_words, upfirst=upfirst,
        dial=_dial, phone=_phone, day_typed=_day_typed,
    )  # fmt: skip
    environment.globals.update(
        _=_say, is_past=_is_past, yes_no=YES_NO, currencies=CURRENCIES, endings=",".join(STARTS),
    )  # fmt: skip
    return environment


@pass_context
def _say(context: Context, label: str, **values: object) -> Markup:
    """An authored label in the reader's language, with values filled in and escaped."""
    return escape(in_language(label, context["language"])).format(**values)


@pass_context
def _label(context: Context, label: str) -> str:
    return in_language(label, context["language"])


@pass_context
def _when(context: Context, at: datetime | str) -> str:
    """Day, weekday and time; the zone is named once at the foot of the page."""
    return moment_in(_local(context, at), context["language"])


@pass_context
def _day(context: Context, at: datetime | str) -> str:
    return day_in(_local(context, at).date(), context["language"])


@pass_context
def _date(context: Context, on: str) -> str:
    """A date that has no time and no zone, kept as ISO 8601; nothing as a dash."""
    return day_in(date.fromisoformat(on), context["language"]) if on else "—"


@pass_context
def _day_typed(context: Context, typed: str) -> str:
    """The day that a field for days or instants is filled in with; empty for what is none."""
    try:
        return day_in(datetime.fromisoformat(typed).date(), context["language"])
    except ValueError:
        return ""


@pass_context
def _clock(context: Context, at: datetime | str) -> str:
    """Day and time without the year, for stories and lists of one case."""
    local, is_chinese = _local(context, at), context["language"] == "zh"
    day = f"{local.month}月{local.day}日" if is_chinese else f"{local.day} {MONTHS[local.month - 1]}"
    return f"{day} {local:%H:%M}"


def zone_name(zone: str, language: str, at: datetime) -> str:
    """The zone as people say it: 中国时间, China Time."""
    return get_timezone_name(at.astimezone(ZoneInfo(zone)), locale=language, width="long", zone_variant="generic")


def _is_past(at: datetime | str, now: datetime) -> bool:
    return (datetime.fromisoformat(at) if isinstance(at, str) else at) < now


def _local(context: Context, at: datetime | str) -> datetime:
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return instant.astimezone(context["zone"])


def _dial(phone: str) -> str:
    """A phone number as a link takes it (RFC 3966): digits and a leading plus, whatever it was typed with."""
    return "".join(c for n, c in enumerate(unicodedata.normalize("NFKC", phone)) if c.isdigit() or (c == "+" and not n))


def _phone(phone: str) -> str:
    """A Chinese number in the groups in which it is read out, +86 510 5550 0366; others as they were typed."""
    parts = CHINESE_NUMBER.fullmatch(_dial(phone))
    return f"+86 {parts[1]} {parts[2]} {parts[3]}" if parts else phone


def _printable(value: object) -> object:
    """Text without control characters or such as reorder what is read; None would show as "None": a mistake."""
    if value is None:
        raise TypeError("a page prints a value that is not there")
    if isinstance(value, str) and not isinstance(value, Markup):
        return HIDDEN.sub("", value.replace("\r\n", "\n"))
    return value
