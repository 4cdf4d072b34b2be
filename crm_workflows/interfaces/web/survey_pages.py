"""The page of a satisfaction survey (CB-8), for people outside: opening it shows, only its form answers.

Machines that open every link of a mail thus answer nothing. It must not show anything of us but the question.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.business import surveys
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.messages import GRADES
from crm_workflows.domain.records import CaseRow, Customer, SurveyInvitation
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.language import language_of
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.rendering import Reader
from crm_workflows.interfaces.web.site import Site, site_of


def show(request: Request) -> Response:
    """GET: the question; the grade of the link is chosen, and not yet given. Afterwards the answer that stands."""
    asked = surveys.found(site_of(request).engine, request.path_params["token"])
    grade = str(request.path_params.get("grade", "") or asked.answer or "")
    return _page(request, asked, 200, {"answer": grade, "comment": asked.comment})


def take(request: Request, posted: Posted) -> Response:
    """POST: the answer; 303 to what stands now, 422 without a grade, 410 once the survey is over."""
    site = site_of(request)
    token = request.path_params["token"]
    asked = surveys.found(site.engine, token)
    form_keys.check(site.office.key, posted, "survey", asked.id)
    given = {"answer": posted.text("answer"), "comment": posted.text("comment")[: surveys.LONGEST]}
    try:
        surveys.answer(site.engine, asked, given["answer"], given["comment"])
    except Refused as refused:
        over = site.office.clock.now() >= asked.closes_at
        return _page(request, asked, 410 if over else 422, given, refused.message)
    return RedirectResponse(f"/s/{token}", 303)


def _page(request: Request, asked: SurveyInvitation, status: int, typed: dict[str, str], error: str = "") -> Response:
    site = site_of(request)
    with site.engine.store.read() as reader:
        case, customer = reader.get(CaseRow, asked.case), reader.get(Customer, asked.customer)
    is_open = site.office.clock.now() < asked.closes_at
    return site.page(
        request, "survey.html", _reader(site, request, asked), status=status, with_nav=False, asked=asked, typed=typed,
        case=case, customer=customer, grades=GRADES, error=error, is_open=is_open, question=surveys.QUESTION,
        token=request.path_params["token"],
        hidden=form_keys.hidden(site.office.key, "survey", asked.id),
    )  # fmt: skip


def _reader(site: Site, request: Request, asked: SurveyInvitation) -> Reader:
    language = "en" if asked.language == "en" else "zh"
    return Reader(language_of(request, language), site.office.staff.calendar().zone)


ROUTES: Final = [
    Route("/s/{token}", show, methods=["GET"]),
    Route("/s/{token}/{grade:int}", show, methods=["GET"]),
    Route("/s/{token}", posting(take), methods=["POST"]),
]
