"""Adds an approver to an open gate 加签: before, after or beside whoever adds them; both must approve then (0011).

It must not judge who may be added (see `handing`).
"""

from dataclasses import replace
from typing import Final

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Assignee, Request
from crm_workflows.domain.seats import Seats
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.decisions.handing import Handover
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests import voting
from crm_workflows.engine.requests.asking import Asked
from crm_workflows.engine.requests.desk import AnswerDesk
from crm_workflows.engine.requests.seating import SAYS
from crm_workflows.engine.requests.sitting import Later, Sitting

PLACES: Final = ("before", "after", "beside")
ADDED: Final = "added"
"""As what an added approver is asked, and the key under which a request keeps by whom."""


def add(
    desk: AnswerDesk, tx: Transaction, request: Request, by: Assignee, new: Person, place: str, how: Handover
) -> None:
    """Seat the new approver and ask whoever is wanted now; who must wait is told when their turn comes."""
    if place not in PLACES:
        zh = f"加签位置“{place}”不明，请写 before（前）、after（后）或 beside（并）"
        raise InvalidInput(bilingual(zh, f"an approver is added before, after or beside you, not {place!r}"))
    open_rows = tx.find(Assignee, request=request.id, is_active=True)
    before = Sitting.of(request)
    seats = before.seats if before else Seats("any", tuple(a.person for a in open_rows))
    sitting = before or Sitting(seats, SAYS["everybody" if place == "beside" else "in_turn"])
    sitting = replace(sitting, seats=seats.joined(by.person, new.email, place))
    waiting = [a for a in open_rows if a.person not in sitting.wanted]
    later = [Later(a.person, a.person, a.role, a.deputy_for) for a in waiting]
    is_asked = new.email in sitting.wanted
    later += [] if is_asked else [Later(new.email, new.email, ADDED)]
    sitting = replace(sitting, later=(*sitting.later, *later))
    told = request.shows.get(ADDED, {}) | {new.email: {"by": by.person, "reason": how.reason}}
    request = replace(request, shows=sitting.shown_in(request) | {ADDED: told})
    desk.ledger.update(Request, (request.id,), shows=request.shows)
    for assignee in waiting:
        desk.ledger.update(Assignee, (request.id, assignee.person), is_active=False)
    asked = Asked(new.email, new.shown_name(new.language), ADDED, new.language)
    gate = desk.procedure.element(request.name)
    beside = [a for a in open_rows if a not in waiting]
    people = voting.ask(desk, tx, request, gate, [asked], beside) if is_asked else []
    desk.ledger.audit(
        ADDED, how.by, desk.now, request=request.id, to=new.email, place=place, asked=people, channel=how.channel,
        evidence=how.evidence, said=said_hash(how.reason, None),
    )  # fmt: skip
