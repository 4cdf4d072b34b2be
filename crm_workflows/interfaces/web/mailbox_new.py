"""A new mail from anybody to the company, such as a complaint, written in the embedded mailbox. Local default only.

It goes out over the loopback server as a real mail; it must not hand anything to the engine itself.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.domain.errors import InvalidInput, NotFound
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.mailbox_pages import NO_MAILBOX
from crm_workflows.interfaces.web.mailbox_reply import new_mail
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.site import Site, site_of

COMPLAINTS: Final = "投诉邮箱 / Complaints"
COMPANY: Final = "公司邮箱 / The company"
NO_TEXT: Final = bilingual("请写下内容或附上文件", "please write something or attach a file")
NOT_OURS: Final = bilingual("请从列出的收件人中选择", "please choose one of the recipients listed")


def form(request: Request) -> Response:
    """GET: an empty mail."""
    return _page(request, 200, {}, {})


def send(request: Request, posted: Posted) -> Response:
    """POST: 303 back to the mailbox once the mail server has taken it; 422 with what is wrong, 502 where it refused."""
    site = site_of(request)
    form_keys.check(site.office.key, posted, "mailbox", "new")
    text, files = posted.text("text"), [file for _, file in posted.files]
    to = posted.text("to")
    if not (text or files) or to not in addresses(site):
        return _page(request, 422, {"": NOT_OURS if text or files else NO_TEXT}, posted.fields)
    try:
        written = new_mail(posted.text("from"), to, posted.text("subject"), text, files, site.office.clock.now())
    except InvalidInput as error:
        return _page(request, 422, {"": error.message}, posted.fields)
    if site.post is None:
        raise NotFound(NO_MAILBOX)
    trouble = site.post(written.sender, written.recipient, written.content)
    if trouble is not None:
        return _page(request, 502, {"": trouble}, posted.fields)
    return RedirectResponse("/mailbox?written=1", 303)


def addresses(site: Site) -> dict[str, str]:
    """Where a mail from outside may go, each with what it is (a label)."""
    own = site.office.settings.mail_from.rpartition("<")[2].strip(" >").lower()
    return {desk.address: COMPLAINTS for desk in site.engine.mail_desks} | {own: COMPANY}


def _page(request: Request, status: int, errors: dict[str, str], typed: Any) -> Response:
    site = site_of(request)
    if site.mailbox is None or site.post is None:
        raise NotFound(NO_MAILBOX)
    return site.page(
        request, "mailbox_new.html", status=status, section="mailbox", errors=errors, typed=typed,
        addresses=addresses(site), hidden=form_keys.hidden(site.office.key, "mailbox", "new"),
    )  # fmt: skip


ROUTES: Final = [
    Route("/mailbox/new", form, methods=["GET"]),
    Route("/mailbox/new", posting(send), methods=["POST"]),
]
