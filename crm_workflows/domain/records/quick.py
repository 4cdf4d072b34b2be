"""The decorator of rows: a dataclass that is frozen for the type checker, and quick to make and copy at run time.

A case is some thirty rows; to refuse at run time that somebody changes one makes each five times as slow to build.
"""

import dataclasses
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, Literal, TypeVar

T = TypeVar("T")


def dataclass(*, frozen: Literal[True], slots: bool) -> Callable[[type[T]], type[T]]:
    """As `dataclasses.dataclass` with these arguments, but that no field is set afterwards, only mypy sees to."""
    return dataclasses.dataclass(slots=slots, unsafe_hash=frozen)


def replaced(row: T, **values: object) -> T:
    """As `dataclasses.replace`, in a third of its time; for rows alone."""
    record: Any = type(row)
    copy: T = record(*_columns(record)(row))
    for name, value in values.items():
        setattr(copy, name, value)
    return copy


@cache
def _columns(record: type) -> Callable[[object], tuple[Any, ...]]:
    return attrgetter(*(field.name for field in dataclasses.fields(record)))
