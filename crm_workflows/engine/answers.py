"""Takes the answers of people to approvals and tasks: who may, what it means, the stretch it releases; one commit.

A late or lost answer is recorded as not effective and explained; it never rewrites history. It must not read mails or
pages (see `intake` and the interfaces) nor take documents (see `papers`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.errors import AuthorMistake, InvalidInput, NotFound
from crm_workflows.domain.forms import read_form
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Assignee, CaseRow, Decision, JournalEntry, Request
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine import attention, notices
from crm_workflows.engine.closing import close_request, go_on
from crm_workflows.engine.context import Engine
from crm_workflows.engine.entitlement import Standing, entitled
from crm_workflows.engine.journal import OUTCOME, visible
from crm_workflows.engine.ledger import Ledger
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.rounds import go_back
from crm_workflows.engine.waiting import Ran, told_to_listener
from crm_workflows.engine.why_you import climbed_from

VERBS = {
    "approve": "同意 / approved",
    "reject": "驳回 / rejected",
    "send_back": "退回 / sent back",
    "submit": "提交 / submitted",
    "lapsed": "逾期终止 / lapsed",
    "complete": "收齐 / completed",
}

CLOSED = {
    "superseded": "已由退回后的新一轮取代 / was superseded when the case was sent back",
    "withdrawn": "已撤销 / was withdrawn",
    "lapsed": "已逾期结束 / has lapsed",
}
GATE_WORDS = ("approve", "reject", "send_back")


@dataclass(frozen=True)
class Answer:
    """What somebody said to a request. `decision` is a word of the contract, or `submit` with a `form` for a task."""

    decision: str
    by: str
    channel: str
    comment: str = ""
    to: str | None = None
    form: Any = None
    evidence: str | None = None


@dataclass(frozen=True)
class Answered:
    """What was recorded. When not `effective`, `sentence` says who decided before; `follows` says what comes next."""

    case: str
    request: str
    rule: str
    title: str
    decision: str
    effective: bool
    sentence: str
    follows: str
    at: datetime
    decided_by: str | None = None
    on_behalf_of: str | None = None


Also = Callable[[Transaction, Answered], None]


def answer(engine: Engine, request_id: str, given: Answer, also: Also | None = None) -> Answered:
    """Take an answer; `also` runs in the same transaction, for the receipt and the mark on the mail it came by.

    Raises NotFound, NotEntitled or InvalidInput, and has changed nothing then; Refused where the code of the procedure
    cannot take it, and then the case needs attention. Idempotent by request: the second answer is not effective and
    says who decided.
    """
    try:
        with engine.store.write() as tx:
            row, request = locked(tx, request_id)
            ran, answered = _answer(engine, tx, row, request, given)
            summary = told_to_listener(engine, tx, ran)
            if also:
                also(tx, answered)
    except AuthorMistake as error:
        raise attention.stands_still(engine, row.code, error) from error
    if ran is not None:
        engine.store.wake()
    if summary is not None:
        engine.listener.stretch_done(row.code, row.process, summary)
    return answered


def _answer(
    engine: Engine, tx: Transaction, row: CaseRow, request: Request, given: Answer
) -> tuple[Ran | None, Answered]:
    now = engine.clock.now()
    standing = entitled(engine, row, request, given.by, tx)
    if request.status != "open":
        if given.decision not in ({"approval": GATE_WORDS, "task": ("submit",)}.get(request.kind, ())):
            raise _no_answer(request, given)
        return None, _late(engine, tx, row, request, given, standing, now)
    return _take(engine, tx, row, request, given, standing, now)


def locked(tx: Transaction, request_id: str) -> tuple[CaseRow, Request]:
    """The case, locked, and its request as it is under that lock; raises NotFound."""
    row = tx.lock_case(request_id.rpartition("-R")[0])
    request = tx.get(Request, request_id)
    if row is None or request is None:
        zh = f"没有编号为 {request_id} 的事项，请核对编号"
        raise NotFound(bilingual(zh, f"there is no request {request_id}; check the id in the mail or with crmw inbox"))
    return row, request


def _take(
    engine: Engine, tx: Transaction, row: CaseRow, request: Request, given: Answer, standing: Standing, now: datetime
) -> tuple[Ran | None, Answered]:
    procedure = engine.procedure_of(row)
    element = procedure.element(request.name)
    form = _checked(request, element, given)
    ledger = Ledger(row)
    decision = _decision(tx, request, given, standing, now, form, effective=True)
    outcome = {"decision": given.decision, "by": standing.person, "on_behalf_of": standing.on_behalf_of}
    outcome |= climbed_from(request, standing.person, standing.on_behalf_of)
    outcome |= {"comment": given.comment, "at": now.isoformat()} | (
        {"answer": form, "draft": request.shows.get("draft")} if form is not None else {}
    )
    ledger.add(decision)
    ledger.audit(
        "decided", standing.person, now, request=request.id, decision=given.decision, channel=given.channel,
        on_behalf_of=standing.on_behalf_of, evidence=given.evidence, fingerprint=request.fingerprint,
        said=said_hash(decision.comment, decision.answer),
    )  # fmt: skip
    close_request(ledger, request, "decided", outcome, now)
    if given.decision == "send_back":
        _send_back(tx, row, ledger, request, element, given, standing, now)
    if isinstance(element, Gate) and not element.requester_decides:
        asked = tx.find(Assignee, request=request.id)
        notices.of_decision(engine, ledger, row, procedure, request, decision, now, asked)
    ran = go_on(engine, tx, ledger, now, interrupt=given.decision == "send_back")
    follows = notices.follows(engine, tx, ledger.row)
    sentence = recorded(engine, given.decision, standing.person)
    return ran, _answered(request, given.decision, standing, now, sentence, follows, effective=True)


def _checked(request: Request, element: object, given: Answer) -> Any:
    """The validated form of a task, None for a decision; raises InvalidInput with what to do."""
    if isinstance(element, FormTask):
        if given.decision != "submit":
            zh = f"事项 {request.id} 需要填写表单，请打开表单页面填写后提交"
            raise InvalidInput(bilingual(zh, f"request {request.id} asks for a form; fill it in and submit it"))
        form = read_form(element.form, given.form, request.title, request.shows.get("against"))
        return form.model_dump(mode="json")
    if not isinstance(element, Gate) or given.decision not in GATE_WORDS:
        raise _no_answer(request, given)
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


def _no_answer(request: Request, given: Answer) -> InvalidInput:
    zh = f"事项 {request.id} 不能以“{given.decision}”答复"
    return InvalidInput(bilingual(zh, f"request {request.id} cannot be answered with {given.decision}"))


def _send_back(
    tx: Transaction,
    row: CaseRow,
    ledger: Ledger,
    request: Request,
    element: Any,
    given: Answer,
    standing: Standing,
    now: datetime,
) -> None:
    journal = visible(tx.find(JournalEntry, case=row.code, order="n"))
    journal.read(JournalEntry(row.code, 0, request.round, request.rule, request.key, OUTCOME, None, now))
    policy = Policy.from_text(row.policy)
    limit = element.rounds if isinstance(element.rounds, int) else policy.number(element.rounds)
    done = sum(1 for entry in journal.backs if entry.value.get("gate") == request.name)
    if done >= limit:
        zh = f"案件 {row.code} 已退回 {done} 次，达到上限，请同意或驳回"
        raise InvalidInput(
            bilingual(zh, f"case {row.code} was sent back {done} times, the limit; approve or reject it")
        )
    value = {"because": given.comment, "only": [], "by": standing.person, "gate": request.name}
    go_back(row, journal, ledger, str(given.to), value, now)


def _late(
    engine: Engine, tx: Transaction, row: CaseRow, request: Request, given: Answer, standing: Standing, now: datetime
) -> Answered:
    """Put a late answer on record and say who decided; a repeat of the same mail is not recorded again."""
    earlier = tx.find(Decision, request=request.id, order="n")
    if not (given.evidence and any(d.evidence == given.evidence for d in earlier)):
        ledger = Ledger(row)
        ledger.add(_decision(tx, request, given, standing, now, None, effective=False))
        ledger.audit("answered_late", standing.person, now, request=request.id, decision=given.decision)
        row = ledger.flush(tx, row)
    sentence, by = why_closed(engine, request, earlier)
    decided = next((d.decision for d in earlier if d.effective), request.status)
    follows = notices.follows(engine, tx, row)
    return _answered(request, decided, standing, now, sentence, follows, effective=False, decided_by=by)


def why_closed(
    engine: Engine, request: Request, decisions: list[Decision], reader: str | None = None
) -> tuple[str, str | None]:
    """One bilingual sentence: who decided a closed request and how, or that it is no longer needed; and the decider.

    `reader` is who reads it, where that is known for sure: it may be the one that decided.
    """
    decided = next((d for d in decisions if d.effective), None)
    if decided is None or request.status != "decided":
        why = CLOSED.get(request.status, "已结束 / is closed")
        zh = f"事项 {request.id} {in_language(why, 'zh')}，您的答复已留存但不生效"
        en = f"request {request.id} {in_language(why, 'en')}; your answer is kept without effect"
        return bilingual(zh, en), None
    zh_name, en_name = _names(engine, decided.by)
    verb = VERBS.get(decided.decision, decided.decision)
    zh_name, en_name = ("您", "you have") if decided.by == reader else (f"{zh_name} ", f"{en_name} has")
    zh = f"{zh_name}已先行答复“{in_language(verb, 'zh')}”，您的答复已留存但不生效"
    en = f"{en_name} already answered ({in_language(verb, 'en')}); your answer is kept without effect"
    return bilingual(zh, en), decided.by


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


def recorded(engine: Engine, decision: str, person: str) -> str:
    """One bilingual sentence: what was recorded, and whose answer it is."""
    verb = VERBS.get(decision, decision)
    zh_name, en_name = _names(engine, person)
    return bilingual(
        f"已记录：{in_language(verb, 'zh')}（{zh_name}）", f"recorded: {in_language(verb, 'en')} ({en_name})"
    )


def _names(engine: Engine, address: str) -> tuple[str, str]:
    """The name behind an address for a Chinese and for an English reader."""
    who = engine.staff.directory().person(address)
    return (who.name, who.shown_name("en")) if who else (address, address)


def _answered(
    request: Request,
    decision: str,
    standing: Standing,
    now: datetime,
    sentence: str,
    follows: str,
    *,
    effective: bool,
    decided_by: str | None = None,
) -> Answered:
    return Answered(
        request.case, request.id, request.rule, request.title, decision, effective, sentence, follows, now,
        decided_by or (standing.person if effective else None), standing.on_behalf_of,
    )  # fmt: skip
