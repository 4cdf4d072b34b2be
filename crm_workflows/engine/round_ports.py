"""What rounds of callbacks need of the store: set-based, in pieces of the register by customer code (CB-2, CB-3).

It must not contain implementations, nor decide who is called: `Calls` says that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from crm_workflows.domain.records import Customer

BLOCKED, OPTED_OUT, OPEN_CALLBACK, CONTACTED = "blocked", "opted_out", "open_callback", "contacted_since"
OPEN_COMPLAINT = "open_complaint"
FOLLOW_UP = "follow_up"
"""How a complaint is linked with its follow-up, during which nobody calls beside it either (CB-1, CB-3)."""
NOT_CALLED = (BLOCKED, OPTED_OUT, OPEN_CALLBACK, OPEN_COMPLAINT, CONTACTED)
"""Why somebody whom a round chooses is not called; of several reasons the first counts."""
CALLED, LATE, MOVED = "called", "late", "moved"
EVENT_OUTCOMES = (CALLED, BLOCKED, OPTED_OUT, CONTACTED, LATE, MOVED)
"""What becomes of an event; while a callback, a complaint or its follow-up is open with the customer it waits."""


@dataclass(frozen=True)
class Calls:
    """Whom one occurrence of a round calls: all that the round chooses but those whom one of `NOT_CALLED` excepts."""

    round: str
    occurrence: str
    why: str
    tiers: Mapping[str, datetime]
    """For each tier: whoever had the last real contact later than that is not called. Other tiers are never called."""
    silent_since: datetime
    """Chosen is whose last contact, or else registration, was then or earlier."""
    does: str = ""
    """Who calls; empty: the owner of each customer."""
    equals: Mapping[str, str] = field(default_factory=dict)
    """Columns of the register that the chosen have."""
    agreed_by: datetime | None = None
    """Where set, the round keeps the cadence (CB-1): whoever has a next callback is called when it has come by then,
    whatever the tier; of others silence counts from the registration if there was no contact."""
    tag: str = ""
    """A word that the chosen have among their tags; empty: any."""
    closer: Mapping[str, datetime] = field(default_factory=dict)
    """As `tiers`, for those with whom less silence is allowed, whatever was agreed on; empty: it is the same."""
    at: datetime | None = None
    """When the round is carried out: what holds until earlier holds no longer; for `closer` only."""


@dataclass(frozen=True)
class Piece:
    """The customers whose codes come later than `after`, up to `last`; None: to the end of the register."""

    after: str = ""
    last: str | None = None


class RoundReader(Protocol):
    """Reads for rounds."""

    def last_of_piece(self, after: str, many: int) -> str | None:
        """The code of the customer who is so many places behind `after`; None when there are fewer."""
        ...

    def called(self, calls: Calls, limit: int) -> list[Customer]:
        """The first of those whom it calls, by code."""
        ...

    def called_by_owner(self, calls: Calls) -> list[tuple[str, int]]:
        """How many it calls, for each person who calls, in order."""
        ...

    def not_called(self, calls: Calls, piece: Piece) -> dict[str, int]:
        """How many of the chosen it does not call, by `NOT_CALLED`."""
        ...

    def waiting_by_owner(self) -> list[tuple[str, int]]:
        """How many callbacks are due and not handed out, for each person who calls, in order."""
        ...


class RoundWriter(RoundReader, Protocol):
    """Writes for rounds."""

    def make_due(self, calls: Calls, piece: Piece, at: datetime) -> int:
        """A row `DueCallback` for each whom it calls and for whom none waits; returns how many."""
        ...

    def make_events_due(self, calls: Calls, piece: Piece, too_late: datetime, at: datetime) -> int:
        """A row `DueCallback` for each customer whom an event falls to that is due by `at`; returns how many.

        The round's columns choose, its silence does not count; one that was due before `too_late` calls nobody. Of
        several the earliest calls, the others wait: they are settled once the customer has been contacted.
        """
        ...

    def hand_out(self, capacity: int, day: tuple[datetime, datetime], at: datetime) -> int:
        """Hand out callbacks that wait, so that on that day, [begin, end), nobody is handed more than `capacity`.

        Of each person's the most urgent first: by priority, then whoever is silent longest. Returns how many.
        """
        ...
