"""What every part of the HTTP API takes: the site, the idempotency key, text that can be kept. It must not answer."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request

from crm_workflows.interfaces.web.posted import clean
from crm_workflows.interfaces.web.site import Site

CHANNEL: Final = "api"
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]


def _site(request: Request) -> Site:
    return request.app.state.site  # type: ignore[no-any-return]


Here = Annotated[Site, Depends(_site)]


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
