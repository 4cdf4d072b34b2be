"""A form task: shows the facts and the form, filled in as far as something is known, and submits it.

It must not store drafts or judge answers beyond the form's own model.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.forms import Form
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.requests.entitlement import entitled
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.doors import Door, deciding, reader_at
from crm_workflows.interfaces.web.form_errors import errors_in, errors_told
from crm_workflows.interfaces.web.form_values import Typed, readable, to_values, typed_from
from crm_workflows.interfaces.web.forms import fields_of, whole_labels
from crm_workflows.interfaces.web.posted import Posted
from crm_workflows.interfaces.web.request_pages import CHANGED, outcome_page, request_part
from crm_workflows.interfaces.web.site import Site
from crm_workflows.interfaces.web.words import DECIDED


def show(site: Site, http: Request, door: Door) -> Response:
    """The form while the task is open, the recorded answers afterwards."""
    if not door.is_open:
        return _outcome(site, http, door, 200)
    with site.engine.store.read() as reader:
        entitled(site.engine, door.case, door.request, door.by, reader)
    typed = typed_from(
        fields_of(_form(site, door)), door.request.shows.get("draft") or {}, reader_at(site, http, door).zone
    )
    return _form_page(site, http, door, 200, {}, typed)


def submit(site: Site, http: Request, door: Door, posted: Posted) -> Response:
    """Take the form: 303 to the outcome, 422 with every error beside its field, 409 when it was answered before."""
    form_keys.check(site.office.key, posted, *door.purpose)
    if door.is_open and posted.text("shown") != door.shown:
        return _form_page(site, http, door, 409, {"": CHANGED}, posted.fields)
    form = _form(site, door)
    fields = fields_of(form)
    values = to_values(fields, posted.fields, reader_at(site, http, door).zone)
    against = (door.request.shows.get("against") or {}) | site.engine.facts_today()
    errors = errors_in(form, fields, values, against) if door.is_open else {}
    if errors:
        return _form_page(site, http, door, 422, errors, posted.fields)
    try:
        done = answer(site.engine, door.request.id, Answer("submit", door.by, door.channel, form=values))
    except InvalidInput as error:
        return _form_page(site, http, door, 422, errors_told(error, fields), posted.fields)
    if done.effective:
        return RedirectResponse(door.address, 303)
    return _outcome(site, http, door, 409)


def _form(site: Site, door: Door) -> type[Form]:
    return site.engine.element_of(door.case, door.request.name).form  # type: ignore[no-any-return]


def _form_page(site: Site, http: Request, door: Door, status: int, errors: dict[str, str], typed: Typed) -> Response:
    fields, reader = fields_of(_form(site, door)), reader_at(site, http, door)
    return site.page(
        http, "task.html", reader, status=status, errors=errors, typed=typed,
        fields=fields, names=whole_labels(fields), people=(),
        **request_part(site, door, reader.language),
    )  # fmt: skip


def _outcome(site: Site, http: Request, door: Door, status: int) -> Response:
    language = reader_at(site, http, door).language
    with site.engine.store.read() as reader:
        decided = deciding(reader, door, door.request)
    form = _form(site, door)
    answers: list[Any] = readable(fields_of(form), decided.answer, language) if decided else []
    gist = form.model_construct(**decided.answer).gist if decided and decided.answer else ""
    words = DECIDED | ({"submit": gist} if gist else {})
    return outcome_page(site, http, door, status, answers=answers, decided_words=words)
