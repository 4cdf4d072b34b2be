"""Examples with which a procedure is tried out: an application, and what the registers hold before. They do nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Example:
    """An application (`crmw simulate`), with rows of the registers that are there before; the title is bilingual.

    The module `examples` of a process's package lists its own in `EXAMPLES`.
    """

    title: str
    subject: Mapping[str, Any]
    rows: tuple[object, ...] = ()
    answers: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """Task -> further answers worth trying, by what differs from the form's own example."""
