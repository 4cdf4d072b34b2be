"""Amends a case from a page: the form of its subject as it stands, and why. The engine says who may, and who is asked
again."""

import hashlib
import json
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.domain.errors import Refused
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import CaseRow
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.decisions.amending import MAY_AMEND, Amendment, amend
from crm_workflows.engine.running.locking import no_case
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.acting import acting, choosable, remembered
from crm_workflows.interfaces.web.form_values import Typed, to_values, typed_from
from crm_workflows.interfaces.web.forms import Field, fields_of, whole_labels
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.site import Site, site_of

BY, REASON = "amended_by", "amended_because"
OWNER = "owner"
"""Not amended here: what it asks is reassigned."""
WHY = "原因 / Why"
SAY_WHY = bilingual("请写明原因", "please say why")


def form(request: Request) -> Response:
    """GET: the subject as it stands, to be changed."""
    site = site_of(request)
    row = _row(site, request.path_params["code"])
    typed = typed_from(_fields(site, row), row.subject, site.reader(request).zone) | {BY: [remembered(request)]}
    return _page(request, site, row, 200, {}, typed)


def submit(request: Request, posted: Posted) -> Response:
    """POST: 303 to the case; 422 with the errors; 403 where somebody has amended it since the page was opened."""
    site = site_of(request)
    row = _row(site, request.path_params["code"])
    form_keys.check(site.office.key, posted, *_purpose(row))
    by = acting(request, posted.text(BY))
    if not posted.text(REASON):
        return _page(request, site, row, 422, {REASON: SAY_WHY}, posted.fields)
    fields, zone = _fields(site, row), site.reader(request).zone
    before = typed_from(fields, row.subject, zone)
    new, old = to_values(fields, posted.fields, zone), to_values(fields, before, zone)
    values = {field.path: new.get(field.path) for field in fields if new.get(field.path) != old.get(field.path)}
    try:
        amend(site.engine, row.code, Amendment(values, by, posted.text(REASON), "page"))
    except Refused as error:
        errors = getattr(error, "fields", None) or {"": error.message}
        return _page(request, site, row, 422, errors, posted.fields)
    return RedirectResponse(f"/cases/{row.code}", 303)


def _row(site: Site, code: str) -> CaseRow:
    with site.engine.store.read() as reader:
        row = reader.get(CaseRow, code)
    if row is None:
        raise no_case(code)
    return row


def _fields(site: Site, row: CaseRow) -> tuple[Field, ...]:
    return tuple(field for field in fields_of(site.engine.procedure_of(row).subject) if field.path != OWNER)


def _purpose(row: CaseRow) -> tuple[str, ...]:
    """Of one case as it stands: a form opened before another amendment would take that back."""
    return ("amend", row.code, hashlib.sha256(json.dumps(row.subject, sort_keys=True).encode()).hexdigest())


def _may(site: Site, row: CaseRow) -> list[Person]:
    directory = site.office.staff.directory()
    return [
        p for p in directory if p.active and ({row.owner, row.requester} & {*p.emails} or {*MAY_AMEND} & {*p.roles})
    ]


def _page(request: Request, site: Site, row: CaseRow, status: int, errors: dict[str, str], typed: Typed) -> Response:
    fields = _fields(site, row)
    return site.page(
        request, "amend.html", site.reader(request), status=status, errors=errors, typed=typed, fields=fields,
        names=whole_labels(fields) | {REASON: WHY}, row=row, people=choosable(_may(site, row)), section="cases", by=BY,
        because=REASON, hidden=form_keys.hidden(site.office.key, *_purpose(row)), process=site.engine.title_of(row),
    )  # fmt: skip


_PATH: Final = "/cases/{code}/amend"
ROUTES: Final = [Route(_PATH, form, methods=["GET"]), Route(_PATH, posting(submit), methods=["POST"])]
