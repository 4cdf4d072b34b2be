"""A key figure: its name, meaning and kind (RP-2). It must not know which there are."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """How a figure is worked out from what its view counts."""

    DAYS = "days"
    """From `began_at` to `ended_at` in days: median, and what nine in ten stayed within."""
    SHARE = "share"
    """How many in a hundred are as they should be."""
    COUNT = "count"
    """How many there are."""
    MONEY = "money"
    """The sum of the amounts of each part."""
    AMISS = "amiss"
    """How many are not as they should be."""
    PAUSED = "paused"
    """Of a hundred seconds from `began_at` to `ended_at`, how many are `number`."""
    SHARE_NOW = "share_now"
    """A share of what stands in the register now, whatever the period."""
    OVERDUE_NOW = "overdue_now"
    """How many hold no longer today."""
    COVERED_NOW = "covered_now"
    """How many in a hundred are within the silence that their tier allows."""
    CHURN = "churn"
    """Of those still with us in a period, how many in a hundred were lost in it."""
    GROWN = "grown"
    """By how many in a hundred the amounts are more than those of the same period a year before, in the currency of the
    policy's amounts."""
    PART_NOW = "part_now"
    """Of a hundred that stand in the register now, how many are of the part `of_part`."""
    WAITING_NOW = "waiting_now"
    """How many wait now, by person."""
    LACKING = "lacking"
    """Not measured; `says` tells what is lacking for it."""


@dataclass(frozen=True)
class Kpi:
    """One key figure; `title` and `says` are labels in both languages."""

    name: str
    rule: str
    """Where the rules ask for it."""
    title: str
    says: str
    """The definition: what is counted, and in which period it falls."""
    kind: Kind
    process: str | None = None
    """None: of every process alike."""
    less_is_better: bool = False
    reads: str = ""
    """The figure whose view it reads, where that is another's."""
    reaches: str = ""
    """The whole number of the policy from which an observation's `number` is as it should be."""
    within: timedelta | None = None
    """From `began_at` on, where being done in that time is as it should be."""
    only: str = ""
    """The part that it counts, where the view holds others too."""
    amiss_only: bool = False
    """Whether it counts only what is not as it should be, where the view holds the rest too."""
    beside: Literal["", "product", "department"] = ""
    """By what else its parts are told apart."""
    of_part: str = ""
    """The part whose share in all is counted."""
    aims_at: str = ""
    """The number of the policy that is its target, where none stands under `targets`."""
    again_within: str = ""
    """The number of days of the policy: counted is what had been there so shortly before (`began_at`)."""
    results: tuple[str, ...] = ()
    """Where it is as it should be by how it ended (`result`): these words."""
    is_neutral: bool = False
    """Whether what it counts a share of is neither better nor worse: it is listed first, and nothing is marked."""
    later: timedelta = timedelta(0)
    """So long after `at` it falls into a period."""

    @property
    def view(self) -> str:
        """The figure whose view it reads."""
        return self.reads or self.name

    @property
    def is_counted(self) -> bool:
        """Whether all that it needs of a period is how many there are of each sort."""
        return self.kind in (Kind.SHARE, Kind.COUNT, Kind.AMISS) and not self.again_within

    @property
    def is_of_now(self) -> bool:
        """Whether it tells how things stand, not what happened in a period."""
        return self.kind in (Kind.SHARE_NOW, Kind.OVERDUE_NOW, Kind.COVERED_NOW, Kind.PART_NOW, Kind.WAITING_NOW)
