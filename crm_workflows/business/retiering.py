"""Re-tiering (RP-4): the tiers of all customers by rule again, and what changes entered once.

What was really ordered in the last year counts before what was expected; potential and loyalty are those that somebody
gave last, at onboarding or at a review. Reads whole registers, once a quarter. It must not decide which changes hold.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from crm_workflows.business import tiering
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import UNFINISHED, Booking, CaseRow, Customer, CustomerOrder, JournalEntry, Meta
from crm_workflows.engine.steps import Books

FACTS: Final = ("ON-5:tier_facts", "ON-12:review_facts")
"""Where somebody has said what a tier rests on."""
PROCESS: Final = "customer-retiering"
UNDER_WAY: Final = "retiering_under_way"
REVIEW: Final = "customer-review"
YEAR: Final = timedelta(days=365)
QUARTER: Final = 3
DECEMBER: Final = 12


@dataclass(frozen=True)
class TierChange:
    """A customer whose tier by rule is not the one it has; `arithmetic` is a label."""

    code: str
    name: str
    owner: str
    owner_name: str
    old: str
    new: str
    arithmetic: str


@dataclass(frozen=True)
class Proposal:
    """All changes by code; how many customers were judged, and of how many nothing is known to judge by.

    `foreign` are those whose trade is partly in another currency than the policy's, by code: a person judges them.
    """

    changes: tuple[TierChange, ...]
    judged: int
    unknown: int
    foreign: tuple[str, ...] = ()


def propose(books: Books, policy: Policy) -> Proposal:
    """Judge every active customer by rule (ON-5); none whose amounts cannot be added without a rate of exchange."""
    currency = policy.amount("tier_full_value").currency
    facts, (traded, elsewhere) = _facts(books), _traded(books, currency)
    changes, foreign, judged, unknown = [], [], 0, 0
    for row in books.tx.find(Customer, status="active"):
        said = facts.get(row.code)
        if said is None:
            unknown += 1
            continue
        value = traded.get(row.code) or Money.model_validate(said["yearly_value"])
        if row.code in elsewhere or value.currency != currency:
            foreign.append(row.code)
            continue
        judged += 1
        found = _judged(said, value, policy)
        if found.tier != row.tier:
            person = books.person(row.owner)
            name = person.name if person else row.owner
            changes.append(TierChange(row.code, row.name, row.owner, name, row.tier, found.tier, found.arithmetic))
    return Proposal(tuple(changes), judged, unknown, tuple(foreign))


def apply(books: Books, changes: Iterable[TierChange]) -> tuple[str, ...]:
    """Enter the new tiers; a customer whose tier was changed meanwhile stays as it is. Returns whose was changed."""
    done = tuple(one.code for one in changes if books.tx.update(Customer, (one.code,), {"tier": one.old}, tier=one.new))
    books.write("retiered", list(done))
    return done


def facts_given(case: str, at: datetime, said: Mapping[str, Any]) -> JournalEntry:
    """What was said at an onboarding, as its journal may have held it before: for examples, see `Example`."""
    return JournalEntry(case, 0, 1, "ON-5", FACTS[0], "outcome", {"decision": "submit", "answer": dict(said)}, at)


def is_booked(books: Books) -> bool:
    """Whether the re-tiering of the next quarter is booked already."""
    return books.tx.count(Booking, process=PROCESS, is_open=True) > 0


def under_way(books: Books) -> str | None:
    """The code of another re-tiering that is not over yet; None where this one may go on, as the only one.

    Of two begun at once the second waits at the row for the first one's commit, and then finds it there.
    """
    if books.tx.insert_new(Meta(UNDER_WAY, books.case)):
        return None
    held = books.tx.get(Meta, UNDER_WAY)
    while held is not None and held.value != books.case:
        row = books.tx.get(CaseRow, held.value)
        if row is not None and row.status in UNFINISHED:
            return row.code
        if books.tx.update(Meta, (UNDER_WAY,), {"value": held.value}, value=books.case):
            return None
        held = books.tx.get(Meta, UNDER_WAY)
    return None


def next_quarter(today: date) -> date:
    """The first day of the next quarter of the calendar."""
    month = (today.month - 1) // QUARTER * QUARTER + 1 + QUARTER
    return date(today.year + 1, 1, 1) if month > DECEMBER else date(today.year, month, 1)


def _judged(said: Mapping[str, Any], traded: Money, policy: Policy) -> tiering.TierProposal:
    return tiering.propose_tier(
        traded,
        said["potential"],
        {name: said[name] for name in tiering.LOYALTY},
        tie_breaker=said["market_influence"] or said["depends_on_us"],
        policy=policy,
    )


def _facts(books: Books) -> dict[str, Mapping[str, Any]]:
    """What was said last of each customer, by its code."""
    onboarded = {case: code for code, case in books.tx.columns(Customer, "code", "case") if case}
    reviewed = {
        case: str(subject["customer"]) for case, subject in books.tx.columns(CaseRow, "code", "subject", process=REVIEW)
    }
    latest: dict[str, tuple[datetime, Mapping[str, Any]]] = {}
    said = books.tx.columns(JournalEntry, "case", "at", "value", key=list(FACTS), kind="outcome")
    for case, at, value in said:
        code = onboarded.get(case) or reviewed.get(case)
        if code and value.get("answer") and (code not in latest or latest[code][0] <= at):
            latest[code] = (at, value["answer"])
    return {code: answer for code, (_, answer) in latest.items()}


def _traded(books: Books, currency: str) -> tuple[dict[str, Money], set[str]]:
    """What each has ordered in the last year in this currency, and who has ordered in another."""
    sums: dict[str, Money] = {}
    elsewhere: set[str] = set()
    for code, at, amount in books.tx.columns(CustomerOrder, "customer", "ordered_at", "amount"):
        if at < books.now - YEAR:
            continue
        ordered = Money.model_validate(amount)
        if ordered.currency == currency:
            sums[code] = sums.get(code, Money.of(0, currency)) + ordered
        else:
            elsewhere.add(code)
    return sums, elsewhere
