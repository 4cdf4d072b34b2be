"""What is known of complaints (CP-1, CP-3, CP-12): of the same customer or sender, and alike.

Functions take the open `Books` of a step; they must not decide what a complaint leads to.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from crm_workflows.business.callbacks import record_contact
from crm_workflows.business.complaint_register import PROCESS
from crm_workflows.domain.records import Booking, CaseRow, Customer
from crm_workflows.engine.ports import CaseFilter
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


def count_of(books: Books, sender: str, since: datetime) -> int:
    """How many complaints of this sender, a customer code or an address, were opened since then, this one apart."""
    return sum(1 for _ in _others(books, sender, since))


def count_alike(books: Books, kind: str, product: str, since: datetime) -> int:
    """How many complaints of this kind about the product were opened since then, this one too."""
    if not product:
        return 1
    return 1 + sum(
        1
        for row in _others(books, product, since)
        if row.subject["kind"] == kind and row.subject["product"].casefold() == product.casefold()
    )


def has_booked(books: Books, relation: str) -> bool:
    """Whether this case has opened such a case before, or is about to."""
    return any(one.is_open or one.opened for one in books.tx.find(Booking, case=books.case, relation=relation))


def _others(books: Books, text: str, since: datetime) -> Iterator[CaseRow]:
    wanted = CaseFilter(process=PROCESS, text=text.lower(), opened_from=since)
    found = books.tx.search_cases(wanted)
    return (row for row in found if row.code != books.case and row.status != "cancelled")
