"""The authorisation matrix: for every method and address, which of those who have signed in may use it.

What is not listed is refused; a test walks every route of the application through this table. Whether somebody may do
a thing to *this* case, the engine judges as ever. It must not read sessions.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from starlette.routing import compile_path

from crm_workflows.domain.people import Person

STAFF, PROCESS_OWNER, ADMIN, AUDITOR = "staff", "process_owner", "admin", "auditor"
ROLES: Final = (STAFF, PROCESS_OWNER, ADMIN, AUDITOR)
Roles = frozenset[str]

ANYONE: Final[Roles] = frozenset()
"""Without a session: the address itself is a secret, or shows nothing."""
READ: Final[Roles] = frozenset(ROLES)
ACT: Final[Roles] = frozenset({STAFF, PROCESS_OWNER, ADMIN})
OVERSEE: Final[Roles] = frozenset({PROCESS_OWNER, ADMIN, AUDITOR})
SEE_ADMIN: Final[Roles] = frozenset({ADMIN, AUDITOR})
BY_ADMIN: Final[Roles] = frozenset({ADMIN})
OWN: Final[Roles] = READ
"""One's own sessions and tokens: an auditor ends them too."""

_LINK: Final = {"GET": ANYONE, "POST": ANYONE}
_SHOWN: Final = {"GET": READ}
_FORM: Final = {"GET": READ, "POST": ACT}
_LOCAL: Final = {"GET": ANYONE}
"""The mailbox of the local default, which is only there where all mail stays on this machine."""

PAGES: Final[dict[str, Mapping[str, Roles]]] = {
    "/": _SHOWN,
    "/cases": _SHOWN,
    "/cases/{code}": _SHOWN,
    "/cases/{code}/files/{sha256}": _SHOWN,
    "/cases/{code}/amend": _FORM,
    "/start": _SHOWN,
    "/start/{process}": _FORM,
    "/inbox": _SHOWN,
    "/inbox/{request}": _FORM,
    "/inbox/{request}/files/{sha256}": _SHOWN,
    "/callbacks": _FORM,
    "/customers": _SHOWN,
    "/customers/{code:path}": _SHOWN,
    "/suppliers": _SHOWN,
    "/suppliers/{code:path}": _SHOWN,
    "/report": _SHOWN,
    "/dashboard/{process}": _SHOWN,
    "/figure/{process}/{name}": _SHOWN,
    "/schedules": _FORM,
    "/import": {"GET": SEE_ADMIN, "POST": BY_ADMIN},
    "/import/{kind}.xlsx": {"GET": SEE_ADMIN},
    "/admin": {"GET": OVERSEE},
    "/me": {"GET": OWN},
    "/me/end": {"POST": OWN},
    "/me/token": {"POST": OWN},
    "/sign-in": _LINK,
    "/sign-in/code": _LINK,
    "/sign-in/code/{code}": {"GET": ANYONE},
    "/r/{token}": _LINK,
    "/r/{token}/files/{sha256}": {"GET": ANYONE},
    "/t/{token}": _LINK,
    "/t/{token}/files/{sha256}": {"GET": ANYONE},
    "/d/{token}": _LINK,
    "/d/{token}/stop": {"POST": ANYONE},
    "/d/{token}/{number:int}": {"GET": ANYONE},
    "/s/{token}": _LINK,
    "/s/{token}/{grade:int}": {"GET": ANYONE},
    "/mailbox": _LOCAL,
    "/mailbox.json": _LOCAL,
    "/mailbox/new": _LINK,
    "/mailbox/{identity}.eml": _LOCAL,
    "/mailbox/{identity}.html": _LOCAL,
    "/mailbox/{identity}": _LINK,
    "/mailbox/{identity}/files/{place:int}": _LOCAL,
    "/health/live": {"GET": ANYONE},
    "/health/ready": {"GET": ANYONE},
    "/metrics": {"GET": OVERSEE},
    "/style.css": {"GET": ANYONE},
    "/icon.svg": {"GET": ANYONE},
}
API: Final[dict[str, Mapping[str, Roles]]] = {
    "/api/openapi.json": {"GET": ANYONE},
    "/api/v1/processes": {"GET": READ},
    "/api/v1/cases": {"GET": READ, "POST": ACT},
    "/api/v1/cases/{code}": {"GET": READ},
    "/api/v1/cases/{code}/amendment": {"POST": ACT},
    "/api/v1/inbox": {"GET": READ},
    "/api/v1/requests/{request_id}": {"GET": READ},
    "/api/v1/requests/{request_id}/decision": {"POST": ACT},
    "/api/v1/requests/{request_id}/submit": {"POST": ACT},
    "/api/v1/requests/{request_id}/files": {"POST": ACT},
    "/api/v1/requests/{request_id}/reassign": {"POST": BY_ADMIN},
    "/api/v1/requests/{request_id}/override": {"POST": frozenset({PROCESS_OWNER, ADMIN})},
    "/api/v1/doctor": {"GET": OVERSEE},
}
MATRIX: Final = PAGES | API
_PATTERNS: Final[tuple[tuple[re.Pattern[str], Mapping[str, Roles]], ...]] = tuple(
    (compile_path(path)[0], methods) for path, methods in MATRIX.items()
)


def entry(path: str) -> Mapping[str, Roles] | None:
    """What the matrix says of an address, by method; None for an address that it does not know.

    With a slash behind it, it is the address to which the application leads on.
    """
    bare = path.rstrip("/") or "/"
    return next((methods for pattern, methods in _PATTERNS if pattern.match(bare)), None)


def roles_of(person: Person) -> Roles:
    """What somebody is to the pages. Whoever is an auditor is nothing else: they read everything and change nothing."""
    if AUDITOR in person.roles:
        return frozenset({AUDITOR})
    return frozenset({STAFF, *(role for role in (PROCESS_OWNER, ADMIN) if role in person.roles)})


def may(person: Person | None, path: str, method: str = "GET") -> bool:
    """Whether to offer somebody an address; where nobody signs in everything is offered."""
    roles = (entry(path) or {}).get(method)
    return person is None or (roles is not None and (roles == ANYONE or bool(roles & roles_of(person))))


def lines() -> Iterator[tuple[str, str, Roles]]:
    """The matrix line by line: method, address, roles."""
    for path, methods in MATRIX.items():
        for method, roles in methods.items():
            yield method, path, roles
