"""What key figures need of the store: views with one row for each thing that a figure counts (RP-2).

It must not contain implementations, nor say what a figure means: see `business/figures`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

By = Literal["part", "person"]


@dataclass(frozen=True, slots=True)
class Observed:
    """One thing that a figure counts, such as a case that was closed; what does not apply is None."""

    process: str
    what: str
    """Code of the case, customer or supplier."""
    person: str | None
    """Whose it is: an address."""
    part: str | None
    """By what it is told apart: a class, tier, outcome, channel, or a label."""
    at: datetime | None
    """The instant by which it falls into a period; of what is open, when it is due."""
    began_at: datetime | None
    ended_at: datetime | None
    until_on: str | None
    """The last day on which it holds, as an ISO date of the company's zone."""
    hit: int | None
    """1 where it is as it should be, else 0."""
    number: int | None
    amount: str | None
    """As `Money` writes it."""
    product: str | None = None
    """Of which product it is, where the figure is told apart by it too."""
    department: str | None = None
    """The label of the department in charge, likewise."""
    reference: str | None = None
    """Which one it is where `what` holds many: the number of a receipt or an order, as people know it."""
    result: str | None = None
    """How it ended, a word: of an approval what was decided, `silence` or `override`."""
    many: int = 1
    """How many alike it stands for, where they are counted together (`tallied`)."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which observations of a view are wanted, where not all: for lists of what may be a million rows."""

    part: str | None = None
    person: str | None = None
    began_before: datetime | None = None
    limit: int | None = None
    """At most so many, the first by their order."""


@dataclass(frozen=True, slots=True)
class Aged:
    """How many observations of one part or person there are, by when they began, and how many are overdue."""

    key: str
    counts: tuple[int, ...]
    """First those that began at the first cut or later, then between each two cuts, last those before all cuts."""
    late: int


EVERYTHING: Final = Narrowed()


class FigureReader(Protocol):
    """Reads for key figures; `kpi` is the name of a figure, whose view is `kpi_<name>`."""

    def observed(
        self,
        kpi: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        process: str | None = None,
        narrowed: Narrowed = EVERYTHING,
    ) -> list[Observed]:
        """What the view holds, in [since, before) by `at`, in order of `at`, `what`, `part` and `person`."""
        ...

    def tallied(
        self, kpi: str, edges: Sequence[datetime], *, within: timedelta | None = None, process: str | None = None
    ) -> list[Observed]:
        """What the view holds from the first edge to before the last, alike ones between two edges told as one.

        Alike are those of one process, person, part, product, department, hit, number and result; `at` is the earliest
        of them, and what else tells them apart is left out. With `within`, `hit` is instead whether it began and ended
        within that time. Edges ascend. In order of `at`; counted by the database, since it may be a year of decisions.
        """
        ...

    def aged(
        self, kpi: str, by: By, cuts: Sequence[datetime], *, now: datetime, process: str | None = None
    ) -> list[Aged]:
        """Counts by `began_at`, with cuts from the latest to the earliest; overdue is what was due before `now`.

        In the order of the keys; counted by the database, since it may be a million rows.
        """
        ...
