"""Turns records into rows of column values and back, for one kind of database. It must not touch a connection.

What is read back equals what was written: instants keep their microsecond, JSON its key order, text every character.
A stretch writes about 25 rows, so a microsecond a row is felt: hence the checks of all texts at once.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Boolean, DateTime, LargeBinary, Table, Text

from crm_workflows.adapters.database.columns import JSON_VALUE
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.instants import stamp
from crm_workflows.domain.json_text import Written, writer

R = TypeVar("R")
Convert = Callable[[Any], Any]

_to_json: Final = writer(allow_nan=False, separators=(",", ":"))
from_json: Final = json.JSONDecoder().decode


def to_json(value: Any) -> str:
    """The text that a JSON column keeps."""
    return value.text if isinstance(value, Written) else _to_json(value)


def unkeepable() -> InvalidInput:
    """Refuses text that PostgreSQL cannot keep: a NUL, or half of a surrogate pair."""
    return InvalidInput(
        "文本里有无法保存的字符，请删除后再试 / The text has a character that cannot be kept; remove it and try again"
    )


def text(value: str) -> str:
    """The same text; InvalidInput for what PostgreSQL cannot keep, on every database alike."""
    if "\0" in value:
        raise unkeepable()
    return value


def itself(value: Any) -> Any:
    """What the driver takes and gives as it is."""
    return value


class Codec(Generic[R]):
    """Encoding of one record class; `columns` are in the order of its fields, whose last `beside` no table keeps.

    KeyError for any other field that the table lacks.
    """

    def __init__(self, record: type[R], table: Table, *, is_sqlite: bool, beside: int = 0) -> None:
        self.record = record
        self.table = table
        names = [field.name for field in fields(record)]  # type: ignore[arg-type]
        self.columns = tuple(names[: len(names) - beside])
        kinds = [_convert(table.c[name].type, is_sqlite=is_sqlite) for name in self.columns]
        self.encoders = {name: encode for name, (encode, _) in zip(self.columns, kinds, strict=True)}
        self.decoders = {name: decode for name, (_, decode) in zip(self.columns, kinds, strict=True)}
        self._values = attrgetter(*self.columns)
        certain = [i for i, name in enumerate(self.columns) if kinds[i][0] is text and not table.c[name].nullable]
        # Two of one column, since itemgetter gives no tuple for one alone; every table has a text.
        self._texts = itemgetter(*certain, certain[0])
        self._encode = [(i, kinds[i][0]) for i in range(len(kinds)) if kinds[i][0] is not itself and i not in certain]
        self._decode = [(i, decode) for i, (_, decode) in enumerate(kinds) if decode is not itself]

    def encode(self, row: R) -> list[Any]:
        """Column values of a record."""
        values = list(self._values(row))
        text("".join(self._texts(values)))
        for i, encode in self._encode:
            value = values[i]
            if value is not None:
                values[i] = encode(value)
        return values

    def encode_column(self, column: str, value: object) -> Any:
        """One column's value."""
        return None if value is None else self.encoders[column](value)

    def decode_column(self, column: str, value: Any) -> Any:
        """One column's value as read."""
        return None if value is None else self.decoders[column](value)

    def decode(self, row: Sequence[Any]) -> R:
        """The record of a row that has all columns in order."""
        values = list(row)
        for i, decode in self._decode:
            value = values[i]
            if value is not None:
                values[i] = decode(value)
        return self.record(*values)


def _convert(kind: Any, *, is_sqlite: bool) -> tuple[Convert, Convert]:
    """How a value of this column type is written and read."""
    if kind is JSON_VALUE:
        return to_json, from_json
    if isinstance(kind, DateTime):
        return stamp, datetime.fromisoformat if is_sqlite else itself
    if isinstance(kind, Boolean) and is_sqlite:
        return itself, bool
    if isinstance(kind, LargeBinary):
        return itself, bytes
    return (text, itself) if isinstance(kind, Text) else (itself, itself)
