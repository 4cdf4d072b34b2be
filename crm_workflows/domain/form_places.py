"""Finds and names the fields of a form, also of the forms in it, by their path. It must not judge what is filled in."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo

from crm_workflows.domain.text import bilingual, in_language

F = TypeVar("F", bound=BaseModel)


def kinds(field: FieldInfo) -> tuple[Any, ...]:
    """The type of a field, or those that it may be one of."""
    kinds = (field.annotation, *get_args(field.annotation))
    return tuple(get_args(kind)[0] if get_origin(kind) is Annotated else kind for kind in kinds)


def form_in(field: FieldInfo, base: type[F]) -> type[F] | None:
    return next((kind for kind in kinds(field) if isinstance(kind, type) and issubclass(kind, base)), None)


def _fields_at(form: type[BaseModel], place: Sequence[str | int]) -> Iterator[FieldInfo]:
    """The fields that a path goes through, as far as there are such."""
    within: type[BaseModel] | None = form
    for part in place:
        if within is not None and part in within.model_fields:
            yield (field := within.model_fields[str(part)])
            within = form_in(field, BaseModel)


def _title(field: FieldInfo) -> str:
    """Its own, else that of its kind, such as a credit code."""
    of_kind = (kind.json_schema for kind in field.metadata if isinstance(kind, WithJsonSchema))
    return field.title or next((str(schema["title"]) for schema in of_kind if schema and "title" in schema), "")


def label_at(form: type[BaseModel], place: Sequence[str | int]) -> str:
    """What people call a field, with its group before it; empty where it has no title."""
    titles = [_title(field) for field in _fields_at(form, place)]
    zh, en = (" · ".join(in_language(title, language) for title in titles) for language in ("zh", "en"))
    return bilingual(zh, en) if titles and all(titles) else ""


def unknown_field(form: type[BaseModel], place: Sequence[str | int]) -> str:
    """That there is no field of this name, with the one that may have been meant, else with those there are."""
    within: type[BaseModel] | None = form
    for field in _fields_at(form, place[:-1]):
        within = form_in(field, BaseModel)
    known = list(within.model_fields) if within is not None else []
    names = [".".join(map(str, (*place[:-1], name))) for name in known]
    meant = get_close_matches(str(place[-1]), known, n=1)
    if meant:
        whole = names[known.index(meant[0])]
        return bilingual(f"没有这个字段，是否指 {whole}？", f"there is no such field; did you mean {whole}?")
    return bilingual(f"没有这个字段，可用：{'、'.join(names)}", f"there is no such field; there are {', '.join(names)}")
