"""Plans for A customers (RP-5): which customers have none, and the plan in the register. It must not judge a plan."""

from collections.abc import Iterator
from typing import Any, Final

from crm_workflows.business.customers import Somebody, change, held, people_in
from crm_workflows.domain.records import UNFINISHED, Booking, CaseRow, Customer
from crm_workflows.engine.steps import Books

PROCESS: Final = "customer-plan"


def without_plan(books: Books) -> Iterator[dict[str, Any]]:
    """The input of a plan for each active A customer that has neither one under way nor one booked."""
    under_way = books.tx.columns(CaseRow, "subject", process=PROCESS, status=UNFINISHED)
    booked = books.tx.columns(Booking, "input", process=PROCESS, is_open=True)
    planned = {str(said["customer"]) for (said,) in (*under_way, *booked)}
    for row in books.tx.find(Customer, status="active", tier="A"):
        if row.code not in planned:
            known = people_in(books.tx, row.code) or (Somebody(row.name, "", ""),)
            who = next((one for one in known if one.email), known[0])
            # Who has no address is spoken to by the account manager, as in every review (`reviews.input_of`).
            yield {
                "company": row.name, "customer": row.code, "owner": row.owner,
                "contact": {"name": who.name, "email": who.email or row.owner, "phone": who.phone,
                            "language": who.language, "part": who.part},
            }  # fmt: skip


def enter(books: Books, code: str, plan: dict[str, Any]) -> None:
    """Keep the plan with the customer, in the place of the one before."""
    details = held(books, code).details or {}
    kept = plan | {"case": books.case, "on": books.today.isoformat()}
    change(books, code, details=details | {"plan": kept})
    books.write("plan", kept)


def known(row: Customer) -> dict[str, Any]:
    """The plan that holds; empty without one."""
    return dict((row.details or {}).get("plan") or {})
