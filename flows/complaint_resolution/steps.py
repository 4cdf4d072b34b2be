"""What the engine itself does about a complaint, step by step, each named by its rule."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from crm_workflows import Books, Fact, Policy, Shown, Words, complaints, step
from flows.complaint_resolution.facts import ACKNOWLEDGED, AGAIN, Found
from flows.complaint_resolution.forms import DEPARTMENTS
from flows.complaint_resolution.solving_forms import Analysis
from flows.complaint_resolution.subject import Complaint

PRODUCT_FAULTS = ("quality",)


@dataclass(frozen=True)
class Received:
    """What is known of a complaint as it comes in (CP-1)."""

    since: datetime
    tier: str
    earlier: int
    """Complaints of the same sender or customer within the policy's days before this one."""
    alike: int
    """Complaints about the same product for the same kind of reason within them, this one too (CP-12)."""


@dataclass(frozen=True)
class Assessed:
    """CP-3: the severity by rule, why, and since when the hours count."""

    severity: str
    because: str
    """Why it is not general, a label; empty where it is."""
    is_short: bool
    """Whether one person can answer and remedy it."""
    is_again: bool
    since: datetime


@step(rule="CP-1", title="受理投诉 / receive the complaint")
def receive(complaint: Complaint, policy: Policy, *, books: Books) -> Received:
    """The customer's tier, earlier complaints, and the contact that it is (CB-1)."""
    since = books.now - timedelta(days=policy.number("complaint_alike_days"))
    complaints.note_contact(books, complaint.customer, str(complaint.owner), complaint.what)
    return Received(
        complaint.since(books.now),
        complaints.tier_of(books, complaint.customer),
        complaints.count_of(books, complaint.about, since),
        complaints.count_alike(books, complaint.kind, complaint.about, since),
    )


@step(rule="CP-2", title="撰写受理回执 / write the acknowledgement")
def acknowledgement(complaint: Complaint, assessed: Assessed, policy: Policy, *, books: Books) -> Words:
    """Case code, who is in charge, and the next date (CP-2)."""
    person = books.person(str(complaint.owner))
    names = (person.shown_name("zh"), person.shown_name("en")) if person else (str(complaint.owner),) * 2
    by = assessed.since + timedelta(hours=policy.number(f"complaint_answer_{assessed.severity}"))
    facts = (
        Fact("投诉编号 / Your complaint", books.case),
        Fact("负责人 / Person in charge", *names),
        Fact.of("首次答复不晚于 / First answer by", books.local(by)),
    )
    if assessed.is_again:
        return replace(AGAIN, shows=Shown(facts))
    return replace(ACKNOWLEDGED, shows=Shown(facts), answers=complaint.mail)


@step(rule="CP-3", title="评估严重程度 / assess the severity")
def assess(complaint: Complaint, received: Received, reopened: int, policy: Policy, *, books: Books) -> Assessed:
    """By rule: safety or press, then law, amount, tier and repetition. Opened again it is never general (CP-11)."""
    severity, because = _severity(complaint, received, reopened, policy)
    is_short = severity == "general" and complaint.amount <= policy.amount("complaint_short_up_to")
    books.write("severity", severity)
    books.write("reopened", reopened)
    return Assessed(severity, because, is_short, reopened > 0, books.now if reopened else received.since)


def _severity(complaint: Complaint, received: Received, reopened: int, policy: Policy) -> tuple[str, str]:
    """CP-3: the first reason that applies, gravest first."""
    reasons = (
        (complaint.safety, "urgent", "涉及安全 / safety"),
        (complaint.press, "urgent", "涉及媒体 / the press"),
        (complaint.legal, "major", "涉及法律 / legal"),
        (complaint.amount > policy.amount("complaint_major_above"), "major", "金额较大 / the amount"),
        (received.tier == "A", "major", "A 级客户 / a customer of tier A"),
        (reopened > 0, "major", "再次受理 / opened again"),
        (received.earlier > 0, "major", "重复投诉 / not the first complaint"),
    )
    return next(((severity, because) for applies, severity, because in reasons if applies), ("general", ""))


