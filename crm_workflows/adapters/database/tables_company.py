"""Tables of the company: what is in force, and its registers (tables.py says what holds for all). No queries here."""

from typing import Final

from sqlalchemy import Index, Table, UniqueConstraint

from crm_workflows.adapters.database.columns import (
    METADATA,
    flag,
    instant,
    integer,
    json,
    key,
    maybe_instant,
    maybe_text,
    text,
)

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

duties: Final = Table("duties", METADATA, *text("name", "holder"), *integer("beat"), key("name"))

procedure_sources: Final = Table(
    "procedure_sources",
    METADATA,
    *text("source_hash"),
    *json("files"),
    *text("seal"),
    *instant("kept_at"),
    key("source_hash"),
)

import_runs: Final = Table(
    "import_runs",
    METADATA,
    *text("code", "kind", "file", "sha256", "by", "channel"),
    *instant("began_at", "seen_at"),
    *integer("rows", "added", "changed", "unchanged", "bad"),
    *flag("is_written"),
    *text("problem"),
    *maybe_instant("ended_at"),
    key("code"),
    Index(None, "began_at"),
)

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

supplier_standings: Final = Table(
    "supplier_standings",
    METADATA,
    *text("supplier"),
    *instant("since"),
    *text("status"),
    *maybe_instant("ends_at"),
    key("supplier", "since"),
)

goods_received: Final = Table(
    "goods_received",
    METADATA,
    *text("supplier"),
    *instant("received_at"),
    *text("number", "order_number", "goods", "amount"),
    *maybe_text("quantity", "rejected"),
    *maybe_instant("promised_at"),
    key("supplier", "received_at", "number", "order_number", "goods"),
    Index(None, "received_at"),
)
