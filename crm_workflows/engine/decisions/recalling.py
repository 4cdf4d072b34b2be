"""Takes a request back at the word of its requester 撤回, while nobody has decided it (0016). It decides nothing."""

from typing import Final

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Assignee, Decision, JournalEntry, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.decisions.answered import names_of
from crm_workflows.engine.decisions.spoken import Done, Spoken
from crm_workflows.engine.journal import OPEN, VisibleJournal, visible
from crm_workflows.engine.mail_out import notices
from crm_workflows.engine.requests.closing import go_on
from crm_workflows.engine.running.cancelling import withdraw
from crm_workflows.engine.running.rounds import go_back
from crm_workflows.engine.running.waiting import Ran

RECALLED: Final = "recalled"


def recall(spoken: Spoken) -> Done:
    """Take the case back to the form that the requester filled in last; where there is none it ends as withdrawn.

    Raises InvalidInput, and nothing has changed then.
    """
    desk, tx, request = spoken.desk, spoken.tx, spoken.request
    gate = desk.procedure.element(request.name)
    _check_undecided(spoken, gate)
    journal = visible(tx.find(JournalEntry, case=desk.row.code, order="n"))
    own = _own_form(spoken, journal)
    spoken.audit(RECALLED, back_to=own.rule if own else None, said=said_hash(spoken.comment, None))
    if own is None:
        return _ended(spoken)
    done = sum(1 for entry in journal.backs if entry.value.get(RECALLED) == request.name)
    limit = gate.rounds if isinstance(gate.rounds, int) else Policy.from_text(desk.row.policy).number(gate.rounds)
    if done >= limit:
        zh = f"案件 {desk.row.code} 已撤回 {done} 次，达到上限，请等待审批或取消案件"
        en = f"case {desk.row.code} was recalled {done} times, the limit; wait for the decision or cancel the case"
        raise InvalidInput(bilingual(zh, en))
    value = {"because": spoken.comment, "only": [], "by": spoken.standing.person, RECALLED: request.name}
    still_open = tx.find(Request, case=desk.row.code, status="open")
    go_back(desk.row, journal, desk.ledger, own.rule, value, desk.now, key=own.key, still_open=still_open)
    _tell(spoken)
    ran = go_on(desk.engine, tx, desk.ledger, desk.now, interrupt=True)
    return Done(ran, spoken.answered(desk.ledger.row))


def _check_undecided(spoken: Spoken, gate: object) -> None:
    request = spoken.request
    if request.status != "open" or not isinstance(gate, Gate) or gate.requester_decides:
        zh = f"只有尚未决定的审批可以撤回；{request.id} 不是"
        raise InvalidInput(bilingual(zh, f"only an open approval can be recalled; {request.id} is none"))
    made = spoken.tx.find(Decision, request=request.id, effective=True, order="n", limit=1)
    by = made[0].by if made else next((told["by"] for told in request.shows.get("before", ()) if told["by"]), None)
    if by is not None:
        zh, en = names_of(spoken.engine, by)
        zh = f"{zh} 已对 {request.id} 作出决定，不能再撤回；可以请审批人退回，或取消案件"
        en = f"{en} has decided {request.id} already; ask for it to be sent back, or cancel the case"
        raise InvalidInput(bilingual(zh, en))


def _own_form(spoken: Spoken, journal: VisibleJournal) -> JournalEntry | None:
    """Where the form was opened that the requester filled in last; None where there is none to go back to."""
    identity = spoken.engine.staff.directory().identity
    for entry in reversed(journal.stack):
        outcome = journal.outcomes.get(entry.key) if entry.kind == OPEN else None
        by = outcome.get("by") if outcome and "answer" in outcome else None
        if by and identity(by) == spoken.standing.person:
            return entry
    return None


def _ended(spoken: Spoken) -> Done:
    """The case ends: there is nothing before the gate that the requester could do again."""
    desk = spoken.desk
    who = desk.engine.staff.directory().person(spoken.standing.person)
    if who is None:
        raise NotEntitled(bilingual("人员名册中没有您", "you are not among the staff"))
    reason = spoken.comment or bilingual("申请人撤回", "recalled by the requester")
    channel, evidence = spoken.given.channel, spoken.given.evidence
    row = withdraw(desk.engine, spoken.tx, desk.ledger, desk.row, who, reason, channel=channel, evidence=evidence)
    return Done(Ran(row, ()), spoken.answered(row))


def _tell(spoken: Spoken) -> None:
    """Those who were asked need do nothing any more; the owner hears of it too."""
    desk, request = spoken.desk, spoken.request
    asked = spoken.tx.find(Assignee, request=request.id, is_active=True)
    told = Decision(
        request.id, 0, desk.row.code, "recall", spoken.standing.person, spoken.given.channel, True,
        desk.now, comment=spoken.comment,
    )  # fmt: skip
    notices.of_decision(desk, request, told, asked, key="recalled")
