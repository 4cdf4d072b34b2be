"""What about a complaint is shown to those who judge it, and told to the customer. It decides nothing."""

from dataclasses import dataclass, replace

from crm_workflows import Fact, Shown, Words
from flows.complaint_resolution.forms import DEPARTMENTS, REMEDIES, SEVERITIES, VERDICTS, FirstReply, Reply, ShortAnswer
from flows.complaint_resolution.solving_forms import Analysis, Containment, Solution
from flows.complaint_resolution.subject import Complaint

BECAUSE = "理由 / Because"
ACKNOWLEDGED = Words(
    "您的投诉已受理 / We have received your complaint",
    "感谢您告知。我们已开始处理，并将在下列时间前给您首次答复。如需补充，请直接回复本邮件。 / "
    "Thank you for telling us. We are looking into it, and you will have a first answer by the time below. "
    "To add something, just reply to this mail.",
)
AGAIN = Words(
    "我们重新处理您的投诉 / We have taken your complaint up again",
    "很抱歉上次的处理没有让您满意。我们已重新受理，并将在下列时间前给您首次答复。 / "
    "We are sorry that you were not satisfied. We have taken it up again, and you will have a first answer by the "
    "time below.",
)
FIRST = Words(
    "关于您的投诉 / About your complaint",
    "我们正在处理您的投诉，以下是初步答复。 / We are working on your complaint; this is our first answer.",
)
FINAL = Words(
    "对您投诉的答复 / Our answer to your complaint",
    "以下是我们的最终答复；您的申诉已经复议过。 / This is our final answer; your appeal has been heard.",
)
STANDS = Words(
    "对您申诉的答复 / Our answer to your appeal",
    "另一位负责人已复议您的申诉，维持原答复。 / Somebody else has looked at it again; our answer stands.",
)


@dataclass(frozen=True)
class Found:
    """What is known of a complaint on the full path: severity, department in charge, and the cause."""

    severity: str
    department: str
    analysis: Analysis
    shown: Shown


def complaint_facts(complaint: Complaint, severity: str, *, rule: str = "", reason: str = "") -> Shown:
    """The complaint with its severity, and why: by which `rule` (a label), or for the `reason` that somebody wrote."""
    named = Fact.named("严重程度 / Severity", SEVERITIES[severity])
    by_rule = (Fact.named(BECAUSE, rule),) if rule else ()
    said = (Fact(BECAUSE, reason),) if reason else ()
    return Shown((named, *by_rule, *said, *complaint.shown().facts))


def with_facts(shown: Shown, *more: Fact) -> Shown:
    """The same with further facts before it."""
    return Shown((*more, *shown.facts))


def asked_and_said(question: str, answer: str | None) -> Fact:
    """A question to the customer and its answer."""
    said = answer if answer is not None else "—"
    return Fact("问客户的问题和答复 / Asked and answered", f"{question}\n→ {said}")


def question_fact(question: str) -> Shown:
    """What the customer is asked; nothing else of the case."""
    return Shown((Fact("问题 / Question", question),))


def appeal_fact(reason: str) -> Fact:
    """Why the customer appeals."""
    return Fact("客户申诉的理由 / Why the customer appeals", reason)


def reason_in(reply: Reply | None) -> str:
    """Why the customer appeals; empty where it accepts or says nothing."""
    return reply.reason if reply and reply.verdict == "appeal" else ""


def first_words(first: FirstReply) -> Words:
    """The first answer."""
    return replace(FIRST, shows=Shown((Fact("首次答复 / First answer", first.reply),)))


def appeal_words(reason: str) -> Words:
    """That the answer stands, and why."""
    return replace(STANDS, shows=Shown((Fact("理由 / Reason", reason),)))


def department_fact(department: str) -> Fact:
    """The department in charge."""
    return Fact.named("责任部门 / Department in charge", DEPARTMENTS[department])


def cause_facts(department: str, analysis: Analysis, contained: Containment | None) -> tuple[Fact, ...]:
    """What was found and stopped."""
    stopped = contained.facts() if contained else ()
    return (department_fact(department), *analysis.facts(leave_out=("question",)), *stopped)


def solution_facts(solution: Solution) -> tuple[Fact, ...]:
    """What is proposed."""
    return solution.facts(leave_out=("question",))


def answer_facts(answer: ShortAnswer | Solution) -> Shown:
    """What the customer is answered: the result, what we do about it, and the words."""
    remedy = (Fact.named("处理措施 / What we do", REMEDIES[answer.remedy]),) if answer.remedy != "none" else ()
    result = Fact.named("处理结论 / Result", VERDICTS[str(answer.verdict)])
    return Shown((result, *remedy, Fact("答复 / Answer", answer.answer)))


def appeal_within(days: int) -> Fact:
    """That an appeal is possible, for how long, and what silence means (CP-10)."""
    zh = f"请在 {days} 天内回复“申诉”并写明理由；逾期未回复视为接受"
    en = f"reply “appeal” with your reasons within {days} days; if we do not hear from you, we take it as accepted"
    return Fact("如不接受 / If you do not accept", zh, en)
