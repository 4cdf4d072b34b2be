"""Starts a case from a page: the form of its subject. It must not run the case; a worker takes it up."""

from dataclasses import replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.business.customers import in_form
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.choosing import choices, chosen_fields
from crm_workflows.engine.requests.registered import unregistered
from crm_workflows.engine.running.opening import start
from crm_workflows.engine.views.diagram import diagram_of, of_people
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.acting import acting, choosable, remembered
from crm_workflows.interfaces.web.case_pages import drawn
from crm_workflows.interfaces.web.form_errors import errors_in, errors_told
from crm_workflows.interfaces.web.form_values import Typed, to_values, typed_from
from crm_workflows.interfaces.web.forms import Field, fields_of, whole_labels
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.site import Site, site_of

OWNER = "owner"
"""The field of every subject that names its responsible owner: chosen from the staff instead of typed."""
CUSTOMER = "customer"
"""The field of a subject that may name a customer by code."""
LONGEST_CODE = 40
REQUESTER = "requester"
"""Who starts the case: whoever acts in this browser, so that naming another owner does not make them its requester."""


def choose(request: Request) -> Response:
    """GET: what may be started."""
    site = site_of(request)
    return site.page(request, "starts.html", titles=site.office.titles(), by_hand=site.office.by_hand(), section="")


def form(request: Request) -> Response:
    """GET: the empty form, with the process beside it; `?customer=CODE` fills in what the register knows."""
    site = site_of(request)
    procedure = site.engine.procedure(request.path_params["process"])
    who, code = remembered(request), request.query_params.get("customer", "").replace("\0", "")[:LONGEST_CODE]
    known = _known(site, procedure, code)
    typed = typed_from(fields_of(procedure.subject), {OWNER: who or None} | known, site.reader(request).zone)
    return _page(request, 200, {}, typed | ({REQUESTER: [who]} if who else {}))


def submit(request: Request, posted: Posted) -> Response:
    """POST: 303 to the new case; 422 with every error beside its field. Sent twice it opens one case."""
    site = site_of(request)
    process = request.path_params["process"]
    procedure = site.engine.procedure(process)
    nonce = form_keys.check(site.office.key, posted, "start", process)
    requester = acting(request, posted.text(REQUESTER))
    fields = fields_of(procedure.subject)
    values = to_values(fields, posted.fields, site.reader(request).zone)
    values = _registered(site, procedure, values) | ({OWNER: values[OWNER]} if OWNER in values else {})
    errors = errors_in(procedure.subject, fields, values, site.engine.facts_today())
    if errors:
        errors = unregistered(site.engine, procedure.subject, values) | errors
        return _page(request, 422, errors, posted.fields)
    files = [file for _, file in posted.files]
    try:
        started = start(
            site.engine, process, values, requester=requester or None, origin="page",
            idempotency_key=f"page:{nonce}", attachments=files,
        )  # fmt: skip
    except Refused as error:
        return _page(request, 422, errors_told(error, fields), posted.fields)
    return RedirectResponse(f"/cases/{started.code}", 303)


def _known(site: Site, procedure: Procedure, code: str) -> dict[str, Any]:
    """What the empty form is filled in with for a customer; who is in charge only where the register decides that."""
    if procedure.subject.IN_REGISTER:
        return _registered(site, procedure, {procedure.subject.IN_REGISTER: code})
    with site.engine.store.read() as reader:
        known = in_form(reader, code) if code and CUSTOMER in procedure.subject.model_fields else {}
    return {name: value for name, value in known.items() if name != OWNER} | ({CUSTOMER: code} if known else {})


def _registered(site: Site, procedure: Procedure, values: dict[str, Any]) -> dict[str, Any]:
    """The values, with all that the register knows of the customer whom they name in place of what was typed."""
    code = values.get(procedure.subject.IN_REGISTER)
    if not procedure.subject.IN_REGISTER or not code:
        return values
    with site.engine.store.read() as reader:
        known = in_form(reader, code)
    return values | {name: value for name, value in known.items() if name in procedure.subject.model_fields}


def _chosen(site: Site, procedure: Procedure, field: Field) -> Field:
    """A field that names who will be asked is chosen from the list instead of typed."""
    found = chosen_fields(procedure)
    if field.path not in found:
        return field
    people = choices(site.engine, found[field.path])
    return replace(
        field, widget="choice", choices=tuple((p.email, bilingual(p.name, p.shown_name("en"))) for p in people)
    )


def _page(request: Request, status: int, errors: dict[str, str], typed: Typed) -> Response:
    site = site_of(request)
    reader = site.reader(request)
    procedure = site.engine.procedure(request.path_params["process"])
    fields, whole = tuple(_chosen(site, procedure, one) for one in fields_of(procedure.subject)), diagram_of(procedure)
    people: list[Any] = [person for person in site.office.staff.directory() if person.active]
    return site.page(
        request, "start.html", reader, status=status, errors=errors, typed=typed, fields=fields, procedure=procedure,
        names=whole_labels(fields), people=people,
        requesters=choosable(people), section="",
        hidden=form_keys.hidden(site.office.key, "start", procedure.name),
        short=drawn(site, of_people(whole), reader.language, identity="short"), steps=len(whole.nodes),
        diagram=drawn(site, whole, reader.language),
    )  # fmt: skip


ROUTES: Final = [
    Route("/start", choose, methods=["GET"]),
    Route("/start/{process}", form, methods=["GET"]),
    Route("/start/{process}", posting(submit), methods=["POST"]),
]
