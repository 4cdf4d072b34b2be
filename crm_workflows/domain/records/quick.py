"""The decorator of rows: a dataclass that is frozen for the type checker, and quick to make at run time.

A case is some thirty rows; to refuse at run time that somebody changes one makes each five times as slow to build.
"""

import dataclasses
from collections.abc import Callable
from typing import Literal, TypeVar

T = TypeVar("T")


def dataclass(*, frozen: Literal[True], slots: bool) -> Callable[[type[T]], type[T]]:
    """As `dataclasses.dataclass` with these arguments, but that no field is set afterwards, only mypy sees to."""
    return dataclasses.dataclass(slots=slots, unsafe_hash=frozen)
