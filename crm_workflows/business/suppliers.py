"""The supplier register (SV-2, SV-10, SV-11): who is known, codes without gaps, payment terms.

Functions take the open `Books` of a step; they must not decide whether a supplier is recognised.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from crm_workflows.business import duplicates, goods
from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import UNFINISHED, Booking, CaseRow, Supplier, SupplierStanding
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language
from crm_workflows.engine.ports import CaseFilter
from crm_workflows.engine.steps import Books

LETTERS: Final = {"raw_material": "RM", "component": "CP", "packaging": "PK", "service": "SE", "equipment": "EQ"}
"""The letters of a category in a supplier code, such as `S-RM-0001` (SV-10: by category)."""
CATEGORIES: Final = {
    "raw_material": "原材料 / Raw material",
    "component": "零部件 / Component",
    "packaging": "包装材料 / Packaging",
    "service": "服务 / Service",
    "equipment": "设备 / Equipment",
}
SHOWN_AT_MOST: Final = 10
"""So many near names are shown with their reasons; of any more, how many there are."""
Standing = Literal["registered", "barred", "under_way"]
_STANDING: Final[dict[str, Standing]] = {"barred": "barred", **dict.fromkeys(UNFINISHED, "under_way")}


@dataclass(frozen=True)
class Near:
    """A company with another credit code and nearly the same name: in the register, or in a case under way."""

    standing: Standing
    code: str
    name: str
    because: str
    """In what the names differ, "中文 / English"."""

    def shown(self) -> Fact:
        """The supplier or case with the reason for which it is shown."""
        said = {language: in_language(self.because, language) for language in LANGUAGES}
        company = f"{self.code} {self.name}"
        return Fact(NEAR_LABELS[self.standing], f"{company}（{said['zh']}）", f"{company} ({said['en']})")


NEAR_LABELS: Final[dict[Standing, str]] = {
    "barred": "名称相近的禁用供应商 / Barred, with a similar name",
    "registered": "名称相近的在册供应商 / In the register, with a similar name",
    "under_way": "名称相近的案件 / Case under way, with a similar name",
}


@dataclass(frozen=True)
class Known:
    """What we know already of a company with the same credit code, or nearly the same name (SV-2)."""

    is_barred: bool
    suppliers: tuple[str, ...]
    cases: tuple[str, ...]
    near: tuple[Near, ...] = ()
    """The barred first, then the likeliest; by likeness alone nobody is refused."""
    further: int = 0
    """How many more have a similar name."""

    @property
    def is_known(self) -> bool:
        return bool(self.suppliers or self.cases or self.near)

    def shown(self) -> Shown:
        """The facts for the person who decides whether it is the same company, each with its reason."""
        same = {"已登记的供应商 / In the register": self.suppliers, "进行中的案件 / Cases under way": self.cases}
        facts = [
            Fact(label, f"{', '.join(found)}（信用代码相同）", f"{', '.join(found)} (the same credit code)")
            for label, found in same.items()
            if found
        ]
        facts += [near.shown() for near in self.near]
        if self.further:
            facts.append(Fact("其他名称相近的公司数 / Further companies with a similar name", str(self.further)))
        return Shown(tuple(facts))


def look_up(books: Books, company: str, credit_code: str) -> Known:
    """Suppliers and running supplier cases with this credit code or a similar name, other than the case itself."""
    found = books.tx.find(Supplier, credit_code=credit_code)
    wanted = CaseFilter(process="supplier-vetting", text=credit_code.lower())
    running = [row for row in books.tx.search_cases(wanted) if _is_other(row, books.case, credit_code)]
    near = _near(books, company, {books.case, *(s.code for s in found), *(row.code for row in running)})
    return Known(
        is_barred=any(supplier.status == "barred" for supplier in found),
        suppliers=tuple(f"{supplier.code} {supplier.name}" for supplier in found),
        cases=tuple(f"{row.code} {row.title}" for row in running),
        near=near[:SHOWN_AT_MOST],
        further=len(near[SHOWN_AT_MOST:]),
    )


def _is_other(row: CaseRow, case: str, credit_code: str) -> bool:
    return row.status in UNFINISHED and row.code != case and row.subject.get("credit_code") == credit_code


def _near(books: Books, company: str, apart_from: set[str]) -> tuple[Near, ...]:
    """Names of the register and of cases under way that may be this company; reads three columns of each, no more."""
    registered = books.tx.columns(Supplier, "code", "name", "status")
    running = books.tx.columns(CaseRow, "code", "title", "status", process="supplier-vetting", status=UNFINISHED)
    others = [row for row in (*registered, *running) if row[0] not in apart_from]
    found = []
    for candidate in duplicates.candidates(company, (name for _, name, _ in others)):
        code, name, status = others[candidate.position]
        found.append(Near(_STANDING.get(status, "registered"), code, name, candidate.likeness.explained))
    return tuple(sorted(found, key=lambda near: near.standing != "barred"))


@dataclass(frozen=True)
class Registered:
    """A line of the register; one that is barred stays so."""

    code: str
    is_barred: bool = False


def register(
    books: Books, *, category: str, name: str, credit_code: str, supplier_class: str, details: dict[str, Any]
) -> Registered:
    """Give the next code of the category and enter the supplier (SV-10).

    Gap-free and without collisions: the number is given in the transaction that writes the line. A company that is in
    the register already keeps its code, and what it is held for; one that was barred meanwhile is not touched.
    """
    known = books.tx.find(Supplier, credit_code=credit_code, limit=1)
    if known:
        found = _held(books, known[0].code)
        if found.status == "barred":
            return Registered(found.code, is_barred=True)
        books.tx.update(Supplier, (found.code,), supplier_class=supplier_class, case=books.case)
        books.write("supplier_code", found.code)
        return Registered(found.code)
    letters = LETTERS[category]
    code = f"S-{letters}-{books.tx.next_number(f'supplier/{letters}'):04d}"
    books.tx.insert(
        Supplier(
            code=code, category=category, name=name, credit_code=credit_code, status="recognised",
            registered_at=books.now, case=books.case, supplier_class=supplier_class, details=details,
        )
    )  # fmt: skip
    _keep_standing(books, code)
    books.write("supplier_code", code)
    books.write("supplier_class", supplier_class)
    return Registered(code)


def in_register(name: str, credit_code: str, at: datetime, *, category: str, status: str = "recognised") -> Supplier:
    """A line of the register as it may have been there before: for examples, see `Example`."""
    code = f"S-{LETTERS[category]}-9001"
    return Supplier(code, category, name, credit_code, status, at, supplier_class="C", details={})


def standing(supplier: Supplier, today: date) -> str:
    """Where a supplier stands on a day: `ended` once its recognition is over and no other was given (SV-12)."""
    last_day = (supplier.details or {}).get("valid_until")
    is_over = last_day is not None and date.fromisoformat(last_day) < today
    return "ended" if supplier.status == "recognised" and is_over else supplier.status


def enter_payment(books: Books, code: str, terms: dict[str, Any], account: dict[str, Any]) -> None:
    """Enter method and days of payment (SV-11) and the confirmed account (SV-9) into the register."""
    add_details(books, code, bank_account=account)
    books.tx.update(Supplier, (code,), payment=terms)
    books.write("payment", terms)


TOO_MANY: Final = 3
"""Upheld complaints within a year that bring the re-evaluation forward, where the policy says nothing."""
USUAL_POINTS: Final = 20
"""What one takes from the figure of complaints."""
COMPLAINTS: Final = "complaints"
"""The detail of a supplier with the upheld complaints in which its part was the cause: [{"case", "at"}]."""


def add_complaint(books: Books, code: str, complaint: str) -> int:
    """Enter an upheld complaint about a part (CP-6), once; returns how many there were in the last 365 days.

    NotFound for an unknown code.
    """
    held = list((_held(books, code).details or {}).get(COMPLAINTS, ()))
    if complaint not in [one["case"] for one in held]:
        held.append({"case": complaint, "at": books.now.isoformat()})
        add_details(books, code, **{COMPLAINTS: held})
    return len(recent_complaints(held, books.now))


def is_known(books: Books, code: str) -> bool:
    """Whether a supplier has this code."""
    return books.tx.get(Supplier, code) is not None


def evaluate_soon(books: Books, code: str) -> bool:
    """Bring the booked re-evaluation of a supplier forward to now; False where none is booked."""
    booked = books.tx.find(Booking, process="supplier-reevaluation", is_open=True)
    for one in booked:
        if one.input.get("supplier") == code and one.due_at > books.now:
            return bool(books.tx.update(Booking, (one.key,), {"is_open": True}, due_at=books.now))
    return False


def complaints_known(books: Books, code: str, policy: Policy) -> tuple[int, int | None]:
    """How many complaints were upheld in the last 365 days, and the figure from 0 to 100 that they make (SV-12).

    None where there was never any: then nothing is known of it.
    """
    found = books.tx.get(Supplier, code)
    held = (found.details or {}).get(COMPLAINTS) if found else None
    many = len(recent_complaints(held, books.now))
    points = policy.number_or("supplier_complaint_points", USUAL_POINTS)
    return many, max(0, 100 - points * many) if held else None


def recent_complaints(held: Any, now: datetime) -> list[Any]:
    """Those of the last 365 days."""
    return [one for one in held or () if datetime.fromisoformat(one["at"]) > now - timedelta(days=365)]


def delivered(books: Books, code: str, policy: Policy) -> goods.Delivered:
    """What a supplier has delivered in the last 365 days, as far as it was imported (SV-12)."""
    found = books.tx.get(Supplier, code)
    return goods.delivered(books.tx, found, books.now, policy) if found else goods.Delivered(0)


def renew(books: Books, code: str, supplier_class: str, valid_until: date) -> None:
    """Enter class and validity of a recognition (SV-12)."""
    add_details(books, code, valid_until=valid_until.isoformat())
    books.tx.update(Supplier, (code,), supplier_class=supplier_class)
    _keep_standing(books, code)
    books.write("valid_until", valid_until.isoformat())


def hold(books: Books, code: str, because: str) -> None:
    """Put a supplier on hold for one more reason (SV-12); a barred one stays barred."""
    _with_holds(books, code, lambda held: [*(one for one in held if one != because), because])


def release(books: Books, code: str, because: str) -> None:
    """Take one reason away; without any left the supplier is recognised again."""
    _with_holds(books, code, lambda held: [one for one in held if one != because])


def bar(books: Books, code: str) -> None:
    """Bar a supplier: SV-2 refuses it from now on."""
    books.tx.update(Supplier, (code,), status="barred")
    _keep_standing(books, code)
    books.write("supplier_status", "barred")


def _with_holds(books: Books, code: str, change: Callable[[list[str]], list[str]]) -> None:
    found = _held(books, code)
    holds = change(list((found.details or {}).get("holds", ())))
    books.tx.update(Supplier, (code,), details={**(found.details or {}), "holds": holds})
    if found.status != "barred":
        books.tx.update(Supplier, (code,), status="on_hold" if holds else "recognised")
        _keep_standing(books, code)
        books.write("supplier_status", "on_hold" if holds else "recognised")


def _keep_standing(books: Books, code: str) -> None:
    """Where a supplier stands from today on: what is received later is judged by it, also after it has changed."""
    for row in books.tx.find(Supplier, code=code):
        last_day = (row.details or {}).get("valid_until")
        ends_at = books.morning_of(date.fromisoformat(last_day) + timedelta(days=1)) if last_day else None
        books.tx.put(SupplierStanding(code, books.morning_of(books.today), row.status, ends_at))


def add_details(books: Books, code: str, **details: Any) -> None:
    """Enter further details of a supplier beside those that are there; NotFound for an unknown code."""
    found = _held(books, code)
    books.tx.update(Supplier, (code,), details={**(found.details or {}), **details})


def _held(books: Books, code: str) -> Supplier:
    """The line of the register, held against other writers."""
    before = books.tx.get(Supplier, code)
    # An update that changes nothing holds the row, so that no other case writes between our reading and writing.
    if before is None or not books.tx.update(Supplier, (code,), registered_at=before.registered_at):
        raise NotFound(bilingual(f"名册中没有供应商 {code}", f"there is no supplier {code} in the register"))
    return books.tx.get(Supplier, code) or before
