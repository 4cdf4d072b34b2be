"""The state of a request that several people decide together: seats, answers so far, who comes later (0011). Pure.

It lives in what the request shows, under the lock of its case; a request that the first answer decides has none.
"""

from dataclasses import asdict, dataclass, replace

from crm_workflows.domain.records import Decision, Json, Request
from crm_workflows.domain.seats import Seats

PANEL = "panel"
YES = ("approve", "change")
"""The decisions that count as a yes."""
ONE_SUFFICES = "一人答复即可 / one answer suffices"


@dataclass(frozen=True)
class Vote:
    """One answer on a seat: who gave it, for whom, with what words; `earlier` where a stage before is what counts."""

    seat: str
    yes: bool
    by: str
    at: str
    on_behalf_of: str | None = None
    comment: str = ""
    earlier: bool = False


@dataclass(frozen=True)
class Later:
    """Somebody whose turn has not come: the seat, whose it is (a deputy may sit on it), as what and for whom."""

    seat: str
    holder: str
    role: str
    deputy_for: str | None = None


@dataclass(frozen=True)
class Sitting:
    """Seats and votes; `says` is the label by which those asked are told how many answers it takes."""

    seats: Seats
    says: str
    votes: tuple[Vote, ...] = ()
    later: tuple[Later, ...] = ()

    @classmethod
    def of(cls, request: Request) -> "Sitting | None":
        """The sitting of a request, None where the first answer decides."""
        kept = request.shows.get(PANEL)
        if kept is None:
            return None
        votes, later = (Vote(**vote) for vote in kept["votes"]), (Later(**one) for one in kept["later"])
        return cls(Seats.from_json(kept["seats"]), kept["says"], tuple(votes), tuple(later))

    def shown_in(self, request: Request) -> Json:
        """What the request shows with this sitting."""
        votes, later = [asdict(vote) for vote in self.votes], [asdict(one) for one in self.later]
        return request.shows | {
            PANEL: {"seats": self.seats.to_json(), "says": self.says, "votes": votes, "later": later}
        }

    @property
    def verdict(self) -> bool | None:
        """What the votes come to; None while it is open."""
        return self.seats.verdict(self._plain())

    @property
    def wanted(self) -> tuple[str, ...]:
        """The seats whose answer still counts."""
        return self.seats.wanted(self._plain())

    def voted(self, seat: str, decision: Decision) -> "Sitting":
        """With one more answer."""
        vote = Vote(
            seat, decision.decision in YES, decision.by, decision.at.isoformat(), decision.on_behalf_of,
            decision.comment,
        )  # fmt: skip
        return replace(self, votes=(*self.votes, vote))

    def in_line(self, yes: bool) -> tuple[Vote, ...]:
        """Those who said so."""
        return tuple(vote for vote in self.votes if vote.yes is yes)

    def outcome(self) -> Json:
        """What the journal learns of a verdict: the last who said so stands for it, and everybody who did."""
        yes = self.verdict is True
        voices = self.in_line(yes)
        told = {"decision": "approve" if yes else "reject", "voices": [asdict(vote) for vote in voices]}
        last = voices[-1]
        return told | {"by": last.by, "on_behalf_of": last.on_behalf_of, "comment": last.comment}

    def _plain(self) -> tuple[tuple[str, bool], ...]:
        return tuple((vote.seat, vote.yes) for vote in self.votes)
