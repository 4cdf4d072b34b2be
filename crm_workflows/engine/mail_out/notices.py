"""Tells those involved how a gate was decided, what follows, and that a case was cancelled. It decides nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from crm_workflows.domain.forms import Subject
from crm_workflows.domain.messages import Announcement, CaseClosed, CaseOpened, DecisionNotice, Fact, SendBackTarget
from crm_workflows.domain.people import NobodyToAsk, Person
from crm_workflows.domain.records import Assignee, CaseRow, Decision, Json, Message, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.changing import facts_of
from crm_workflows.engine.decisions.requesting import door_id
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.desk import Desk
from crm_workflows.engine.running.ledger import Told
from crm_workflows.engine.running.waiting import sentence_of

MAY_CONFIRM: Final = ("admin", "process_owner")
"""Who may be the second person of an override."""


@carries_out("G-2")
def of_decision(
    desk: Desk,
    request: Request,
    decision: Decision,
    asked: Sequence[Assignee] = (),
    voices: Sequence[str] = (),
    *,
    is_override: bool = False,
    key: str = "",
) -> None:
    """Queue a notice to requester, owner and the others `asked`, except whoever decided (G-2).

    `voices` are all who decided so, where it took several; `is_override`, where they did so over those asked; `key`
    tells it from another notice about the same decision.
    """
    row = desk.row
    hearers = (row.requester, row.owner, *(a.person for a in asked), *_copied(desk, request))
    _tell(desk, _Made(request, decision, voices, is_override), hearers, asked, key)


def _copied(desk: Desk, request: Request) -> Iterator[str]:
    """Who hears of it as a copy: whom the gate names, and whom those asked have named."""
    engine = desk.engine
    for approver in getattr(desk.procedure.element(request.name), "copy", ()):
        try:
            found = engine.staff.directory().resolve(approver, on=engine.today(desk.now), subject_owner=desk.row.owner)
        except NobodyToAsk:
            continue  # the check of the people file tells of a role that nobody holds; the decision stands
        yield from (one.person.email for one in found)
    yield from request.shows.get("copied", {})


def of_copy(desk: Desk, request: Request, decision: Decision, person: Person) -> None:
    """Tell somebody afterwards how it was decided."""
    _tell(desk, _Made(request, decision), [person.email], (), "copy")


def of_seat(desk: Desk, request: Request, decision: Decision, released: Sequence[Assignee]) -> None:
    """Tell those of a group for whom somebody has answered that they need do nothing."""
    _tell(desk, _Made(request, decision), [a.person for a in released], released)


@dataclass(frozen=True)
class _Made:
    """A decision as it is told, see `of_decision`."""

    request: Request
    decision: Decision
    voices: Sequence[str] = ()
    is_override: bool = False


def _tell(desk: Desk, made: _Made, hearers: Sequence[str], asked: Sequence[Assignee], key: str = "") -> None:
    directory, row, request = desk.engine.staff.directory(), desk.row, made.request
    others = [a.person for a in asked]
    for person in {p.email: p for p in map(directory.person, hearers) if p is not None}.values():
        if person.email == made.decision.by:
            continue
        was_asked = not set(person.emails).isdisjoint(others)
        is_involved = was_asked or not {row.requester, row.owner}.isdisjoint(person.emails)
        context = _notice(desk, made, person, was_asked=was_asked, is_copy=not is_involved)
        mail = mails.mail_of(
            row.code, person.email, person.language, context, desk.now,
            mail_domain=desk.engine.mail_domain, key=f"{request.id}/{made.decision.n}{key}",
            # Of a request, somebody asked has the mail that asks: whoever answers late must find that one by it.
            request=None if was_asked else request.id,
        )  # fmt: skip
        desk.ledger.add(mail)
        desk.ledger.told[person.email] = Told(mail.id, context)


def _notice(desk: Desk, made: _Made, person: Person, *, was_asked: bool, is_copy: bool) -> DecisionNotice:
    directory, procedure = desk.engine.staff.directory(), desk.procedure
    request, decision = made.request, made.decision

    def name(address: str | None) -> str | None:
        someone = directory.person(address)
        return someone.shown_name(person.language) if someone else address

    several = ("、" if person.language == "zh" else ", ").join(str(name(voice)) for voice in made.voices)
    element = procedure.element(request.name)
    back = decision.answer.get("to") if decision.decision == "send_back" else None
    target = SendBackTarget(rule=back, title=mails.rule_title(procedure, back)) if back else None
    return DecisionNotice(
        case=mails.case_part(desk.row, procedure), to_name=person.shown_name(person.language), rule=request.rule,
        title=request.title, decision=decision.decision, decided_at=desk.now, comment=decision.comment,
        decided_by=None if decision.channel == "silence" else several or name(decision.by),
        on_behalf_of=None if several else name(decision.on_behalf_of), sent_back_to=target,
        is_override=made.is_override, facts=facts_of(request, element), asked_as_well=was_asked, is_copy=is_copy,
    )  # fmt: skip


def of_proposal(desk: Desk, request: Request, proposal: Json) -> None:
    """Tell those who may confirm it that an override of this request is proposed, by whom, why, and how to confirm."""
    engine, row = desk.engine, desk.row
    directory = engine.staff.directory()
    may = {p.email: p for role in MAY_CONFIRM for p in directory.with_role(role) if p.active}
    proposer = directory.person(proposal["by"])
    command = f"crmw override {request.id} {proposal['decision']} --as … --reason …"
    title = bilingual("有一项越级决定待确认", "an override waits to be confirmed")
    text = bilingual(f"须由第二个人确认后才生效：{command}", f"it takes a second person to come about: {command}")
    for person in may.values():
        if person.email in (proposal["by"], directory.identity(row.requester)):
            continue
        named = proposer.shown_name(person.language) if proposer else proposal["by"]
        facts = (
            Fact(label=bilingual("提出人", "Proposed by"), value=named),
            Fact(label=bilingual("原因", "Reason"), value=proposal["reason"]),
        )
        context = Announcement(
            case=mails.case_part(row, desk.procedure), to_name=person.shown_name(person.language), title=title,
            text=text, facts=facts,
        )  # fmt: skip
        desk.ledger.add(
            mails.mail_of(
                row.code, person.email, person.language, context, desk.now,
                mail_domain=engine.mail_domain, key=f"override/{request.id}/{row.audit_length}",
            )
        )  # fmt: skip


@carries_out("G-1")
def of_opening(
    engine: Engine,
    row: CaseRow,
    procedure: Procedure,
    subject: Subject,
    owner: Person,
    requester: Person,
    now: datetime,
) -> list[Message]:
    """The mails that tell owner and requester that a case was opened, by whom and about what (G-1).

    The requester's carries the secret with which they remind and recall; nobody has requested a booked case.
    """
    is_requested = row.origin != "case"
    told = {owner.email: owner} | ({requester.email: requester} if is_requested else {})
    return [
        mails.mail_of(
            row.code, person.email, person.language,
            CaseOpened(
                case=mails.case_part(row, procedure), to_name=person.shown_name(person.language), opened_at=now,
                requester_name=requester.shown_name(person.language), requester_email=requester.email,
                facts=mails.facts(subject.shown()), is_owner=person == owner,
                is_requester=is_requested and person == requester,
            ),
            now, mail_domain=engine.mail_domain, key="opened",
            request=door_id(row.code) if is_requested and person == requester else None,
        )
        for person in told.values()
    ]  # fmt: skip


def of_cancelling(engine: Engine, tx: Transaction, row: CaseRow, by: Person, reason: str, now: datetime) -> None:
    """Tell everyone involved that a case was cancelled, those outside without the reason (G-2); not who did it."""
    directory = engine.staff.directory()
    asked = [a for a in tx.find(Assignee, case=row.code) if a.is_active or a.is_outside]
    answered = [d.by for d in tx.find(Decision, case=row.code, effective=True)]
    involved = [row.requester, row.owner, *answered, *(a.person for a in asked if not a.is_outside)]
    staff = {p.email: p for p in map(directory.person, involved) if p is not None and p.active and p != by}
    outside = {a.person: a for a in asked if a.is_outside and a.person not in staff}
    hearers: list[tuple[str, str, str, bool]] = [
        *((p.email, p.language, p.shown_name(p.language), False) for p in staff.values()),
        *((a.person, a.language, a.name, True) for a in outside.values()),
    ]
    for address, language, name, is_outside in hearers:
        context = CaseClosed(
            case=mails.titled_part(row, engine.title_of(row), outside=is_outside), to_name=name, outcome="withdrawn",
            closed_at=now, reason=bilingual("案件已取消", "the case was cancelled"),
            comment="" if is_outside else reason,
        )  # fmt: skip
        # A key of its own: where the case was opened again, people have heard of an end before.
        domain, key = engine.mail_domain, "cancelled"
        tx.insert(mails.mail_of(row.code, address, language, context, now, mail_domain=domain, key=key))


def follows(engine: Engine, reader: Reader, row: CaseRow) -> str:
    """What comes next in a case, as one bilingual sentence."""
    if row.status == "needs_attention":
        # Without what went wrong: that is for admins, and this is read by whoever has just answered.
        return bilingual("需要处理，管理员已得到通知", "it needs attention, and the admins have been told")
    return sentence_of(engine, reader, row)
