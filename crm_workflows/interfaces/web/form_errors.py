"""Finds the field of a page that each error of a filled-in form belongs to. It must not word errors itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from crm_workflows.domain.errors import Refused
from crm_workflows.domain.form_errors import sentence_of
from crm_workflows.domain.forms import examined
from crm_workflows.interfaces.web.form_values import field_at
from crm_workflows.interfaces.web.forms import Field


def errors_in(
    model: type[BaseModel],
    fields: tuple[Field, ...],
    values: Mapping[str, Any],
    against: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Field path -> bilingual sentence; empty when the values validate. Errors of the whole form stand under ""."""
    found: dict[str, str] = {}
    for detail in examined(model, values, against)[1]:
        field = field_at(fields, _location(detail["loc"]))
        found.setdefault(field.path if field else "", sentence_of(detail))
    return found


def errors_told(refused: Refused, fields: tuple[Field, ...]) -> dict[str, str]:
    """The same of what the engine refused: at the fields that it names, else under ""."""
    found: dict[str, str] = {}
    for path, sentence in (getattr(refused, "fields", None) or {}).items():
        field = field_at(fields, path.split("."))
        found.setdefault(field.path if field else "", sentence)
    return found or {"": refused.message}


def _location(location: Sequence[int | str]) -> list[int | str]:
    return [part for part in location if isinstance(part, str)]
