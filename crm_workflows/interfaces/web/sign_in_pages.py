"""Signing in: an address, then the code that came by mail. Opening a page signs nobody in; only a posted code does.

It says the same of addresses that nobody has as of those that somebody has.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.domain.errors import NotFound, Refused
from crm_workflows.domain.spellings import half_width
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.access import codes
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.browser import (
    asking_of,
    client_of,
    keep_asking,
    keep_session,
    known_of,
    label_of,
    own_path,
)
from crm_workflows.interfaces.web.errors import status_of
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.site import Site, site_of

SWITCHED_OFF: Final = bilingual("本系统未启用登录，直接使用即可", "nobody signs in here; just use the pages")
WRITE_ADDRESS: Final = bilingual("请填写您的公司邮箱", "please give your mail address")
ASK_HERE: Final = bilingual(
    "请先在这个浏览器中索取登录码；登录码只在索取它的浏览器中有效",
    "ask for a code in this browser first; a code is of use only in the browser that asked for it",
)
_ASK, _TAKE = "sign-in", "sign-in code"


def ask_form(request: Request) -> Response:
    """GET: the address."""
    return _ask_page(request, 200, own_path(request.query_params.get("next", "")))


def ask(request: Request, posted: Posted) -> Response:
    """POST: mails a code where there is somebody to mail it to; 303 to where it is typed, 429 asked too often."""
    site, address = _site(request), half_width(posted.text("address"))[: codes.LONGEST_ADDRESS]
    form_keys.check(site.office.key, posted, _ASK)
    after = own_path(posted.text("next"))
    if "@" not in address:
        return _ask_page(request, 422, after, address, WRITE_ADDRESS)
    try:
        browser = codes.ask(site.engine, address, client_of(request), known_of(request))
    except Refused as refused:
        return _ask_page(request, status_of(refused), after, address, refused.message)
    response = RedirectResponse("/sign-in/code", 303)
    keep_asking(request, response, browser, after, int(codes.SECONDS))
    return response


def code_form(request: Request) -> Response:
    """GET, also from the mail's link: the code is filled in then, and still to be sent by a person."""
    return _code_page(request, 200, request.path_params.get("code", ""))


def take(request: Request, posted: Posted) -> Response:
    """POST: 303 to where somebody wanted to go, signed in; 422 for a code that is not taken."""
    site, typed = _site(request), half_width(posted.text("code"))
    form_keys.check(site.office.key, posted, _TAKE)
    browser, after = asking_of(request)
    try:
        secret = codes.take(site.engine, browser, typed, label_of(request), site.lasting)
    except Refused as refused:
        return _code_page(request, 422, "", refused.message if browser else ASK_HERE)
    response = RedirectResponse(after, 303)
    keep_session(request, response, secret)
    return response


def _site(request: Request) -> Site:
    site = site_of(request)
    if not site.office.settings.sign_in:
        raise NotFound(SWITCHED_OFF)
    return site


def _ask_page(request: Request, status: int, after: str, typed: str = "", error: str = "") -> Response:
    site = _site(request)
    return site.page(
        request, "sign_in.html", status=status, with_nav=False, error=error, after=after, typed=typed,
        hidden=form_keys.hidden(site.office.key, _ASK),
    )  # fmt: skip


def _code_page(request: Request, status: int, code: str, error: str = "") -> Response:
    site = _site(request)
    return site.page(
        request, "sign_in_code.html", status=status, with_nav=False, code=code[: 2 * codes.DIGITS],
        error=error or ("" if asking_of(request)[0] else ASK_HERE), minutes=int(codes.SECONDS // 60),
        hidden=form_keys.hidden(site.office.key, _TAKE),
    )  # fmt: skip


ROUTES: Final = [
    Route("/sign-in", ask_form, methods=["GET"]),
    Route("/sign-in", posting(ask), methods=["POST"]),
    Route("/sign-in/code", code_form, methods=["GET"]),
    Route("/sign-in/code", posting(take), methods=["POST"]),
    Route("/sign-in/code/{code}", code_form, methods=["GET"]),
]
