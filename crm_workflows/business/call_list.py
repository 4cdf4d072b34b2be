"""Whom one person is to call now (CB-3), as a page shows it: open callbacks, the latest overdue first.

It reads only, and must not record anything.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

from crm_workflows.business.callbacks import RECORD_TASK, WHOM
from crm_workflows.domain.records import Assignee, CaseRow, Customer, CustomerContact, Request
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader

MOST: Final = 100
"""More calls than anybody makes in a day."""
SHOWN_ABOVE: Final = 2
"""The first facts of a callback, customer and tier, stand in the heading of a line."""


@dataclass(frozen=True)
class Call:
    """One callback to be made; `facts` say why now, `people` are those to be tried, the one asked for first."""

    request: Request
    case: CaseRow
    customer: Customer | None
    people: tuple[CustomerContact, ...]
    facts: tuple[Fact, ...]
    has_namesake: bool
    """Whether another customer of the same list bears the name, so that it alone does not say whom to call."""


def to_call(engine: Engine, address: str) -> list[Call]:
    """The callbacks that this person is asked to make, the earliest due first."""
    person = engine.staff.directory().person(address)
    addresses = list(person.emails) if person else [address.strip().lower()]
    with engine.store.read() as reader:
        asked = [one.request for one in reader.find(Assignee, person=addresses, is_active=True)]
        found = reader.find(Request, id=asked, name=RECORD_TASK, status="open", order="due_at", limit=MOST)
        return _with_customers(reader, found)


def _with_customers(reader: Reader, requests: list[Request]) -> list[Call]:
    """Three look-ups, however many calls."""
    cases = {row.code: row for row in reader.find(CaseRow, code=[one.case for one in requests])}
    codes = [str(row.subject.get("customer", "")) for row in cases.values()]
    customers = {row.code: row for row in reader.find(Customer, code=codes)}
    people: dict[str, list[CustomerContact]] = defaultdict(list)
    for contact in reader.find(CustomerContact, customer=codes, is_active=True, order=("customer", "n")):
        people[contact.customer].append(contact)
    names = Counter(row.title for row in cases.values())
    calls = []
    for request in requests:
        row = cases[request.case]
        code = str(row.subject.get("customer", ""))
        facts = Shown.from_json(request.shows).facts
        whom = next((fact.value for fact in facts if fact.label == WHOM), "")
        # Another contact is asked for with every try (CB-5); the others may be called as well.
        in_turn = sorted(people[code], key=lambda one: one.phone not in whom or one.name not in whom)
        shown = tuple(fact for fact in facts[SHOWN_ABOVE:] if fact.label != WHOM)
        has_namesake = names[row.title] > 1
        calls.append(Call(request, row, customers.get(code), tuple(in_turn), shown, has_namesake))
    return calls
