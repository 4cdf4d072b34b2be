"""The rows of suppliers: the register, where each stood when, and what they delivered. They must not hold behaviour."""

from datetime import datetime
from typing import TYPE_CHECKING

from crm_workflows.domain.records.json import Json

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from crm_workflows.domain.records.quick import dataclass


@dataclass(frozen=True, slots=True)
class Supplier:
    """One line of the supplier register (SV-10)."""

    code: str
    category: str
    name: str
    credit_code: str
    status: str
    registered_at: datetime
    case: str | None = None
    supplier_class: str | None = None
    payment: Json = None
    details: Json = None


@dataclass(frozen=True, slots=True)
class SupplierStanding:
    """Where a supplier stands from the beginning of that day on, until the next of these (SV-12)."""

    supplier: str
    since: datetime
    status: str
    ends_at: datetime | None = None
    """When the recognition is over: the midnight after its last day."""


@dataclass(frozen=True, slots=True)
class GoodsReceived:
    """A line of a delivery; a day stands as its noon."""

    supplier: str
    """Its code; of whoever was not in the register then the credit code, else the name."""
    received_at: datetime
    number: str
    """Of the receipt; it, or the order, may be empty."""
    order_number: str
    goods: str
    amount: str
    """As `Money` writes it."""
    quantity: str | None = None
    rejected: str | None = None
    """Of the quantity; None where nobody has looked yet."""
    promised_at: datetime | None = None
