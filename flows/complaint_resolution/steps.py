"""What the engine itself does about a complaint, step by step, each named by its rule."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crm_workflows import Books, Fact, Policy, Shown, Words, step
from crm_workflows import complaints as register
from flows.complaint_resolution.forms import SEVERITIES
from flows.complaint_resolution.subject import Complaint

ACKNOWLEDGED = Words(
    "您的投诉已受理 / We have received your complaint",
    "感谢您告知。我们已开始处理，并将在下列时间前给您首次答复。如需补充，请直接回复本邮件。 / "
    "Thank you for telling us. We are looking into it, and you will have a first answer by the time below. "
    "To add something, just reply to this mail.",
)


@dataclass(frozen=True)
class Received:
    """What is known about a complaint as it comes in, and the severity that follows by rule (CP-3)."""

    since: datetime
    tier: str
    alike: int
    """Earlier complaints of the same sender or customer within the policy's days."""
    severity: str
    because: str
    """Why it is not general, a label; empty where it is."""
    is_short: bool
    """Whether one person can answer and remedy it (CP-3)."""


@step(rule="CP-1", title="受理投诉 / receive the complaint", after_amendment="again")
def receive(complaint: Complaint, policy: Policy, *, books: Books) -> Received:
    """The customer's tier and earlier complaints, and the severity by rule: safety or press first, then the rest."""
    tier = register.tier_of(books, complaint.customer)
    since = books.now - timedelta(days=policy.number("complaint_alike_days"))
    sender = complaint.customer or str(complaint.contact.email or complaint.contact.phone or complaint.contact.name)
    alike = register.count_of(books, sender, since)
    severity, because = _severity(complaint, tier, alike, policy)
    is_short = severity == "general" and complaint.amount <= policy.amount("complaint_short_up_to")
    books.write("severity", severity)
    return Received(complaint.since(books.now), tier, alike, severity, because, is_short)


def _severity(complaint: Complaint, tier: str, alike: int, policy: Policy) -> tuple[str, str]:
    """CP-3: the first reason that applies, gravest first."""
    reasons = (
        (complaint.safety, "urgent", "涉及安全 / safety"),
        (complaint.press, "urgent", "涉及媒体 / the press"),
        (complaint.legal, "major", "涉及法律 / legal"),
        (complaint.amount > policy.amount("complaint_major_above"), "major", "金额较大 / the amount"),
        (tier == "A", "major", "A 级客户 / a customer of tier A"),
        (alike > 0, "major", "重复投诉 / not the first complaint"),
    )
    return next(((severity, because) for applies, severity, because in reasons if applies), ("general", ""))


@step(rule="CP-2", title="撰写受理回执 / write the acknowledgement")
def acknowledgement(complaint: Complaint, received: Received, policy: Policy, *, books: Books) -> Words:
    """Case code, who is in charge, and the next date (CP-2)."""
    person = books.person(str(complaint.owner))
    names = (person.shown_name("zh"), person.shown_name("en")) if person else (str(complaint.owner),) * 2
    by = received.since + timedelta(hours=policy.number(f"complaint_answer_{received.severity}"))
    facts = (
        Fact("投诉编号 / Your complaint", books.case),
        Fact("负责人 / Person in charge", *names),
        Fact.of("首次答复不晚于 / First answer by", books.local(by)),
    )
    return replace(ACKNOWLEDGED, shows=Shown(facts))


def severity_facts(complaint: Complaint, received: Received) -> Shown:
    """CP-3: the complaint, and why this severity is proposed."""
    proposed = Fact.named("建议的严重程度 / Proposed severity", SEVERITIES[received.severity])
    why = (Fact.named("理由 / Because", received.because),) if received.because else ()
    return Shown((proposed, *why, *complaint.shown().facts))


def answer_words(answer: str) -> Words:
    """CP-8: what the customer is told."""
    return Words("对您投诉的答复 / Our answer to your complaint", "", Shown((Fact("答复 / Answer", answer),)))


@step(rule="CP-9", title="登记处理结果 / enter the remedy")
def enter_result(verdict: str, remedy: str, cost: str, *, books: Books) -> datetime:
    """When it was solved, which is measured here; verdict, remedy and cost for the figures."""
    books.write("verdict", verdict)
    books.write("remedy", remedy)
    books.write("cost", cost)
    books.write("solved_at", books.now.isoformat())
    return books.now
