"""Takes the answers of people to approvals and tasks: who may, what it means, the stretch it releases; one commit.

A late or lost answer is recorded as not effective and explained; it never rewrites history. It must not read mails or
pages (see `intake` and the interfaces) nor take documents (see `papers`).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from crm_workflows.domain.audit import person_id, said_hash, vouched
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.errors import AuthorMistake, InvalidInput
from crm_workflows.domain.forms import read_form
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Assignee, CaseRow, Decision, JournalEntry, Request
from crm_workflows.domain.records.quick import replaced
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions import asides, changing, questions
from crm_workflows.engine.decisions.answered import Answer, Answered, asked_anew, recorded, settling, why_closed
from crm_workflows.engine.decisions.changing import CHANGE
from crm_workflows.engine.decisions.spoken import Done, Spoken
from crm_workflows.engine.journal import OUTCOME, visible
from crm_workflows.engine.mail_out import notices
from crm_workflows.engine.ports import StretchSummary, Transaction
from crm_workflows.engine.procedure import QUESTION
from crm_workflows.engine.requests import voting
from crm_workflows.engine.requests.closing import close_request, go_on
from crm_workflows.engine.requests.desk import AnswerDesk, desk_of
from crm_workflows.engine.requests.entitlement import Standing, entitled
from crm_workflows.engine.requests.sitting import YES, Sitting
from crm_workflows.engine.requests.why_you import climbed_from
from crm_workflows.engine.running import attention
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.locking import case_of, locked
from crm_workflows.engine.running.rounds import go_back
from crm_workflows.engine.running.trusting import kept
from crm_workflows.engine.running.waiting import Ran, told_to_listener

GATE_WORDS = ("approve", "change", "reject", "send_back")
Also = Callable[[Transaction, Answered], None]


def answer(engine: Engine, request_id: str, given: Answer, also: Also | None = None) -> Answered:
    """Take an answer; `also` runs in the same transaction, for the receipt and the mark on the mail it came by.

    Raises NotFound, NotEntitled or InvalidInput, and has changed nothing then; Refused where the code of the procedure
    cannot take it, and then the case needs attention. Idempotent by request: the second answer is not effective and
    says who decided.
    """

    def take(tx: Transaction) -> tuple[CaseRow, Ran | None, Answered, StretchSummary | None]:
        row, request = locked(tx, request_id)
        ran, answered = _answer(engine, tx, row, request, given)
        summary = told_to_listener(engine, tx, ran)
        if also:
            also(tx, answered)
        return row, ran, answered, summary

    try:
        row, ran, answered, summary = kept(engine.store, take)
    except AuthorMistake as error:
        raise attention.stands_still(engine, case_of(request_id), error) from error
    if ran is not None or answered.effective:
        engine.store.wake()
    engine.tell(row, summary)
    return answered


def _answer(engine: Engine, tx: Transaction, row: CaseRow, request: Request, given: Answer) -> Done:
    now = engine.clock.now()
    if given.decision in asides.HANDLERS:
        speaker = Standing(engine.staff.directory().identity(given.by))
        return _said(Spoken(desk_of(engine, row, now), tx, request, given, speaker))
    standing = entitled(engine, row, request, given.by, tx)
    if request.status != "open":
        if given.decision not in ({"approval": GATE_WORDS, "task": ("submit",)}.get(request.kind, ())):
            raise _no_answer(request, given)
        return Done(None, _late(engine, tx, row, request, given, standing, now))
    if request.kind == "approval" and given.decision in GATE_WORDS and voting.is_heard(engine, tx, request, standing):
        return Done(None, _late(engine, tx, row, request, given, standing, now))
    return _take(Spoken(desk_of(engine, row, now), tx, request, given, standing))


def _said(spoken: Spoken) -> Done:
    """What is said beside a decision; a call that has been made before is answered again."""
    before = asides.repeated(spoken)
    if before is not None:
        return Done(None, before)
    return asides.HANDLERS[spoken.given.decision](replace(spoken, standing=asides.standing_of(spoken)))


def _take(spoken: Spoken) -> Done:
    desk, tx, request, given, standing = spoken.desk, spoken.tx, spoken.request, spoken.given, spoken.standing
    element = desk.engine.element_of(desk.row, request.name)
    form = _checked(desk.engine, request, element, given)
    decision = _decision(tx, request, given, standing, desk.now, form, effective=True)
    if given.decision == CHANGE:
        request = changing.applied(request, decision)
        desk.ledger.update(Request, (request.id,), shows=request.shows)
    record(desk, request, decision, given)
    sitting = Sitting.of(request) if given.decision in (*YES, "reject") else None
    count = voting.counted(desk, tx, request, sitting, standing, decision) if sitting else None
    if count is not None and count.sitting.verdict is None:
        voting.goes_on(desk, tx, request, element, count, decision)
        desk.ledger.flush(tx, desk.row)
        ran = None
    else:
        outcome = _outcome(request, decision, form) | (count.sitting.outcome() if count else {})
        ran = _close(replace(spoken, request=request), decision, outcome)
    answered = Answered(
        request.case, request.id, request.rule, request.title, given.decision, True,
        recorded(desk.engine, given.decision, standing.person), notices.follows(desk.engine, tx, desk.ledger.row),
        desk.now, standing.person, standing.on_behalf_of,
    )  # fmt: skip
    return Done(ran, answered)


def record(desk: AnswerDesk, request: Request, decision: Decision, given: Answer | None = None) -> None:
    """Put a decision that counts among the decisions and on the audit chain, with the digest by which it came.

    What was known of the sender of a deciding mail stands there too, so that a change of it is found.
    """
    how = {"digest": given.digest} if given and given.digest else {}
    if given and given.authentication:
        how["authentication"] = vouched(given.authentication)
    desk.ledger.add(decision)
    actor = decision.by if desk.engine.staff.directory().person(decision.by) else person_id(decision.by)
    desk.ledger.audit(
        "decided", actor, desk.now, request=request.id, decision=decision.decision, channel=decision.channel,
        on_behalf_of=decision.on_behalf_of, evidence=decision.evidence, fingerprint=request.fingerprint,
        said=said_hash(decision.comment, decision.answer), **how,
    )  # fmt: skip


def _outcome(request: Request, decision: Decision, form: Any) -> dict[str, Any]:
    """What the journal learns when one answer settles the request."""
    word = "approve" if decision.decision in YES else decision.decision
    outcome = {"decision": word, "by": decision.by, "on_behalf_of": decision.on_behalf_of}
    outcome |= climbed_from(request, decision.by, decision.on_behalf_of)
    outcome |= {"comment": decision.comment, "at": decision.at.isoformat()}
    is_form = form is not None and decision.decision != CHANGE
    return outcome | ({"answer": form, "draft": request.shows.get("draft")} if is_form else {})


def _close(spoken: Spoken, decision: Decision, outcome: dict[str, Any]) -> Ran | None:
    """Close the request with its outcome, tell those involved, and let the case go on."""
    desk, tx, request, is_back = spoken.desk, spoken.tx, spoken.request, spoken.given.decision == "send_back"
    element = desk.procedure.element(request.name)
    close_request(desk.ledger, request, "decided", outcome, desk.now)
    if request.name == QUESTION.name:
        questions.answered(desk, tx, request, decision)
    if is_back:
        _send_back(spoken, element)
    if isinstance(element, Gate) and not element.requester_decides:
        asked = tx.find(Assignee, request=request.id)
        voices = [str(voice["by"]) for voice in outcome.get("voices", ())]
        word = CHANGE if outcome["decision"] == "approve" and decision.decision == CHANGE else outcome["decision"]
        told = replaced(decision, decision=word, comment=outcome["comment"])
        notices.of_decision(desk, request, told, asked, voices)
    return go_on(desk.engine, tx, desk.ledger, desk.now, interrupt=is_back)


def _checked(engine: Engine, request: Request, element: object, given: Answer) -> Any:
    """The validated form of a task, None for a decision; raises InvalidInput with what to do."""
    if isinstance(element, FormTask):
        if given.decision != "submit":
            zh = f"事项 {request.id} 需要填写表单，请打开表单页面填写后提交"
            raise InvalidInput(bilingual(zh, f"request {request.id} asks for a form; fill it in and submit it"))
        against = (request.shows.get("against") or {}) | engine.facts_today()
        form = read_form(element.form, given.form, request.title, against)
        return form.model_dump(mode="json")
    if not isinstance(element, Gate) or given.decision not in GATE_WORDS:
        raise _no_answer(request, given)
    if given.decision == CHANGE:
        return changing.read(request, element, given.to)
    if given.decision != "approve" and not given.comment.strip():
        raise InvalidInput(bilingual("驳回或退回须写明原因（G-2）", "a rejection or send-back needs a reason (G-2)"))
    if given.decision == "send_back" and given.to not in element.send_back:
        if not element.send_back:
            zh = f"事项 {request.id} 不能退回，请同意或驳回"
            raise InvalidInput(bilingual(zh, f"request {request.id} cannot be sent back; approve or reject it"))
        zh = f"事项 {request.id} 只能退回到 {'、'.join(element.send_back)}，请指明其一"
        targets = ", ".join(element.send_back)
        raise InvalidInput(bilingual(zh, f"request {request.id} can be sent back to: {targets}; name one of them"))
    return None


ASKED_FOR: Final = {
    "task": "请填写并提交表单 / fill in the form that it asks for, and submit it",
    "documents": "请提交所要的资料 / hand in the papers that it asks for",
}


def _no_answer(request: Request, given: Answer) -> InvalidInput:
    zh = f"事项 {request.id} 不能以“{given.decision}”答复"
    en = f"request {request.id} cannot be answered with {given.decision}"
    asked = ASKED_FOR.get(request.kind)
    if asked:
        zh, en = f"{zh}：{in_language(asked, 'zh')}", f"{en}; {in_language(asked, 'en')}"
    return InvalidInput(bilingual(zh, en))


def _send_back(spoken: Spoken, gate: Gate) -> None:
    desk, tx, request, given = spoken.desk, spoken.tx, spoken.request, spoken.given
    row = desk.row
    journal = visible(tx.find(JournalEntry, case=row.code, order="n"))
    journal.read(JournalEntry(row.code, 0, request.round, request.rule, request.key, OUTCOME, None, desk.now))
    limit = gate.rounds if isinstance(gate.rounds, int) else Policy.from_text(row.policy).number(gate.rounds)
    done = sum(1 for entry in journal.backs if entry.value.get("gate") == request.name)
    if done >= limit:
        zh = f"案件 {row.code} 已退回 {done} 次，达到上限，请同意或驳回"
        raise InvalidInput(
            bilingual(zh, f"case {row.code} was sent back {done} times, the limit; approve or reject it")
        )
    value = {"because": given.comment, "only": [], "by": spoken.standing.person, "gate": request.name}
    still_open = tx.find(Request, case=row.code, status="open")
    go_back(row, journal, desk.ledger, str(given.to), value, desk.now, still_open=still_open)


def _late(
    engine: Engine, tx: Transaction, row: CaseRow, request: Request, given: Answer, standing: Standing, now: datetime
) -> Answered:
    """Put a late answer on record and say who decided; a repeat of the same mail is not recorded again."""
    earlier = tx.find(Decision, request=request.id, order="n")
    if not (given.evidence and any(d.evidence == given.evidence for d in earlier)):
        ledger = Ledger(row)
        ledger.add(_decision(tx, request, given, standing, now, None, effective=False))
        actor = standing.person if engine.staff.directory().person(standing.person) else person_id(standing.person)
        ledger.audit("answered_late", actor, now, request=request.id, decision=given.decision)
        row = ledger.flush(tx, row)
    identity = engine.staff.directory().identity
    own = [d for d in earlier if d.effective and identity(d.by) == standing.person] if request.status == "open" else []
    settled = settling(own or earlier)
    sentence, by = why_closed(engine, request, own or earlier, standing.person, asked_anew(tx, request))
    decided = settled.decision if settled else request.status
    follows = notices.follows(engine, tx, row)
    return Answered(
        request.case, request.id, request.rule, request.title, decided, False, sentence, follows, now, by,
        standing.on_behalf_of,
    )  # fmt: skip


def _decision(
    tx: Transaction,
    request: Request,
    given: Answer,
    standing: Standing,
    now: datetime,
    form: Any,
    *,
    effective: bool,
) -> Decision:
    return Decision(
        request=request.id,
        n=tx.count(Decision, request=request.id) + 1,
        case=request.case,
        decision=given.decision,
        by=standing.person,
        channel=given.channel,
        effective=effective,
        at=now,
        on_behalf_of=standing.on_behalf_of,
        comment=given.comment,
        answer={"to": given.to} if given.decision == "send_back" else form,
        evidence=given.evidence,
    )
