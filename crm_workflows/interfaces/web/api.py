"""The HTTP API under `/api/v1`, with OpenAPI at `/api/openapi.json`: the same verbs as pages and command line.

Every POST carries an `Idempotency-Key`: the same key with the same body gives the same answer and does nothing twice.
Where people sign in, a bearer token says who speaks; elsewhere it serves this machine only, and `as` says in whose name
something is done.
"""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, FastAPI, File, Form, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.errors import AlreadyDecided, CrmError, InvalidInput, NotFound
from crm_workflows.domain.form_errors import sentence_of
from crm_workflows.domain.forms import read_form
from crm_workflows.domain.mail.attachments import safe_name
from crm_workflows.domain.records import CaseRow, Document
from crm_workflows.domain.records import Request as RequestRow
from crm_workflows.domain.text import SEPARATOR, bilingual
from crm_workflows.engine.decisions.answered import Answer, recorded
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.decisions.repeats import OTHER_ANSWER
from crm_workflows.engine.ports import CaseFilter
from crm_workflows.engine.requests.files import File as HandedFile
from crm_workflows.engine.requests.files import sha256_of
from crm_workflows.engine.requests.papers import hand_in
from crm_workflows.engine.running import opening
from crm_workflows.engine.views import view_lists, views
from crm_workflows.interfaces.addresses import public_url
from crm_workflows.interfaces.web import api_over
from crm_workflows.interfaces.web.acting import acting
from crm_workflows.interfaces.web.api_models import (
    Decide,
    Failed,
    Problem,
    Process,
    Recorded,
    StartCase,
    Started,
    Submit,
    Taken,
)
from crm_workflows.interfaces.web.api_parts import CHANNEL, AsKept, Here, Key, bearer, storable, who_acts
from crm_workflows.interfaces.web.api_repeats import element_of, made_by
from crm_workflows.interfaces.web.errors import HEADLINES, status_of
from crm_workflows.interfaces.web.posted import clean
from crm_workflows.interfaces.web.site import Site

OCTETS: Final = "application/octet-stream"
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Failed} for status in (400, 401, 403, 404, 409, 413, 422, 503)
}


router = APIRouter(prefix="/v1", responses=REFUSALS)


def create_api(site: Site) -> FastAPI:
    """The API as an application of its own, mounted under `/api`."""
    api = FastAPI(
        title="CRM Workflows", version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json",
        description=__doc__, exception_handlers={
            CrmError: _refused, HTTPException: _refused_by_http, RequestValidationError: _misread,
        },
    )  # fmt: skip
    api.state.site = site
    api.include_router(router, dependencies=[bearer])
    api.include_router(api_over.router, prefix="/v1", responses=REFUSALS, dependencies=[bearer])
    return api


@router.get("/processes")
def processes(site: Here) -> list[Process]:
    """The processes with the JSON schema of their input."""
    return [
        Process(process=p.name, title=p.title, version=p.version, input_schema=p.subject.model_json_schema())
        for p in site.engine.procedures.values()
    ]


