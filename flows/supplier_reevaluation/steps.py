"""What the engine itself does at a re-evaluation (SV-12)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_workflows import Books, Fact, Policy, Shown, goods, recognition, step, suppliers
from flows.supplier_reevaluation.elements import PROPOSALS, Reevaluation
from flows.supplier_reevaluation.subject import RecognisedSupplier

HELD = "reevaluation"
"""The reason of a hold, in the register."""


@dataclass(frozen=True)
class Next:
    """The next re-evaluation."""

    at: datetime
    input: dict[str, Any]


@dataclass(frozen=True)
class Performed:
    """How the supplier has performed in the last 365 days; a figure is None where nothing is known."""

    many: int
    """Upheld complaints about its parts."""
    figure: int | None
    """What they make of 100."""
    received: goods.Delivered | None = None
    """Goods received; None in cases that began before they were looked up."""

    @property
    def scores(self) -> dict[str, int | None]:
        """What the form of the scores begins with."""
        known = goods.scores(self.received) if self.received else {}
        return known | {"complaints": self.figure}


@step(rule="SV-12", title="查询成立的投诉和收货 / look up upheld complaints and goods received")
def complained(supplier: RecognisedSupplier, policy: Policy, *, books: Books) -> Performed:
    """As complaints have entered them (CP-6), and as goods received were imported."""
    many, figure = suppliers.complaints_known(books, supplier.supplier, policy)
    return Performed(many, figure, suppliers.delivered(books, supplier.supplier, policy))


def supplier_facts(supplier: RecognisedSupplier, policy: Policy, known: Performed) -> Shown:
    """The recognition that ends, upheld complaints, goods received, and how the policy weighs the scores."""
    facts = supplier.facts(leave_out=("contact", "owner"))
    many = Fact.of("近一年成立的投诉 / Complaints upheld within a year", known.many)
    received = goods.facts(known.received) if known.received else ()
    return Shown((*facts, many, *received, *recognition.basis(policy)))


def judge(scores: Reevaluation, policy: Policy) -> recognition.Judgement:
    """The six criteria as in SV-1, then how the supplier has performed."""
    criteria = recognition.judge({name: getattr(scores, name) for name in recognition.CRITERIA}, policy)
    performed = {name: getattr(scores, name) for name in recognition.PERFORMANCE}
    return recognition.with_performance(criteria, performed, policy)


def decisive_facts(
    supplier: RecognisedSupplier, scores: Reevaluation, judgement: recognition.Judgement, new_class: str
) -> Shown:
    """What the gate decides on."""
    facts = (
        Fact("供应商 / Supplier", supplier.company),
        Fact("供应商代码 / Supplier code", supplier.supplier),
        Fact.of("认定有效期至 / Recognised until", supplier.valid_until),
        Fact.named("建议 / Proposal", PROPOSALS[scores.proposal]),
        Fact("原因 / Reason", scores.reason),
        Fact.of("预计年采购额 / Expected yearly amount", scores.yearly_amount),
        Fact.named("综合得分 / Weighted score", judgement.arithmetic),
        Fact.of("达标 / Passes", judgement.passes),
        Fact("原级别 → 新级别 / Class, old → new", f"{supplier.supplier_class} → {new_class}"),
    )
    return Shown(facts)


@step(rule="SV-12", title="暂停供应商 / put the supplier on hold")
def put_on_hold(supplier: RecognisedSupplier, *, books: Books) -> None:
    """Until it is recognised again."""
    suppliers.hold(books, supplier.supplier, HELD)


@step(rule="SV-12", title="列入禁用名单 / bar the supplier")
def bar(supplier: RecognisedSupplier, *, books: Books) -> None:
    """SV-2 refuses it from now on."""
    suppliers.bar(books, supplier.supplier)


@step(rule="SV-12", title="登记新有效期 / enter the new validity")
def renew(supplier: RecognisedSupplier, scores: Reevaluation, new_class: str, policy: Policy, *, books: Books) -> Next:
    """Valid by class from the day of the decision; a hold by an earlier re-evaluation ends."""
    last_day = recognition.valid_until(books.today, new_class, policy)
    suppliers.release(books, supplier.supplier, HELD)
    suppliers.renew(books, supplier.supplier, new_class, last_day)
    changed = {"supplier_class": new_class, "valid_until": last_day.isoformat()}
    amount = {"yearly_amount": scores.yearly_amount.model_dump(mode="json")}
    at = books.morning_of(last_day - timedelta(days=policy.number("reevaluation_before")))
    return Next(at, supplier.model_dump(mode="json") | changed | amount)
