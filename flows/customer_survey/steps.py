"""What the engine itself does about a survey (CB-8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_workflows import Books, Fact, Policy, Shown, bilingual, step, surveys
from flows.customer_survey.elements import Finding
from flows.customer_survey.subject import CustomerSurvey

PER_CENT = 100
LISTED = 20


@dataclass(frozen=True)
class Invited:
    """How many were written to, and when the survey closes."""

    count: int
    closes_at: datetime


@step(rule="CB-8", title="发出调查 / send the survey", sends="survey")
def invite(survey: CustomerSurvey, policy: Policy, *, books: Books) -> Invited:
    """To one person of every active customer that may be written to; open to the end of its last day."""
    closes_at = books.morning_of(books.today + timedelta(days=policy.number("survey_open") + 1))
    tier = "" if survey.tier == "all" else survey.tier
    count = surveys.invite(books, title=survey.title, tier=tier, closes_at=closes_at)
    return Invited(count, closes_at)


@step(rule="CB-8", title="统计答复 / count the answers")
def count_answers(survey: CustomerSurvey, *, books: Books) -> surveys.Tally:  # noqa: ARG001 - a step is about its case
    """The last answer of each before the survey closed."""
    return surveys.tally(books)


def result_facts(survey: CustomerSurvey, found: surveys.Tally) -> Shown:
    """What a survey came to."""
    grades = ", ".join(f"{grade}: {count}" for grade, count in found.by_grade.items())
    tiers = ", ".join(f"{tier} {_share(good, many)} ({good}/{many})" for tier, (many, good) in found.by_tier.items())
    return Shown(
        (
            Fact("调查 / Survey", survey.title),
            Fact("发出与答复 / Asked and answered", f"{found.asked} / {found.answered}"),
            Fact("满意率（4–5 分） / Satisfied (4 and 5)", _share(found.satisfied, found.answered)),
            Fact("各分值 / By grade", grades),
            Fact("各等级满意率 / Satisfied by tier", tiers or "—"),
            Fact("不满意的答复 / Unhappy answers", "\n".join(found.unhappy[:LISTED]) or "—"),
            Fact("半年内不满意的回访 / Bad callbacks of the half year", str(found.bad_callbacks)),
        )
    )


def _share(part: int, whole: int) -> str:
    return f"{round(PER_CENT * part / whole)} %" if whole else "—"


def improvement_input(survey: CustomerSurvey, finding: Finding) -> dict[str, Any]:
    """The case in which somebody improves what was found."""
    plain = finding.model_dump(mode="json")
    return {
        "what": plain["what"], "department": plain["department"], "by": plain["by"], "owner": plain["person"],
        "found_in": survey.title, "asked_by": str(survey.owner),
    }  # fmt: skip


@dataclass(frozen=True)
class Next:
    """The next survey."""

    at: datetime | None
    """None where one is booked already: whoever starts one by hand does not begin a second row."""
    input: dict[str, Any]


@step(rule="CB-8", title="安排下次调查 / book the next survey")
def next_survey(survey: CustomerSurvey, *, books: Books) -> Next:
    """Six months after this one began."""
    at = None if surveys.is_booked(books, survey.tier) else books.morning_of(books.today + surveys.HALF_A_YEAR)
    return Next(at, survey.model_dump(mode="json"))


def nobody(count: int) -> str:
    """Why a survey ended at once; empty where somebody was asked."""
    return "" if count else bilingual("没有可以发送调查的客户", "there is no customer to send a survey to")
