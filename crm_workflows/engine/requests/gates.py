"""Opens the stages of a gate: whether one is needed, who decides it, who has said yes already (G-2, G-3, 0011).

It must not decide what an answer means (see `answers`, `voting`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from crm_workflows.domain.approvers import ByRole
from crm_workflows.domain.elements import Gate, Stage
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import Exceeds, Ladder
from crm_workflows.domain.records import Json
from crm_workflows.domain.records.quick import replaced
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.shown import Shown
from crm_workflows.engine.decisions.changing import VALUES, Value, plain
from crm_workflows.engine.journal import OPEN
from crm_workflows.engine.requests import asking
from crm_workflows.engine.requests.asking import Asked
from crm_workflows.engine.requests.seating import Seated, seated
from crm_workflows.engine.requests.sitting import Later, Sitting, Vote
from crm_workflows.engine.requests.timing import times
from crm_workflows.engine.running.attempt import Attempt


@dataclass(frozen=True)
class Facing:
    """What a gate decides about: the subject, what is shown, and the amount where there is one."""

    subject: Any
    shown: Shown
    amount: Money | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    """What the gate may lower, by name."""

    def lowered(self, changed: Mapping[str, Value]) -> "Facing":
        """The same after a stage that has lowered something: limits are held against what is left."""
        if not changed:
            return self
        was_amount = [value for name, value in changed.items() if self.values.get(name) == self.amount]
        amount = next((value for value in was_amount if isinstance(value, Money)), self.amount)
        return replace(self, amount=amount, values={**self.values, **changed})

    def as_shown(self) -> Json:
        """What a request keeps of it."""
        amount = {"amount": self.amount.model_dump(mode="json")} if self.amount else {}
        values = {VALUES: {name: plain(value) for name, value in self.values.items()}} if self.values else {}
        return self.shown.to_json() | amount | values

    def money(self, gate: Gate) -> Money:
        """The amount; AuthorMistake where the approval was given none."""
        if self.amount is None:
            raise AuthorMistake(f"gate {gate.name} goes by amount ({gate.where}); give the approval its `amount`")
        return self.amount


def is_needed(attempt: Attempt, gate: Gate, stage: Stage, facing: Facing) -> bool:
    """Whether a stage is asked at all."""
    if isinstance(stage.when, Exceeds):
        return facing.money(gate) > attempt.policy.amount(stage.when.limit)
    return stage.when is None or stage.when.holds(facing.subject)


@carries_out("G-3", "G-6")
def open_stage(
    attempt: Attempt, gate: Gate, stage: Stage, key: str, facing: Facing, before: Sequence[Json] = ()
) -> None:
    """Open one stage; `before` tells of those who have approved (see `told_of`): their yes counts here too.

    Where that settles the stage, nobody is asked.
    """
    decider = stage.approver
    if isinstance(decider, Ladder):
        decider = decider.rung(facing.money(gate), attempt.policy)
    others = _others(attempt, gate, before)
    never = (*others, *(() if gate.requester_decides else (attempt.row.requester,)))
    ask = partial(asking.staff_asked, attempt, never=never, amount=facing.amount)
    found = seated(decider, ask, attempt.policy)
    identity = attempt.engine.staff.directory().identity
    said = [] if gate.by_different_people else [told for told in reversed(before) if told.get("by")]
    earlier = {identity(told["by"]): told for told in said}
    votes = tuple(_vote(seat, earlier[seat]) for seat in found.seats.people() if seat in earlier)
    sitting = Sitting(found.seats, found.says, votes)
    if sitting.verdict:
        _settled(attempt, gate, key, sitting)
    else:
        shows = {"before": list(before)} if before else {}
        _opened(attempt, gate, key, facing, found, sitting, shows | ({"other_than": others} if others else {}))


def _others(attempt: Attempt, gate: Gate, before: Sequence[Json]) -> list[str]:
    """Who must not decide this stage because of what they did before it."""
    did = [who for name in gate.other_than for who in asking.who_did(attempt, name)]
    if gate.by_different_people:
        did += [told["by"] for told in before if told.get("by")]
    return list(dict.fromkeys(did))


def _settled(attempt: Attempt, gate: Gate, key: str, sitting: Sitting) -> None:
    """The stage is passed by those who approved before; on record, and nobody is asked twice about the same."""
    attempt.record(OPEN, gate.rule, key, {"request": None, "asked": []})
    attempt.learn(gate.rule, key, sitting.outcome() | {"at": attempt.now.isoformat()})
    by = [vote.by for vote in sitting.votes]
    attempt.ledger.audit("passed", "engine", attempt.now, rule=gate.rule, key=key, approved_before=by)


def _opened(
    attempt: Attempt, gate: Gate, key: str, facing: Facing, found: Seated, sitting: Sitting, more: Json
) -> None:
    now = [person for person in found.asked if person.email in sitting.wanted]
    request = asking.new_request(attempt, gate, "approval", key, facing.as_shown() | more)
    shows = request.shows
    if sitting.seats.takes != "any":
        shows = replace(sitting, later=_later(sitting, found.asked, now)).shown_in(request)
    request = replaced(
        request,
        on_silence=gate.on_silence.result,
        fingerprint=facing.shown.fingerprint(),
        shows=shows,
        **times(attempt, gate, (person.email for person in now)),
    )
    asking.open_request(attempt, gate, request, now)


def _later(sitting: Sitting, asked: Sequence[Asked], now: Sequence[Asked]) -> tuple[Later, ...]:
    voted = {vote.seat for vote in sitting.votes}
    waiting = [person for person in asked if person not in now and person.email not in voted]
    return tuple(Later(p.email, p.deputy_for or p.email, p.role) for p in waiting)


def _vote(seat: str, told: Json) -> Vote:
    return Vote(seat, True, told["by"], told["at"], told.get("on_behalf_of"), told.get("comment") or "", earlier=True)


def told_of(stage: Stage, outcome: Json) -> list[Json]:
    """What the deciders of a later stage are told of an earlier one: who approved, in which role, when, what words.

    Nobody twice: not whoever is told of from the stage in which they did.
    """
    role = stage.approver.name if isinstance(stage.approver, ByRole) else None
    voices = [voice for voice in outcome.get("voices", [outcome]) if not voice.get("earlier")]
    names = ("by", "on_behalf_of", "at", "comment", "instead_of")
    return [{name: voice.get(name) for name in names} | {"role": role} for voice in voices]