@router.get("/cases")
def list_cases(
    site: Here,
    process: Annotated[str | None, Query(max_length=100)] = None,
    status: Annotated[str | None, Query(max_length=40)] = None,
    owner: Annotated[str | None, Query(max_length=320)] = None,
    text: Annotated[str | None, Query(max_length=200)] = None,
    opened_from: date | None = None,
    opened_to: date | None = None,
    overdue: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> list[dict[str, Any]]:
    """Cases that match, latest first; the days are those of the company's zone, both included."""
    opened = site.engine.staff.calendar().instants_of(opened_from, opened_to)
    late = site.engine.clock.now() if overdue else None
    return view_lists.cases(site.engine, CaseFilter(process, status, owner, text, limit, offset, *opened, late))


@router.post("/cases", status_code=201)
def start_case(site: Here, http: Request, body: StartCase, key: Key) -> Started:
    """Start a case. The same key with the same input gives the same case, with other input 422."""
    storable(body.input)
    started = opening.start(
        site.engine,
        body.process,
        body.input,
        requester=acting(http, body.requester) or None,
        origin=CHANNEL,
        idempotency_key=f"api:{key}",
    )
    url = f"{public_url(site.office.settings)}/cases/{started.code}"
    return Started(case=started.code, status=started.status, url=url)


@router.get("/cases/{code}")
def show_case(site: Here, code: AsKept) -> dict[str, Any]:
    """The whole case, as `crmw case --json` prints it."""
    return views.case_view(site.engine, code)


@router.get("/inbox")
def show_inbox(
    site: Here, http: Request, person: Annotated[str | None, Query(alias="as", max_length=320)] = None
) -> list[dict[str, Any]]:
    """What one person is asked now, earliest due first."""
    return views.inbox(site.engine, who_acts(http, person))


@router.get("/requests/{request_id}")
def show_request(site: Here, request_id: AsKept) -> dict[str, Any]:
    """What is asked; for a form task with its schema and an example that validates."""
    request = _request(site, request_id)
    if request.kind == "task":
        return {"kind": request.kind} | views.task_view(site.engine, request_id)
    names = ("id", "case", "kind", "rule", "title", "status", "round", "revision")
    shown = {name: getattr(request, name) for name in names}
    return shown | {
        "due_at": view_lists.iso(request.due_at or request.lapse_at),
        "facts": request.shows.get("facts", []),
    }


@router.post("/requests/{request_id}/decision")
def decide(site: Here, http: Request, request_id: AsKept, body: Decide, key: Key) -> Recorded:
    """Decide an approval; 409 when somebody else was first, with who."""
    storable(body.model_dump())
    given = Answer(body.decision, who_acts(http, body.by), CHANNEL, body.comment, body.to, place=body.place)
    return _answered(site, request_id, given, key)


@router.post("/requests/{request_id}/submit")
def submit(site: Here, http: Request, request_id: AsKept, body: Submit, key: Key) -> Recorded:
    """Answer a form task; 422 names every field that does not fit."""
    storable(body.input)
    request = _request(site, request_id)
    element = element_of(site, request)
    if isinstance(element, FormTask):
        read_form(element.form, body.input, request.title)
    return _answered(site, request_id, Answer("submit", who_acts(http, body.by), CHANNEL, form=body.input), key)


@router.post("/requests/{request_id}/files")
def upload(
    site: Here,
    http: Request,
    request_id: AsKept,
    key: Key,
    files: Annotated[list[UploadFile], File()],
    by: Annotated[str | None, Form(alias="as", max_length=320)] = None,
    kind: Annotated[str | None, Form(max_length=100)] = None,
) -> Taken:
    """Hand in papers; `kind` names the kind of all of them, else each name says it."""
    evidence = f"api:{key}"
    handed_in = [
        HandedFile(safe_name(clean(f.filename or "")) or "file", clean(f.content_type or OCTETS)[:100], f.file.read())
        for f in files
    ]
    with site.engine.store.read() as reader:
        earlier = {d.sha256 for d in reader.find(Document, request=request_id, evidence=evidence)}
    if earlier:
        if not {sha256_of(f.content) for f in handed_in} <= earlier:
            raise InvalidInput(OTHER_ANSWER)
        return _taken(site, request_id, evidence)
    hand_in(
        site.engine,
        request_id,
        handed_in,
        by=who_acts(http, by and clean(by)),
        channel=CHANNEL,
        kind=kind,
        evidence=evidence,
    )
    return _taken(site, request_id, evidence)


def _answered(site: Site, request_id: str, given: Answer, key: str) -> Recorded:
    evidence = f"api:{key}"
    given = replace(given, evidence=evidence)
    done = answer(site.engine, request_id, given)
    own = None if done.effective else made_by(site, _request(site, request_id), given)
    if done.effective or own is not None:
        sentence = done.sentence if own is None else recorded(site.engine, own.decision, own.by)
        return Recorded(
            case=done.case, request=done.request, decision=done.decision, effective=True, sentence=sentence,
            follows=done.follows,
        )  # fmt: skip
    raise _Late(done.sentence, done.decided_by)


class _Late(AlreadyDecided):
    """Somebody was first; tells who."""

    def __init__(self, message: str, decided_by: str | None) -> None:
        super().__init__(message)
        self.decided_by = decided_by


def _taken(site: Site, request_id: str, evidence: str) -> Taken:
    """What became of the files that came with this key, and what is still missing now."""
    request = _request(site, request_id)
    with site.engine.store.read() as reader:
        files = reader.find(Document, request=request_id, evidence=evidence, order="n")
        row = reader.get(CaseRow, request.case)
        waiting = views.waiting_items(site.engine, reader, row, request) if row and request.status == "open" else []
    return Taken(
        case=request.case, request=request_id, complete=request.status == "decided",
        missing=[kind for item in waiting[:1] for kind in item.get("missing", [])],
        accepted=[{"filename": d.filename, "kind": d.kind} for d in files if d.problem is None],
        problems=[{"filename": d.filename, "why": d.problem} for d in files if d.problem is not None],
    )  # fmt: skip


def _request(site: Site, request_id: str) -> RequestRow:
    with site.engine.store.read() as reader:
        found = reader.get(RequestRow, request_id)
    if found is None:
        zh = f"没有编号为 {request_id} 的事项，请核对编号"
        raise NotFound(bilingual(zh, f"there is no request {request_id}; check the id"))
    return found


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, CrmError):
        raise error
    problem = Problem(
        sentence=error.message, fields=getattr(error, "fields", {}), decided_by=getattr(error, "decided_by", None)
    )
    return _answer(status_of(error), problem)


async def _refused_by_http(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    detail = str(error.detail)
    return _answer(
        error.status_code, Problem(sentence=detail if SEPARATOR in detail else HEADLINES.get(error.status_code, detail))
    )


async def _misread(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    fields = {".".join(str(part) for part in e["loc"]): sentence_of(e) for e in error.errors()}
    zh = f"请求内容有误：{'、'.join(fields)}；请改正后重新提交"
    return _answer(
        422, Problem(sentence=bilingual(zh, f"the request does not fit: {', '.join(fields)}"), fields=fields)
    )


def _answer(status: int, problem: Problem) -> JSONResponse:
    return JSONResponse(Failed(error=problem).model_dump(), status)
