"""Lists cases and shows one: facts, what it waits for, its story, files, mails and where it stands in its process.

It must not change anything.
"""

import re
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crm_workflows.business.customers import terms_of
from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.records import CaseRow, Message
from crm_workflows.domain.spellings import code_as_kept
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.erasing.files import content_of
from crm_workflows.engine.mail_out import addresses
from crm_workflows.engine.ports import CaseFilter
from crm_workflows.engine.ports import Reader as StoreReader
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.approver_names import name_of
from crm_workflows.engine.running import attention
from crm_workflows.engine.running.locking import no_case
from crm_workflows.engine.views import view_lists, views
from crm_workflows.engine.views.diagram import Diagram, diagram_of
from crm_workflows.interfaces.web.case_files import files_of
from crm_workflows.interfaces.web.diagram_svg import Names, State, draw
from crm_workflows.interfaces.web.files import file_response
from crm_workflows.interfaces.web.form_values import readable
from crm_workflows.interfaces.web.forms import fields_of
from crm_workflows.interfaces.web.marks import nearby, states_of
from crm_workflows.interfaces.web.rendering import Reader
from crm_workflows.interfaces.web.site import Site, site_of
from crm_workflows.interfaces.web.timeline import kind_titles, rounds_of
from crm_workflows.interfaces.web.timeline_story import NOTHING, who_opened
from crm_workflows.interfaces.web.words import KINDS, MAIL_STATES, MESSAGES, OUTCOMES, STATUSES

PAGE_LENGTH = 50
MESSAGE_ID: Final = re.compile(r"<[^<>\s]+@[^<>\s]+>")
ASKED = ("text", "process", "status", "owner", "opened_from", "opened_to", "overdue")


def cases(request: Request) -> Response:
    """The list, latest first, filtered by text, process, status, owner, days of opening and what is overdue (G-9)."""
    site = site_of(request)
    asked = {name: request.query_params.get(name, "").strip()[:200] for name in ASKED}
    page = max(1, min(10_000, _number(request.query_params.get("page", "1"))))
    text, process, status, owner, *days, overdue = (asked[name].replace("\0", "") or None for name in ASKED)
    opened = site.engine.staff.calendar().instants_of(*(_day(day) for day in days))
    late = site.office.clock.now() if overdue else None
    wanted = CaseFilter(process, status, owner, text, PAGE_LENGTH + 1, (page - 1) * PAGE_LENGTH, *opened, late)
    found = view_lists.cases(site.engine, wanted)
    query = urlencode({name: value for name, value in asked.items() if value})
    return site.page(
        request, "cases.html", section="cases", cases=found[:PAGE_LENGTH], asked=asked, page=page, query=query,
        has_more=len(found) > PAGE_LENGTH, titles=site.office.titles(), statuses=STATUSES, outcomes=OUTCOMES,
        people=list(site.office.staff.directory()), directory=site.office.staff.directory(),
    )  # fmt: skip


def case(request: Request) -> Response:
    """One case."""
    site = site_of(request)
    reader_ = site.reader(request)
    view = views.case_view(site.engine, code_as_kept(request.path_params["code"]))
    with site.engine.store.read() as reader:
        row = _row(reader, view["case"])
        procedure = site.engine.procedure_of(row)
        rounds = rounds_of(site, reader, row, reader_.language)
        whole = diagram_of(procedure)
        states = states_of(whole, reader, row)
        near = nearby(whole, states)
        files = files_of(reader, procedure, row)
        asked = [item["assignee"]["email"] for item in view["waiting_for"] if item.get("assignee")]
        told = attention.told_of(reader, row)
        returned = {one.address: one.why for one in addresses.marked(reader, *asked)} if asked else {}
    written = view["rows"]
    return site.page(
        request, "case.html", reader_, section="cases", case=view, row=row, process=procedure.title, rounds=rounds,
        returned=returned, told=told, credit=terms_of(written["credit"]) if written.get("credit") else "",
        ahead=written.get("next_callback_at") if "callback" in written else None,
        opened_by=who_opened(site, row, reader_.language),
        facts=_facts(site, procedure, row, reader_), files=files, statuses=STATUSES, outcomes=OUTCOMES,
        kinds=KINDS, kind_titles=kind_titles(procedure), messages=MESSAGES, mail_states=MAIL_STATES,
        diagram=drawn(site, whole, reader_.language, states), names=site.name, steps=len(whole.nodes),
        nearby=drawn(site, near, reader_.language, states, "nearby") if len(near.nodes) < len(whole.nodes) else "",
    )  # fmt: skip


def case_file(request: Request) -> Response:
    """A file of a case."""
    site = site_of(request)
    with site.engine.store.read() as reader:
        row = _row(reader, request.path_params["code"])
        wanted = request.path_params["sha256"]
        found = next((f for f in files_of(reader, site.engine.procedure_of(row), row) if f.sha256 == wanted), None)
        content = content_of(reader, row.code, wanted) if found else None
    if found is None or content is None:
        raise NotFound(bilingual("这里没有这个文件", "there is no such file here"))
    return file_response(found.filename, content, trusted=found.taken)


def drawn(
    site: Site, diagram: Diagram, language: str, states: dict[str, State] | None = None, identity: str = "diagram"
) -> Markup:
    """A process as SVG, with the roles named as the people file does; every text in it is escaped by `draw`."""
    names: Names = partial(name_of, directory=site.office.staff.directory(), language=language)
    return Markup(draw(diagram, language, names, states, identity))  # noqa: S704


def _facts(site: Site, procedure: Procedure, row: CaseRow, reader: Reader) -> list[tuple[str, str]]:
    """What is filled in of the subject; the Message-ID of the mail by which it came says nothing to a reader."""
    asked = {name: value for name, value in row.subject.items() if not _is_no_money(value)}
    lines = readable(fields_of(procedure.subject), asked, reader.language, ZoneInfo(reader.zone))
    return [
        (label, site.name(value, reader.language) if value == row.owner else value)
        for label, value in lines
        if value != NOTHING and not MESSAGE_ID.fullmatch(value)
    ]


def _is_no_money(value: object) -> bool:
    """An amount of nothing, such as where no claim was made."""
    return isinstance(value, dict) and value.keys() == {"amount", "currency"} and not Decimal(value["amount"])


def _row(reader: StoreReader, code: str) -> CaseRow:
    row = reader.get(CaseRow, code)
    if row is None:
        raise no_case(code)
    return row


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def dead_mails(reader: StoreReader) -> list[Message]:
    """Mails that nobody received: failed ones, and such as may or may not have arrived."""
    return reader.find(Message, status=["failed", "uncertain"], order="queued_at", descending=True, limit=PAGE_LENGTH)


ROUTES: Final = [
    Route("/cases", cases, methods=["GET"]),
    Route("/cases/{code}", case, methods=["GET"]),
    Route("/cases/{code}/files/{sha256}", case_file, methods=["GET"]),
]
