"""What the engine itself does about a callback (CB-1, CB-3 to CB-7)."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from crm_workflows import (
    Books,
    Fact,
    Policy,
    Shown,
    callbacks,
    complaint_alarm,
    complaint_register,
    complaint_words,
    customers,
    step,
)
from flows.periodic_callbacks import promises
from flows.periodic_callbacks.forms import CallbackRecord, DataRepair
from flows.periodic_callbacks.subject import WHYS, Called, CustomerCallback

PER_CENT = 100
OWNERSHIP = re.compile(
    r"股权|股东|法人|法定代表人|实际控制人|控股|收购|并购|易主"
    r"|\b(?:owner\w*|shareholders?|acqui\w+|take-?over|merge[rd]?|legal representative)\b",
    re.IGNORECASE,
)
"""By what the words of changed data tell that the company belongs to somebody else."""


@dataclass(frozen=True)
class TakenUp:
    """Whether it is called now: why not (a label, else empty), when next instead, and what the caller needs to know."""

    tier: str
    """As it is now, whatever it was when the callback was booked."""
    skip: str
    next_at: datetime | None
    people: tuple[customers.Somebody, ...]
    open_orders: tuple[str, ...]
    last_contact_at: datetime | None
    on: date | None = None
    """The day on which it was taken up, before which nothing is promised; None where that was not asked yet."""


@step(rule="CB-1", title="登记为进行中的回访 / take the callback up")
def take_up(call: CustomerCallback, policy: Policy, *, books: Books) -> TakenUp:
    """One open callback per customer, ever: the register holds its case (CB-1). Skipped with its reason (CB-3)."""
    row = customers.held(books, call.customer)
    due = callbacks.due_after(row, policy, books.now)
    skip, next_at = callbacks.why_not_now(books, row, due if call.why in ("cadence", "round") else None)
    next_at = None if call.why == "round" else next_at  # the cadence of its own goes on beside a round
    if skip:
        books.write("skipped", skip)
    else:
        # Whoever has left hands the customer over to who keeps the callback in their place (CB-7).
        owner = row.owner if books.person(row.owner) else str(call.owner)
        customers.change(books, call.customer, open_callback=books.case, next_callback_at=None, owner=owner)
    people = callbacks.people(books, call.customer) or (_somebody(call.contact),)
    orders = callbacks.open_orders(books, call.customer)
    last_contact = books.local(row.last_contact_at) if row.last_contact_at else None
    return TakenUp(row.tier, skip, next_at, people, orders, last_contact, books.today)


def call_facts(call: CustomerCallback, taken: TakenUp, tries: int) -> Shown:
    """CB-3: why now, last contact, open orders, phone, questions; with every try another contact (CB-5)."""
    who = taken.people[tries % len(taken.people)]
    last = taken.last_contact_at.date() if taken.last_contact_at else None
    return Shown(
        (
            Fact("客户 / Customer", f"{call.customer} {call.company}"),
            Fact("等级 / Tier", taken.tier),
            Fact.named("回访原因 / Why now", WHYS[call.why]),
            *((Fact("关于 / About", call.about),) if call.about else ()),
            Fact(callbacks.WHOM, _reached_by(who.name, who.phone, who.email)),
            Fact.of("上次联系 / Last contact", last),
            Fact("未完成订单 / Open orders", "、".join(taken.open_orders) or "—"),
            Fact.of("第几次尝试 / Try", tries + 1),
            *((Fact("回访问题 / Questions", call.questions),) if call.questions else ()),
        )
    )


def _somebody(called: Called) -> customers.Somebody:
    return customers.Somebody(called.name, str(called.email or ""), called.phone, called.language, called.part)


def _reached_by(*known: str | None) -> str:
    return " · ".join(filter(None, known))


@step(rule="CB-5", title="登记未联系上 / enter that nobody was reached")
def keep_try(call: CustomerCallback, record: CallbackRecord, tries: int, *, books: Books) -> None:
    """A try is on record, and is no contact."""
    said = record.model_dump(mode="json") | {"try": tries + 1}
    callbacks.record_contact(books, call.customer, "callback", str(call.owner), reached=False, details=said)


@step(rule="CB-7", title="是否抽查 / choose the sample")
def is_sampled(call: CustomerCallback, tier: str, record: CallbackRecord, policy: Policy) -> bool:
    """All bad results of tier A; of the others so many in a hundred, by the hash of the record: nobody picks."""
    if tier == "A" and record.is_bad:
        return True
    digest = hashlib.sha256(f"{call.customer}/{record.model_dump_json()}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % PER_CENT < policy.number("callback_sample")


@step(rule="CB-4", title="登记回访 / enter the callback")
def enter_record(call: CustomerCallback, record: CallbackRecord, policy: Policy, *, books: Books) -> datetime:
    """The contact made, and when next: as agreed, else when the tier's silence is over, from now (CB-1)."""
    said = record.model_dump(mode="json")
    reached = record.result == "reached"
    if reached:
        callbacks.record_contact(books, call.customer, "callback", str(call.owner), reached=True, details=said)
    books.write("callback", said)
    if record.next_on:
        return _next(books, call, books.morning_of(record.next_on))
    tier = customers.held(books, call.customer).tier
    return _next(books, call, books.now + callbacks.silence_of(tier, policy))


