"""What is kept of customers: register, contacts, orders, contracts, contacts made. They must not hold behaviour."""

from dataclasses import dataclass
from datetime import datetime

from crm_workflows.domain.records.json import Json


@dataclass(frozen=True, slots=True)
class Customer:
    """One line of the customer register (ON-8): the facts that rounds choose by, and the archive in `details`."""

    code: str
    name: str
    credit_code: str
    status: str
    """active, or blocked: with a blocked one no case is opened without compliance, and nobody calls."""
    tier: str
    owner: str
    registered_at: datetime
    industry: str = ""
    region: str = ""
    stage: str = ""
    kind: str = ""
    phone: str = ""
    """Digits only, by which a second entry of the same customer is found (ON-2)."""
    mail_domain: str = ""
    consents: bool = True
    """False for who must not be contacted without being asked (ON-1)."""
    case: str | None = None
    last_contact_at: datetime | None = None
    """The last real contact: order, visit, complaint, answered call (CB-1)."""
    next_callback_at: datetime | None = None
    open_callback: str | None = None
    """The case of the one callback that is open: never two for one customer (CB-1)."""
    credit: Json = None
    details: Json = None
    tags: str | None = None
    """Words by which rounds choose (CB-2), between bars: `|出口|重点|`; None without any."""
    legal_owner: str | None = None
    """The legal representative or owner, by which a change of ownership is seen (ON-12); None where it is not known."""
    overdue_since: datetime | None = None
    """Set while an invoice is overdue that has brought a review: then less silence is allowed (ON-12, CB-1)."""
    complaint_until: datetime | None = None
    """Until when less silence is allowed after a complaint that was upheld."""


@dataclass(frozen=True, slots=True)
class CustomerContact:
    """A person at a customer, in the order in which they are tried (CB-5)."""

    customer: str
    n: int
    name: str
    email: str
    phone: str
    language: str = "zh"
    part: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class CustomerOrder:
    """An order of a customer; `amount` as `Money` writes it."""

    customer: str
    number: str
    ordered_at: datetime
    amount: str
    delivered_at: datetime | None = None
    is_open: bool = True
    goods: str = ""


@dataclass(frozen=True, slots=True)
class CustomerContract:
    """A contract with a customer, and when it ends."""

    customer: str
    number: str
    signed_at: datetime
    ends_at: datetime | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class CustomerInvoice:
    """What a customer owes by an invoice, `amount` as `Money` writes it, and when it was paid."""

    customer: str
    number: str
    due_at: datetime
    amount: str
    paid_at: datetime | None = None
    overdue_at: datetime | None = None
    """From when it brings a review, or calls alone where it has had one, if it is not paid (ON-12); None once that is
    done, or it is paid."""
    review: str | None = None
    """The review that it has brought, alone or with others; it brings no other, ever."""


@dataclass(frozen=True, slots=True)
class WantedReview:
    """Why a customer is to be looked at again (ON-12), one row for each customer and reason."""

    customer: str
    why: str
    """limit_nearly_used or change_of_ownership."""
    wanted_at: datetime | None
    """From when somebody has to look whether a review is due; None once that is done."""
    remark: str = ""
    """What has changed; empty where the register says it."""
    times: int = 0
    """How many reviews it has brought."""
    review: str | None = None
    """The last of them; of a limit only until it is no longer nearly used: it brings no other before."""


@dataclass(frozen=True, slots=True)
class ContactMade:
    """One contact with a customer, or a try at one; append-only. `kind` is order, visit, service, complaint or
    callback.
    """

    customer: str
    n: int
    at: datetime
    kind: str
    by: str
    reached: bool
    case: str | None = None
    details: Json = None


@dataclass(frozen=True, slots=True)
class SurveyInvitation:
    """A person asked in a satisfaction survey (CB-8), with the last answer before it closes."""

    id: str
    case: str
    customer: str
    tier: str
    name: str
    email: str
    language: str
    nonce: str
    token_hash: str
    """The link itself is derived, never stored."""
    asked_at: datetime
    closes_at: datetime
    answer: int | None = None
    """From 1, not satisfied at all, to 5; None while there is none."""
    comment: str = ""
    answered_at: datetime | None = None
    answers: int = 0
    """How often an answer was given; the last one counts."""


@dataclass(frozen=True, slots=True)
class Round:
    """A recurring round of callbacks (CB-2); `next_at` is the truth of when it is carried out next."""

    code: str
    title: str
    cron: str
    zone: str
    chooses: Json
    """Of tier, region, owner, industry those that must be equal; a `tag`; `silent_days` without a real contact."""
    questions: str
    does: str
    """Who calls; empty: the account manager of each customer."""
    valid_from: str | None
    """First and last day, ISO dates in the zone of the round; None without a limit."""
    valid_to: str | None
    is_paused: bool
    next_at: datetime | None
    fired_at: datetime | None
    changed_at: datetime
    changed_by: str
    edition: int = 1
    """Counts the changes: who changes it must have had the last one before their eyes."""
    is_removed: bool = False
    retry_at: datetime | None = None
    """Set while its occurrence cannot be carried out; the admins were told then."""


@dataclass(frozen=True, slots=True)
class ComplaintEntry:
    """What a complaint is about and whose it is, beside its case: by this a second one of the same thing is found."""

    case: str
    customer: str
    """Empty for somebody who is not in the register."""
    sender: str
    """The address in lower case; else phone or name."""
    order_number: str
    """The order or batch, in capitals; empty where none is named."""
    product: str
    """In small letters."""
    part: str
    subject: str
    """Of a mail, without Re: and the like, in small letters."""
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class CallbackEvent:
    """Something after which, or before which, a customer is called beside its cadence (CB-1); it happens once."""

    customer: str
    why: str
    """delivery, service, complaint, contract or payment."""
    reference: str
    """The order, the day of the service, the complaint, the contract with its last day, or the invoice: with customer
    and why it is one event, ever."""
    due_at: datetime | None
    """From when the morning round calls; None once it is settled."""
    settled_at: datetime | None = None
    outcome: str = ""
    """called, or why not: see `EVENT_OUTCOMES`."""


@dataclass(frozen=True, slots=True)
class DueCallback:
    """The callback of a customer that is due, one a customer: it waits here until somebody has room for it (CB-3).

    Its case opens then; the line stays as it is until the next one of this customer is due.
    """

    customer: str
    owner: str
    """Who calls."""
    priority: int
    """Smaller comes first; of the same whoever is silent longest."""
    silent_since: datetime
    why: str
    round: str
    occurrence: str
    """Of which occurrence of the round; with round and customer it opens one case, ever."""
    made_at: datetime
    is_waiting: bool = True
    """Its case is not open yet."""
    handed_at: datetime | None = None
    """When its owner had room for it."""
    opens_at: datetime | None = None
    """Set while its case is to be opened."""
    case: str | None = None
    problem: str | None = None
    """Why no case could be opened: a label."""


@dataclass(frozen=True, slots=True)
class RoundRun:
    """One occurrence of a round on its way through the register: how far it is, and what came of it."""

    round: str
    occurrence: str
    began_at: datetime
    total: int
    """Customers in the register when it began."""
    done_to: str = ""
    """The code up to which it has come; a process that dies is followed by another from there."""
    looked_at: int = 0
    due: int = 0
    not_called: Json = None
    """How many of those it chooses were not called, by reason."""
    ended_at: datetime | None = None
