"""Stands between the guard and the pages where people sign in: who speaks, and whether the matrix lets them in.

It must not know what a page does. Without sign-in it is not there.
"""

from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from crm_workflows.domain.errors import CrmError
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.access.passes import Speaker, speaker
from crm_workflows.interfaces.web import access
from crm_workflows.interfaces.web.acting import speak_as
from crm_workflows.interfaces.web.api_models import Failed, Problem
from crm_workflows.interfaces.web.browser import session_of
from crm_workflows.interfaces.web.errors import SENTENCES, message_page, status_of
from crm_workflows.interfaces.web.site import Site

SIGN_IN_FIRST: Final = bilingual(
    "您尚未登录，或登录已结束，没有做任何记录；请登录后重新提交",
    "you are not signed in, or no longer, and nothing was recorded; sign in and send it again",
)
TOKEN_NEEDED: Final = bilingual(
    "此接口需要有效的访问令牌，请在请求头 Authorization: Bearer 中提供",
    "this needs a token that is in force, in the header Authorization: Bearer",
)
NOT_YOURS: Final = bilingual("您的角色不能使用此页面，请联系管理员", "your role may not use this; ask an administrator")
_BEARER: Final = "bearer "
_BY_TOKEN: Final = ("/api/", "/metrics")


class Wall:
    """Asks the matrix about every request; what it does not know is refused."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        entry = access.entry(scope["path"])
        allowed = entry.get("GET" if request.method == "HEAD" else request.method) if entry is not None else None
        speak_as(None)
        refusal: Response | None = None
        if allowed != access.ANYONE:
            try:
                said = await run_in_threadpool(self._speaker, request)
            except CrmError as error:
                refusal = await run_in_threadpool(_refusal, request, status_of(error), error.message)
            else:
                speak_as(said)
                refusal = await run_in_threadpool(_judged, request, said, entry is not None, allowed)
        await (refusal or self._app)(scope, receive, send)

    def _speaker(self, request: Request) -> Speaker | None:
        engine, lasting = self._site.engine, self._site.lasting
        said = request.headers.get("authorization", "")
        if request.scope["path"].startswith(_BY_TOKEN) and said.lower().startswith(_BEARER):
            return speaker(engine, said[len(_BEARER) :].strip(), "token", lasting)
        if request.scope["path"].startswith("/api/"):
            return None
        secret = session_of(request)
        return speaker(engine, secret, "session", lasting) if secret else None


def _judged(request: Request, said: Speaker | None, is_known: bool, allowed: access.Roles | None) -> Response | None:
    """Why not, as a page; None where the matrix lets them in."""
    if said is None:
        return _sign_in_first(request)
    if allowed is None:
        status = 405 if is_known else 404
        return _refusal(request, status, SENTENCES[status])
    return None if allowed & access.roles_of(said.person) else _refusal(request, 403, NOT_YOURS)


def _sign_in_first(request: Request) -> Response:
    if request.scope["path"].startswith("/api/"):
        response = _refusal(request, 401, TOKEN_NEEDED)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if request.method in ("GET", "HEAD"):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(asked, safe='')}", 303)
    return _refusal(request, 401, SIGN_IN_FIRST)


def _refusal(request: Request, status: int, sentence: str) -> Response:
    if request.scope["path"].startswith("/api/"):
        return JSONResponse(Failed(error=Problem(sentence=sentence)).model_dump(), status)
    response = message_page(request, status, sentence)
    if status == 503:
        response.headers["Retry-After"] = "2"
    return response