@dataclass(frozen=True)
class Promised:
    """The case that asks on the day of a promise whether it was kept."""

    at: datetime
    input: dict[str, Any]


@step(rule="CB-4", title="登记承诺 / enter the promises")
def enter_promises(call: CustomerCallback, tier: str, record: CallbackRecord, *, books: Books) -> tuple[Promised, ...]:
    """Who promised is asked; where that is nobody of the staff, who called, with the name as it was written."""
    plain = call.model_dump(mode="json", include={"company", "customer", "contact"})
    plain |= {"tier": tier, "callback": books.case}
    found = []
    for one in promises.read(record.promises, books.today):
        person = books.person(one.who or str(call.owner))
        what = one.what if person or not one.who else f"{one.what}（{one.who}）"
        owner = person.email if person else str(call.owner)
        own = {"what": what, "by": one.by.isoformat(), "owner": owner}
        found.append(Promised(books.morning_of(one.by), plain | own))
    return tuple(found)


@step(rule="CB-3", title="改期 / set a later date")
def call_later(call: CustomerCallback, at: datetime, *, books: Books) -> datetime:
    """The cadence goes on from the last real contact (CB-1)."""
    return _next(books, call, at)


@step(rule="CB-5", title="登记核实结果 / enter the repaired data")
def enter_repair(call: CustomerCallback, repair: DataRepair, *, books: Books) -> datetime | None:
    """The new contact is called first, on the next day; whoever is gone is called no more."""
    if repair.is_gone:
        customers.change(books, call.customer, open_callback=None, next_callback_at=None, status="blocked")
        books.write("customer_status", "blocked")
        return None
    new = customers.Somebody(repair.name or call.contact.name, str(repair.email or ""), repair.phone)
    callbacks.add_person(books, call.customer, new)
    return _next(books, call, books.now + callbacks.NEXT_DAY)


def _next(books: Books, call: CustomerCallback, at: datetime) -> datetime:
    """When the morning round is to open the next one, for who keeps the customer then."""
    customers.change(books, call.customer, open_callback=None)
    callbacks.next_callback(books, call.customer, at)
    return at


def record_facts(call: CustomerCallback, tier: str, record: CallbackRecord) -> Shown:
    """CB-6, CB-7: what was recorded."""
    return Shown(
        (
            Fact("客户 / Customer", f"{call.customer} {call.company}"),
            Fact("等级 / Tier", tier),
            Fact("联系人 / Contact", _reached_by(call.contact.name, call.contact.phone, call.contact.email)),
            *record.facts(),
        )
    )


def changed_input(call: CustomerCallback, record: CallbackRecord) -> dict[str, Any]:
    """CB-6: changed data open the archive again, as a review; a change of ownership is named as such (ON-12)."""
    trigger = "change_of_ownership" if OWNERSHIP.search(record.changed_data) else "changed_data"
    plain = call.model_dump(mode="json", include={"company", "customer", "contact", "tier", "owner"})
    # Who has no address is spoken to by the account manager, as in every review (`reviews.input_of`).
    plain["contact"]["email"] = plain["contact"]["email"] or plain["owner"]
    return plain | {"trigger": trigger, "remark": " ".join(record.changed_data.split())[:400]}


@dataclass(frozen=True)
class TakenIn:
    """The complaint that is to be opened; or who is in charge of the one opened before the record was sent back."""

    input: dict[str, Any] | None
    in_charge: str = ""
    named: tuple[str, ...] = ()
    """Of safety, press and law what the record names only now that it was put right (CP-3)."""


@step(rule="CB-6", title="受理回访中的投诉 / take the complaint in")
def complaint_of(call: CustomerCallback, record: CallbackRecord, *, books: Books) -> TakenIn:
    """CB-6: what the customer complains of, received as it is recorded; a bad grade without words is one too."""
    grade = f"满意度 {record.satisfaction} / satisfaction {record.satisfaction}"
    words = record.complaint or "\n".join(filter(None, (grade, record.summary)))
    opened = complaint_register.opened_from(books.tx, books.case)
    if opened:
        return TakenIn(None, opened.owner, complaint_alarm.note(books, opened.code, words, {}))
    person = call.contact
    contact = {"name": person.name, "email": person.email or None, "phone": person.phone, "language": person.language}
    owner = complaint_register.in_charge(books.tx, books.directory, books.today)
    return TakenIn({
        "what": words, "contact": contact, "company": call.company, "customer": call.customer, "channel": "callback",
        "received_at": books.now.isoformat(), "source": books.case, "owner": owner, **complaint_words.concerns(words),
    })  # fmt: skip
