"""What people say to a request beside deciding it, by verb, and what is repeated under an idempotency key.

It must not decide, nor say who may speak as an approver (see `entitlement`).
"""

from collections.abc import Callable
from typing import Final

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.verbs import VERBS
from crm_workflows.engine.decisions import copying, passing, questions, recalling, requesting, undoing
from crm_workflows.engine.decisions.answered import Answered
from crm_workflows.engine.decisions.repeats import OTHER_ANSWER, check_same, made_before
from crm_workflows.engine.decisions.spoken import Done, Spoken, again
from crm_workflows.engine.requests import reminding
from crm_workflows.engine.requests.entitlement import Standing, entitled

HANDLERS: Final[dict[str, Callable[[Spoken], Done]]] = {
    "delegate": passing.pass_on,
    "add_approver": passing.pass_on,
    "ask": questions.ask,
    "remind": reminding.remind,
    "recall": recalling.recall,
    "copy": copying.copy,
    "undo": undoing.undo,
}
EVENTS: Final = {
    "moved": "delegate",
    "added": "add_approver",
    "question": "ask",
    "nudged": "remind",
    "recalled": "recall",
    "undone": "undo",
    "copied": "copy",
}
"""The verb by the event that stands on record for it."""


def repeated(spoken: Spoken) -> Answered | None:
    """The answer to a call of the API that has been made before; InvalidInput where its key was used for another."""
    given, request = spoken.given, spoken.request
    entry = made_before(spoken.tx, request.case, request.id, given.channel, given.evidence, EVENTS)
    if entry is None:
        return None
    if EVENTS[entry.event] != given.decision or entry.data.get("place", given.place) != given.place:
        raise InvalidInput(OTHER_ANSWER)
    to = passing.named(spoken.engine, given.to).email if given.to else entry.data.get("to")
    check_same(entry, spoken.standing.person, spoken.comment, to=to)
    return again(spoken, entry)


def standing_of(spoken: Spoken) -> Standing:
    """As whom somebody says this: of those asked, or the requester; raises NotEntitled."""
    desk, verb = spoken.desk, VERBS[spoken.given.decision]
    if verb.by == "requester":
        return requesting.speaker(desk.engine, desk.row, spoken.given.by, also=verb.word == "remind")
    return entitled(desk.engine, desk.row, spoken.request, spoken.given.by, spoken.tx)
