"""Answers to a form that may lead to different ways: each choice, both sides of each limit, texts given or left out.

They start from the form's own example and change as little as can be. It must not know what an answer leads to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.forms import Form
from crm_workflows.domain.money import CENT, Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.text import bilingual, in_language

AS_IN_THE_EXAMPLE: Final = "按示例填写 / as in the example"
MOST_PAIRS: Final = 2000
"""Pairs of changes looked through for one change that does not fit alone."""
TEXT: Final = "说明"


@dataclass(frozen=True)
class Tried:
    """An answer to try: what differs from the example, and how that is told ("中文 / English")."""

    label: str
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Limits:
    """The numbers and amounts of the policy at which a procedure may turn."""

    numbers: tuple[int, ...]
    amounts: tuple[Money, ...]

    @classmethod
    def of(cls, policy: Policy, keys: Sequence[str]) -> "Limits":
        """Those that the procedure reads; a key may stand for a group."""
        read = [value for key, value in policy.items() if any(key == k or key.startswith(f"{k}.") for k in keys)]
        numbers = {value for value in read if isinstance(value, int) and not isinstance(value, bool)}
        amounts = {value for value in read if isinstance(value, Money)}
        return cls(tuple(sorted(numbers)), tuple(sorted(amounts, key=lambda money: money.amount)))


def answers(
    form: type[Form],
    example: Mapping[str, Any],
    against: Mapping[str, Any],
    limits: Limits,
    further: Sequence[Mapping[str, Any]] = (),
) -> list[Tried]:
    """The example first, then what differs in one field or, where the form asks for it, in two; only what is valid.

    `further` are changes that the author of the procedure names.
    """
    singles = list(_singles(form, example, limits))
    texts = _texts_given(form, example)
    found = [Tried(AS_IN_THE_EXAMPLE, {}), *(Tried(_label(form, more), more) for more in further)]
    found += _together(form, limits)
    for changes in singles:
        if (
            not _is_valid(form, example, changes, against)
            and texts
            and _is_valid(form, example, texts | changes, against)
        ):
            found.append(Tried(_label(form, changes), texts | changes))
        else:
            found += [Tried(_label(form, more), more) for more in _made_valid(form, example, changes, singles, against)]
    return [tried for tried in found if _is_valid(form, example, tried.changes, against)]


def _made_valid(
    form: type[Form],
    example: Mapping[str, Any],
    changes: dict[str, Any],
    others: Sequence[dict[str, Any]],
    against: Any,
) -> Iterator[dict[str, Any]]:
    """The change alone if it fits, else each other field's first change with which it does."""
    if _is_valid(form, example, changes, against):
        yield changes
        return
    fitting: dict[str, dict[str, Any]] = {}
    for other in islice(others, MOST_PAIRS):
        (name,) = other
        both = other | changes
        if name not in changes and name not in fitting and _is_valid(form, example, both, against):
            fitting[name] = both
    yield from fitting.values()


def _is_valid(
    form: type[Form], example: Mapping[str, Any], changes: Mapping[str, Any], against: Mapping[str, Any]
) -> bool:
    try:
        form.model_validate({**example, **changes}, context=dict(against))
    except (ValidationError, AuthorMistake):
        return False
    return True


def _singles(form: type[Form], example: Mapping[str, Any], limits: Limits) -> Iterator[dict[str, Any]]:
    for name, field in form.model_fields.items():
        seen = [example.get(name, field.get_default(call_default_factory=True))]
        for value in _values(field, seen[0], limits):
            if value not in seen:
                seen.append(value)
                yield {name: value}


def _values(field: FieldInfo, given: Any, limits: Limits) -> Iterator[Any]:
    yield from (example for example in field.examples or () if example is not None)
    kind, optional = _kind(field.annotation)
    if get_origin(kind) is Literal:
        yield from get_args(kind)
    elif kind is bool:
        yield from (True, False)
    elif kind is int:
        yield from (bound for bound in _bounds(field) if bound is not None)
    elif kind is str:
        yield from _texts(field, given)
    elif get_origin(kind) is list:
        choices = get_args(_kind(get_args(kind)[0])[0])
        yield from ([choice] for choice in choices)
    elif isinstance(kind, type) and issubclass(kind, Money):
        yield from _amounts(limits)
    if optional:
        yield None


def _amounts(limits: Limits) -> Iterator[dict[str, Any]]:
    for limit in limits.amounts:
        yield limit.model_dump(mode="json")
        yield Money(amount=limit.amount + CENT, currency=limit.currency).model_dump(mode="json")


def _texts(field: FieldInfo, given: Any) -> Iterator[str]:
    """Nothing, a word, and another of the same make: where texts are compared it must differ."""
    if not field.is_required():
        yield from ("", TEXT)
    if isinstance(given, str) and given[-1:].isdigit():
        yield given[:-1] + str((int(given[-1]) + 1) % 10)
    if isinstance(given, str) and "@" in given:
        yield f"another.{given}"


def _bounds(field: FieldInfo) -> tuple[int | None, int | None]:
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    return low, high


def _together(form: type[Form], limits: Limits) -> Iterator[Tried]:
    """Where several whole numbers share their bounds, as scores do: all of them on both sides of each limit."""
    alike: dict[tuple[Any, Any], list[str]] = {}
    for name, field in form.model_fields.items():
        if _kind(field.annotation)[0] is int and None not in _bounds(field):
            alike.setdefault(_bounds(field), []).append(name)
    for (low, high), names in alike.items():
        if len(names) > 1:
            points = {n for limit in limits.numbers for n in (limit - 1, limit) if low <= n <= high} | {low, high}
            for point in sorted(points):
                yield Tried(bilingual(f"各项均为 {point}", f"{point} each"), dict.fromkeys(names, point))


def _texts_given(form: type[Form], example: Mapping[str, Any]) -> dict[str, Any]:
    """A word for every text that may be left out and is: reasons are asked for with some answers."""
    empty = ((n, f) for n, f in form.model_fields.items() if not f.is_required() and not example.get(n))
    return {name: TEXT for name, field in empty if _kind(field.annotation)[0] is str}


def _kind(annotation: Any) -> tuple[Any, bool]:
    """The type of a field without its annotations, and whether it may be None."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        inner = [part for part in get_args(annotation) if part is not NoneType]
        return _kind(inner[0])[0], len(inner) < len(get_args(annotation))
    return annotation, False


def _label(form: type[Form], changes: Mapping[str, Any]) -> str:
    said = {language: [_said(form, n, v, language) for n, v in changes.items()] for language in ("zh", "en")}
    return bilingual("；".join(said["zh"]), "; ".join(said["en"]))


def _said(form: type[Form], name: str, value: Any, language: str) -> str:
    field = form.model_fields[name]
    extra = field.json_schema_extra
    labels: Any = extra.get("labels") if isinstance(extra, dict) else None
    if isinstance(labels, dict) and isinstance(value, str | list):
        chosen = [value] if isinstance(value, str) else value
        told = ", ".join(in_language(str(labels.get(one, one)), language) for one in chosen)
    else:
        told = _plainly(value, language)
    title = in_language(field.title or name, language)
    return f"{title}：{told}" if language == "zh" else f"{title}: {told}"


def _plainly(value: Any, language: str) -> str:
    if isinstance(value, bool):
        return {"zh": "是" if value else "否", "en": "yes" if value else "no"}[language]
    if value in (None, "", []):
        return {"zh": "（空）", "en": "(empty)"}[language]
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    return value.isoformat() if isinstance(value, date) else str(value)
