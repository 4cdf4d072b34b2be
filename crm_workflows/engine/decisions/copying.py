"""Has further staff hear how a gate is decided 抄送: at the word of whoever decides. They decide nothing."""

from typing import Final

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Assignee, Decision, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.decisions.answered import settling
from crm_workflows.engine.decisions.passing import can_be_passed_on, named
from crm_workflows.engine.decisions.spoken import Done, Spoken
from crm_workflows.engine.mail_out import notices

COPIED: Final = "copied"


def copy(spoken: Spoken) -> Done:
    """Tell a colleague what is decided: at once where it is, else once it comes about. Raises InvalidInput."""
    desk, request = spoken.desk, spoken.request
    if not can_be_passed_on(desk.procedure.element(request.name)) or request.status not in ("open", "decided"):
        zh = f"事项 {request.id} 没有可以抄送的决定"
        raise InvalidInput(bilingual(zh, f"request {request.id} has no decision to copy to anybody"))
    person = named(spoken.engine, spoken.given.to or "")
    _check_new(spoken, person)
    shows = request.shows | {COPIED: request.shows.get(COPIED, {}) | {person.email: spoken.standing.person}}
    desk.ledger.update(Request, (request.id,), shows=shows)
    made = settling(spoken.tx.find(Decision, request=request.id, order="n"))
    if request.status == "decided" and made is not None:
        notices.of_copy(desk, request, made, person)
    spoken.audit(COPIED, to=person.email, said=said_hash(spoken.comment, None))
    return spoken.flushed(to=person.email)


def _check_new(spoken: Spoken, person: Person) -> None:
    """Raise InvalidInput for who hears of it anyway."""
    asked = [a.person for a in spoken.tx.find(Assignee, request=spoken.request.id)]
    hears = {spoken.desk.row.requester, spoken.desk.row.owner, *asked, *spoken.request.shows.get(COPIED, {})}
    if not person.active or not hears.isdisjoint(person.emails):
        zh = f"{person.name} 本来就会收到结果，或已不在岗，无需抄送"
        en = f"{person.shown_name('en')} hears of it anyway, or is not here any more; no copy is needed"
        raise InvalidInput(bilingual(zh, en))
