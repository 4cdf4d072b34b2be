"""What is known of complaints (CP-1, CP-3): of the same customer or sender, and alike.

Functions take the open `Books` of a step; they must not decide what a complaint leads to.
"""

from datetime import datetime
from typing import Final

from crm_workflows.domain.records import Customer
from crm_workflows.engine.ports import CaseFilter
from crm_workflows.engine.steps import Books

PROCESS: Final = "complaint-resolution"


def tier_of(books: Books, customer: str) -> str:
    """The tier of a customer in the register; empty for somebody unknown."""
    found = books.tx.get(Customer, customer) if customer else None
    return found.tier if found else ""


def count_of(books: Books, sender: str, since: datetime) -> int:
    """How many complaints of this sender, a customer code or an address, were opened since then, this one apart."""
    wanted = CaseFilter(process=PROCESS, text=sender.lower(), opened_from=since)
    return sum(1 for row in books.tx.search_cases(wanted) if row.code != books.case and row.status != "cancelled")
