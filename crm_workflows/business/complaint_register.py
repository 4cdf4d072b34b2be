"""What complaints are about, kept beside their cases (CP-1): by it a second one about the same thing is found.

It must not decide what a complaint leads to, nor count complaints (`complaints`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from crm_workflows.domain.approvers import role
from crm_workflows.domain.people import Directory, NobodyToAsk
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import UNFINISHED, CaseRow, ComplaintEntry, Link
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.round_ports import FOLLOW_UP

PROCESS: Final = "complaint-resolution"
FROM_CALLBACK: Final = "complaint"
"""How a callback is linked with the complaint that it has opened."""
JOINS_WITHIN: Final = "complaint_join_days"
USUAL_DAYS: Final = 30
KINDS: Final = {
    "quality": "产品质量 / Quality of a product",
    "delivery": "交货期 / Delivery",
    "quantity": "数量或规格 / Quantity or specification",
    "packaging": "包装运输 / Packaging and transport",
    "service": "服务态度 / Service",
    "invoice": "价格与发票 / Price and invoice",
    "other": "其他 / Other",
}
"""What a complaint may be about, by which they are counted (CP-12)."""
REPEATS: Final = re.compile(r"^(?:\s*(?:re|fw|fwd|aw|wg|回复|答复|转发)\s*[:：]|\s*\[[^\]]{1,40}\])+", re.IGNORECASE)


@dataclass(frozen=True)
class About:
    """Whose a complaint is and what about, as it came in; compared without regard to case and blanks."""

    customer: str = ""
    sender: str = ""
    order: str = ""
    product: str = ""
    part: str = ""
    subject: str = ""

    def entry(self, case: str, at: datetime) -> ComplaintEntry:
        """As it is kept."""
        subject = _plain(REPEATS.sub("", self.subject))[:200]
        return ComplaintEntry(
            case, self.customer, _plain(self.sender), _plain(self.order).upper(), _plain(self.product),
            _plain(self.part), subject, at,
        )  # fmt: skip


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold()


def enter(tx: Transaction, about: About, case: str, at: datetime) -> None:
    """Keep what a complaint is about, once; the subject of its mail is added to what a step has entered before."""
    entry = about.entry(case, at)
    if not tx.insert_new(entry) and entry.subject:
        tx.update(ComplaintEntry, (case,), subject=entry.subject)


def earlier(reader: Reader, about: About, since: datetime, *, but: str = "") -> Iterator[CaseRow]:
    """The complaints of the same customer, else of the same sender, opened since then, latest first; cancelled ones
    and `but` apart."""
    entry = about.entry("", since)
    whose = {"customer": entry.customer} if entry.customer else {"sender": entry.sender}
    if not any(whose.values()):
        return
    for one in reader.find(ComplaintEntry, order="opened_at", descending=True, limit=LOOKED_AT, **whose):
        row = reader.get(CaseRow, one.case) if one.opened_at >= since and one.case != but else None
        if row is not None and row.status != "cancelled":
            yield row


LOOKED_AT: Final = 200
"""Of one customer's complaints the latest so many."""


def same_thing(reader: Reader, about: About, policy: Policy, now: datetime, *, but: str = "") -> CaseRow | None:
    """The open complaint about the same thing, which this one joins (CP-1), among those of the policy's days.

    The same is: the same order or batch; without one, the same product; without both, the same subject of a mail.
    """
    mine = about.entry("", now)
    since = now - timedelta(days=policy.number_or(JOINS_WITHIN, USUAL_DAYS))
    for row in earlier(reader, about, since, but=but):
        held = reader.get(ComplaintEntry, row.code)
        if row.status in UNFINISHED and held is not None and _is_same(mine, held):
            return row
    return None


def _is_same(one: ComplaintEntry, other: ComplaintEntry) -> bool:
    if one.order_number or other.order_number:
        return one.order_number == other.order_number
    if one.product or other.product:
        return one.product == other.product
    return bool(one.subject) and one.subject == other.subject


def opened_from(reader: Reader, case: str) -> CaseRow | None:
    """The complaint that a case has opened, if it has (CB-6)."""
    links = reader.find(Link, case=case, relation=FROM_CALLBACK, limit=1)
    return reader.get(CaseRow, links[0].other) if links else None


def is_open_for(reader: Reader, customer: str) -> bool:
    """Whether a complaint of this customer, or the follow-up of one, is open: nobody calls beside it (CB-3)."""
    found = reader.find(ComplaintEntry, customer=customer, order="opened_at", descending=True, limit=LOOKED_AT)
    complaints = [one.case for one in found]
    follow_ups = [link.other for link in reader.find(Link, case=complaints, relation=FOLLOW_UP)] if complaints else []
    return bool(found and reader.find(CaseRow, code=[*complaints, *follow_ups], status=UNFINISHED, limit=1))


def in_charge(reader: Reader, directory: Directory, today: date) -> str:
    """The address of whoever of customer service has the fewest complaints open, else of the service lead (CP-2)."""
    for name in ("service", "service_lead"):
        try:
            people = sorted({one.person.email for one in directory.resolve(role(name), on=today)})
        except NobodyToAsk:
            continue
        return min(people, key=lambda one: (reader.count(CaseRow, process=PROCESS, owner=one, status=UNFINISHED), one))
    return min(person.email for person in directory.with_role("admin") if person.active)
