"""What the engine itself does about an improvement (CB-8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from crm_workflows import Books, Fact, Policy, Shown, step
from flows.improvement.elements import Improved
from flows.improvement.subject import ToImprove


@dataclass(frozen=True)
class Dates:
    """The end of the day by which it is to be done; afterwards it is late."""

    over_at: datetime


@step(rule="CB-8", title="计算完成期限 / work out the date")
def dates_of(wanted: ToImprove, *, books: Books) -> Dates:
    """The day counts to its end, in the company's zone."""
    return Dates(books.morning_of(wanted.by + timedelta(days=1)))


@step(rule="CB-8", title="登记改进 / enter what was done")
def enter_improvement(done: Improved, policy: Policy, *, books: Books) -> datetime:
    """When its effect is looked at."""
    books.write("improvement", done.model_dump(mode="json"))
    return books.morning_of(books.today + timedelta(days=policy.number("improvement_check")))


def wanted_facts(wanted: ToImprove, done: Improved | None = None) -> Shown:
    """What is to be improved, and what was done about it."""
    return Shown(
        (
            *wanted.facts(leave_out=("owner", "asked_by")),
            *((Fact("做了什么 / What was done", done.measure),) if done else ()),
        )
    )
