"""The addresses under which people answer: `/r/<token>`, `/t/<token>`, `/inbox`. It must not know what a page shows."""

from collections.abc import Callable
from types import ModuleType
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.decisions.requesting import REQUESTER
from crm_workflows.engine.erasing.files import content_of
from crm_workflows.engine.views import views
from crm_workflows.interfaces.web import paper_pages, request_pages, requester_pages, task_pages
from crm_workflows.interfaces.web.acting import acting, choosable, remember, remembered
from crm_workflows.interfaces.web.alike import told_apart
from crm_workflows.interfaces.web.doors import Door, by_inbox, by_link, check_of_use, renewed
from crm_workflows.interfaces.web.files import file_response
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.site import Site, site_of

SHOW: Final[dict[str, Callable[[Site, Request, Door], Response]]] = {
    "approval": request_pages.show,
    "task": task_pages.show,
    "documents": paper_pages.show,
    REQUESTER: requester_pages.show,
}
TAKE: Final[dict[str, Callable[[Site, Request, Door, Posted], Response]]] = {
    "approval": request_pages.decide,
    "task": task_pages.submit,
    "documents": paper_pages.upload,
    REQUESTER: requester_pages.take,
}


def show_link(request: Request) -> Response:
    """GET and HEAD of a link: shows, and changes nothing."""
    site = site_of(request)
    door = by_link(site, request, request.path_params["token"])
    if request.url.path != door.path:
        return RedirectResponse(door.address, 303)
    return _show(site, request, door)


def take_link(request: Request, posted: Posted) -> Response:
    """POST of a link: the answer. A link opened under the wrong letter is shown the right one, and nothing is taken."""
    site = site_of(request)
    door = by_link(site, request, request.path_params["token"])
    if request.url.path != door.path:
        return RedirectResponse(door.address, 303)
    return _take(site, request, door, posted)


def link_file(request: Request) -> Response:
    """A file that the link's request shows."""
    site = site_of(request)
    door = by_link(site, request, request.path_params["token"])
    check_of_use(site, door)
    return _file(site, door, request.path_params["sha256"])


def inbox(request: Request) -> Response:
    """What one person is asked now; without a person, the list of whom one can be."""
    site = site_of(request)
    reader = site.reader(request)
    directory = site.office.staff.directory()
    person = directory.person(remembered(request))
    items = views.inbox(site.engine, person.email) if person else []
    people = choosable(directory)
    response = site.page(
        request, "inbox.html", reader, person=person, items=items, people=people, directory=directory, section="inbox",
        titles=site.office.titles(), apart=told_apart(site.engine, items),
    )  # fmt: skip
    if person is not None:
        remember(response, person)
    return response


def show_item(request: Request) -> Response:
    """GET of one item of an inbox."""
    site = site_of(request)
    door = by_inbox(site, request, request.path_params["request"], acting(request))
    return _show(site, request, door)


def take_item(request: Request, posted: Posted) -> Response:
    """POST of one item of an inbox; recorded with channel `page`."""
    site = site_of(request)
    door = by_inbox(site, request, request.path_params["request"], acting(request))
    return _take(site, request, door, posted)


def item_file(request: Request) -> Response:
    """A file that the item shows."""
    site = site_of(request)
    door = by_inbox(site, request, request.path_params["request"], acting(request))
    return _file(site, door, request.path_params["sha256"])


def _show(site: Site, request: Request, door: Door) -> Response:
    """What is asked; the way to the new content where it was amended since."""
    new = renewed(site, request, door)
    if new is not None:
        return RedirectResponse(new.address, 303)
    check_of_use(site, door)
    return SHOW[door.request.kind](site, request, door)


def _take(site: Site, request: Request, door: Door, posted: Posted) -> Response:
    """Files that come too late are kept all the same; an answer to what is over is refused.

    What was said to content amended since counts for nothing: the new content is shown, with what was typed.
    """
    new = renewed(site, request, door)
    if new is not None and new.request.kind == "approval" and new.is_open:
        return request_pages.changed(site, request, new, posted)
    if door.request.kind != "documents":
        check_of_use(site, door)
    return TAKE[door.request.kind](site, request, door, posted)


def _file(site: Site, door: Door, sha256: str) -> Response:
    shown = request_pages.attachment(door, sha256)
    with site.engine.store.read() as reader:
        content = content_of(reader, door.request.case, sha256) if shown else None
    if shown is None or content is None:
        raise NotFound(bilingual("这里没有这个文件", "there is no such file here"))
    return file_response(shown.filename, content)


def _both(
    path: str, show: ModuleType | Callable[..., Response], take: Callable[[Request, Posted], Response]
) -> list[Route]:
    return [Route(path, show, methods=["GET"]), Route(path, posting(take), methods=["POST"])]  # type: ignore[arg-type]


ROUTES: Final = [
    *_both("/r/{token}", show_link, take_link),
    *_both("/t/{token}", show_link, take_link),
    Route("/r/{token}/files/{sha256}", link_file, methods=["GET"]),
    Route("/t/{token}/files/{sha256}", link_file, methods=["GET"]),
    Route("/inbox", inbox, methods=["GET"]),
    *_both("/inbox/{request}", show_item, take_item),
    Route("/inbox/{request}/files/{sha256}", item_file, methods=["GET"]),
]
