"""Tables of people who sign in (tables.py says what holds for all). No queries here."""

from typing import Final

from sqlalchemy import Index, Table, UniqueConstraint

from crm_workflows.adapters.database.columns import METADATA, instant, integer, key, maybe_instant, one_of, text

codes: Final = Table(
    "sign_in_codes",
    METADATA,
    *text("id", "person", "browser_hash", "address_key", "client_key", "nonce"),
    *instant("asked_at", "expires_at", "counts_until"),
    *integer("tries"),
    *maybe_instant("used_at"),
    key("id"),
    UniqueConstraint("browser_hash"),
    Index(None, "address_key", "asked_at"),
    Index(None, "client_key", "asked_at"),
)

passes: Final = Table(
    "passes",
    METADATA,
    *text("id", "person", "kind", "secret_hash", "label"),
    *instant("opened_at", "seen_at", "ends_at"),
    *maybe_instant("idle_until", "ended_at"),
    *text("ended_by"),
    key("id"),
    UniqueConstraint("secret_hash"),
    one_of("kind", "session", "token"),
    Index(None, "person"),
)
