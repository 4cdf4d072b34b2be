"""The embedded mailbox: what was sent to whom, and an answer as its recipient by a real mail. Local default only."""

import email
import re
from dataclasses import asdict
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.mail.attachments import safe_name
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.web import form_keys, mailbox_shown
from crm_workflows.interfaces.web.files import file_response
from crm_workflows.interfaces.web.mailbox_reply import reply_to
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.site import MailboxReader, Site, site_of

MOST_LISTED = 500
PAGE_LENGTH: Final = 50
PAGE_NUMBER: Final = re.compile("[1-9][0-9]{0,3}")
NO_MAILBOX = bilingual(
    "邮件由外部邮件服务器发送，这里没有内置邮箱", "mail goes through a server outside; there is no mailbox here"
)
NO_TEXT = bilingual("请写下答复或附上文件", "please write an answer or attach a file")
READING = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""The HTML part of a mail, in a frame of its own: its styles, no script, no form; links open beside it."""
FRAMING = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'; "
    "frame-ancestors 'none'"
)


def mailbox(request: Request) -> Response:
    """The mails, newest first, a page at a time; `?to=` selects one recipient."""
    site = site_of(request)
    to = request.query_params.get("to", "").strip()[:200]
    latest = _reader(site).list(MOST_LISTED)
    mails = _reader(site).list(MOST_LISTED, to) if to else latest
    last = max(1, -(-len(mails) // PAGE_LENGTH))
    asked = request.query_params.get("page", "")
    page = min(int(asked), last) if PAGE_NUMBER.fullmatch(asked) else 1
    shown = mails[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH]
    known = mailbox_shown.abouts(site.engine.store, (mail.message_id for mail in shown))
    addresses = {address for mail in latest for address in mail.to.lower().split(", ")} | {to.lower()} - {""}
    recipients = sorted(address for address in addresses if not mailbox_shown.is_answer_to_us(address))
    return site.page(
        request, "mailbox.html", section="mailbox", mails=shown, page=page, last=last, to=to, names=site.name,
        known=known, recipients=recipients, answer_to_us=mailbox_shown.is_answer_to_us,
        can_write=site.post is not None, written=request.query_params.get("written") == "1",
    )  # fmt: skip


def mailbox_json(request: Request) -> Response:
    """The same for scripts (contract)."""
    mails = _reader(site_of(request)).list(MOST_LISTED, request.query_params.get("to"))
    listed = [asdict(mail) for mail in mails]
    return JSONResponse([mail | {"from": mail.pop("sender"), "at": mail["at"].isoformat()} for mail in listed])


def mail(request: Request) -> Response:
    """One mail with the form that answers it."""
    return _page(request, 200, {}, {})


def eml(request: Request) -> Response:
    """The bytes as sent."""
    return Response(
        _raw(site_of(request), request.path_params["identity"]), media_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="{request.path_params["identity"]}.eml"'},
    )  # fmt: skip


def html_part(request: Request) -> Response:
    """The HTML part, for the frame in the page."""
    message = _message(site_of(request), request.path_params["identity"])
    html = mailbox_shown.with_pictures(_text(message.get_body(("html",))), message)
    framed = html.replace("<head>", '<head><base target="_blank">', 1)
    return HTMLResponse(framed, headers={"Content-Security-Policy": READING})


def attachment(request: Request) -> Response:
    """One attached file, by its place in the mail from 1 on."""
    files = _attached(_message(site_of(request), request.path_params["identity"]))
    place = int(request.path_params["place"])
    if not 1 <= place <= len(files):
        raise NotFound(bilingual("这封邮件没有这个附件", "this mail has no such file"))
    name, part = files[place - 1]
    return file_response(name, _bytes_of(part))


def answer(request: Request, posted: Posted) -> Response:
    """POST: answer as the recipient by a real SMTP reply; 303 back when the mail server took it."""
    site = site_of(request)
    identity = request.path_params["identity"]
    form_keys.check(site.office.key, posted, "mailbox", identity)
    text, files = posted.text("text"), [file for _, file in posted.files]
    if not text and not files:
        return _page(request, 422, {"": NO_TEXT}, posted.fields)
    reply = reply_to(_message(site, identity), text, files, site.office.clock.now())
    if site.post is None:
        raise NotFound(NO_MAILBOX)
    trouble = site.post(reply.sender, reply.recipient, reply.content)
    if trouble is not None:
        return _page(request, 502, {"": trouble}, posted.fields)
    return RedirectResponse(f"/mailbox/{identity}?answered=1", 303)


def _page(request: Request, status: int, errors: dict[str, str], typed: Any) -> Response:
    site = site_of(request)
    identity = request.path_params["identity"]
    message = _message(site, identity)
    headers, text = _headers(message), _text(message.get_body(("plain",)))
    sent = headers.get("Message-ID", "")
    response = site.page(
        request, "mail.html", status=status, section="mailbox", identity=identity, headers=headers,
        text=text, has_html=message.get_body(("html",)) is not None,
        heights=[mailbox_shown.height_of(text, screen) for screen in (mailbox_shown.NARROW, mailbox_shown.WIDE)],
        about=mailbox_shown.abouts(site.engine.store, [sent]).get(sent),
        files=[name for name, _ in _attached(message)], sent_at=_sent_at(message), errors=errors, typed=typed,
        hidden=form_keys.hidden(site.office.key, "mailbox", identity), can_answer=site.post is not None,
        answered=request.query_params.get("answered") == "1",
    )  # fmt: skip
    response.headers["Content-Security-Policy"] = FRAMING
    return response


def _headers(message: EmailMessage) -> dict[str, str]:
    wanted = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "X-CRM-Case", "X-CRM-Request")
    return {name: str(message[name]).strip() for name in wanted if message[name]}


def _attached(message: EmailMessage) -> list[tuple[str, EmailMessage]]:
    """The attached files with names that hide and turn nothing."""
    parts = enumerate(message.iter_attachments(), start=1)
    return [(safe_name(part.get_filename() or "") or f"attachment-{n}", part) for n, part in parts]


def _bytes_of(part: EmailMessage) -> bytes:
    """A file's content; an attached mail is handed out as it is."""
    content = part.get_payload(decode=True)
    if isinstance(content, bytes):
        return content
    inner = part.get_payload()
    held = inner[0] if isinstance(inner, list) and inner else part
    return held.as_bytes() if isinstance(held, EmailMessage) else b""


