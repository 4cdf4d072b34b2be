"""Tables of cases and of what happened in them (tables.py says what holds for all). No queries here."""

from typing import Final

from sqlalchemy import Index, Table, UniqueConstraint
from sqlalchemy import text as sql

from crm_workflows.adapters.database.audit_guard import guard
from crm_workflows.adapters.database.columns import (
    FEW_CASES,
    METADATA,
    among_few,
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

cases: Final = Table(
    "cases",
    METADATA,
    *text("code", "process"),
    *integer("version"),
    *text("source_hash", "status"),
    *json("subject"),
    *text("title", "owner", "requester", "origin", "language", "policy"),
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
    *maybe_instant("unsealed_at"),
    key("code"),
    where_set("cases", "idempotency_key", unique=True),
    one_of("status", "running", "waiting", "closed", "needs_attention", "cancelled"),
    one_of("outcome", "approved", "rejected", "lapsed", "withdrawn", "resolved", "done"),
    where_set("cases", "ready_at", then="code"),
    where_set("cases", "unsealed_at"),
    Index(None, "opened_at"),
    Index(None, "owner", "opened_at"),
    Index(None, "owner", "process", "status"),
    among_few("cases", "status", *FEW_CASES, then="opened_at"),
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

OPEN_AND_DUE: Final = sql("status = 'open' AND due_at IS NOT NULL")
"""Of many requests the few that somebody is to answer by an instant: what is overdue is among them."""

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
    where_set("requests", "remind_at", "status", then="id"),
    where_set("requests", "escalate_at", "status", then="id"),
    where_set("requests", "lapse_at", "status", then="id"),
    Index("ix_requests_open_due_at", "due_at", postgresql_where=OPEN_AND_DUE, sqlite_where=OPEN_AND_DUE),
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
    Index(None, "by", "at"),
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

checkpoints: Final = Table(
    "checkpoints",
    METADATA,
    *integer("n"),
    *instant("at"),
    *json("heads"),
    *text("previous", "public_key", "hash", "signature"),
    key("n"),
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

clocks: Final = Table(
    "clocks",
    METADATA,
    *text("key", "case", "name", "rule"),
    *integer("round"),
    *instant("begun_at"),
    *integer("hours"),
    *instant("due_at"),
    *text("status"),
    *maybe_instant("next_at"),
    *json("contact"),
    *maybe_instant("warned_at", "late_at", "stopped_at"),
    *integer("paused_seconds"),
    key("key"),
    one_of("status", "running", "stopped", "superseded", "withdrawn"),
    Index(None, "case"),
    where_set("clocks", "next_at"),
)

numbers: Final = Table("numbers", METADATA, *text("series"), *integer("last"), key("series"))

business_rows: Final = Table(
    "business_rows",
    METADATA,
    *[*text("case", "name"), *integer("round"), *json("value"), *instant("at")],
    key("case", "name", "round"),
)

moves: Final = Table(
    "moves",
    METADATA,
    *[*text("case"), *integer("n"), *instant("at"), *text("by"), *json("before", "after")],
    *[*integer("journal_length"), *text("journal_hash"), *maybe_instant("undone_at")],
    key("case", "n"),
)

guard(audit)
guard(checkpoints)
