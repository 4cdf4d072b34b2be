"""Stands before the Prefect server: only this machine's own names are answered, and no page of another site.

The server asks nobody who he is, so the browser of the machine would be a way in: by a name that points at loopback
(DNS rebinding), or by a page that posts here. It must not import anything of Prefect or of ours: it runs in the
server's process.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
OWN_SITE: Final = ("same-origin", "none")
WRONG_HOST: Final = 421
FOREIGN: Final = 403
REASONS: Final = {
    WRONG_HOST: b"421: this Prefect server answers to 127.0.0.1 and localhost only\n",
    FOREIGN: b"403: a page of another site asked for this\n",
}


class OnlyThisMachine:
    """An ASGI application around another one; what it refuses never reaches that."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request or a websocket; the server's own start passes untouched."""
        status = refusal(scope) if scope["type"] in ("http", "websocket") else None
        if status is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            # Before it was accepted, this is an answer of 403 (ASGI).
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": REASONS[status]})


def refusal(scope: Message) -> int | None:
    """The status with which a request is refused, None for one that may pass.

    Programs send neither Origin nor Sec-Fetch-Site; browsers do not let a page choose them (Fetch standard).
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1").lower() for name, value in scope["headers"]}
    name, port = _parted(headers.get("host", ""))
    if name not in NAMES:
        return WRONG_HOST
    origin = headers.get("origin")
    if origin is not None:
        # Prefect's page at localhost asks 127.0.0.1: another site for the browser, the same server for us.
        origin_name, origin_port = _parted(urlsplit(origin).netloc)
        return None if origin_name in NAMES and origin_port == port else FOREIGN
    if headers.get("sec-fetch-site", "none") not in OWN_SITE and not _is_a_link(scope, headers):
        return FOREIGN
    return None


def _is_a_link(scope: Message, headers: dict[str, str]) -> bool:
    """Whether somebody followed a link to a page, as from our own pages and mails: that changes nothing."""
    return scope.get("method") == "GET" and (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == (
        "navigate",
        "document",
    )


def _parted(host: str) -> tuple[str, str]:
    """Name and port of a host, the port "" where none is given."""
    found = re.fullmatch(r"(.*?)(?::(\d{1,5}))?", host.strip())
    return (found[1], found[2] or "") if found else ("", "")
