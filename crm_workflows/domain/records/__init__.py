"""The rows the product keeps, one frozen dataclass per table. They must not hold behaviour.

Every `_at` is an aware UTC instant. `Json` fields hold plain JSON values only, so that what is read back equals what
was written. The primary key of each record stands in `KEYS`.
"""

from typing import Final

from crm_workflows.domain.records.cases import (
    ENDING,
    Assignee,
    AuditEntry,
    Booking,
    BusinessRow,
    CaseRow,
    Checkpoint,
    Decision,
    Document,
    JournalEntry,
    Link,
    Request,
)
from crm_workflows.domain.records.customers import (
    CallbackEvent,
    ContactMade,
    Customer,
    CustomerContact,
    CustomerContract,
    CustomerOrder,
    DueCallback,
    Round,
    RoundRun,
    SurveyInvitation,
)
from crm_workflows.domain.records.house import Blob, ConfigVersion, Duty, Meta, Move, Number, ProcedureSource, Supplier
from crm_workflows.domain.records.json import Json
from crm_workflows.domain.records.mail import Digest, InboundMail, MailboxMail, Message, Watermark

__all__ = [
    "ENDING",
    "KEYS",
    "UNIQUE",
    "Assignee",
    "AuditEntry",
    "Blob",
    "Booking",
    "BusinessRow",
    "CallbackEvent",
    "CaseRow",
    "Checkpoint",
    "ConfigVersion",
    "ContactMade",
    "Customer",
    "CustomerContact",
    "CustomerContract",
    "CustomerOrder",
    "Decision",
    "Digest",
    "Document",
    "DueCallback",
    "Duty",
    "InboundMail",
    "JournalEntry",
    "Json",
    "Link",
    "MailboxMail",
    "Message",
    "Meta",
    "Move",
    "Number",
    "ProcedureSource",
    "Request",
    "Round",
    "RoundRun",
    "Supplier",
    "SurveyInvitation",
    "Watermark",
]

KEYS: Final[dict[type, tuple[str, ...]]] = {
    CaseRow: ("code",),
    JournalEntry: ("case", "n"),
    Request: ("id",),
    Assignee: ("request", "person"),
    Decision: ("request", "n"),
    Document: ("request", "n"),
    Blob: ("sha256",),
    Message: ("id",),
    InboundMail: ("id",),
    MailboxMail: ("id",),
    Watermark: ("mailbox",),
    Digest: ("id",),
    AuditEntry: ("case", "n"),
    Checkpoint: ("n",),
    Link: ("case", "other", "relation"),
    Booking: ("key",),
    Number: ("series",),
    ConfigVersion: ("kind", "version"),
    Meta: ("key",),
    Duty: ("name",),
    ProcedureSource: ("source_hash",),
    Move: ("case", "n"),
    Supplier: ("code",),
    Customer: ("code",),
    CustomerContact: ("customer", "n"),
    CustomerOrder: ("customer", "number"),
    CustomerContract: ("customer", "number"),
    ContactMade: ("customer", "n"),
    CallbackEvent: ("customer", "why", "reference"),
    Round: ("code",),
    SurveyInvitation: ("id",),
    RoundRun: ("round", "occurrence"),
    DueCallback: ("customer",),
    BusinessRow: ("case", "name", "round"),
}

UNIQUE: Final[dict[type, tuple[tuple[str, ...], ...]]] = {
    CaseRow: (("idempotency_key",),),
    Assignee: (("token_hash",),),
    Message: (("message_id",),),
    Digest: (("token_hash",),),
    Supplier: (("credit_code",),),
    Customer: (("credit_code",),),
    SurveyInvitation: (("token_hash",),),
    JournalEntry: (("case", "round", "key", "kind"),),
}
"""Further unique keys; a None in one never collides (SQL semantics)."""
