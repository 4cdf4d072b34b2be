"""The tables, one for each class of domain/records.py, with the indexes that the port's queries need. No queries here.

Columns stand in the order of the record's fields. There are no foreign keys: they would lock case rows that another
worker holds, and only the engine writes (docs/decisions/0001-plain-rows.md).
"""

from typing import Final

from sqlalchemy import Column, Index, LargeBinary, MetaData, Table, UniqueConstraint
from sqlalchemy import text as sql

from crm_workflows.adapters.audit_guard import guard
from crm_workflows.adapters.columns import (
    flag,
    instant,
    integer,
    json,
    key,
    maybe_instant,
    maybe_text,
    one_of,
    text,
    where_set,
)
from crm_workflows.domain import records

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

cases: Final = Table(
    "cases",
    METADATA,
    *text("code", "process"),
    *integer("version"),
    *text("source_hash", "status"),
    *json("subject"),
    *text("title", "owner", "requester", "origin", "language"),
    *json("policy"),
    *instant("opened_at"),
    *maybe_text("idempotency_key"),
    *text("input_hash"),
    *maybe_text("outcome"),
    *maybe_instant("resolved_at", "closed_at"),
    *integer("fence", "journal_length", "request_count"),
    *maybe_instant("ready_at", "leased_until"),
    *maybe_text("leased_by"),
    *integer("failures"),
    *maybe_text("attention"),
    *integer("audit_length"),
    *text("audit_head", "search"),
    key("code"),
    UniqueConstraint("idempotency_key"),
    one_of("status", "running", "waiting", "closed", "needs_attention", "cancelled"),
    one_of("outcome", "approved", "rejected", "lapsed", "withdrawn", "resolved", "done"),
    where_set("cases", "ready_at"),
    Index(None, "opened_at"),
    Index(None, "owner", "opened_at"),
    Index(None, "status", "opened_at"),
)

journal: Final = Table(
    "journal",
    METADATA,
    *text("case"),
    *integer("n", "round"),
    *text("rule", "key", "kind"),
    *json("value"),
    *instant("at"),
    key("case", "n"),
    UniqueConstraint("case", "round", "key", "kind"),
    one_of("kind", "step", "open", "outcome", "back"),
)

requests: Final = Table(
    "requests",
    METADATA,
    *text("id", "case", "kind", "rule", "name", "title", "key"),
    *integer("round"),
    *text("status"),
    *instant("opened_at"),
    *integer("revision"),
    *maybe_instant("due_at", "remind_at"),
    *json("reminders"),
    *maybe_instant("reminded_at", "escalate_at", "escalated_at", "lapse_at"),
    *text("on_silence"),
    *json("shows"),
    *text("fingerprint"),
    *maybe_instant("closed_at"),
    *json("outcome"),
    key("id"),
    one_of("kind", "approval", "task", "documents", "timer"),
    Index(None, "case"),
    where_set("requests", "due_at", "status"),
    where_set("requests", "remind_at", "status"),
    where_set("requests", "escalate_at", "status"),
    where_set("requests", "lapse_at", "status"),
)

assignees: Final = Table(
    "assignees",
    METADATA,
    *text("request", "person", "case", "name", "role", "language", "nonce", "token_hash"),
    *instant("asked_at"),
    *maybe_text("deputy_for"),
    *flag("is_outside", "is_active"),
    key("request", "person"),
    UniqueConstraint("token_hash"),
    Index(None, "case"),
    Index("ix_assignees_inbox", "person", postgresql_where=sql("is_active"), sqlite_where=sql("is_active = 1")),
)

decisions: Final = Table(
    "decisions",
    METADATA,
    *text("request"),
    *integer("n"),
    *text("case", "decision", "by", "channel"),
    *flag("effective"),
    *instant("at"),
    *maybe_text("on_behalf_of"),
    *text("comment"),
    *json("answer"),
    *maybe_text("evidence"),
    key("request", "n"),
    Index(None, "case"),
)

documents: Final = Table(
    "documents",
    METADATA,
    *text("request"),
    *integer("n"),
    *text("case", "kind", "filename", "media_type"),
    *integer("size"),
    *text("sha256"),
    *instant("received_at"),
    *text("by", "channel"),
    *maybe_text("problem", "evidence"),
    key("request", "n"),
    Index(None, "case"),
    Index(None, "sha256"),
)

