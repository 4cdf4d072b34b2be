"""The customer register (ON-2, ON-6, ON-8): who is known, codes without gaps, terms that hold.

Functions take the open `Books` of a step; they must not decide whether a customer is taken on.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from crm_workflows.business import duplicates
from crm_workflows.business.mail_domains import mail_domain
from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import UNFINISHED, CaseRow, Customer, CustomerContact, CustomerOrder
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.ports import CaseFilter, Reader
from crm_workflows.engine.steps import Books

INDUSTRIES: Final = {
    "machinery": "机械制造 / Machinery",
    "vehicles": "汽车及零部件 / Vehicles and parts",
    "electronics": "电子电气 / Electronics",
    "energy": "能源 / Energy",
    "trade": "贸易 / Trade",
    "other": "其他 / Other",
}
LETTERS: Final = {
    "machinery": "MA",
    "vehicles": "VE",
    "electronics": "EL",
    "energy": "EN",
    "trade": "TR",
    "other": "OT",
}
"""The letters of an industry in a customer code, such as `C-MA-0001` (ON-8: as SV-10)."""
SHOWN_AT_MOST: Final = 10
DIGITS_COMPARED: Final = 8
"""Of a phone number, from its end: with or without country and area code it is the same number."""
SAME_CODE: Final = "信用代码相同 / the same credit code"
SAME_PHONE: Final = "电话相同 / the same phone number"
SAME_DOMAIN: Final = "邮箱域名相同 / the same mail domain"
LABELS: Final = {
    "blocked": "已冻结的客户 / Blocked customer",
    "active": "在册客户 / In the register",
    "under_way": "进行中的案件 / Case under way",
}


@dataclass(frozen=True)
class Match:
    """A customer or case under way that may be the same company; `because` is a label."""

    standing: str
    code: str
    name: str
    owner: str
    because: str

    def shown(self) -> Fact:
        """What it is, who keeps it, and why it is shown."""
        zh, en = in_language(self.because, "zh"), in_language(self.because, "en")
        said = f"{self.code} {self.name} · {self.owner}"
        return Fact(LABELS[self.standing], f"{said}（{zh}）", f"{said} ({en})")


@dataclass(frozen=True)
class Known:
    """What is known already of a company (ON-2): by its credit code exactly; by name, phone, mail domain nearly."""

    matches: tuple[Match, ...] = ()

    @property
    def is_blocked(self) -> bool:
        """Whether this very company is blocked."""
        return any(match.standing == "blocked" and match.because == SAME_CODE for match in self.matches)

    @property
    def codes(self) -> str:
        """The codes that may be named as the same company, joined by commas."""
        return ",".join(match.code for match in self.matches)

    def match(self, code: str) -> Match | None:
        """The one with this code."""
        return next((match for match in self.matches if match.code == code), None)

    def shown(self) -> Shown:
        """One line for each, for the person who decides."""
        return Shown(tuple(match.shown() for match in self.matches))


def digits(phone: str) -> str:
    """A phone number as the register compares it: its last digits; empty for what is too short to compare."""
    found = re.sub(r"\D", "", phone)
    return found[-DIGITS_COMPARED:] if len(found) >= DIGITS_COMPARED else ""


def look_up(books: Books, company: str, credit_code: str, phone: str, email: str) -> Known:
    """Customers, and onboarding cases under way, that may be this company; the case itself apart."""
    found: dict[str, Match] = {}
    for match in _all(books, company, credit_code, digits(phone), mail_domain(email)):
        found.setdefault(match.code, match)
    return Known(tuple(found.values())[:SHOWN_AT_MOST])


def _all(books: Books, company: str, credit_code: str, phone: str, domain: str) -> Iterator[Match]:
    """The surest reason first."""
    yield from _registered(books.tx.find(Customer, credit_code=credit_code), SAME_CODE)
    wanted = CaseFilter(process="customer-onboarding", text=credit_code.lower())
    for row in books.tx.search_cases(wanted):
        if row.status in UNFINISHED and row.code != books.case and row.subject.get("credit_code") == credit_code:
            yield Match("under_way", row.code, row.title, row.owner, SAME_CODE)
    if phone:
        yield from _registered(books.tx.find(Customer, phone=phone), SAME_PHONE)
    if domain:
        yield from _registered(books.tx.find(Customer, mail_domain=domain), SAME_DOMAIN)
    yield from _near(books, company)


def _registered(found: Iterable[Customer], because: str) -> Iterator[Match]:
    return (Match(one.status, one.code, one.name, one.owner, because) for one in found)


def _near(books: Books, company: str) -> Iterator[Match]:
    registered = books.tx.columns(Customer, "status", "code", "name", "owner")
    running = books.tx.columns(CaseRow, "code", "title", "owner", process="customer-onboarding", status=UNFINISHED)
    others = [*registered, *(("under_way", *row) for row in running if row[0] != books.case)]
    for candidate in duplicates.candidates(company, (name for _, _, name, _ in others)):
        standing, code, name, owner = others[candidate.position]
        yield Match(standing, code, name, owner, candidate.likeness.explained)


@dataclass(frozen=True)
class Somebody:
    """A person at a customer, and what they are there for."""

    name: str
    email: str
    phone: str
    language: str = "zh"
    part: str = ""

    def row(self, customer: str, n: int) -> CustomerContact:
        """As the register keeps them."""
        return CustomerContact(customer, n, self.name, self.email, self.phone, self.language, self.part)


@dataclass(frozen=True)
class Entry:
    """What the register is told of a new customer (ON-8)."""

    name: str
    credit_code: str
    industry: str
    region: str
    tier: str
    stage: str
    kind: str
    owner: str
    consents: bool
    contacts: tuple[Somebody, ...]
    """The first is the one who is called first."""
    credit: Any
    details: Any
    tags: str | None = None
    legal_owner: str | None = None


def register(books: Books, entry: Entry) -> str:
    """Give the next code of the industry and enter the customer: gap-free, since it is one transaction (ON-8).

    A company that has come into the register meanwhile keeps its code, and nothing of it is written over.
    """
    known = books.tx.find(Customer, credit_code=entry.credit_code, limit=1)
    if known:
        books.write("customer_code", known[0].code)
        return known[0].code
    letters = LETTERS[entry.industry]
    code = f"C-{letters}-{books.tx.next_number(f'customer/{letters}'):04d}"
    first = entry.contacts[0]
    books.tx.insert(
        Customer(
            code=code, name=entry.name, credit_code=entry.credit_code, status="active", tier=entry.tier,
            owner=entry.owner, registered_at=books.now, industry=entry.industry, region=entry.region,
            stage=entry.stage, kind=entry.kind, phone=digits(first.phone), mail_domain=mail_domain(first.email),
            consents=entry.consents, case=books.case, last_contact_at=None, credit=entry.credit, details=entry.details,
            tags=entry.tags, legal_owner=entry.legal_owner,
        ),
        *(contact.row(code, n) for n, contact in enumerate(entry.contacts)),
    )  # fmt: skip
    for name, value in (("customer_code", code), ("tier", entry.tier), ("credit", entry.credit)):
        books.write(name, value)
    return code


def in_register(
    code: str, name: str, credit_code: str, at: datetime, *contacts: Somebody, **columns: Any
) -> tuple[object, ...]:
    """A line of the register as it may have been there before, with its people: for examples, see `Example`."""
    held_as: dict[str, Any] = {"status": "active", "tier": "B"} | columns
    row = Customer(code, name, credit_code, registered_at=at, phone=digits(contacts[0].phone), **held_as)
    return (row, *(contact.row(code, n) for n, contact in enumerate(contacts)))


def merge(books: Books, code: str, contact: Somebody, owner: str | None) -> None:
    """Take a contact over into a customer that is in the register already (ON-2), and its owner if one is given."""
    held(books, code)
    known = books.tx.find(CustomerContact, customer=code)
    if contact.email not in {one.email for one in known}:
        books.tx.insert(contact.row(code, 1 + max((one.n for one in known), default=-1)))
    if owner:
        books.tx.update(Customer, (code,), owner=owner)
    books.write("merged_into", code)


def change(books: Books, code: str, **columns: Any) -> Customer:
    """Change columns of the register; returns the line as it was before."""
    before = held(books, code)
    books.tx.update(Customer, (code,), **columns)
    return before


def traded_last_year(books: Books, code: str) -> Money | None:
    """What a customer has ordered in the last 365 days, in CNY.

    None without any order, and where some are in another currency: then what a person says of the year counts.
    """
    since = books.now - timedelta(days=365)
    recent = [order for order in books.tx.find(CustomerOrder, customer=code) if order.ordered_at >= since]
    amounts = [Money.model_validate(order.amount) for order in recent]
    is_cny = all(one.currency == "CNY" for one in amounts)
    return sum(amounts, Money.of(0)) if amounts and is_cny else None


def credit_on(credit: Any, day: date) -> Any:
    """The terms that hold on that day: a temporary limit has ended by itself after its last day (ON-6)."""
    until = (credit or {}).get("until")
    return {"terms": "prepaid"} if until and date.fromisoformat(until) < day else credit


def terms_of(credit: Any) -> str:
    """Terms of credit on one line, a label."""
    if not credit or credit["terms"] == "prepaid":
        return "预付款 / Prepaid"
    limit = Money.model_validate(credit["limit"])
    zh, en = (limit.shown(language) for language in ("zh", "en"))
    return bilingual(f"{zh} · {credit['days']} 天", f"{en} · {credit['days']} days")


def open_case(reader: Reader, process: str, code: str) -> CaseRow | None:
    """The open case of this process about the customer, if there is one."""
    found = reader.search_cases(CaseFilter(process=process, text=code.lower()))
    return next((row for row in found if row.status in UNFINISHED and code in row.subject.values()), None)


def people_in(reader: Reader, code: str) -> tuple[Somebody, ...]:
    """The people at a customer, in the order in which they are tried (CB-5)."""
    found = reader.find(CustomerContact, customer=code, is_active=True, order="n")
    return tuple(Somebody(one.name, one.email, one.phone, one.language, one.part) for one in found)


def in_form(reader: Reader, code: str) -> dict[str, Any]:
    """What a form asks of a customer that the register knows better, by its usual fields; empty for an unknown code."""
    row, people = reader.get(Customer, code), people_in(reader, code)
    if row is None:
        return {}
    found: dict[str, Any] = {"company": row.name, "tier": row.tier, "owner": row.owner}
    if people:
        one = people[0]
        found["contact"] = {"name": one.name, "email": one.email, "phone": one.phone, "language": one.language}
    return found


def held(books: Books, code: str) -> Customer:
    """The line of the register, held against other writers; NotFound for an unknown code."""
    before = books.tx.get(Customer, code)
    # An update that changes nothing holds the row, so that no other case writes between our reading and writing.
    if before is None or not books.tx.update(Customer, (code,), registered_at=before.registered_at):
        raise NotFound(bilingual(f"客户名册中没有 {code}", f"there is no customer {code} in the register"))
    return books.tx.get(Customer, code) or before
