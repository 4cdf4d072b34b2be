"""What the engine itself does as a complaint is followed up (CP-11)."""

from crm_workflows import Books, Fact, Shown, complaints, step
from flows.complaint_follow_up.subject import ToFollowUp


@step(rule="CP-11", title="登记满意度 / enter the satisfaction")
def enter_satisfaction(asked: ToFollowUp, grade: str, comment: str, *, books: Books) -> None:
    """It stands with the customer too, as the callback that it is (CB-1)."""
    books.write("complaint", asked.complaint)
    books.write("satisfaction", {"grade": int(grade), "comment": comment})
    complaints.note_contact(books, asked.customer, str(asked.owner), f"{grade} {comment}".strip())


def follow_up_facts(asked: ToFollowUp, *more: Fact) -> Shown:
    """Which complaint it is, and whom to call."""
    who = asked.contact
    reach = " · ".join(part for part in (who.name, who.phone, str(who.email or "")) if part)
    return Shown((*more, *asked.facts(leave_out=("contact", "owner")), Fact("致电 / Call", reach)))
