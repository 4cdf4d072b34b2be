"""What is known of complaints (CP-1, CP-3, CP-12): of the same customer or sender, and alike.

Functions take the open `Books` of a step; they must not decide what a complaint leads to.
"""

from datetime import datetime
from typing import Any, Final

from crm_workflows.business.callbacks import record_contact
from crm_workflows.business.complaint_register import About
from crm_workflows.domain.records import Booking, CaseRow, ComplaintEntry, Customer
from crm_workflows.engine.steps import Books

KIND: Final = "complaint"
"""As which a complaint stands among the contacts made with a customer."""
SAID: Final = 500


def tier_of(books: Books, customer: str) -> str:
    """The tier of a customer in the register; empty for somebody unknown."""
    found = books.tx.get(Customer, customer) if customer else None
    return found.tier if found else ""


def note_contact(books: Books, customer: str, by: str, said: str) -> None:
    """A complaint, and its follow-up, is a real contact (CB-1); nothing for somebody who is not in the register."""
    if tier_of(books, customer):
        record_contact(books, customer, KIND, by, reached=True, details={"summary": said[:SAID]})


def count_of(books: Books, about: About, since: datetime) -> int:
    """How many complaints of this customer, else of this sender, were opened since then, this one apart."""
    entry = about.entry(books.case, since)
    whose = {"customer": entry.customer} if entry.customer else {"sender": entry.sender}
    return len(_others(books, since, **whose)) if any(whose.values()) else 0


def count_alike(books: Books, kind: str, about: About, since: datetime) -> int:
    """How many complaints of this kind about the product were opened since then, this one too."""
    product = about.entry(books.case, since).product
    found = _others(books, since, product=product) if product else []
    return 1 + len([row for row in found if row.subject["kind"] == kind])


def has_booked(books: Books, relation: str) -> bool:
    """Whether this case has opened such a case before, or is about to."""
    return any(one.is_open or one.opened for one in books.tx.find(Booking, case=books.case, relation=relation))


def _others(books: Books, since: datetime, **equals: Any) -> list[CaseRow]:
    """By the register of complaints, in which one that was joined to another does not stand; cancelled ones apart."""
    held = [one for one in books.tx.find(ComplaintEntry, **equals) if one.opened_at >= since and one.case != books.case]
    rows = (books.tx.get(CaseRow, one.case) for one in held)
    return [row for row in rows if row is not None and row.status != "cancelled"]
