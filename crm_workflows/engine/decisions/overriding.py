"""Two people decide over those asked, where a request cannot wait for them (G-2): one proposes, another confirms.

It is a decision of its own kind, `override`, and names both. One person alone must not, nor the requester, nor
anybody whose answer to this request counts already, given by them or for them: a person decides a request once.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.errors import AuthorMistake, InvalidInput, NotEntitled
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Assignee, AuditEntry, CaseRow, Decision, Json, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.answers import record
from crm_workflows.engine.decisions.repeats import OTHER_ANSWER, check_same, made_before
from crm_workflows.engine.mail_out import notices
from crm_workflows.engine.mail_out.notices import MAY_CONFIRM
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests.apart import kept_apart
from crm_workflows.engine.requests.closing import close_request, go_on
from crm_workflows.engine.requests.desk import AnswerDesk, desk_of
from crm_workflows.engine.requests.sitting import Sitting
from crm_workflows.engine.running import attention
from crm_workflows.engine.running.locking import locked
from crm_workflows.engine.running.waiting import Ran, told_to_listener

MAY_PROPOSE: Final = ("admin",)
OVERRIDE: Final = "override"
PROPOSED: Final = "override_proposed"
MADE: Final = (PROPOSED, "decided")
"""The events by which a repeated call is known."""
WORDS: Final = {"approve": ("同意", "approve"), "reject": ("驳回", "reject")}


@dataclass(frozen=True)
class Override:
    """What somebody wants decided over those asked, and why; `evidence` as of an answer."""

    decision: str
    by: str
    reason: str
    channel: str
    evidence: str | None = None


@dataclass(frozen=True)
class Overridden:
    """What came of it: a proposal that waits for a second person, or a decision that counts."""

    case: str
    request: str
    decision: str
    is_decided: bool
    people: tuple[str, ...]
    sentence: str
    at: datetime


@carries_out("G-2")
def override(engine: Engine, request_id: str, wanted: Override) -> Overridden:
    """Propose, or confirm what another has proposed; raises NotFound, NotEntitled or InvalidInput and changes nothing.

    Another decision than the one proposed is a proposal of its own, in its place.
    """
    try:
        with engine.store.write() as tx:
            row, request = locked(tx, request_id)
            desk = desk_of(engine, row, engine.clock.now())
            before = made_before(tx, row.code, request.id, wanted.channel, wanted.evidence, MADE)
            if before is not None:
                return _repeated(desk, request, wanted, before)
            answered = _answered(desk, request)
            person = _checked(desk, tx, request, wanted, answered)
            proposed = _standing(desk, tx, request, answered)
            if proposed is None or proposed["decision"] != wanted.decision:
                ran, done = _propose(desk, tx, request, wanted, person)
            else:
                ran, done = _confirm(desk, tx, request, wanted, person, proposed)
            summary = told_to_listener(engine, tx, ran)
    except AuthorMistake as error:
        raise attention.stands_still(engine, row.code, error) from error
    engine.store.wake()
    engine.tell(row, summary)
    return done


def _repeated(desk: AnswerDesk, request: Request, wanted: Override, before: AuditEntry) -> Overridden:
    """What the same call came to; raises InvalidInput where its key was used for another one."""
    who = desk.engine.staff.directory().identity(wanted.by)
    if before.event == PROPOSED:
        check_same(before, who, wanted.reason.strip(), decision=wanted.decision)
        return _proposed(desk, request, wanted, who)
    if before.data["decision"] != OVERRIDE:
        raise InvalidInput(OTHER_ANSWER)
    first, second = request.outcome[OVERRIDE]
    comment = f"{request.shows[OVERRIDE]['reason']}\n{wanted.reason.strip()}"
    said = said_hash(comment, {"decision": wanted.decision, "proposed_by": first})
    if (before.actor, before.data["said"]) != (who, said):
        raise InvalidInput(OTHER_ANSWER)
    return _decided(desk, request, wanted, (first, second))


def _answered(desk: AnswerDesk, request: Request) -> set[str]:
    """Whose answer counts already: whoever gave one, and for whom they gave it, as that seat is taken too."""
    sitting, identity = Sitting.of(request), desk.engine.staff.directory().identity
    votes = sitting.votes if sitting is not None else ()
    return {identity(who) for vote in votes for who in (vote.by, vote.on_behalf_of) if who}


def _checked(desk: AnswerDesk, tx: Transaction, request: Request, wanted: Override, answered: set[str]) -> Person:
    directory = desk.engine.staff.directory()
    person = directory.person(wanted.by)
    if person is None or not person.active or not {*MAY_CONFIRM} & {*person.roles}:
        zh = "只有系统管理员和流程负责人可以越过被征询人作决定"
        raise NotEntitled(bilingual(zh, "only administrators and process owners may decide over those asked"))
    if person.email == directory.identity(desk.row.requester):
        zh = f"您是案件 {desk.row.code} 的申请人，不能参与越级决定（G-2）"
        raise NotEntitled(bilingual(zh, f"you requested case {desk.row.code} and cannot help to override it (G-2)"))
    if person.email in kept_apart(desk.engine, desk.row, request, tx):
        zh = f"您参与了 {request.id} 所审的内容，不能参与越级决定（G-2）"
        raise NotEntitled(bilingual(zh, f"{request.id} judges what you made, so you cannot help to override it (G-2)"))
    if person.email in answered and request.status == "open":
        zh = f"您或您的代理人已对 {request.id} 作出决定，不能再参与越级决定（G-2）"
        en = f"you have decided {request.id}, yourself or by a deputy, and cannot help to override it (G-2)"
        raise NotEntitled(bilingual(zh, en))
    element = desk.procedure.element(request.name)
    if request.status != "open" or not isinstance(element, Gate) or wanted.decision not in WORDS:
        zh = f"只有尚未决定的审批可以越级同意或驳回；{request.id} 不是"
        en = f"only an open approval can be overridden, to approve or reject; {request.id} is none"
        raise InvalidInput(bilingual(zh, en))
    if not wanted.reason.strip():
        raise InvalidInput(bilingual("越级决定须写明原因", "an override needs a reason"))
    return person


def _standing(desk: AnswerDesk, tx: Transaction, request: Request, answered: set[str]) -> Json | None:
    """The proposal that waits to be confirmed; one by somebody who may propose no longer, or has answered, lapsed."""
    proposed: Json | None = request.shows.get(OVERRIDE)
    proposer = desk.engine.staff.directory().person(proposed["by"]) if proposed is not None else None
    if proposer is None or not proposer.active or proposer.email in answered:
        return None
    if proposer.email in kept_apart(desk.engine, desk.row, request, tx):
        return None
    return proposed if {*MAY_PROPOSE} & {*proposer.roles} else None


def _propose(
    desk: AnswerDesk, tx: Transaction, request: Request, wanted: Override, person: Person
) -> tuple[Ran | None, Overridden]:
    if not {*MAY_PROPOSE} & {*person.roles}:
        raise NotEntitled(bilingual("越级决定须由系统管理员提出", "an override is proposed by an administrator"))
    proposal: Json = {"decision": wanted.decision, "by": person.email, "reason": wanted.reason.strip()}
    desk.ledger.update(Request, (request.id,), shows=request.shows | {OVERRIDE: proposal})
    desk.ledger.audit(
        PROPOSED, person.email, desk.now, request=request.id, decision=wanted.decision,
        channel=wanted.channel, evidence=wanted.evidence, said=said_hash(wanted.reason.strip(), None),
    )  # fmt: skip
    notices.of_proposal(desk, request, proposal)
    desk.ledger.flush(tx, desk.row)
    return None, _proposed(desk, request, wanted, person.email)


def _proposed(desk: AnswerDesk, request: Request, wanted: Override, person: str) -> Overridden:
    zh, en = WORDS[wanted.decision]
    sentence = bilingual(
        f"已提出越级{zh}，须由另一位管理员或流程负责人确认后生效",
        f"proposed to {en} over those asked; another administrator or a process owner must confirm it",
    )
    return _done(desk.row, request, wanted, (person,), sentence, desk.now)


def _confirm(
    desk: AnswerDesk, tx: Transaction, request: Request, wanted: Override, person: Person, proposed: Json
) -> tuple[Ran | None, Overridden]:
    first = desk.engine.staff.directory().identity(proposed["by"])
    if first == person.email:
        zh = "越级决定须由第二个人确认，不能由提出者本人确认"
        raise NotEntitled(bilingual(zh, "a second person must confirm an override, not whoever proposed it"))
    comment = f"{proposed['reason']}\n{wanted.reason.strip()}"
    decision = Decision(
        request=request.id, n=tx.count(Decision, request=request.id) + 1, case=request.case, decision=OVERRIDE,
        by=person.email, channel=wanted.channel, effective=True, at=desk.now, comment=comment,
        answer={"decision": wanted.decision, "proposed_by": first}, evidence=wanted.evidence,
    )  # fmt: skip
    record(desk, request, decision)
    close_request(desk.ledger, request, "decided", _outcome(decision, proposed, wanted), desk.now)
    asked = tx.find(Assignee, request=request.id)
    told = replace(decision, decision=wanted.decision)
    notices.of_decision(desk, request, told, asked, [first, person.email], is_override=True)
    ran = go_on(desk.engine, tx, desk.ledger, desk.now)
    return ran, _decided(desk, request, wanted, (first, person.email))


def _outcome(decision: Decision, proposed: Json, wanted: Override) -> Json:
    """What the journal learns: both have decided this, so that neither does what others are to do after it."""
    first, at = decision.answer["proposed_by"], decision.at.isoformat()
    said = ((first, proposed["reason"]), (decision.by, wanted.reason.strip()))
    return {
        "decision": wanted.decision, "by": decision.by, "comment": decision.comment, "at": at,
        OVERRIDE: [first, decision.by], "voices": [{"by": by, "at": at, "comment": why} for by, why in said],
    }  # fmt: skip


def _decided(desk: AnswerDesk, request: Request, wanted: Override, people: tuple[str, str]) -> Overridden:
    zh, en = WORDS[wanted.decision]
    sentence = bilingual(f"已越级{zh}：由两人决定", f"overridden: two people decided to {en}")
    return _done(desk.row, request, wanted, people, sentence, desk.now)


def _done(
    row: CaseRow, request: Request, wanted: Override, people: tuple[str, ...], sentence: str, at: datetime
) -> Overridden:
    return Overridden(row.code, request.id, wanted.decision, len(people) > 1, people, sentence, at)
