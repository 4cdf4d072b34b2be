"""Puts people on the seats that a gate's decider names, when it opens (0011). It must not open, ask or count."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from crm_workflows.domain.approvers import AnyOf, Approver
from crm_workflows.domain.panels import Panel
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.seats import Seats, Takes
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.requests.asking import Asked
from crm_workflows.engine.requests.sitting import ONE_SUFFICES

Ask = Callable[[Approver], Sequence[Asked]]
TAKES: dict[str, Takes] = {
    "everybody": "all", "one_of_each": "all", "at_least": "count", "share": "count", "hear_all": "hear_all",
    "in_turn": "turn",
}  # fmt: skip
SAYS = {
    "everybody": "须每人同意，一人驳回即为驳回 / everybody must approve; one rejection rejects",
    "one_of_each": "各方须各有一人同意 / one of each group must approve",
    "hear_all": "须每人答复，其中一人同意即可 / everybody is heard, then one approval suffices",
    "in_turn": "依次征询，须每人同意 / asked one after the other; all must approve",
}


@dataclass(frozen=True)
class Seated:
    """Whom a decider asks, each once, and what it takes of their answers."""

    asked: tuple[Asked, ...]
    seats: Seats
    says: str = ONE_SUFFICES


def seated(decider: Approver | Panel, ask: Ask, policy: Policy) -> Seated:
    """Resolve every word of a decider; raises NobodyToAsk where a part has nobody, or too few different people."""
    if not isinstance(decider, Panel):
        asked = tuple(ask(decider))
        return Seated(asked, Seats("any", tuple(person.email for person in asked)))
    found: dict[str, Asked] = {}
    members: list[str | Seats] = []
    for part in decider.parts:
        inner = seated(part, ask, policy)
        merge(found, inner.asked)
        is_group = isinstance(part, Panel | AnyOf) or decider.takes == "one_of_each"
        members += [inner.seats] if is_group else inner.seats.members
    members = list(dict.fromkeys(_plain(member) for member in members))
    count = _count(decider, len(members), policy)
    seats = Seats(TAKES[decider.takes], tuple(members), count)
    if not seats.is_possible:
        raise _too_few(decider, count, len(members))
    return Seated(tuple(found.values()), seats, _says(decider, count, len(members)))


def _count(panel: Panel, seats: int, policy: Policy) -> int:
    given = policy.number(panel.count) if isinstance(panel.count, str) else panel.count
    if panel.takes == "share":
        return max(1, -(-seats * given // 100))
    return given if panel.takes == "at_least" else 0


def _says(panel: Panel, count: int, seats: int) -> str:
    if panel.takes in SAYS:
        return SAYS[panel.takes]
    return bilingual(f"{seats} 方中须有 {count} 方同意", f"{count} of {seats} must approve")


def _too_few(panel: Panel, count: int, seats: int) -> NobodyToAsk:
    zh = f"审批须由 {count} 位不同的人同意，现只有 {seats} 位可以询问；请管理员更新人员名单或规定后继续。"
    en = f"{count} different people must approve, and only {seats} can be asked; an admin should name more people."
    return NobodyToAsk(str(panel), bilingual(zh, en))


def _plain(member: str | Seats) -> str | Seats:
    """A group of one is that one."""
    if isinstance(member, Seats) and len(member.members) == 1:
        return member.members[0]
    return member


def merge(found: dict[str, Asked], people: Iterable[Asked]) -> None:
    """One question per person; who is asked in their own right is not also shown as asked for somebody else."""
    for person in people:
        if person.email not in found or not (person.deputy_for or person.instead_of):
            found[person.email] = person
