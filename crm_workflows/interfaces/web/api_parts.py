"""What every part of the HTTP API takes: the site, the idempotency key, text that can be kept. It must not answer."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPBearer
from pydantic import AfterValidator

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.spellings import code_as_kept
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.web.acting import acting
from crm_workflows.interfaces.web.posted import clean
from crm_workflows.interfaces.web.site import Site

CHANNEL: Final = "api"
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
AsKept = Annotated[str, AfterValidator(code_as_kept)]
"""A code of a case or an id of a request in an address, however it was typed."""


def _site(request: Request) -> Site:
    return request.app.state.site  # type: ignore[no-any-return]


Here = Annotated[Site, Depends(_site)]
SAY_WHO: Final = bilingual("请在 as 中写明由谁办理", "say in `as` in whose name this is done")
bearer: Final = Security(HTTPBearer(auto_error=False, description="Where people sign in: a token of a person."))
"""Told to readers of the API; whether a token is needed, and good, the wall has judged before."""


def who_acts(request: Request, said: str | None) -> str:
    """The person of the token, else as said. Raises InvalidInput for nobody, NotEntitled for somebody else."""
    person = acting(request, said)
    if not person:
        raise InvalidInput(SAY_WHO, {"as": SAY_WHO})
    return person


def storable(value: Any) -> None:
    """Refuse text that no database can hold."""
    if isinstance(value, str):
        clean(value)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            clean(str(name))
            storable(inner)
    elif isinstance(value, list):
        for inner in value:
            storable(inner)