blobs: Final = Table("blobs", METADATA, *text("sha256"), Column("content", LargeBinary, nullable=False), key("sha256"))

messages: Final = Table(
    "messages",
    METADATA,
    *text("id", "case", "template", "recipient", "language"),
    *json("context"),
    *text("status", "message_id"),
    *instant("queued_at"),
    *maybe_instant("next_at"),
    *maybe_text("request"),
    *text("subject"),
    *maybe_text("in_reply_to"),
    *json("attachments"),
    *text("template_hash"),
    *integer("attempts"),
    *maybe_text("error"),
    *maybe_instant("sent_at"),
    Column("content", LargeBinary, nullable=True),
    *maybe_instant("claimed_until"),
    key("id"),
    UniqueConstraint("message_id"),
    one_of("status", "queued", "sending", "sent", "failed", "uncertain"),
    Index(None, "case"),
    Index(None, "status", "queued_at"),
    where_set("messages", "next_at"),
)

inbound_mails: Final = Table(
    "inbound_mails",
    METADATA,
    *text("id", "mailbox", "message_id", "sender", "subject"),
    *instant("received_at"),
    *integer("size"),
    *text("sha256", "status"),
    *json("recipients", "reading"),
    *text("why"),
    *maybe_text("case", "request"),
    *integer("attempts"),
    key("id"),
    one_of("status", "new", "applied", "receipt", "unclear", "refused", "automatic", "duplicate", "unreadable"),
    Index(None, "status", "received_at"),
    Index(None, "message_id"),
    Index(None, "case"),
)

mailbox_mails: Final = Table(
    "mailbox_mails",
    METADATA,
    *[*text("id"), *instant("at"), *text("sender"), *json("recipients"), *text("subject", "message_id")],
    *[*integer("size"), *text("sha256"), key("id")],
    Index(None, "message_id"),
)

watermarks: Final = Table("watermarks", METADATA, *text("mailbox"), *integer("uid_validity", "uid"), key("mailbox"))

audit: Final = Table(
    "audit",
    METADATA,
    *text("case"),
    *integer("n"),
    *instant("at"),
    *text("event", "actor"),
    *json("data"),
    *text("previous", "hash"),
    key("case", "n"),
)

links: Final = Table(
    "links", METADATA, *text("case", "other", "relation"), key("case", "other", "relation"), Index(None, "other")
)

bookings: Final = Table(
    "bookings",
    METADATA,
    *text("key", "case", "process", "relation"),
    *instant("due_at"),
    *json("input"),
    *maybe_text("opened"),
    *flag("is_open"),
    key("key"),
    Index(None, "case"),
    Index("ix_bookings_due", "due_at", postgresql_where=sql("is_open"), sqlite_where=sql("is_open = 1")),
)

numbers: Final = Table("numbers", METADATA, *text("series"), *integer("last"), key("series"))

config_versions: Final = Table(
    "config_versions",
    METADATA,
    *text("kind"),
    *integer("version"),
    *text("content"),
    *instant("applied_at"),
    *text("applied_by"),
    *json("changes"),
    key("kind", "version"),
)

meta: Final = Table("meta", METADATA, *text("key", "value"), key("key"))

suppliers: Final = Table(
    "suppliers",
    METADATA,
    *text("code", "category", "name", "credit_code", "status"),
    *instant("registered_at"),
    *maybe_text("case", "supplier_class"),
    *json("payment", "details"),
    key("code"),
    UniqueConstraint("credit_code"),
    Index(None, "name"),
)

business_rows: Final = Table(
    "business_rows",
    METADATA,
    *[*text("case", "name"), *integer("round"), *json("value"), *instant("at")],
    key("case", "name", "round"),
)

TABLES: Final[dict[type, Table]] = {
    records.CaseRow: cases,
    records.JournalEntry: journal,
    records.Request: requests,
    records.Assignee: assignees,
    records.Decision: decisions,
    records.Document: documents,
    records.Blob: blobs,
    records.Message: messages,
    records.InboundMail: inbound_mails,
    records.MailboxMail: mailbox_mails,
    records.Watermark: watermarks,
    records.AuditEntry: audit,
    records.Link: links,
    records.Booking: bookings,
    records.Number: numbers,
    records.ConfigVersion: config_versions,
    records.Meta: meta,
    records.Supplier: suppliers,
    records.BusinessRow: business_rows,
}

guard(audit)
