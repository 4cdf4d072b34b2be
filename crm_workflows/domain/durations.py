"""Lengths of time as types: working days, working hours, clock hours, calendar days. It must not read a clock.

A length is a whole number or the key of a policy number (`working_days("recognition_due")`), which `resolve` looks up
in the policy frozen into the case. `WorkingCalendar.add` counts it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.text import bilingual


class Unit(StrEnum):
    """What is counted; working units need the company's calendar."""

    WORKING_DAYS = "working_days"
    WORKING_HOURS = "working_hours"
    CLOCK_HOURS = "clock_hours"
    CLOCK_MINUTES = "clock_minutes"
    CALENDAR_DAYS = "calendar_days"


WORDS = {
    Unit.WORKING_DAYS: ("个工作日", "working day"),
    Unit.WORKING_HOURS: ("个工作小时", "working hour"),
    Unit.CLOCK_HOURS: ("小时", "hour"),
    Unit.CLOCK_MINUTES: ("分钟", "minute"),
    Unit.CALENDAR_DAYS: ("天", "day"),
}


class Numbers(Protocol):
    """Where policy keys are looked up; `Policy` is one."""

    def number(self, key: str) -> int:
        """The whole number under `key`; AuthorMistake if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Duration:
    """A length in one unit; `amount` is a whole number >= 0, or a policy key until `resolve` has looked it up."""

    unit: Unit
    amount: int | str

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int | str):
            raise AuthorMistake(f"{self.amount!r} {self.unit} is no duration; give a whole number or a policy key")
        if isinstance(self.amount, int) and self.amount < 0:
            raise AuthorMistake(f"a duration cannot be negative: {self.amount} {self.unit}; give a number from 0 up")
        if self.amount == "":
            raise AuthorMistake(f"a duration in {self.unit} has an empty policy key; name the key")

    @property
    def policy_key(self) -> str | None:
        """The policy key still to be looked up; None once resolved."""
        return self.amount if isinstance(self.amount, str) else None

    @property
    def count(self) -> int:
        """The whole number; raises AuthorMistake while it is still a policy key."""
        if isinstance(self.amount, str):
            raise AuthorMistake(f'duration {self.unit}("{self.amount}") was used before its policy key was looked up')
        return self.amount

    def resolve(self, policy: Numbers) -> "Duration":
        """The same length with a number in place of a policy key; raises AuthorMistake naming an unknown key."""
        return self if isinstance(self.amount, int) else Duration(self.unit, policy.number(self.amount))

    def label(self) -> str:
        """For readers, in both languages: "2 个工作日 / 2 working days"."""
        chinese, english = WORDS[self.unit]
        plural = "" if self.amount == 1 else "s"
        return bilingual(f"{self.amount} {chinese}", f"{self.amount} {english}{plural}")


def working_days(n: int | str) -> Duration:
    """`n` working days of the company's calendar, same time of day (G-4)."""
    return Duration(Unit.WORKING_DAYS, n)


def working_hours(n: int | str) -> Duration:
    """`n` hours counted over office hours only (G-4)."""
    return Duration(Unit.WORKING_HOURS, n)


def clock_hours(n: int | str) -> Duration:
    """`n` hours on the clock, day and night (G-4, CP)."""
    return Duration(Unit.CLOCK_HOURS, n)


def clock_minutes(n: int | str) -> Duration:
    """`n` minutes on the clock."""
    return Duration(Unit.CLOCK_MINUTES, n)


def calendar_days(n: int | str) -> Duration:
    """`n` calendar days, same wall-clock time in the company's zone."""
    return Duration(Unit.CALENDAR_DAYS, n)
