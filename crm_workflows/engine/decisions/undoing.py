"""Takes one's own decision back 撤销, for a few minutes, while nothing has come of it that cannot be undone (0015).

It is a send-back to the very gate, in one transaction: the decision stays on record, and the gate is asked anew.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import AuditEntry, Booking, CaseRow, Decision, JournalEntry, Message, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.answered import settling
from crm_workflows.engine.decisions.spoken import Done, Spoken
from crm_workflows.engine.journal import OPEN, STEP, VisibleJournal, visible
from crm_workflows.engine.mail_out import notices
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests.closing import go_on
from crm_workflows.engine.running.rounds import go_back
from crm_workflows.engine.steps import StepFunction

UNDONE: Final = "undone"
MINUTES: Final = "undo_minutes"
"""The policy key: for how many minutes one's own decision can be undone."""
USUAL_MINUTES: Final = 10
DECIDES: Final = ("approve", "change", "reject")
FOLLOWED: Final = ("decided", "documents", "lapsed", "sent_back", "recalled", "cancelled", "amended")
"""Events after which a decision is one of several things that have happened, and no slip of the finger any more."""


def undo(spoken: Spoken) -> Done:
    """Open the gate again before this person's decision; raises InvalidInput with why that is too late."""
    desk, tx, request = spoken.desk, spoken.tx, spoken.request
    made = _own(tx.find(Decision, request=request.id, order="n"), spoken.standing.person)
    if made is None:
        zh = f"您对事项 {request.id} 没有作出可以撤销的决定"
        raise InvalidInput(bilingual(zh, f"there is no decision of yours on request {request.id} to undo"))
    journal = visible(tx.find(JournalEntry, case=desk.row.code, order="n"))
    why = too_late(desk.engine, tx, desk.row, request, made, journal)
    if why is not None:
        raise InvalidInput(why)
    ledger = desk.ledger
    spoken.audit(UNDONE, n=made.n, said=said_hash(spoken.comment, None))
    value = {"because": spoken.comment, "only": [], "by": spoken.standing.person, UNDONE: request.name}
    still_open = tx.find(Request, case=desk.row.code, status="open")
    go_back(desk.row, journal, ledger, request.rule, value, desk.now, key=request.key, still_open=still_open)
    ledger.set(status="running", outcome=None, resolved_at=None, closed_at=None)
    _tell(spoken, made)
    ran = go_on(desk.engine, tx, ledger, desk.now, interrupt=True)
    return Done(ran, spoken.answered(ledger.row))


def until(engine: Engine, reader: Reader, row: CaseRow, request: Request, person: str) -> datetime | None:
    """Until when this person can undo what they decided, as things stand; None where they cannot."""
    made = _own(reader.find(Decision, request=request.id, order="n"), person)
    if made is None:
        return None
    journal = visible(reader.find(JournalEntry, case=row.code, order="n"))
    return None if too_late(engine, reader, row, request, made, journal) else _end(row, made)


def too_late(
    engine: Engine, reader: Reader, row: CaseRow, request: Request, made: Decision, journal: VisibleJournal
) -> str | None:
    """One sentence that says why a decision cannot be undone any more; None where it can."""
    now, end = engine.clock.now(), _end(row, made)
    at = journal.index_of(request.rule, request.key)
    if now >= end:
        zh, en = "可以撤销的时间已过", "the time in which it could be undone is over"
    elif row.status == "cancelled" or at is None or journal.stack[at].value.get("request") != request.id:
        zh, en = "案件已取消或已退回", "the case was cancelled or has gone back since"
    elif row.leased_until is not None and row.leased_until > now:
        zh, en = "后续步骤正在办理，请稍后再试", "what follows is being done right now; try again in a moment"
    elif _has_followed(reader.find(AuditEntry, case=row.code, order="n"), request, made):
        zh, en = "此后已有别的答复或决定", "somebody has answered or decided something since"
    elif _cannot_be_taken_back(engine, reader, row, journal.stack[at + 1 :]):
        zh, en = "此后已分配代码、办理了外部事务或另立了案件", "a number was given, or something done outside or opened"
    elif _has_gone_outside(engine, reader, row, made):
        zh, en = "此后已有邮件发给公司以外的人", "a mail to somebody outside the company has followed"
    else:
        return None
    return bilingual(
        f"事项 {request.id} 不能撤销：{zh}；如需更改，请联系负责人退回或取消案件",
        f"request {request.id} cannot be undone: {en}; ask the owner of the case to have it sent back or cancelled",
    )


def _own(decisions: list[Decision], person: str) -> Decision | None:
    """The decision of this person that stands last on the request; None where another's does, or it was a send-back."""
    last = settling(decisions)
    is_own = last is not None and last.by == person and last.decision in DECIDES and last.channel != "silence"
    return last if is_own else None


def _end(row: CaseRow, made: Decision) -> datetime:
    return made.at + timedelta(minutes=Policy.from_text(row.policy).number_or(MINUTES, USUAL_MINUTES))


def _has_followed(entries: list[AuditEntry], request: Request, made: Decision) -> bool:
    """Whether anybody has done anything after it, or before it on the same request: that would be lost."""
    own = [e.n for e in entries if e.event == "decided" and (e.data["request"], e.at) == (made.request, made.at)]
    before = [e for e in entries if e.event == "decided" and e.data["request"] == request.id and e.n < own[-1]]
    return bool(before) or any(e.event in FOLLOWED and e.n > own[-1] for e in entries)


def _cannot_be_taken_back(engine: Engine, reader: Reader, row: CaseRow, after: Sequence[JournalEntry]) -> bool:
    elements: dict[str, Any] = engine.procedure_of(row).elements()
    for entry in after:
        element = elements.get(entry.key.partition(":")[2].partition("#")[0])
        if entry.kind == STEP and (entry.value.get("once") or (isinstance(element, StepFunction) and element.outside)):
            return True
        if entry.kind != OPEN and isinstance(entry.value, dict) and entry.value.get("booking"):
            booking = reader.get(Booking, entry.value["booking"])
            if booking is not None and booking.opened is not None:
                return True
    return False


def _has_gone_outside(engine: Engine, reader: Reader, row: CaseRow, made: Decision) -> bool:
    directory = engine.staff.directory()
    queued = reader.find(Message, case=row.code)
    return any(mail.queued_at >= made.at and directory.person(mail.recipient) is None for mail in queued)


def _tell(spoken: Spoken, made: Decision) -> None:
    """Whoever heard of the decision hears that it is undone."""
    desk, request = spoken.desk, spoken.request
    element = desk.procedure.element(request.name)
    if isinstance(element, Gate) and not element.requester_decides:
        told = Decision(
            request.id, made.n, desk.row.code, "undo", spoken.standing.person, spoken.given.channel, True,
            desk.now, comment=spoken.comment,
        )  # fmt: skip
        notices.of_decision(desk, request, told, key="undone")