def _sent_at(message: EmailMessage) -> datetime | None:
    """The instant that the mail's own Date states; None where it states none that can be read."""
    try:
        at = parsedate_to_datetime(str(message["Date"]))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(part: Any) -> str:
    if part is None:
        return ""
    content = part.get_payload(decode=True) or b""
    return str(content.decode(part.get_content_charset("utf-8") or "utf-8", "replace"))


def _message(site: Site, identity: str) -> EmailMessage:
    return email.message_from_bytes(_raw(site, identity), policy=default)


def _raw(site: Site, identity: str) -> bytes:
    found = _reader(site).get(identity) if identity.isascii() else None
    if found is None:
        raise NotFound(bilingual("没有这封邮件", "there is no such mail"))
    return found


def _reader(site: Site) -> MailboxReader:
    if site.mailbox is None:
        raise NotFound(NO_MAILBOX)
    return site.mailbox


ROUTES: Final = [
    Route("/mailbox", mailbox, methods=["GET"]),
    Route("/mailbox.json", mailbox_json, methods=["GET"]),
    Route("/mailbox/{identity}.eml", eml, methods=["GET"]),
    Route("/mailbox/{identity}.html", html_part, methods=["GET"]),
    Route("/mailbox/{identity}", mail, methods=["GET"]),
    Route("/mailbox/{identity}", posting(answer), methods=["POST"]),
    Route("/mailbox/{identity}/files/{place:int}", attachment, methods=["GET"]),
]
