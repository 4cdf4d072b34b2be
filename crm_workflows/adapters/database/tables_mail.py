"""Tables of mails in both directions and of files (tables.py says what holds for all). No queries here."""

from typing import Final

from sqlalchemy import Column, Index, LargeBinary, Table, UniqueConstraint

from crm_workflows.adapters.database.columns import (
    METADATA,
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
    *json("authentication"),
    *maybe_instant("erased_at"),
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

returned_addresses: Final = Table(
    "returned_addresses",
    METADATA,
    *[*text("address"), *maybe_instant("since"), *text("why", "mail"), key("address")],
    where_set("returned_addresses", "since"),
)

digests: Final = Table(
    "digests",
    METADATA,
    *[*text("id", "person", "day"), *instant("made_at"), *json("items"), *text("nonce"), *maybe_text("token_hash")],
    key("id"),
    UniqueConstraint("token_hash"),
    Index(None, "person", "day"),
)
