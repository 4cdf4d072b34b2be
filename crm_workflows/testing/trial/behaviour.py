"""How people answer in a trial: what is on record or told beforehand, else by chance from a seed. It asks nobody.

The same seed gives the same person the same answer to the same question, whatever else differs: so that today's
procedure and a draft are compared with each other and not with luck.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final

NINETY: Final = 1.2816
"""So many standard deviations lie between the median of a normal distribution and what nine of ten stay below."""
SILENCE: Final = "silence"
GOES_ON: Final = ""
"""What lets the case go on: yes, the form's example, all the papers."""


@dataclass(frozen=True)
class Said:
    """One answer: after how many working hours, None for never; `word` is a decision, `form` what differs in a form."""

    hours: float | None
    word: str = GOES_ON
    to: str | None = None
    form: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Habit:
    """How long answers to an element take, in working hours, and what they say: word or changes -> share of all."""

    median: float = 4.0
    p90: float = 16.0
    says: Mapping[str, float] = field(default_factory=dict)
    forms: Sequence[tuple[float, Mapping[str, Any]]] = ()

    def by(self, chance: Random) -> Said:
        """One answer by chance: times are log-normal, as answering times of people are."""
        spread = math.log(self.p90 / self.median) / NINETY if self.p90 > self.median else 0.0
        hours = self.median * math.exp(spread * chance.gauss(0.0, 1.0))
        lot = chance.random()
        for word, share in self.says.items():
            lot -= share
            if lot < 0:
                decision, _, to = word.partition(" ")
                return Said(None if decision == SILENCE else hours, decision, to or None)
        lot = chance.random()
        for share, changes in self.forms:
            lot -= share
            if lot < 0:
                return Said(hours, form=changes)
        return Said(hours)


@dataclass(frozen=True)
class TrialCase:
    """A case to run: when it comes, what it is about, and what is known of its answers, in order, by element."""

    name: str
    at: datetime
    subject: Mapping[str, Any]
    answers: Mapping[str, Sequence[Said]] = field(default_factory=dict)
    rows: tuple[object, ...] = ()
    """What the registers hold before."""
    requester: str | None = None


@dataclass(frozen=True)
class Behaviour:
    """The habits of people by element, those of all others, and the seed of chance."""

    seed: int
    habits: Mapping[str, Habit] = field(default_factory=dict)
    others: Habit = field(default_factory=Habit)

    def said(self, case: TrialCase, element: str, nth: int, person: str) -> Said:
        """What a person says to the nth request of that element in a case."""
        known = case.answers.get(element, ())
        if nth < len(known):
            return known[nth]
        chance = Random(f"{self.seed}/{case.name}/{element}/{nth}/{person}")  # noqa: S311 - it is to be repeatable
        return self.habits.get(element, self.others).by(chance)
