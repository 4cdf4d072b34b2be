"""Describes the fields of a form from its pydantic model, for pages to draw. It must not know HTML or read answers.

Readable names for the values of a choice stand beside it: `Field(json_schema_extra=choices({"a": "甲 / A"}))`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, EmailStr
from pydantic.fields import FieldInfo

from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.money import Money
from crm_workflows.domain.text import SEPARATOR, part_of
from crm_workflows.engine.procedure import Procedure

Widget = Literal[
    "text", "long", "mail", "whole", "number", "yes_no", "choice", "choices", "date", "instant", "money", "group"
]  # fmt: skip
LONG_TEXT = 300
"""From this length on, or without a limit and with a long example, a text gets several lines."""
CURRENCIES = ("CNY", "USD", "EUR", "JPY", "HKD", "GBP")


@dataclass(frozen=True)
class Field:
    """One field as a page draws it; `path` is dotted and is the name in the posted form, `label` is bilingual."""

    path: str
    label: str
    widget: Widget
    is_required: bool
    choices: tuple[tuple[str, str], ...] = ()
    """(value, bilingual label)"""
    minimum: str = ""
    maximum: str = ""
    longest: int | None = None
    default: str = ""
    """The choice that stands when nobody chooses; never one of yes and no, which a person must say."""
    unless: str = ""
    """Bilingual: when it may stay empty, though it is needed otherwise."""
    children: tuple["Field", ...] = ()


@cache
def fields_of(model: type[BaseModel]) -> tuple[Field, ...]:
    """The fields in the order in which the model declares them; AuthorMistake for a type that no page can draw."""
    return tuple(_fields(model, ""))


def check_forms(made: Procedure) -> None:
    """Raise AuthorMistake where no page could draw the subject of a procedure or a form of it."""
    for model in (made.subject, *(e.form for e in made.elements().values() if isinstance(e, FormTask))):
        fields_of(model)


def each_field(fields: tuple[Field, ...]) -> Iterator[Field]:
    """Every field that holds a value, groups opened."""
    for field in fields:
        if field.widget == "group":
            yield from each_field(field.children)
        else:
            yield field


def whole_labels(fields: tuple[Field, ...]) -> dict[str, str]:
    """Path -> label, of what lies in a group with the group before it: away from its place it says too little alone."""
    labels: dict[str, str] = {}
    for field in fields:
        within = whole_labels(field.children)
        labels |= {path: part_of(field.label, label) for path, label in within.items()}
        labels[field.path] = field.label
    return labels


def _fields(model: type[BaseModel], prefix: str) -> Iterator[Field]:
    schema = model.model_json_schema()
    for name, info in model.model_fields.items():
        yield _field(f"{prefix}{name}", info, schema["properties"][name], f"{model.__name__}.{name}")


def _field(path: str, info: FieldInfo, schema: Mapping[str, Any], where: str) -> Field:
    kind, is_optional = _without_none(info.annotation)
    limits = _limits(schema)
    label = str(schema.get("title") or path)
    required = info.is_required() and not is_optional
    if isinstance(kind, type) and issubclass(kind, BaseModel) and not issubclass(kind, Money):
        children = tuple(_fields(kind, f"{path}."))
        return Field(path, label, "group", required, children=children)
    widget = _widget(kind, limits, where)
    return Field(
        path, label, widget, required, _choices(kind, limits, where), str(limits.get("minimum", "")),
        str(limits.get("maximum", "")), limits.get("maxLength"),
        str(limits.get("default") or "") if widget == "choice" else "", str(limits.get("unless", "")),
    )  # fmt: skip


def _widget(kind: Any, limits: Mapping[str, Any], where: str) -> Widget:
    if get_origin(kind) is Literal:
        return "choice"
    if get_origin(kind) is list and get_origin(get_args(kind)[0]) is Literal:
        return "choices"
    plain: dict[Any, Widget] = {
        bool: "yes_no", int: "whole", Decimal: "number", float: "number", date: "date", EmailStr: "mail",
    }  # fmt: skip
    if kind in plain:
        return plain[kind]
    if kind is str and limits.get("format") == "date-time":
        return "instant"
    if kind is str:
        return "long" if (limits.get("maxLength") or 0) > LONG_TEXT else "text"
    if isinstance(kind, type) and issubclass(kind, Money):
        return "money"
    raise AuthorMistake(f"form field {where} has the type {kind}, which no page can ask for; use a simpler type")


def _choices(kind: Any, limits: Mapping[str, Any], where: str) -> tuple[tuple[str, str], ...]:
    item = get_args(kind)[0] if get_origin(kind) is list else kind
    if get_origin(item) is not Literal:
        return ()
    labels = limits.get("labels", {})
    values = [str(value) for value in get_args(item)]
    unnamed = [value for value in values if SEPARATOR not in labels.get(value, "")]
    if unnamed:
        wanted = "json_schema_extra=choices({…})"
        raise AuthorMistake(
            f"form field {where} has choices without a label in both languages: {unnamed}; add {wanted}"
        )
    return tuple((value, labels[value]) for value in values)


def _limits(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The constraints of a field, also where the value may be missing (`anyOf` with null)."""
    merged = dict(schema)
    for part in schema.get("anyOf", ()):
        merged |= part
    return merged


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, UnionType):
        rest = [part for part in get_args(annotation) if part is not NoneType]
        if len(rest) == 1:
            # Of a type with constraints, `Annotated[int, …] | None`, the constraints stand in the schema.
            return get_args(rest[0])[0] if get_origin(rest[0]) is Annotated else rest[0], True
    return annotation, False


YES_NO = (("yes", "是 / Yes"), ("no", "否 / No"))
