"""The supplier register (SV-2, SV-10, SV-11): who is known, codes without gaps, payment terms.

Functions take the open `Books` of a step; they must not decide whether a supplier is recognised.
"""

from dataclasses import dataclass
from typing import Any, Final

from crm_workflows.domain.records import CaseRow, Supplier
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.ports import CaseFilter
from crm_workflows.engine.steps import Books

LETTERS: Final = {"raw_material": "RM", "component": "CP", "packaging": "PK", "service": "SE", "equipment": "EQ"}
"""The letters of a category in a supplier code, such as `S-RM-0001` (SV-10: by category)."""


@dataclass(frozen=True)
class Known:
    """What we know already of a company with the same credit code (SV-2)."""

    is_barred: bool
    suppliers: tuple[str, ...]
    cases: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        return bool(self.suppliers or self.cases)

    def shown(self) -> Shown:
        """The facts for the person who decides whether it is the same company."""
        registered = Fact("已登记的供应商 / In the register", ", ".join(self.suppliers) or "—")
        running = Fact("进行中的案件 / Cases under way", ", ".join(self.cases) or "—")
        return Shown((registered, running))


def look_up(books: Books, credit_code: str) -> Known:
    """Suppliers and running supplier cases with this unified social credit code, other than the case itself."""
    found = books.tx.find(Supplier, credit_code=credit_code)
    wanted = CaseFilter(process="supplier-vetting", text=credit_code.lower())
    running = [row for row in books.tx.search_cases(wanted) if _is_other(row, books.case, credit_code)]
    return Known(
        is_barred=any(supplier.status == "barred" for supplier in found),
        suppliers=tuple(f"{supplier.code} {supplier.name}" for supplier in found),
        cases=tuple(f"{row.code} {row.title}" for row in running),
    )


def _is_other(row: CaseRow, case: str, credit_code: str) -> bool:
    is_open = row.status in ("running", "waiting", "needs_attention")
    return is_open and row.code != case and row.subject.get("credit_code") == credit_code


@dataclass(frozen=True)
class Registered:
    """A line of the register."""

    code: str
    is_new: bool


def register(
    books: Books, *, category: str, name: str, credit_code: str, supplier_class: str, details: dict[str, Any]
) -> Registered:
    """Give the next code of the category and enter the supplier (SV-10).

    Gap-free and without collisions: the number is given in the transaction that writes the line. A company that is in
    the register already keeps its code.
    """
    known = books.tx.find(Supplier, credit_code=credit_code, limit=1)
    if known:
        books.tx.update(Supplier, (known[0].code,), supplier_class=supplier_class, status="recognised", case=books.case)
        books.write("supplier_code", known[0].code)
        return Registered(known[0].code, is_new=False)
    letters = LETTERS[category]
    code = f"S-{letters}-{books.tx.next_number(f'supplier/{letters}'):04d}"
    books.tx.insert(
        Supplier(
            code=code, category=category, name=name, credit_code=credit_code, status="recognised",
            registered_at=books.now, case=books.case, supplier_class=supplier_class, details=details,
        )
    )  # fmt: skip
    books.write("supplier_code", code)
    books.write("supplier_class", supplier_class)
    return Registered(code, is_new=True)


def enter_payment(books: Books, code: str, terms: dict[str, Any]) -> None:
    """Enter method and days of payment into the register (SV-11)."""
    books.tx.update(Supplier, (code,), payment=terms)
    books.write("payment", terms)
