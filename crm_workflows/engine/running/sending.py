"""What a procedure sends or books besides asking: announcements, notices of the end, later cases. No rendering."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crm_workflows.domain.approvers import Approver
from crm_workflows.domain.messages import Announcement, CaseClosed, Letter
from crm_workflows.domain.people import NobodyToAsk, Person
from crm_workflows.domain.records import Booking, Json, Message
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.shown import Shown
from crm_workflows.engine.journal import STEP
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.running.attempt import Attempt


@dataclass(frozen=True)
class Announce:
    """News for staff: who hears it, a bilingual title and text, and facts."""

    to: Sequence[Approver]
    title: str
    text: str = ""
    shows: Shown = field(default_factory=Shown)


def announce(attempt: Attempt, rule: str, name: str, news: Announce) -> None:
    """Queue an announcement to every active person named, each person once; journaled, so a replay sends nothing.

    Where a name leads to nobody the admins get it in their place, with the reason: news never stop a case.
    """
    key = attempt.key(rule, name)
    if attempt.met(STEP, key) is not None:
        return
    label = f"{rule} {name.replace('_', ' ')}"

    def send() -> None:
        people, unheard = _people(attempt, news.to)
        for person in people:
            context = Announcement(
                case=mails.case_part(attempt.row, attempt.procedure), to_name=person.shown_name(person.language),
                title=news.title, text=unheard.get(person, news.text), facts=mails.facts(news.shows),
            )  # fmt: skip
            _queue(attempt, person.email, person.language, context, f"{key}/{attempt.journal.round}")
        attempt.record(STEP, rule, key, {"result": [p.email for p in people], "once": False, "title": news.title})
        attempt.ledger.audit("announced", "engine", attempt.now, rule=rule, to=[p.email for p in people])

    attempt.carry_out(label, send)
    attempt.performed.append(label)


@dataclass(frozen=True)
class Words:
    """What somebody outside is told: a bilingual title and text, and facts."""

    title: str
    text: str
    shows: Shown = field(default_factory=Shown)
    answers: str = ""
    """The Message-ID of the mail that it answers, so that both are one conversation."""


def write_to(attempt: Attempt, rule: str, name: str, to: Contact, words: Words) -> None:
    """Queue a letter to somebody outside; journaled, so a replay sends nothing."""
    key = attempt.key(rule, name)
    if attempt.met(STEP, key) is not None:
        return
    label = f"{rule} {name.replace('_', ' ')}"

    def send() -> None:
        context = Letter(
            case=mails.case_part(attempt.row, attempt.procedure, outside=True), to_name=to.name, title=words.title,
            text=words.text, facts=mails.facts(words.shows),
        )  # fmt: skip
        number = f"{key}/{attempt.journal.round}"
        _queue(attempt, to.email, to.language, context, number, in_reply_to=words.answers or None)
        attempt.record(STEP, rule, key, {"result": to.email, "once": False, "title": words.title})
        attempt.ledger.audit("wrote", "engine", attempt.now, rule=rule, name=name)

    attempt.carry_out(label, send)
    attempt.performed.append(label)


def book(attempt: Attempt, process: str, input_: Json, *, rule: str, relation: str, on: datetime | None) -> None:
    """Book a linked case; the worker opens it when it is due, once."""
    key = attempt.key(rule, f"book {process}")
    if attempt.met(STEP, key) is not None:
        return
    due = on or attempt.now
    unique = f"{attempt.row.code}/{attempt.journal.round}/{key}"
    attempt.ledger.add(Booking(unique, attempt.row.code, process, relation, due, input_))
    attempt.record(STEP, rule, key, {"result": unique, "once": False, "booking": unique})
    attempt.ledger.audit("booked", "engine", attempt.now, rule=rule, process=process, due_at=due.isoformat())
    attempt.performed.append(f"{rule} book {process}")


@carries_out("G-2")
def tell_the_end(attempt: Attempt, outcome: str, reason: str, comment: str, notify: Sequence[Contact]) -> None:
    """Tell the requester, the owner, everyone who answered, and the people outside that the procedure names (G-2).

    Staff who are told of a decision in this very commit read both in one mail (0034).
    """
    directory = attempt.engine.staff.directory()
    involved = [attempt.row.requester, attempt.row.owner]
    answered = [*attempt.journal.outcomes.values(), *attempt.journal.earlier.values()]
    involved += [o["by"] for o in answered if isinstance(o, dict) and o.get("by")]
    staff = {p.email: p for p in (directory.person(address) for address in involved) if p is not None and p.active}
    for person in staff.values():
        name = person.shown_name(person.language)
        _tell_end(attempt, person.email, person.language, name, outcome, reason, comment)
    for contact in {c.email: c for c in notify if c.email not in staff}.values():
        _tell_end(attempt, contact.email, contact.language, contact.name, outcome, reason, comment, outside=True)


def _tell_end(
    attempt: Attempt,
    to: str,
    language: str,
    name: str,
    outcome: str,
    reason: str,
    comment: str,
    *,
    outside: bool = False,
) -> None:
    told = None if outside else attempt.ledger.told.get(to)
    context = CaseClosed(
        case=mails.case_part(attempt.row, attempt.procedure, outside=outside), to_name=name, outcome=outcome,
        closed_at=attempt.now, reason=reason, comment="" if outside else comment,
        decision=told.notice if told else None,
    )  # fmt: skip
    if told is not None:  # That mail is written already, or about to be: should this end come to nothing, it stands.
        template, said = mails.said_by(context)
        attempt.ledger.update(Message, (told.mail,), template=template, context=said)
        return
    round_ = attempt.journal.round
    _queue(attempt, to, language, context, "end" if round_ == 1 else f"end/{round_}")


def _queue(
    attempt: Attempt,
    to: str,
    language: str,
    context: Announcement | CaseClosed | Letter,
    key: str,
    in_reply_to: str | None = None,
) -> None:
    message = mails.mail_of(
        attempt.row.code,
        to,
        language,
        context,
        attempt.now,
        mail_domain=attempt.engine.mail_domain,
        key=key,
        in_reply_to=in_reply_to,
    )
    attempt.ledger.add(message)


def _people(attempt: Attempt, to: Sequence[Approver]) -> tuple[list[Person], dict[Person, str]]:
    """Who hears, and of those the admins who hear only because there is nobody else, with the sentence that says so."""
    directory = attempt.engine.staff.directory()
    today = attempt.engine.today(attempt.now)
    found: dict[Person, None] = {}
    nobody: NobodyToAsk | None = None
    for approver in to:
        try:
            named = directory.resolve(approver, on=today, subject_owner=attempt.row.owner)
        except NobodyToAsk as error:
            nobody = nobody or error
        else:
            found |= dict.fromkeys(assignment.person for assignment in named)
    admins = [person for person in directory.with_role("admin") if person.active] if nobody else []
    unheard = {person: str(nobody) for person in admins}
    return list(found | dict.fromkeys(admins)), unheard
