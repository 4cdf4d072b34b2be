"""What the engine itself does at a review (ON-12)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm_workflows import Books, Fact, Money, Policy, Shown, customers, payments, step, tags, tiering, wanted_reviews
from flows.customer_onboarding.forms import TierFacts
from flows.customer_onboarding.subject import REGISTERED, Archive
from flows.customer_review.elements import CREDITS, ReviewProposal
from flows.customer_review.subject import ReviewedCustomer

NOT_COUNTED = "未付发票，其他币种，不计入额度 / Open invoices in another currency, not counted against the limit"


@dataclass(frozen=True)
class Found:
    """What the register says; `traded` is the value of the last year's orders, None without any.

    `overdue` are the invoices past their day that are not paid, each as a line in Chinese and in English.
    """

    tier: str
    traded: Money | None
    credit: Any
    last_contact_at: datetime | None
    overdue: tuple[tuple[str, str], ...] = ()
    archive: dict[str, Any] = field(default_factory=dict)
    """What the archive holds (ON-1), as its form has it."""
    used: Money | None = None
    """What is not paid, due or not, of a customer with a limit."""
    elsewhere: tuple[Money, ...] = ()
    """The same in other currencies, which do not count against it."""


@step(rule="ON-12", title="查阅客户名册 / look at the register")
def look_at(customer: ReviewedCustomer, *, books: Books) -> Found:
    """Actual orders count before what was expected (ON-5)."""
    row = customers.held(books, customer.customer)
    credit = customers.credit_on(row.credit, books.today)
    traded = customers.traded_last_year(books, customer.customer)
    late = payments.overdue_of(books.tx, row.code, books.now)
    overdue = tuple(payments.told(one, books.local(one.due_at)) for one in late)
    last_contact = books.local(row.last_contact_at) if row.last_contact_at else None
    known = {name: value for name, value in (row.details or {}).items() if name in Archive.model_fields}
    known |= {"consent": row.consents, "tags": tags.listed(row.tags), "legal_owner": row.legal_owner or ""}
    limit = wanted_reviews.limit_of(credit)
    used = wanted_reviews.open_invoices(books.tx, row.code, limit.currency) if limit else None
    elsewhere = wanted_reviews.not_counted(books.tx, row.code, limit.currency) if limit else ()
    return Found(row.tier, traded, credit, last_contact, overdue, known, used, elsewhere)


def known_facts(customer: ReviewedCustomer, found: Found) -> Shown:
    """The customer as it stands."""
    credit = found.credit or {}
    limit = credit.get("limit")
    return Shown(
        (
            *customer.facts(leave_out=("contact", "owner", "tier")),
            Fact("等级 / Tier", found.tier),
            Fact.of("近一年交易额（按订单） / Trade value of the last year (orders)", found.traded),
            Fact.of("信用额度 / Credit limit", Money.model_validate(limit) if limit else None),
            *((Fact.of("未付发票合计 / Open invoices in all", found.used),) if found.used else ()),
            *(Fact.of(NOT_COUNTED, money) for money in found.elsewhere),
            *overdue_fact(found),
            Fact.of("最近联系 / Last contact", found.last_contact_at and found.last_contact_at.date()),
        )
    )


def limit_now(found: Found) -> str:
    """The limit that holds; empty for who pays in advance."""
    return str(wanted_reviews.limit_of(found.credit) or "")


def _used_of_new(found: Found, limit: Money | None) -> tuple[Fact, ...]:
    """What is used already of a limit that is lowered, where anything is: nobody looks at it again for that alone."""
    if limit is None or found.used is None or not found.used.amount:
        return ()
    return (Fact.named("新额度已用 / Used of the new limit", f"{wanted_reviews.share_of(found.used, limit)} %"),)


def overdue_fact(found: Found) -> tuple[Fact, ...]:
    """What is owed, where anything is."""
    zh, en = ("\n".join(one[n] for one in found.overdue) for n in (0, 1))
    return (Fact("逾期未付发票 / Overdue invoices", zh, en),) if zh else ()


def propose(facts: TierFacts, found: Found, policy: Policy) -> tiering.TierProposal:
    """ON-5 again: what was really ordered counts, where orders are known."""
    return tiering.propose_tier(
        found.traded or facts.yearly_value,
        facts.potential,
        {name: getattr(facts, name) for name in tiering.LOYALTY},
        tie_breaker=facts.market_influence or facts.depends_on_us,
        policy=policy,
    )


def changed_facts(found: Found, archive: Archive) -> tuple[Fact, ...]:
    """CB-6: what of the archive is not as it was, old and new."""
    both = zip(Archive.model_construct(**found.archive).facts(blanks=True), archive.facts(blanks=True), strict=True)
    return tuple(
        Fact(new.label, *(f"{old.said(lang) or '—'} → {new.said(lang) or '—'}" for lang in ("zh", "en")))
        for old, new in both
        if old != new
    )


def decisive_facts(
    customer: ReviewedCustomer,
    found: Found,
    proposal: tiering.TierProposal,
    said: ReviewProposal,
    tier: str,
    archive: Archive | None,
) -> Shown:
    """What the sales manager decides on."""
    return Shown(
        (
            *known_facts(customer, found).facts,
            *(changed_facts(found, archive) if archive else ()),
            Fact.named("建议等级 / Proposed tier", proposal.arithmetic),
            Fact("原等级 → 新等级 / Tier, old → new", f"{found.tier} → {tier}"),
            Fact.named("信用 / Credit", CREDITS[said.credit]),
            Fact.of("新额度 / New limit", said.limit),
            *_used_of_new(found, said.limit),
            Fact.of("冻结该客户 / Block the customer", said.block),
            Fact("理由 / Reason", said.reason),
        )
    )


@step(rule="CB-6", title="登记不再联系 / enter that the customer is not to be contacted")
def withdraw_consent(customer: ReviewedCustomer, *, books: Books) -> None:
    """At once: it is the customer's word, and nobody's to decide on."""
    customers.change(books, customer.customer, consents=False)


@step(rule="CB-6", title="登记档案变更 / enter what has changed in the archive")
def enter_archive(customer: ReviewedCustomer, archive: Archive, *, books: Books) -> None:
    """Over what the archive held; what else is kept of the customer stays."""
    before = customers.held(books, customer.customer).details or {}
    details = before | archive.model_dump(mode="json", exclude=set(REGISTERED))
    customers.change(
        books, customer.customer, details=details, consents=archive.consent, tags=tags.kept(archive.tags),
        legal_owner=archive.legal_owner or None,
    )  # fmt: skip


@step(rule="ON-12", title="登记复核结果 / enter the result")
def enter_review(
    customer: ReviewedCustomer, facts: TierFacts, said: ReviewProposal, tier: str, *, books: Books
) -> None:
    """Tier, stage, kind, credit and state, in the register."""
    row = customers.held(books, customer.customer)
    credit = row.credit or {}
    if said.credit == "prepaid":
        credit = {"terms": "prepaid"}
    elif said.credit == "lower" and said.limit is not None:
        credit = {"days": 30} | credit | {"terms": "credit", "limit": said.limit.model_dump(mode="json")}
        wanted_reviews.has_been_looked_at(books.tx, row.code, books.case)
    status = "blocked" if said.block else "active"
    customers.change(
        books, customer.customer, tier=tier, stage=facts.stage, kind=facts.kind, credit=credit, status=status
    )
    books.write("tier", tier)
    books.write("credit", credit)
    books.write("customer_status", status)


@dataclass(frozen=True)
class Next:
    """The next review."""

    at: datetime
    input: dict[str, Any]


@step(rule="ON-12", title="安排下次复核 / book the next review")
def next_year(customer: ReviewedCustomer, tier: str, *, books: Books) -> Next:
    """A year later, to the day; the 29th of February becomes the 28th."""
    today = books.today
    day = today.replace(year=today.year + 1, day=28 if (today.month, today.day) == (2, 29) else today.day)
    owner = customers.held(books, customer.customer).owner
    plain = customer.model_dump(mode="json") | {"tier": tier, "owner": owner, "trigger": "time", "remark": ""}
    return Next(books.morning_of(day), plain)
