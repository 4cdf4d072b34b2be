"""Who acts on a page: whoever has signed in, and nobody else; without sign-in whoever the page names.

No form field, address or cookie outweighs a session. It must not look anybody up in the database.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from crm_workflows.domain.errors import NotEntitled
from crm_workflows.domain.people import Person
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.access.passes import Speaker

PARAMETER: Final = "as"
_COOKIE: Final = "crmw_as"
_SPEAKING: Final[ContextVar[Speaker | None]] = ContextVar("speaking", default=None)
"""Set for each request by the wall, and by nothing else; threads that serve the request have a copy."""
speak_as = _SPEAKING.set
NOT_YOU: Final = bilingual(
    "您登录的是本人的账号，不能以他人名义办理", "you are signed in as yourself and cannot act in another's name"
)


def speaking() -> Speaker | None:
    """Who has signed in; None without sign-in, and where a link stands for its reader."""
    return _SPEAKING.get()


def myself() -> Person | None:
    """The person who has signed in."""
    speaker = speaking()
    return speaker.person if speaker else None


def acting(request: Request, said: str | None = None) -> str:
    """In whose name something is done: of whoever has signed in, else as `said`, else as the address says.

    NotEntitled where a session is told to speak for somebody else.
    """
    named = said or request.query_params.get(PARAMETER, "")
    me = myself()
    if me is None:
        return named
    if named and named.strip().lower() not in me.emails:
        raise NotEntitled(NOT_YOU)
    return me.email


def remembered(request: Request) -> str:
    """As `acting`, else whom this browser last acted for: what a page opens with."""
    return acting(request) or request.cookies.get(_COOKIE, "")


def remember(response: Response, person: Person) -> None:
    """Let this browser's pages open with that person; whoever signs in needs no reminding."""
    if myself() is None:
        response.set_cookie(_COOKIE, person.email, httponly=True, samesite="strict")


def choosable(people: Iterable[Person]) -> list[Person]:
    """In whose name one can act: of those, oneself alone where people sign in."""
    me = myself()
    return [p for p in people if p.active and (me is None or p.email == me.email)]
