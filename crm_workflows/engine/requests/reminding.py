"""Reminds those who are asked: by themselves when it is time, or at the word of the requester 催办. It decides nothing.

A word is throttled by policy, for each request: nobody is flooded (G-10).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.durations import working_hours
from crm_workflows.domain.elements import FormTask, Papers
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.messages import Reminder
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Assignee, Document, Message, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual, in_language, moment_in
from crm_workflows.engine.decisions.answered import names_of
from crm_workflows.engine.decisions.spoken import Done, Spoken
from crm_workflows.engine.decisions.succession import has_left
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests.desk import Desk
from crm_workflows.engine.requests.pausing import PAUSED

NUDGED: Final = "nudged"
EVERY: Final = "remind_again_after"
"""The policy key: working hours after which a request can be reminded of again."""
USUAL_HOURS: Final = 4


@carries_out("G-10")
def remind(spoken: Spoken) -> Done:
    """Remind everybody whom this request asks; of one that waits for the answer to a question, whoever is asked that.

    Raises InvalidInput with the time from which it can be said again.
    """
    desk, request = spoken.desk, _waited_for(spoken)
    if request.status != "open" or request.kind == "timer":
        zh = f"事项 {request.id} 已结束，无需催办"
        raise InvalidInput(bilingual(zh, f"request {request.id} is over; there is nobody to remind"))
    _check_not_too_soon(spoken, request)
    asked = [a for a in spoken.tx.find(Assignee, request=request.id, is_active=True) if not has_left(desk.engine, a)]
    zh, en = names_of(desk.engine, spoken.standing.person)
    for assignee in asked:
        note = in_language(bilingual(f"{zh} 催办", f"{en} asks you to see to this"), assignee.language)
        note += (("：" if assignee.language == "zh" else ": ") + spoken.comment) if spoken.comment else ""
        key = f"{request.id}/nudged{desk.row.audit_length}"
        desk.ledger.add(reminder(desk, spoken.tx, request, assignee, asked, key, note))
    desk.ledger.update(Request, (request.id,), shows=request.shows | {NUDGED: desk.now.isoformat()})
    people = [a.person for a in asked]
    spoken.audit(NUDGED, reminded=request.id, asked=people, said=said_hash(spoken.comment, None))
    return spoken.flushed()


def _waited_for(spoken: Spoken) -> Request:
    paused = spoken.request.shows.get(PAUSED)
    question = spoken.tx.get(Request, paused["question"]) if paused else None
    return question or spoken.request


def _check_not_too_soon(spoken: Spoken, request: Request) -> None:
    desk, last = spoken.desk, request.shows.get(NUDGED)
    if last is None:
        return
    hours = Policy.from_text(desk.row.policy).number_or(EVERY, USUAL_HOURS)
    calendar = desk.engine.staff.calendar()
    again = calendar.add(datetime.fromisoformat(last), working_hours(hours))
    if desk.now < again:
        local = again.astimezone(ZoneInfo(calendar.zone))
        zh = f"事项 {request.id} 刚催办过，{moment_in(local, 'zh')} 起可以再次催办"
        en = f"request {request.id} was reminded of just now; remind again from {moment_in(local, 'en')} on"
        raise InvalidInput(bilingual(zh, en))


def reminder(
    desk: Desk,
    reader: Reader,
    request: Request,
    assignee: Assignee,
    asked: Sequence[Assignee],
    key: str,
    note: str | None = None,
) -> Message:
    """The mail that reminds one of those asked; `note` says at whose word, where it is not the clock's."""
    engine, procedure, row = desk.engine, desk.procedure, desk.row
    element = procedure.element(request.name)
    received = [d.kind for d in reader.find(Document, request=request.id, problem=None)]
    part = mails.request_part(row, request, assignee, procedure, engine.staff.directory(), asked=asked)
    context = Reminder(
        case=mails.case_part(row, procedure, outside=assignee.is_outside), to_name=assignee.name,
        request=part.model_copy(update={"note": note}) if note else part,
        opened_at=request.opened_at,
        kinds=mails.kinds(element, request, received) if isinstance(element, Papers) else (),
        fields=mails.field_labels(element) if isinstance(element, FormTask) else (),
    )  # fmt: skip
    return mails.mail_of(
        row.code, assignee.person, assignee.language, context, desk.now, mail_domain=engine.mail_domain,
        key=key, request=request.id,
    )  # fmt: skip
