"""Tables of customers (tables.py says what holds for all). No queries here."""

from typing import Final

from sqlalchemy import Index, Table, UniqueConstraint
from sqlalchemy import text as sql

from crm_workflows.adapters.database.columns import (
    METADATA,
    flag,
    instant,
    integer,
    json,
    key,
    maybe_instant,
    maybe_integer,
    maybe_text,
    text,
    where_set,
)

LESS_SILENCE: Final = sql("overdue_since IS NOT NULL OR complaint_until IS NOT NULL")
"""Of those with whom less silence is allowed, so that a round finds them without reading all the others again."""

customers: Final = Table(
    "customers",
    METADATA,
    *text("code", "name", "credit_code", "status", "tier", "owner"),
    *instant("registered_at"),
    *text("industry", "region", "stage", "kind", "phone", "mail_domain"),
    *flag("consents"),
    *maybe_text("case"),
    *maybe_instant("last_contact_at", "next_callback_at"),
    *maybe_text("open_callback"),
    *json("credit", "details"),
    *maybe_text("tags", "legal_owner"),
    *maybe_instant("overdue_since", "complaint_until"),
    key("code"),
    UniqueConstraint("credit_code"),
    Index(None, "phone"),
    Index(None, "mail_domain"),
    Index(None, "owner"),
    where_set("customers", "next_callback_at"),
    Index("ix_customers_less_silence", "code", postgresql_where=LESS_SILENCE, sqlite_where=LESS_SILENCE),
)

contacts: Final = Table(
    "customer_contacts",
    METADATA,
    *text("customer"),
    *integer("n"),
    *text("name", "email", "phone", "language", "part"),
    *flag("is_active"),
    key("customer", "n"),
    Index(None, "email"),
)

orders: Final = Table(
    "customer_orders",
    METADATA,
    *text("customer", "number"),
    *instant("ordered_at"),
    *text("amount"),
    *maybe_instant("delivered_at"),
    *flag("is_open"),
    *text("goods"),
    key("customer", "number"),
)

contracts: Final = Table(
    "customer_contracts",
    METADATA,
    *text("customer", "number"),
    *instant("signed_at"),
    *maybe_instant("ends_at"),
    *text("title"),
    key("customer", "number"),
)

invoices: Final = Table(
    "customer_invoices",
    METADATA,
    *text("customer", "number"),
    *instant("due_at"),
    *text("amount"),
    *maybe_instant("paid_at", "overdue_at"),
    *maybe_text("review"),
    key("customer", "number"),
    where_set("customer_invoices", "overdue_at"),
)

wanted_reviews: Final = Table(
    "wanted_reviews",
    METADATA,
    *text("customer", "why"),
    *maybe_instant("wanted_at"),
    *text("remark"),
    *integer("times"),
    *maybe_text("review"),
    key("customer", "why"),
    where_set("wanted_reviews", "wanted_at"),
)

contacts_made: Final = Table(
    "contacts_made",
    METADATA,
    *text("customer"),
    *integer("n"),
    *instant("at"),
    *text("kind", "by"),
    *flag("reached"),
    *maybe_text("case"),
    *json("details"),
    key("customer", "n"),
)

invitations: Final = Table(
    "survey_invitations",
    METADATA,
    *text("id", "case", "customer", "tier", "name", "email", "language", "nonce", "token_hash"),
    *instant("asked_at", "closes_at"),
    *maybe_integer("answer"),
    *text("comment"),
    *maybe_instant("answered_at"),
    *integer("answers"),
    key("id"),
    UniqueConstraint("token_hash"),
    Index(None, "case"),
)

rounds: Final = Table(
    "rounds",
    METADATA,
    *text("code", "title", "cron", "zone"),
    *json("chooses"),
    *text("questions", "does"),
    *maybe_text("valid_from", "valid_to"),
    *flag("is_paused"),
    *maybe_instant("next_at", "fired_at"),
    *instant("changed_at"),
    *text("changed_by"),
    *integer("edition"),
    *flag("is_removed"),
    *maybe_instant("retry_at"),
    key("code"),
    where_set("rounds", "next_at"),
)

complaints: Final = Table(
    "complaints",
    METADATA,
    *text("case", "customer", "sender", "order_number", "product", "part", "subject"),
    *instant("opened_at"),
    key("case"),
    Index(None, "customer", "opened_at"),
    Index(None, "sender", "opened_at"),
)

callback_events: Final = Table(
    "callback_events",
    METADATA,
    *text("customer", "why", "reference"),
    *maybe_instant("due_at", "settled_at"),
    *text("outcome"),
    key("customer", "why", "reference"),
    where_set("callback_events", "due_at"),
)

due_callbacks: Final = Table(
    "due_callbacks",
    METADATA,
    *text("customer", "owner"),
    *integer("priority"),
    *instant("silent_since"),
    *text("why", "round", "occurrence"),
    *instant("made_at"),
    *flag("is_waiting"),
    *maybe_instant("handed_at", "opens_at"),
    *maybe_text("case", "problem"),
    key("customer"),
    where_set("due_callbacks", "opens_at"),
)

round_runs: Final = Table(
    "round_runs",
    METADATA,
    *text("round", "occurrence"),
    *instant("began_at"),
    *integer("total"),
    *text("done_to"),
    *integer("looked_at", "due"),
    *json("not_called"),
    *maybe_instant("ended_at"),
    key("round", "occurrence"),
)
