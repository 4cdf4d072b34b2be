"""Stands before every page: who may speak to us, how much, and what every answer carries. It knows no case.

Host and Origin are checked against DNS rebinding and foreign forms: without sign-in the browser of the machine is the
only wall. The public name is answered over TLS only. Tokens never reach the log.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Collection
from time import perf_counter
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_workflows.domain.text import bilingual

log = logging.getLogger("crm_workflows.access")
LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_FORM: Final = 1024 * 1024
MOST_UPLOAD: Final = 120 * 1024 * 1024
UPLOADS: Final = re.compile(r"^/(?:t/|inbox/|start/|mailbox/|import$|api/v1/requests/[^/]+/files$)")
CSP: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TOO_LARGE: Final = bilingual(
    "提交的内容太大，没有接收；请分几次提交，每个文件不超过 25 MB",
    "too much was sent at once, and nothing was taken; send it in several goes, each file of at most 25 MB",
)
_TOKENS: Final = re.compile(r"(?<=/[rtds]/)[^/]+|(?<=/sign-in/code/)[^/]+|(?<![a-z2-7])[a-z2-7]{32,}(?![a-z2-7])")
Observe = Callable[[Scope, int, float], None]


class Guard:
    """The outermost layer of the application; nothing gets past it unlogged or without its headers."""

    def __init__(self, app: ASGIApp, observe: Observe, names: Collection[str] = LOOPBACK, public: str = "") -> None:
        """`names` are the host names we answer to, `public` one more, over TLS alone; `observe` hears scope, status and
        seconds of every request."""
        self._app = app
        self._names = frozenset(names)
        self._public = public
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        started = perf_counter()
        try:
            await (self._refusal(scope) or self._app)(scope, _limited(scope, receive), answer)
        except Exception:
            # Where an answer has begun, the application has told the reader and the log itself.
            if not answer.status:
                log.exception("a page failed", extra={"path": redacted(scope["path"])})
                await PlainTextResponse("500", 500)(scope, receive, answer)
        seconds = perf_counter() - started
        self._observe(scope, answer.status, seconds)
        told = {"method": scope["method"], "path": redacted(scope["path"]), "status": answer.status}
        log.info("request", extra=told | {"ms": round(seconds * 1000, 1)})

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        name = _name_of(headers.get("host", ""))
        if self._public and name == self._public:
            if scope["scheme"] != "https":
                return PlainTextResponse("421: this address is served over https only, by its proxy\n", 421)
        elif name not in self._names:
            return PlainTextResponse("421: no address of this name is served here\n", 421)
        is_link = scope["path"].startswith(
            ("/r/", "/t/", "/d/", "/s/")
        )  # their own pages say that there is no such link
        if ("\0" in scope["path"] and not is_link) or b"%00" in scope["query_string"]:
            return PlainTextResponse("400: no address of ours holds a NUL\n", 400)
        if scope["method"] not in SAFE and _is_foreign(headers):
            return PlainTextResponse("403: this form did not come from our pages\n", 403)
        return None


class _Answer:
    """Passes an answer on with our headers and remembers its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


def _name_of(host: str) -> str:
    """The host without its port, in lower case."""
    name = host.strip().lower()
    return re.sub(r":\d{1,5}$", "", name)


def _is_foreign(headers: Headers) -> bool:
    """Whether a browser says that another site sent this. `Referrer-Policy: no-referrer` makes our own forms say
    `Origin: null` (Fetch standard), so that alone is not held against them: their hidden fields prove them."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    origin = headers.get("origin", "null")
    return origin != "null" and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def _limited(scope: Scope, receive: Receive) -> Callable[[], Awaitable[Any]]:
    """`receive` that ends with HTTPException 413 once more arrives, or is announced, than this address takes."""
    headers = Headers(scope=scope)
    is_upload = UPLOADS.match(scope["path"]) and headers.get("content-type", "").startswith("multipart/")
    most = MOST_UPLOAD if is_upload else MOST_FORM
    announced = headers.get("content-length", "0")
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        if announced.isdigit() and int(announced) > most:
            raise HTTPException(413, TOO_LARGE)
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413, TOO_LARGE)
        return message

    return limited


def redacted(path: str) -> str:
    """The path as it may be logged: without the secrets of links."""
    return _TOKENS.sub("…", path)
