"""Puts the HTTP interface together: pages, links, mailbox, API and what watches them. It holds no rule of its own."""

import threading
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from crm_workflows.bootstrap import Office
from crm_workflows.domain.errors import CrmError
from crm_workflows.interfaces.web import (
    amend_pages,
    answer_routes,
    callback_pages,
    case_pages,
    customer_pages,
    digest_pages,
    import_pages,
    mailbox_new,
    mailbox_pages,
    my_pages,
    overview_pages,
    report_pages,
    schedule_pages,
    sign_in_pages,
    start_pages,
    supplier_pages,
    survey_pages,
    watching,
)
from crm_workflows.interfaces.web.errors import refused, refused_by_http, unexpected
from crm_workflows.interfaces.web.guard import LOOPBACK, Guard
from crm_workflows.interfaces.web.rendering import Pages
from crm_workflows.interfaces.web.site import MailboxReader, PostMail, Site, site_of
from crm_workflows.interfaces.web.wall import Wall
from crm_workflows.shipped import shipped

ICON: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1d4ed8"/>'
    b'<path d="M9 10h14M9 16h9M9 22h5M19 21l3 3 5-6" fill="none" stroke="#fff" stroke-width="2.6" '
    b'stroke-linecap="round" stroke-linejoin="round"/></svg>'
)


def create_app(office: Office, *, mailbox: MailboxReader | None = None, post: PostMail | None = None) -> ASGIApp:
    """The application over an opened office, which the caller closes.

    `mailbox` and `post` are those of the local default; without them there is no `/mailbox`. Looks at no procedure, so
    that pages answer while those are still being imported.
    """
    site = Site(office, Pages(shipped("templates") / "pages"), mailbox, post)
    metrics = watching.Metrics(office)
    settings = office.settings
    wall = [Middleware(Wall, site=site)] if settings.sign_in else []
    app = Starlette(routes=_routes(metrics, Api(site)), exception_handlers=_handlers(), middleware=wall)
    app.state.site = site
    return Guard(app, metrics.observe, LOOPBACK, settings.public_host if settings.sign_in else "")


def create_watched(office: Office) -> ASGIApp:
    """Health and metrics of a process that serves no pages."""
    metrics = watching.Metrics(office)
    app = Starlette(routes=_watching(metrics))
    app.state.site = Site(office, Pages(shipped("templates") / "pages"))
    return Guard(app, metrics.observe)


class Api:
    """The API, put together at its first request: FastAPI takes as long to import as all pages together."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = await run_in_threadpool(self._made) if self._app is None else self._app
        await app(scope, receive, send)

    def _made(self) -> ASGIApp:
        from crm_workflows.interfaces.web.api import create_api

        with self._lock:
            if self._app is None:
                self._app = create_api(self._site)
            return self._app


def _watching(metrics: watching.Metrics) -> list[Route]:
    return [
        Route("/health/live", watching.live, methods=["GET"]),
        Route("/health/ready", watching.ready, methods=["GET"]),
        Route("/metrics", watching.metrics_endpoint(metrics), methods=["GET"]),
    ]


PAGES: Final = (
    overview_pages, case_pages, amend_pages, start_pages, answer_routes, callback_pages, customer_pages, supplier_pages,
    report_pages, schedule_pages, import_pages, my_pages, sign_in_pages, digest_pages, survey_pages,
    mailbox_new, mailbox_pages,
)  # fmt: skip
"""Each says itself where it is; the first whose address fits is shown."""


def _routes(metrics: watching.Metrics, api: ASGIApp) -> list[BaseRoute]:
    return [
        *(route for pages in PAGES for route in pages.ROUTES),
        *_watching(metrics),
        Route("/style.css", _style, methods=["GET"]),
        Route("/icon.svg", _icon, methods=["GET"]),
        Mount("/api", api),
    ]


def _handlers() -> dict[Any, Any]:
    return {CrmError: refused, HTTPException: refused_by_http, Exception: unexpected}


def _style(request: Request) -> Response:
    """The one stylesheet; its address changes with its content."""
    return _kept(site_of(request).pages.style, "text/css; charset=utf-8")


def _icon(_request: Request) -> Response:
    return _kept(ICON, "image/svg+xml")


def _kept(content: bytes, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Cache-Control": "max-age=31536000, immutable"})
