"""Rows of the store in memory, as a database would keep and give them back. It must not know transactions."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.json_text import Written
from crm_workflows.domain.records import KEYS

Row = Any
UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")
JSON_FIELDS: Final = {record: {field.name for field in fields(record) if field.type is Any} for record in KEYS}


def kept(row: Row) -> Row:
    """The row as a database would give it back: nobody else holds its lists, its instants are in UTC."""
    as_json = JSON_FIELDS[type(row)]
    values = {field.name: getattr(row, field.name) for field in fields(row)}
    return type(row)(**{name: _copy(value) if name in as_json else _plain(value) for name, value in values.items()})


def given(row: Row) -> Row:
    """A copy for the caller, who may change its lists."""
    as_json = {name: _fresh(getattr(row, name)) for name in JSON_FIELDS[type(row)]}
    return replace(row, **as_json) if as_json else row


def _fresh(value: Any) -> Any:
    """A copy of JSON; `deepcopy` would ask of every text whether it has been copied already."""
    if isinstance(value, dict):
        return {name: _fresh(one) for name, one in value.items()}
    return [_fresh(one) for one in value] if isinstance(value, list) else value


def _copy(value: Any) -> Any:
    text = value.text if isinstance(value, Written) else json.dumps(value, ensure_ascii=False, allow_nan=False)
    _refuse_unkeepable(text)
    return json.loads(text)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        _refuse_unkeepable(value)
        return str.__str__(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)
    return value


def _refuse_unkeepable(text: str) -> None:
    """A NUL, or half of a surrogate pair."""
    if UNKEEPABLE.search(text):
        raise InvalidInput(
            "文本里有无法保存的字符，请删除后再试 / The text has a character that cannot be kept; remove it"
        )


def fitting(rows: Iterable[Row], equals: Mapping[str, object]) -> list[Row]:
    """Those whose columns have the wanted value, or one of several."""
    wanted = {
        name: frozenset(value) if isinstance(value, list | tuple | set | frozenset) else (value,)
        for name, value in equals.items()
    }
    return [row for row in rows if all(getattr(row, name) in values for name, values in wanted.items())]


def as_text(value: Any) -> str:
    """The text of a column, of JSON as it is written; of NULL none."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sorted_by(rows: Iterable[Row], columns: tuple[str, ...], *, descending: bool = False) -> list[Row]:
    """By several columns; what has no value comes last in both directions."""
    found = list(rows)
    for column in reversed(columns):
        present = [row for row in found if getattr(row, column) is not None]
        absent = [row for row in found if getattr(row, column) is None]
        found = sorted(present, key=attrgetter(column), reverse=descending) + absent
    return found
