"""My callbacks of today, for a phone: tap to call, record in three taps (CB-4). It holds no rule of a callback.

What it posts is the form of the callback's own task, with a summary where nobody typed one; all else of that form is a
tap away on the task's page.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.business import call_list
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import CaseRow
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.decisions.answered import Answer, why_closed
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.requests.entitlement import entitled
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.acting import acting, choosable, remember, remembered
from crm_workflows.interfaces.web.doors import Door, by_inbox
from crm_workflows.interfaces.web.form_errors import errors_in
from crm_workflows.interfaces.web.form_values import Typed, to_values
from crm_workflows.interfaces.web.forms import fields_of
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.request_pages import CHANGED
from crm_workflows.interfaces.web.site import Site, site_of

FIELDS: Final = ("result", "satisfaction", "summary", "needs", "complaint", "promises", "reason")
"""Of the callback's form what is asked here; the rest is on the page of the task."""
SATISFIED: Final = {
    5: "非常满意 / Very",
    4: "满意 / Satisfied",
    3: "一般 / So-so",
    2: "不满意 / Not",
    1: "很不满意 / Not at all",
}
BAD: Final = 2
NOTHING_ELSE: Final = "满意度 {n}，无其他事项 / Satisfaction {n}, nothing else"
WHAT_IS_WRONG: Final = bilingual(
    "不满意的，请用一句话写明原因", "where somebody is not satisfied, say why in a sentence"
)


def callbacks(request: Request) -> Response:
    """GET: whom one person is to call, the earliest due first; without a person, the list of whom one can be."""
    return _page(site_of(request), request, remembered(request))


def record(request: Request, posted: Posted) -> Response:
    """POST: one callback; 303 to what is left, 422 with what is missing, 409 where it was recorded before."""
    site, by = site_of(request), acting(request)
    door = by_inbox(site, request, posted.text("request"), by)
    form_keys.check(site.office.key, posted, *door.purpose)
    with site.engine.store.read() as reader:
        entitled(site.engine, door.case, door.request, door.by, reader)
        late = why_closed(site.engine, door.request, [])[0] if not door.is_open else ""
    if late or posted.text("shown") != door.shown:
        return _page(site, request, by, 409, door, {"": late or CHANGED}, posted.fields)
    values, errors = _values(site, request, door, posted)
    if not errors:
        try:
            answer(site.engine, door.request.id, Answer("submit", door.by, door.channel, form=values))
        except InvalidInput as error:
            errors = {"": error.message}
    if errors:
        return _page(site, request, by, 422, door, errors, posted.fields)
    return RedirectResponse(f"/callbacks?{door.query}&saved={door.case.code}", 303)


def _values(site: Site, request: Request, door: Door, posted: Posted) -> tuple[dict[str, Any], dict[str, str]]:
    """What the form of the task takes, and what is missing, by field."""
    form = site.engine.element_of(door.case, door.request.name).form
    fields = fields_of(form)
    values = to_values(fields, {name: [posted.text(name)] for name in FIELDS})
    grade = posted.text("satisfaction")
    is_reached = values.get("result") == "reached"
    if not is_reached:
        values.pop("satisfaction", None)
    elif grade and not values.get("summary"):
        said = values.get("complaint") or values.get("needs")
        if not said and grade.isdigit() and int(grade) <= BAD:
            return values, {"summary": WHAT_IS_WRONG}
        values["summary"] = said or in_language(NOTHING_ELSE, site.reader(request).language).format(n=grade)
    return values, errors_in(form, fields, values)


def _page(
    site: Site,
    http: Request,
    address: str,
    status: int = 200,
    door: Door | None = None,
    errors: Mapping[str, str] | None = None,
    typed: Typed | None = None,
) -> Response:
    directory = site.office.staff.directory()
    person = directory.person(address)
    calls = call_list.to_call(site.engine, person.email) if person else []
    doors = {call.request.id: by_inbox(site, http, call.request.id, person.email) for call in calls if person}
    hidden = {
        key: form_keys.hidden(site.office.key, *one.purpose) | {"shown": one.shown, "request": key}
        for key, one in doors.items()
    }
    response = site.page(
        http, "callbacks.html", status=status, section="callbacks", person=person, calls=calls, doors=doors,
        hidden=hidden, grades=SATISFIED, errors=errors or {}, typed=typed or {}, saved=_saved(site, http),
        wrong_at=door.request.id if door else "", wrong_case=door.case if door else None,
        people=choosable(directory), directory=directory, names=site.name,
    )  # fmt: skip
    if person is not None:
        remember(response, person)
    return response


def _saved(site: Site, http: Request) -> CaseRow | None:
    code = http.query_params.get("saved", "").replace("\0", "")[:40]
    with site.engine.store.read() as reader:
        return reader.get(CaseRow, code) if code else None


ROUTES: Final = [
    Route("/callbacks", callbacks, methods=["GET"]),
    Route("/callbacks", posting(record), methods=["POST"]),
]
