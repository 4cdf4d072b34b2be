"""What the engine itself does about a corrective action (CP-12)."""

from datetime import datetime, timedelta

from crm_workflows import Books, Policy, Shown, step
from flows.corrective_action.elements import Measure
from flows.corrective_action.subject import ToCorrect

NOT_BEFORE, NOT_AFTER = 60, 90
"""Days between which the effect is looked at, whatever the policy says."""


@step(rule="CP-12", title="登记纠正措施 / enter the corrective action")
def enter_measure(measure: Measure, policy: Policy, *, books: Books) -> datetime:
    """When its effect is looked at."""
    books.write("corrective_action", measure.model_dump(mode="json"))
    days = min(max(policy.number("corrective_check"), NOT_BEFORE), NOT_AFTER)
    return books.morning_of(books.today + timedelta(days=days))


def to_correct_facts(wanted: ToCorrect, measure: Measure | None = None) -> Shown:
    """What is to be corrected, and what was done about it."""
    return Shown((*wanted.facts(leave_out=("owner",)), *(measure.facts() if measure else ())))
