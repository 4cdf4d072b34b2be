"""The half-yearly satisfaction survey (CB-8): who is asked, the answers, and what they come to by tier.

An answer is given by a form that is posted, never by a link that is opened. It must not decide what follows.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from crm_workflows.business.customers import people_in
from crm_workflows.domain.errors import Expired, InvalidInput, NotFound
from crm_workflows.domain.messages import GRADES, Survey
from crm_workflows.domain.records import Booking, ContactMade, Customer, SurveyInvitation
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.secret_hash import hash_of_secret
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.running import inviting
from crm_workflows.engine.steps import Books

QUESTION: Final = "您对我们的产品和服务总体满意吗？ / How satisfied are you with our products and service?"
BAD: Final = 2
"""Whoever answers so or worse is called (CB-6)."""
SATISFIED: Final = 4
HALF_A_YEAR: Final = timedelta(days=183)
LONGEST: Final = 2000
PROCESS: Final = "customer-survey"
CALLBACK: Final = "periodic-callbacks"
NO_SURVEY: Final = bilingual(
    "这个链接不存在或不完整，请从邮件中重新打开完整的链接",
    "this link does not exist or is incomplete; open the whole link from the mail again",
)
IS_OVER: Final = "调查已结束，感谢您的关注 / the survey is over; thank you"
CHOOSE: Final = "请选择 1 到 5 中的一项 / please choose one of 1 to 5"


@dataclass(frozen=True)
class Tally:
    """What a survey came to: how many were asked and answered, by grade and by tier."""

    asked: int
    answered: int
    by_grade: dict[int, int]
    by_tier: dict[str, tuple[int, int]]
    """Tier -> how many answered, and how many of them with 4 or 5."""
    unhappy: tuple[str, ...]
    """Code and comment of whoever answered 1 or 2."""
    bad_callbacks: int
    """Callbacks of the half year before that were bad."""

    @property
    def satisfied(self) -> int:
        """How many answered with 4 or 5."""
        return sum(count for grade, count in self.by_grade.items() if grade >= SATISFIED)


def invite(books: Books, *, title: str, tier: str, closes_at: datetime) -> int:
    """Write to the first person with an address of every active customer that may be written to; returns how many."""
    equals: dict[str, Any] = {"tier": tier} if tier else {}
    invited = 0
    for customer in books.tx.find(Customer, status="active", consents=True, **equals):
        person = next((one for one in people_in(books.tx, customer.code) if one.email), None)
        if person is None:
            continue
        identity = f"{books.case}/{customer.code}"
        nonce, token_hash = inviting.secret_for(identity, person.email)
        row = SurveyInvitation(
            identity, books.case, customer.code, customer.tier, person.name, person.email, person.language,
            nonce, token_hash, books.now, closes_at,
        )  # fmt: skip
        books.tx.insert(row)
        owner = books.person(customer.owner)
        inviting.letter(
            books, Contact(person.name, person.email, person.language), Survey,
            identity=identity, title=title, question=QUESTION, closes_at=closes_at, company_name=customer.name,
            manager_name=owner.shown_name(person.language) if owner else "", manager_email=customer.owner,
        )  # fmt: skip
        invited += 1
    books.write("invited", invited)
    return invited


def is_booked(books: Books, tier: str) -> bool:
    """Whether the next survey of the same customers, all or those of a tier, is booked already."""
    inputs = books.tx.columns(Booking, "input", process=PROCESS, is_open=True)
    return any((input_ or {}).get("tier", "all") == tier for (input_,) in inputs)


def tally(books: Books) -> Tally:
    """Count the answers, and enter each among the contacts with its customer; no last real contact moves (CB-1)."""
    rows = books.tx.find(SurveyInvitation, case=books.case)
    answered = [row for row in rows if row.answer is not None]
    by_tier: dict[str, tuple[int, int]] = {}
    for row in answered:
        many, satisfied = by_tier.get(row.tier, (0, 0))
        by_tier[row.tier] = (many + 1, satisfied + ((row.answer or 0) >= SATISFIED))
        n = books.tx.count(ContactMade, customer=row.customer)
        said = {"satisfaction": row.answer, "summary": row.comment}
        at = row.answered_at or books.now
        books.tx.insert(ContactMade(row.customer, n, at, "survey", row.email, True, books.case, said))
    grades = Counter(row.answer for row in answered if row.answer is not None)
    unhappy = tuple(
        f"{row.customer} {row.answer}：{row.comment or '—'}" for row in answered if (row.answer or 9) <= BAD
    )
    found = Tally(
        len(rows), len(answered), {grade: grades.get(grade, 0) for grade in GRADES}, dict(sorted(by_tier.items())),
        unhappy, _bad_callbacks(books),
    )  # fmt: skip
    books.write("survey", {"asked": found.asked, "answered": found.answered, "satisfied": found.satisfied})
    return found


def _bad_callbacks(books: Books) -> int:
    made = books.tx.columns(ContactMade, "at", "details", kind="callback", reached=True)
    since = books.now - HALF_A_YEAR
    return sum(at >= since and ((said or {}).get("satisfaction") or 9) <= BAD for at, said in made)


def found(engine: Engine, token: str) -> SurveyInvitation:
    """The invitation of a link; NotFound for an unknown one."""
    with engine.store.read() as reader:
        rows = reader.find(SurveyInvitation, token_hash=hash_of_secret(token), limit=1)
    if not rows:
        raise NotFound(NO_SURVEY)
    return rows[0]


@carries_out("CB-8")
def answer(engine: Engine, invitation: SurveyInvitation, grade: str, comment: str) -> None:
    """Keep an answer over the one before it; whoever is not satisfied is called. Expired once the survey is over."""
    now = engine.clock.now()
    if now >= invitation.closes_at:
        raise Expired(IS_OVER)
    if grade not in {str(one) for one in GRADES}:
        raise InvalidInput(CHOOSE)
    with engine.store.write() as tx:
        fresh = tx.get(SurveyInvitation, invitation.id) or invitation
        values: dict[str, Any] = {
            "answer": int(grade),
            "comment": comment[:LONGEST],
            "answered_at": now,
            "answers": fresh.answers + 1,
        }
        tx.update(SurveyInvitation, (fresh.id,), **values)
        customer = tx.get(Customer, fresh.customer)
        if int(grade) <= BAD and customer is not None:
            _book_call(tx, invitation, customer, comment, now)
    engine.store.wake()


def _book_call(tx: Transaction, invitation: SurveyInvitation, customer: Customer, comment: str, now: datetime) -> None:
    """One callback for a survey, however often the answer is changed; kept in one commit with the answer."""
    contact = {"name": invitation.name, "email": invitation.email, "language": invitation.language}
    known = next((one for one in people_in(tx, customer.code) if one.email == invitation.email), None)
    contact |= {"phone": known.phone} if known else {}
    input_ = {
        "company": customer.name, "customer": customer.code, "contact": contact, "tier": customer.tier,
        "why": "survey", "questions": comment[:LONGEST], "owner": customer.owner,
    }  # fmt: skip
    tx.insert_new(Booking(f"survey/{invitation.id}", invitation.case, CALLBACK, "unhappy", now, input_))
