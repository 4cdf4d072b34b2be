"""What the engine itself does in onboarding, step by step, each named by its rule."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_workflows import Books, Fact, Policy, Shown, callbacks, customers, step, tags, tiering
from flows.customer_onboarding.credit_forms import AccountTeam
from flows.customer_onboarding.facts import Credit, Judged
from flows.customer_onboarding.forms import GoodCustomer, TierFacts
from flows.customer_onboarding.subject import ASKED, REGISTERED, Archive, CustomerApplication, CustomerContact

PER_CENT = 100


@dataclass(frozen=True)
class Completeness:
    """How much of the archive is known, in per cent, and the names of what is missing (ON-1)."""

    per_cent: int
    missing: tuple[str, ...]


@step(rule="ON-1", title="计算档案完整度 / work out how complete the archive is")
def completeness(archive: Archive, *, first: bool = False, books: Books) -> Completeness:
    """The share of what is asked for that is known; that of the `first` submission is kept as a key figure."""
    missing = tuple(name for name in ASKED if not getattr(archive, name))
    per_cent = round(PER_CENT * (len(ASKED) - len(missing)) / len(ASKED))
    if first:
        books.write("complete_at_first", per_cent)
    return Completeness(per_cent, missing)


@step(rule="ON-2", title="查找重复客户 / look for the same customer", after_amendment="again")
def look_up_customer(application: CustomerApplication, *, books: Books) -> customers.Known:
    """By credit code exactly; by name, phone and mail domain nearly."""
    contact = application.contact
    known = customers.look_up(books, application.company, application.credit_code, contact.phone, str(contact.email))
    books.write("duplicates_found", len(known.matches))
    return known


@step(rule="ON-2", title="并入已有客户 / merge into the known customer")
def merge(application: CustomerApplication, code: str, owner: str | None, *, books: Books) -> None:
    """The contact goes over to the customer in the register; its account manager only by the director's ruling."""
    customers.merge(books, code, somebody(application.contact), owner)


def judge(application: CustomerApplication, good: GoodCustomer, facts: TierFacts, policy: Policy) -> Judged:
    """ON-4 and ON-5: both scores with their arithmetic; the larger of the values counts that were given."""
    score = tiering.good_customer({name: getattr(good, name) for name in tiering.GOOD}, policy)
    proposal = tiering.propose_tier(
        max(application.expected_value, facts.yearly_value),
        facts.potential,
        {name: getattr(facts, name) for name in tiering.LOYALTY},
        tie_breaker=facts.market_influence or facts.depends_on_us,
        policy=policy,
    )
    return Judged(good, facts, score, proposal, score.score >= policy.number("good_customer_from"))


@step(rule="ON-8", title="分配客户代码 / assign customer code", after_send_back="once")
def assign_customer_code(
    application: CustomerApplication, archive: Archive, judged: Judged, tier: str, credit: Credit, *, books: Books
) -> str:
    """The code by industry, entered in the register once, without gaps."""
    return customers.register(
        books,
        customers.Entry(
            name=application.company, credit_code=application.credit_code, industry=application.industry,
            region=application.region, tier=tier, stage=judged.facts.stage, kind=judged.facts.kind,
            owner=str(application.owner), consents=archive.consent, contacts=(somebody(application.contact),),
            credit=credit.plain(),
            tags=tags.kept(archive.tags), legal_owner=archive.legal_owner or None,
            details=archive.model_dump(mode="json", exclude=set(REGISTERED))
            | {"source": application.source, "score": str(judged.score.score)},
        ),
    )  # fmt: skip


@step(rule="ON-9", title="登记客户经理和团队 / enter account manager and team")
def enter_team(code: str, team: AccountTeam, *, books: Books) -> str:
    """Returns the account manager's address as the staff has it; empty when nobody has that address."""
    person = books.person(str(team.account_manager))
    if person is None:
        return ""
    before = customers.change(books, code, owner=person.email)
    parts = team.model_dump(mode="json", exclude={"account_manager"})
    customers.change(books, code, details=(before.details or {}) | {"team": parts})
    books.write("account_manager", person.email)
    books.write("team", parts)
    return person.email


@step(rule="ON-10", title="撰写欢迎函 / write the welcome")
def welcome(code: str, account_manager: str, *, books: Books) -> Shown:
    """What the customer is told: its code with us, and who is there for it."""
    person = books.person(account_manager)
    names = (person.shown_name("zh"), person.shown_name("en")) if person else (account_manager, account_manager)
    said = (f"{name} {account_manager}" for name in names)
    return Shown((Fact("客户代码 / Customer code", code), Fact("客户经理 / Account manager", *said)))


@dataclass(frozen=True)
class Later:
    """What follows onboarding: the input of each case, and when the review opens."""

    callback: dict[str, Any]
    review: dict[str, Any]
    review_at: datetime


@step(rule="ON-11", title="安排首次回访和复核 / book the first callback and the review")
def what_follows(
    application: CustomerApplication, code: str, tier: str, account_manager: str, policy: Policy, *, books: Books
) -> Later:
    """The first callback opens now; the cadence of the tier follows it (CB-1). The review comes after 90 days."""
    callbacks.next_callback(books, code, books.now)
    common = {
        "company": application.company, "customer": code, "owner": account_manager, "tier": tier,
        "contact": application.contact.model_dump(mode="json"),
    }  # fmt: skip
    day = books.today + timedelta(days=policy.number("review_first"))
    return Later(common | {"why": "first"}, common | {"trigger": "time"}, books.morning_of(day))


def somebody(contact: CustomerContact) -> customers.Somebody:
    """The contact as the register keeps people."""
    return customers.Somebody(contact.name, str(contact.email), contact.phone, contact.language, contact.part)
