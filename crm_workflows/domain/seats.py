"""What the answers given so far come to where several people decide together. Pure: it knows no names, mail or time.

A seat is a person's address; the tree says how many of the answers it takes. A verdict, once there, never changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Takes = Literal["any", "all", "count", "hear_all", "turn"]
Votes = Sequence[tuple[str, bool]]
"""(seat, yes) in the order in which they were given, each seat once."""


@dataclass(frozen=True, slots=True)
class Seats:
    """People, or smaller groups of them, and what it takes: the first answer, all, `count` of them, everybody's answer
    and one yes, or all one after the other."""

    takes: Takes
    members: tuple["str | Seats", ...]
    count: int = 0

    def verdict(self, votes: Votes) -> bool | None:
        """True for approved, False for rejected, None while it depends on answers not given yet."""
        if self.takes == "any":
            return self._first(votes)
        said = [_said(member, votes) for member in self.members]
        if self.takes == "hear_all":
            return None if None in said else True in said
        needed = self.count if self.takes == "count" else len(said)
        if said.count(True) >= needed:
            return True
        return False if len(said) - said.count(False) < needed else None

    def wanted(self, votes: Votes) -> tuple[str, ...]:
        """Whose answer still counts, in order and each once; nobody's once there is a verdict."""
        if self.verdict(votes) is not None:
            return ()
        undecided = [member for member in self.members if _said(member, votes) is None]
        asked = undecided[:1] if self.takes == "turn" else undecided
        found = (seat for member in asked for seat in ([member] if isinstance(member, str) else member.wanted(votes)))
        return tuple(dict.fromkeys(found))

    def people(self) -> tuple[str, ...]:
        """Every seat, each once."""
        return tuple(dict.fromkeys(self._people()))

    def replaced(self, old: str, new: str) -> "Seats":
        """The same with another person on a seat; somebody who had a seat there already has only that one then."""
        members = (
            (new if member == old else member) if isinstance(member, str) else member.replaced(old, new)
            for member in self.members
        )
        return replace(self, members=tuple(dict.fromkeys(members)))

    def joined(self, seat: str, new: str, place: str) -> "Seats":
        """With one more person `before`, `after` or `beside` a seat: both must approve.

        Where the first of a group answers for it, the new one stands by the whole group: else they would not matter.
        """
        if self.takes == "any" and seat in self.members:
            return _beside(self.members[0] if len(self.members) == 1 else self, new, place)
        members = (
            _beside(member, new, place)
            if member == seat
            else member.joined(seat, new, place)
            if isinstance(member, Seats) and seat in member.people()
            else member
            for member in self.members
        )
        return replace(self, members=tuple(members))

    @property
    def is_possible(self) -> bool:
        """Whether enough different people are there for what it takes."""
        inner = all(member.is_possible for member in self.members if isinstance(member, Seats))
        return inner and 0 < max(self.count, 1) <= len(self.members)

    def to_json(self) -> dict[str, Any]:
        """A JSON document that `from_json` reads back to an equal tree."""
        members = [member if isinstance(member, str) else member.to_json() for member in self.members]
        return {"takes": self.takes, "members": members, "count": self.count}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Seats":
        """Read back what `to_json` wrote."""
        members = (m if isinstance(m, str) else cls.from_json(m) for m in document["members"])
        return cls(document["takes"], tuple(members), document["count"])

    def _first(self, votes: Votes) -> bool | None:
        """The first member that came to an answer has answered for all: later answers change nothing."""
        for n in range(1, len(votes) + 1):
            said = next((s for m in self.members if (s := _said(m, votes[:n])) is not None), None)
            if said is not None:
                return said
        return None

    def _people(self) -> Iterator[str]:
        for member in self.members:
            if isinstance(member, str):
                yield member
            else:
                yield from member.people()


def _beside(member: "str | Seats", new: str, place: str) -> Seats:
    if place == "beside":
        return Seats("all", (member, new))
    return Seats("turn", (new, member) if place == "before" else (member, new))


def _said(member: "str | Seats", votes: Votes) -> bool | None:
    if isinstance(member, Seats):
        return member.verdict(votes)
    return next((yes for seat, yes in votes if seat == member), None)
