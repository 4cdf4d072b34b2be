"""Everything that is kept of one customer, put together for a reader. It must not change anything."""

from dataclasses import dataclass
from typing import Final

from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.records import (
    CaseRow,
    ContactMade,
    Customer,
    CustomerContact,
    CustomerContract,
    CustomerInvoice,
    CustomerOrder,
)
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.ports import CaseFilter, Reader

LATEST: Final = 50
"""So many of each kind; a customer of many years has more than a page can show."""


@dataclass(frozen=True)
class CustomerFile:
    """The line of the register with what belongs to it, the latest of each kind first."""

    row: Customer
    people: list[CustomerContact]
    contacts_made: list[ContactMade]
    orders: list[CustomerOrder]
    invoices: list[CustomerInvoice]
    contracts: list[CustomerContract]
    cases: list[CaseRow]


def customer_file(reader: Reader, code: str) -> CustomerFile:
    """All of one customer; raises NotFound."""
    row = reader.get(Customer, code)
    if row is None:
        raise NotFound(bilingual(f"客户名册中没有 {code}", f"there is no customer {code} in the register"))
    return CustomerFile(
        row,
        reader.find(CustomerContact, customer=code, order="n"),
        reader.find(ContactMade, customer=code, order="n", descending=True, limit=LATEST),
        reader.find(CustomerOrder, customer=code, order="ordered_at", descending=True, limit=LATEST),
        reader.find(CustomerInvoice, customer=code, order="due_at", descending=True, limit=LATEST),
        reader.find(CustomerContract, customer=code, order="signed_at", descending=True, limit=LATEST),
        cases_of(reader, row),
    )


def cases_of(reader: Reader, row: Customer) -> list[CaseRow]:
    """Its onboarding and every case whose subject names its code, latest first."""
    found = reader.search_cases(CaseFilter(text=row.code.lower(), limit=LATEST))
    own = [case for case in found if row.code in case.subject.values()]
    onboarding = reader.get(CaseRow, row.case) if row.case else None
    return [*own, onboarding] if onboarding and onboarding.code not in {case.code for case in own} else own
