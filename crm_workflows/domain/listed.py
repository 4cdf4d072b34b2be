"""Choices that the company lists in its policy: a form offers those of the policy with which its case began (G-8,
docs/decisions/0033).

It must not know which lists there are.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, Field, create_model

from crm_workflows.domain.policy import Policy

F = TypeVar("F", bound=BaseModel)
GROUP: Final = "listed_in"
Labels = tuple[tuple[str, str], ...]


def listed_in(group: str, usual: Mapping[str, str]) -> dict[str, Any]:
    """For `Field(json_schema_extra=…)` of a field `str | None`: it is chosen from the labels that the policy has under
    `group`, or from the `usual` ones where the policy has no such group."""
    return {GROUP: group, "labels": dict(usual)}


def as_listed(form: type[F], policy: Policy) -> type[F]:
    """The form as a case with this policy asks for it; the form itself where it offers nothing that is listed."""
    extras: dict[str, Any] = {name: field.json_schema_extra for name, field in form.model_fields.items()}
    found = tuple(
        (name, tuple((policy.labels(extra[GROUP]) or extra["labels"]).items()))
        for name, extra in extras.items()
        if isinstance(extra, dict) and GROUP in extra
    )
    return _made(form, found) if found else form


@lru_cache(maxsize=64)
def _made(form: type[F], lists: tuple[tuple[str, Labels], ...]) -> type[F]:
    fields: dict[str, Any] = {}
    for name, labels in lists:
        field, values = form.model_fields[name], tuple(value for value, _ in labels)
        extra: Any = field.json_schema_extra
        more = {key: value for key, value in extra.items() if key not in (GROUP, "labels")}
        example = next((one for one in field.examples or () if one in values), values[0])
        offered = Field(
            default=None, title=field.title, examples=[example], json_schema_extra={**more, "labels": dict(labels)}
        )
        fields[name] = (Literal[values] | None, offered)
    return create_model(form.__name__, __base__=form, __doc__=form.__doc__, __module__=form.__module__, **fields)
