"""The other direction: what is kept, in the columns in which it comes in, so that a file goes out and in unchanged."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from crm_workflows.business import tags
from crm_workflows.business.customers import INDUSTRIES
from crm_workflows.business.imports.belonging import CONTACT_KINDS, LANGUAGES
from crm_workflows.business.imports.table import Kind
from crm_workflows.domain.records import (
    ContactMade,
    Customer,
    CustomerContact,
    CustomerContract,
    CustomerInvoice,
    CustomerOrder,
    GoodsReceived,
    Supplier,
)
from crm_workflows.domain.text import in_language
from crm_workflows.engine.ports import Reader

Values = dict[str, Any]
RECORDS: Final[dict[str, type]] = {
    "customers": Customer,
    "contacts": CustomerContact,
    "contracts": CustomerContract,
    "orders": CustomerOrder,
    "payments": CustomerInvoice,
    "contacts-made": ContactMade,
    "suppliers": Supplier,
    "receipts": GoodsReceived,
}
NAMED: Final = {"industry": INDUSTRIES, "language": LANGUAGES, "kind": CONTACT_KINDS}
COLUMNS: Final[dict[str, dict[str, str]]] = {
    "customers": {"last_contact": "last_contact_at"},
    "contracts": {"signed_on": "signed_at", "ends_on": "ends_at"},
    "orders": {"ordered_on": "ordered_at", "delivered_on": "delivered_at"},
    "payments": {"due_on": "due_at", "paid_on": "paid_at"},
    "contacts-made": {"on": "at"},
    "receipts": {"received_on": "received_at", "order": "order_number", "promised_on": "promised_at"},
}
"""Columns of a table that have another name in the register."""
ELSEWHERE: Final = {
    "customers": ("contact", "phone", "email", "not_the_same"),
    "orders": ("currency",),
    "payments": ("currency",),
    "contacts-made": ("summary", "satisfaction"),
    "suppliers": (
        "valid_until", "owner", "contact", "email", "goods", "yearly_amount", "phone", "recognised_on",
        "certificate_expires_on", "business_licence_expires_on", "not_the_same",
    ),
    "receipts": ("currency",),
}  # fmt: skip
"""Columns that are no column of the record: people go out as people, the rest is taken from another one."""
DETAILED: Final = ("contacts-made", "suppliers")
"""Whose details hold such columns."""


def leaving(reader: Reader, kind: Kind, zone: str) -> Iterator[list[str]]:
    """One row a record, in the order of the kind's columns; days are days in that zone. None of what became a case."""
    if kind.name not in RECORDS:
        return
    renamed, elsewhere = COLUMNS.get(kind.name, {}), ELSEWHERE.get(kind.name, ())
    names = [column.name for column in kind.columns if column.name not in elsewhere]
    wanted = [renamed.get(name, name) for name in names] + (["details"] if kind.name in DETAILED else [])
    for found in reader.columns(RECORDS[kind.name], *wanted):
        values: Values = dict(zip([*names, "details"], found, strict=False))
        told = _told(values.get("details") or {})
        values |= {name: told.get(name) for name in elsewhere}
        if "currency" in elsewhere:
            values["amount"], _, values["currency"] = str(values["amount"]).partition(" ")
        yield [_shown(column.name, values.get(column.name), ZoneInfo(zone)) for column in kind.columns]


def _told(details: Values) -> Values:
    """Details by column: whom to write to at a supplier, and an amount without its currency."""
    contact, amount = details.get("contact") or {}, details.get("yearly_amount") or {}
    whom = {"contact": contact.get("name"), "email": contact.get("email"), "phone": contact.get("phone")}
    return details | whom | {"yearly_amount": amount.get("amount")}


def _shown(name: str, value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if name == "tags":
        return tags.listed(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.astimezone(zone).date().isoformat()
    return in_language(NAMED[name].get(value, value), "zh") if name in NAMED else str(value)
