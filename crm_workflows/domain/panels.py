"""The words by which a gate says how many of its approvers it takes, and under which conditions it asks more (0011).

What cannot come out is an AuthorMistake with file and line when the flow is imported. It must not know who anybody is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from crm_workflows.domain.approvers import Approver, ByDepartment, ByLimit, ByRole, ManagerOf
from crm_workflows.domain.declared import check_kinds, declared_at
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy

Takes = Literal["everybody", "one_of_each", "at_least", "share", "hear_all", "in_turn"]


@dataclass(frozen=True)
class Panel:
    """Several who decide together. `count` is how many, or how many per cent; a number or a policy key."""

    takes: Takes
    parts: tuple["Approver | Panel", ...]
    count: int | str = 0
    where: str = field(default_factory=declared_at, compare=False)

    def __post_init__(self) -> None:
        check_kinds(self)
        said = f"{self.where}: {self.takes}(…)"
        if not self.parts:
            raise AuthorMistake(f"{said} names nobody; name whom it asks")
        if len(set(self.parts)) != len(self.parts):
            raise AuthorMistake(f"{said} names one approver twice; name each once")
        if self.takes == "share" and isinstance(self.count, int) and not 0 < self.count <= 100:
            raise AuthorMistake(f"{said} takes {self.count} per cent, which cannot be; give 1 to 100")
        if (
            self.takes == "at_least"
            and isinstance(self.count, int)
            and not 0 < self.count <= (self._most() or self.count)
        ):
            raise AuthorMistake(f"{said} takes {self.count} answers, which cannot come; name more people or take fewer")
        if self.takes == "one_of_each" and len(self.parts) < 2:
            raise AuthorMistake(f"{said} has a single group; name the others, or the group alone")

    @property
    def name(self) -> str:
        """The names of its parts, joined."""
        return "+".join(part.name for part in self.parts)

    def __str__(self) -> str:
        return f"{self.takes}({', '.join(str(part) for part in self.parts)})"

    def _most(self) -> int | None:
        """How many answers there can be at most; None where only the people file knows."""
        open_ended = any(isinstance(part, ByRole | ByDepartment | ManagerOf | ByLimit) for part in self.parts)
        return None if open_ended else len(self.parts)


@dataclass(frozen=True)
class Rung:
    """One band of a ladder: up to and including the policy amount `limit`; without one, all that is beyond."""

    limit: str | None
    decider: Approver | Panel

    def __post_init__(self) -> None:
        check_kinds(self)


@dataclass(frozen=True)
class Ladder:
    """The amount says who decides: the first rung whose limit covers it."""

    rungs: tuple[Rung, ...]
    where: str = field(default_factory=declared_at, compare=False)

    def __post_init__(self) -> None:
        check_kinds(self)
        limits = [rung.limit for rung in self.rungs]
        said = f"{self.where}: by_amount(…)"
        if not limits or limits[-1] is not None:
            raise AuthorMistake(f"{said} says nobody for what is above its last limit; end it with beyond(…)")
        if None in limits[:-1]:
            raise AuthorMistake(f"{said} has a rung behind beyond(…) that is never reached; put beyond(…) last")
        if len(set(limits)) != len(limits):
            raise AuthorMistake(f"{said} names one limit twice, so that its bands overlap; name each limit once")

    @property
    def name(self) -> str:
        """The names of those who may come to decide, joined."""
        return "+".join(rung.decider.name for rung in self.rungs)

    def limits(self) -> tuple[str, ...]:
        """The policy amounts, in the order in which they must rise."""
        return tuple(rung.limit for rung in self.rungs if rung.limit is not None)

    def rung(self, amount: Money, policy: Policy) -> Approver | Panel:
        """Who decides on that amount."""
        found = (r.decider for r in self.rungs if r.limit is None or amount <= policy.amount(r.limit))
        return next(found)


@dataclass(frozen=True, slots=True)
class Exceeds:
    """The amount is above the policy amount `limit`."""

    limit: str


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A field of the case's subject has one of these values."""

    field: str
    values: tuple[Any, ...]

    def holds(self, subject: object) -> bool:
        """Whether it has."""
        return getattr(subject, self.field) in self.values

    def problem(self, schema: Mapping[str, Any]) -> str | None:
        """Why it can never hold for a subject of this JSON schema, in English; None if it can."""
        found = schema.get("properties", {}).get(self.field)
        if found is None:
            return f"there is no field {self.field}"
        is_flag = found.get("type") == "boolean"
        possible = (True, False) if is_flag else found.get("enum")
        wrong = [value for value in self.values if possible is not None and value not in possible]
        if is_flag != all(isinstance(value, bool) for value in self.values):
            return f"{self.field} is {'' if is_flag else 'not '}a yes or no"
        return f"{self.field} is never {wrong[0]!r}" if wrong else None


Condition = Exceeds | FieldIs
Decider = Approver | Panel | Ladder


def everybody(*parts: Approver | Panel) -> Panel:
    """All of them must approve 会签; one rejection rejects."""
    return Panel("everybody", parts)


def one_of_each(*groups: Approver | Panel) -> Panel:
    """One of each group must approve; whoever answers first answers for their group."""
    return Panel("one_of_each", groups)


def at_least(count: int | str, *parts: Approver | Panel) -> Panel:
    """So many different people must approve, a number or a policy key; rejected once that cannot be reached."""
    return Panel("at_least", parts, count)


def share(per_cent: int | str, *parts: Approver | Panel) -> Panel:
    """So many per cent of them must approve, rounded up."""
    return Panel("share", parts, per_cent)


def hear_all(*parts: Approver | Panel) -> Panel:
    """Everybody answers; then one approval suffices."""
    return Panel("hear_all", parts)


def in_turn(*parts: Approver | Panel) -> Panel:
    """One after the other 依次, in this order; all must approve, and nobody is asked before their turn."""
    return Panel("in_turn", parts)


def up_to(limit: str, decider: Approver | Panel) -> Rung:
    """Who decides up to and including the policy amount `limit`."""
    return Rung(limit, decider)


def beyond(decider: Approver | Panel) -> Rung:
    """Who decides on every amount above the last limit."""
    return Rung(None, decider)


def by_amount(*rungs: Rung) -> Ladder:
    """Who decides goes by the amount; limits rise, and `beyond` comes last."""
    return Ladder(rungs)


def is_yes(field_name: str) -> FieldIs:
    """A yes-or-no field of the subject says yes."""
    return FieldIs(field_name, (True,))


def is_one_of(field_name: str, *values: str) -> FieldIs:
    """A field of the subject has one of these values."""
    return FieldIs(field_name, values)


def approvers_in(decider: Decider) -> Iterator[Approver]:
    """Everybody whom a decider may come to ask."""
    if isinstance(decider, Ladder):
        for rung in decider.rungs:
            yield from approvers_in(rung.decider)
    elif isinstance(decider, Panel):
        for part in decider.parts:
            yield from approvers_in(part)
    else:
        yield decider
