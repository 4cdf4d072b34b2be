"""Remembers that the database took no write, for those who ask whether we are well. It must not read or write."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from crm_workflows.domain.errors import StoreBusy

FRESH_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Refusal:
    """One refused write, by the monotonic clock."""

    sentence: str
    at: float

    @property
    def is_fresh(self) -> bool:
        """Whether it was a moment ago; later it takes another try to know."""
        return time.monotonic() - self.at < FRESH_SECONDS


class RefusedWrites:
    """The last refusal for a reason that lasts: no room, no database. Who waits for another writer was not refused."""

    def __init__(self, lasting: Collection[str]) -> None:
        """`lasting` are the sentences of such reasons."""
        self._lasting = frozenset(lasting)
        self.last: Refusal | None = None

    def note(self, error: object) -> None:
        """Remember what ended a transaction, if it is one."""
        if isinstance(error, StoreBusy) and error.message in self._lasting:
            self.last = Refusal(error.message, time.monotonic())

    def forget(self, tried_after: Refusal) -> None:
        """A write was taken since; a refusal that came meanwhile stays."""
        if self.last is tried_after:
            self.last = None