@step(rule="CP-3", title="登记严重程度 / enter the severity")
def enter_severity(severity: str, department: str, *, books: Books) -> None:
    """As the service lead confirmed it, with the department in charge (CP-5)."""
    books.write("severity", severity)
    books.write("department", department)


@step(rule="CP-6", title="登记原因 / enter the cause")
def enter_cause(department: str, analysis: Analysis, *, books: Books) -> None:
    """The cause, its kind for the figures; a supplier's part is linked to that supplier (SV-12)."""
    books.write("department", department)
    books.write("cause", analysis.model_dump(mode="json", exclude={"question", "supplier"}))
    if analysis.cause_kind:
        found = {"category": analysis.cause_kind, "cause": analysis.named("cause_kind")}
        books.write("cause_found", found | {"department": DEPARTMENTS[department]})
    if analysis.supplier:
        books.write("supplier", analysis.supplier)


@step(rule="CP-8", title="登记答复 / enter the answer")
def enter_answer(verdict: str, remedy: str, cost: str, cause: dict[str, str] | None = None, *, books: Books) -> None:
    """Verdict, remedy and cost for the figures, and when the customer was answered; the cause where the short path has
    named one.
    """
    if cause:
        books.write("cause_found", cause)
    for name, value in (("verdict", verdict), ("remedy", remedy), ("cost", cost)):
        books.write(name, value)
    books.write("answered_at", books.now.isoformat())


@step(rule="CP-9", title="登记完成时间 / enter when it was solved")
def enter_solved(done_on: date | None, *, books: Books) -> datetime:
    """When it was solved, which is measured here; and from which morning on the customer is asked (CP-11)."""
    books.write("solved_at", books.now.isoformat())
    if done_on:
        books.write("remedy_on", done_on.isoformat())
    return books.now


@step(rule="CP-8", title="是否仍可申诉 / see whether an appeal is still open")
def may_appeal(*, books: Books) -> bool:
    """Once for a complaint, in whatever round, and however it was ruled (CP-10)."""
    return books.latest("appeal") is None


@step(rule="CP-10", title="登记申诉 / enter the appeal")
def enter_appeal(reason: str, granted: bool, *, books: Books) -> datetime:
    """What it came to, and when."""
    books.write("appeal", {"reason": reason, "granted": granted})
    return books.now


@dataclass(frozen=True)
class Later:
    """A case to be opened, and when."""

    at: datetime
    input: dict[str, Any]


@step(rule="CP-11", title="安排回访 / book the follow-up")
def follow_up(complaint: Complaint, rounds: int, policy: Policy, *, books: Books) -> Later:
    """After so many days the customer is asked, whichever round it was."""
    plain = complaint.model_dump(mode="json", include={"contact", "customer", "owner"})
    at = books.now + timedelta(days=policy.number("complaint_follow_up"))
    return Later(at, plain | {"complaint": books.case, "about": complaint.case_title[:300], "round": rounds})


@step(rule="CP-12", title="是否需要纠正措施 / see whether a corrective action is due")
def corrective_input(
    complaint: Complaint, received: Received, found: Found | None, policy: Policy, *, books: Books
) -> dict[str, Any] | None:
    """The case to open if what was upheld is major, about safety, or one too many alike; once for a complaint.

    Where nobody has looked for the cause, on the short path, the head of quality does so there.
    """
    many = received.alike >= policy.number("complaint_alike_count")
    is_grave = complaint.safety or (found is not None and found.severity in ("major", "urgent"))
    if books.latest("verdict") == "not_upheld" or not (is_grave or many):
        return None
    if complaints.has_booked(books, "corrective_action"):
        return None
    quality = next(iter(books.directory.with_role("head_of_quality")), None)
    head = books.person(books.answered_by("analysis")) if found else quality
    cause = {"cause": found.analysis.cause, "not_caught": found.analysis.not_caught} if found else {}
    owner = head.email if head else str(complaint.owner)
    return {
        "complaint": books.case, "what": complaint.what[:2000], "product": complaint.product, **cause, "owner": owner
    }  # fmt: skip


def is_product_fault(complaint: Complaint) -> bool:
    """CP-4: whether anything is to be stopped."""
    return complaint.kind in PRODUCT_FAULTS or complaint.safety
