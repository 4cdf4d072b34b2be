"""Which table keeps which record of domain/records.py; the tables stand in tables_*.py. No queries here.

Columns stand in the order of the record's fields. There are no foreign keys: they would lock case rows that another
worker holds, and only the engine writes (docs/decisions/0005-plain-rows.md).
"""

from typing import Final

from sqlalchemy import Table

from crm_workflows.adapters.database import tables_access, tables_cases, tables_company, tables_customers, tables_mail
from crm_workflows.adapters.database.columns import METADATA
from crm_workflows.domain import records

__all__ = ["METADATA", "TABLES"]

TABLES: Final[dict[type, Table]] = {
    records.CaseRow: tables_cases.cases,
    records.JournalEntry: tables_cases.journal,
    records.Request: tables_cases.requests,
    records.Assignee: tables_cases.assignees,
    records.Decision: tables_cases.decisions,
    records.Document: tables_cases.documents,
    records.Blob: tables_mail.blobs,
    records.Message: tables_mail.messages,
    records.InboundMail: tables_mail.inbound_mails,
    records.MailboxMail: tables_mail.mailbox_mails,
    records.Watermark: tables_mail.watermarks,
    records.ReturnedAddress: tables_mail.returned_addresses,
    records.Digest: tables_mail.digests,
    records.AuditEntry: tables_cases.audit,
    records.Checkpoint: tables_cases.checkpoints,
    records.Link: tables_cases.links,
    records.Booking: tables_cases.bookings,
    records.CaseClock: tables_cases.clocks,
    records.Number: tables_cases.numbers,
    records.ConfigVersion: tables_company.config_versions,
    records.Meta: tables_company.meta,
    records.Duty: tables_company.duties,
    records.ProcedureSource: tables_company.procedure_sources,
    records.Move: tables_cases.moves,
    records.ImportRun: tables_company.import_runs,
    records.Supplier: tables_company.suppliers,
    records.SupplierStanding: tables_company.supplier_standings,
    records.GoodsReceived: tables_company.goods_received,
    records.Customer: tables_customers.customers,
    records.CustomerContact: tables_customers.contacts,
    records.CustomerOrder: tables_customers.orders,
    records.CustomerContract: tables_customers.contracts,
    records.CustomerInvoice: tables_customers.invoices,
    records.ContactMade: tables_customers.contacts_made,
    records.ComplaintEntry: tables_customers.complaints,
    records.CallbackEvent: tables_customers.callback_events,
    records.Round: tables_customers.rounds,
    records.SurveyInvitation: tables_customers.invitations,
    records.WantedReview: tables_customers.wanted_reviews,
    records.RoundRun: tables_customers.round_runs,
    records.DueCallback: tables_customers.due_callbacks,
    records.BusinessRow: tables_cases.business_rows,
    records.SignInCode: tables_access.codes,
    records.Pass: tables_access.passes,
}
