"""What a browser keeps of signing in: cookies of its session, of a code under way, and of the last one it took.

It must not judge them. All are for this host alone, out of the reach of scripts, never sent with a form of another
site, and over TLS only wherever the page itself came over TLS.
"""

import re
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

_SESSION: Final = "crmw_session"
_ASKING: Final = "crmw_signing_in"
_KNOWN: Final = "crmw_known"
_KNOWN_SECONDS: Final = 180 * 24 * 3600
_LONGEST: Final = 500


def session_of(request: Request) -> str:
    """The secret of the browser's session; empty without one."""
    return request.cookies.get(_named(request, _SESSION), "")


def keep_session(request: Request, response: Response, secret: str) -> None:
    """Until the browser is closed at the longest; how long the session lasts, the server knows.

    The code that opened it stays known: it opens nothing any more, and lets its person ask for new ones.
    """
    _set(request, response, _SESSION, secret)
    _set(request, response, _KNOWN, asking_of(request)[0], _KNOWN_SECONDS)
    response.delete_cookie(_named(request, _ASKING), path="/", secure=_is_secure(request), httponly=True)


def drop_session(request: Request, response: Response) -> None:
    """Nothing is left in the browser."""
    response.delete_cookie(_named(request, _SESSION), path="/", secure=_is_secure(request), httponly=True)


def asking_of(request: Request) -> tuple[str, str]:
    """The secret of a code under way, and where to go once it is taken."""
    secret, _, after = request.cookies.get(_named(request, _ASKING), "").partition(".")
    return secret, own_path(unquote(after))


def known_of(request: Request) -> str:
    """The secret of the code that this browser took last; empty without one."""
    return request.cookies.get(_named(request, _KNOWN), "")


def keep_asking(request: Request, response: Response, secret: str, after: str, seconds: int) -> None:
    """Bind a code to this browser."""
    _set(request, response, _ASKING, f"{secret}.{quote(own_path(after), safe='')}", seconds)


def own_path(text: str) -> str:
    """An address of our own pages to go on to; anything else becomes the first page (no open redirect)."""
    parts = urlsplit(text) if re.fullmatch(r"/[^\\\s\x00-\x1f\x7f]*", text) and len(text) <= _LONGEST else None
    if parts is None or parts.scheme or parts.netloc or text.startswith(("//", "/sign-in")):
        return "/"
    return text


def label_of(request: Request) -> str:
    """How the owner of a session recognises it: kind of browser and network address."""
    agent = request.headers.get("user-agent", "")
    kind = next((name for name, sign in _KINDS if sign in agent), "?")
    system = next((name for name, sign in _SYSTEMS if sign in agent), "?")
    return f"{kind} · {system} · {client_of(request)}"


def client_of(request: Request) -> str:
    """The network address that asks; behind the declared proxy, the one that it tells of."""
    return request.client.host if request.client else "?"


_KINDS: Final = (
    ("WeChat", "MicroMessenger"), ("Edge", "Edg/"), ("Firefox", "Firefox/"), ("Chrome", "Chrome/"),
    ("Safari", "Safari/"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("macOS", "Mac OS X"),
    ("Linux", "Linux"),
)  # fmt: skip


def _set(request: Request, response: Response, name: str, value: str, seconds: int | None = None) -> None:
    # Lax, not strict: the first click from a mail into a page comes from another site, and no GET changes anything.
    response.set_cookie(
        _named(request, name), value, max_age=seconds, path="/", httponly=True, samesite="lax",
        secure=_is_secure(request),
    )  # fmt: skip


def _named(request: Request, name: str) -> str:
    """`__Host-` keeps other hosts of the same domain from setting it (RFC 6265bis), where TLS allows that."""
    return f"__Host-{name}" if _is_secure(request) else name


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
