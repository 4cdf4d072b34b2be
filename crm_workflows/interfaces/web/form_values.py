"""Carries answers between a posted form, the values a model takes, and what a form shows filled in. It judges nothing.

What was typed is kept as typed: a page that comes back with errors shows every character again.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from crm_workflows.domain.money import Money
from crm_workflows.domain.spellings import half_width
from crm_workflows.domain.text import day_in, in_language, shown_in
from crm_workflows.interfaces.web.forms import Field, each_field

Typed = Mapping[str, Sequence[str]]
"""Field path -> what stands in the form, one entry a value."""


def to_values(fields: Sequence[Field], typed: Typed, zone: str = "UTC") -> dict[str, Any]:
    """The nested values that the model validates; what was left blank is left out, so that it counts as missing.

    An instant is typed as that zone's clock shows it.
    """
    values: dict[str, Any] = {}
    for field in fields:
        name = field.path.rpartition(".")[2]
        value = to_values(field.children, typed, zone) if field.widget == "group" else _value(field, typed, zone)
        if value is not None:
            values[name] = value
    return values


def _value(field: Field, typed: Typed, zone: str) -> Any:
    if field.widget == "money":
        amount = _first(typed, f"{field.path}.amount").strip()
        return {"amount": amount, "currency": _first(typed, f"{field.path}.currency") or "CNY"} if amount else None
    if field.widget == "choices":
        return [value for value in typed.get(field.path, ()) if value]
    text = _first(typed, field.path).strip()
    if field.widget == "yes_no":
        return {"yes": True, "no": False}.get(text)
    if field.widget == "instant":
        return _with_zone(half_width(text), zone) or None
    if field.widget in ("whole", "number", "date", "mail"):
        text = half_width(text)
    return text.replace("\r\n", "\n") or None


def _with_zone(text: str, zone: str) -> str:
    """What names no zone is of this one; what is no instant stays as it is, for the form to refuse."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone)).isoformat()


def _wall_clock(text: str, zone: str) -> str:
    """As a field for day and time takes it: to the minute."""
    try:
        return datetime.fromisoformat(text).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
    except (ValueError, OverflowError):
        return text


def typed_from(fields: Sequence[Field], values: Mapping[str, Any], zone: str = "UTC") -> dict[str, list[str]]:
    """What a form shows when it opens with these JSON values: a draft, or the answer of an earlier round."""
    typed: dict[str, list[str]] = {}
    for field in fields:
        value = values.get(field.path.rpartition(".")[2])
        if field.widget == "group":
            typed |= typed_from(field.children, value or {}, zone)
        elif value is None:
            typed |= {field.path: [field.default]} if field.default else {}
        elif field.widget == "money":
            typed[f"{field.path}.amount"] = [str(value["amount"])]
            typed[f"{field.path}.currency"] = [str(value["currency"])]
        elif field.widget == "yes_no":
            typed[field.path] = ["yes" if value else "no"]
        elif field.widget == "instant":
            typed[field.path] = [_wall_clock(str(value), zone)]
        else:
            typed[field.path] = [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return typed


def readable(
    fields: Sequence[Field], values: Mapping[str, Any], language: str, zone: ZoneInfo | None = None
) -> list[tuple[str, str]]:
    """Answers for reading: (label, value) in one language, choices by their labels, money with its currency, instants
    on the clock of that zone, else on their own."""
    lines: list[tuple[str, str]] = []
    for field in fields:
        value = values.get(field.path.rpartition(".")[2])
        label = in_language(field.label, language)
        if field.widget == "group":
            inner = readable(field.children, value or {}, language, zone)
            lines += [(f"{label} · {name}", shown) for name, shown in inner]
        else:
            lines.append((label, _shown(field, value, language, zone)))
    return lines


def _shown(field: Field, value: Any, language: str, zone: ZoneInfo | None) -> str:
    if value is None or value in ("", []):
        return shown_in(None, language)
    if field.widget == "yes_no":
        return shown_in(bool(value), language)
    if field.widget == "money":
        return Money.model_validate(value).shown(language)
    if field.widget == "date":
        return day_in(date.fromisoformat(value), language)
    if field.widget == "instant":
        at = datetime.fromisoformat(value)
        return shown_in(at.astimezone(zone).replace(tzinfo=None) if zone else at, language)  # the page names its zone
    items = value if isinstance(value, list) else [value]
    comma = "、" if language == "zh" else ", "
    named = {choice: in_language(label, language) for choice, label in field.choices}
    return comma.join(named.get(str(item), str(item)) for item in items)


def field_at(fields: tuple[Field, ...], location: Sequence[int | str]) -> Field | None:
    """The field that an error belongs to: the longest beginning of its location that names one."""
    known = {field.path: field for field in each_field(fields)} | {f.path: f for f in fields}
    for length in range(len(location), 0, -1):
        path = ".".join(str(part) for part in location[:length])
        if path in known:
            return known[path]
    return None


def _first(typed: Typed, path: str) -> str:
    return next(iter(typed.get(path, ())), "")
