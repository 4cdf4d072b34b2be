"""The fields of a form as columns of a sheet, and the answer that one cell gives (G-10). It must not know files.

Only flat forms: what is confidential, or made of several values, is asked on its page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Final

from pydantic import BaseModel

from crm_workflows.domain import cells
from crm_workflows.domain.cells import CellProblem, Raw
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.forms import CONFIDENTIAL
from crm_workflows.domain.spellings import half_width

LONGEST: Final = 4000
"""Characters of one cell; the form itself may want fewer."""
YES_NO: Final = {"yes": "是 / Yes", "no": "否 / No"}
NO_WHOLE: Final = ("不是整数 / is no whole number", "填整数，如 5 / write a whole number, such as 5")


@dataclass(frozen=True)
class FormColumn:
    """One field; `label` is its title, `choices` the labels of its values, `read` gives its value or raises
    CellProblem, None or an empty text for a blank cell."""

    name: str
    label: str
    read: Callable[[Raw], Any]
    choices: Mapping[str, str] = field(default_factory=dict)
    is_long: bool = False


@cache
def columns_of(form: type[BaseModel]) -> tuple[FormColumn, ...]:
    """The columns in the order of the form; AuthorMistake for a field that no single cell can hold."""
    schema = form.model_json_schema()["properties"]
    return tuple(_column(form, name, _merged(schema[name])) for name in form.model_fields)


def _merged(schema: Mapping[str, Any]) -> dict[str, Any]:
    """With what stands beside null, where the value may be missing."""
    merged = dict(schema)
    for part in schema.get("anyOf", ()):
        merged |= {} if part.get("type") == "null" else part
    return merged


def _column(form: type[BaseModel], name: str, schema: Mapping[str, Any]) -> FormColumn:
    label, kind = str(schema.get("title") or name), schema.get("type")
    if form.model_fields[name].json_schema_extra == CONFIDENTIAL:
        raise _mistake(form, name, "is confidential")
    if "labels" in schema and kind == "string":
        labels = {value: schema["labels"][value] for value in schema.get("enum", [schema.get("const")])}
        return FormColumn(name, label, partial(cells.choice, labels=labels), labels)
    if kind == "boolean":
        return FormColumn(name, label, cells.yes_no, YES_NO)
    if kind == "integer":
        return FormColumn(name, label, whole)
    if kind == "string" and schema.get("format") == "date":
        return FormColumn(name, label, _iso_day)
    if kind == "string":
        return FormColumn(name, label, lines, is_long=(schema.get("maxLength") or LONGEST) > 100)
    raise _mistake(form, name, f"is of the kind {kind or 'several values'}")


def whole(raw: Raw) -> int | None:
    """A whole number; None for an empty cell."""
    written = half_width(cells.text(raw))
    if not written:
        return None
    if not written.removeprefix("-").isdecimal() or isinstance(raw, bool):
        raise CellProblem(*NO_WHOLE)
    return int(written)


def lines(raw: Raw) -> str:
    """A text as it was written, with its lines."""
    if isinstance(raw, str) and len(raw) <= LONGEST:
        return "\n".join(" ".join(line.replace("\0", "").split()) for line in raw.splitlines()).strip()
    return cells.text(raw, LONGEST)


def _iso_day(raw: Raw) -> str | None:
    found = cells.day(raw)
    return found.isoformat() if found else None


def _mistake(form: type[BaseModel], name: str, why: str) -> AuthorMistake:
    return AuthorMistake(
        f"field {form.__name__}.{name} {why}, which no cell of a sheet can ask for; take `in_sheets` from its task"
    )
