"""The kinds of tables that can be imported, by the word of the command. It holds no rules."""

from typing import Final

from crm_workflows.business.imports.arriving import COMPLAINTS
from crm_workflows.business.imports.belonging import CONTACTS, CONTACTS_MADE, CONTRACTS, ORDERS
from crm_workflows.business.imports.paying import PAYMENTS
from crm_workflows.business.imports.receiving import RECEIPTS
from crm_workflows.business.imports.recognising import SUPPLIERS
from crm_workflows.business.imports.register import CUSTOMERS
from crm_workflows.business.imports.table import Kind

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (CUSTOMERS, CONTACTS, CONTRACTS, ORDERS, PAYMENTS, CONTACTS_MADE, COMPLAINTS, SUPPLIERS, RECEIPTS)
}
