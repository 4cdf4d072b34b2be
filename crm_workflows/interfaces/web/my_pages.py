"""One's own page where people sign in: sessions and tokens, each to be ended. It shows and ends nobody else's."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.domain.errors import InvalidInput, NotFound
from crm_workflows.engine.access import passes
from crm_workflows.engine.access.passes import Speaker
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.access import roles_of
from crm_workflows.interfaces.web.acting import speaking
from crm_workflows.interfaces.web.browser import drop_session
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.sign_in_pages import SWITCHED_OFF
from crm_workflows.interfaces.web.site import site_of
from crm_workflows.interfaces.web.words import ACCESS_ROLES

USUAL_DAYS: Final = 90


def mine(request: Request) -> Response:
    """GET: who one is here, and by what one is signed in."""
    return _page(request, 200)


def end(request: Request, posted: Posted) -> Response:
    """POST: ends a session or token of one's own; of this very session, that is signing out."""
    site, me = site_of(request), _me()
    form_keys.check(site.office.key, posted, "me")
    ended = passes.end_one(site.engine, posted.text("id")[:40], me.person.email, of=me.person.email)
    if ended.id != me.by.id:
        return RedirectResponse("/me", 303)
    response = RedirectResponse("/sign-in", 303)
    drop_session(request, response)
    return response


def token(request: Request, posted: Posted) -> Response:
    """POST: a new token, shown this once; 422 without a name or with a wrong number of days."""
    site, me = site_of(request), _me()
    form_keys.check(site.office.key, posted, "me")
    days = posted.text("days")
    try:
        wanted = int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0
        _, secret = passes.open_token(site.engine, me.person.email, posted.text("label"), wanted)
    except InvalidInput as error:
        return _page(request, 422, error=error.message)
    return _page(request, 200, secret=secret)


def _me() -> Speaker:
    speaker = speaking()
    if speaker is None:
        raise NotFound(SWITCHED_OFF)
    return speaker


def _page(request: Request, status: int, *, secret: str = "", error: str = "") -> Response:
    site, me = site_of(request), _me()
    with site.engine.store.read() as reader:
        held = passes.of_person(reader, me.person.email, site.office.clock.now())
    return site.page(
        request, "me.html", status=status, section="me", held=held, this=me.by.id, secret=secret, error=error,
        roles=sorted(ACCESS_ROLES[role] for role in roles_of(me.person)), days=USUAL_DAYS, most=passes.MOST_DAYS,
        hidden=form_keys.hidden(site.office.key, "me"),
    )  # fmt: skip


ROUTES: Final = [
    Route("/me", mine, methods=["GET"]),
    Route("/me/end", posting(end), methods=["POST"]),
    Route("/me/token", posting(token), methods=["POST"]),
]
