"""The approval case that every figure is about, in the words of the front door. It must not know how it is measured.

Open with 1 KB of data, two steps that each write a row, a gate with its mail queued, a decision, two more steps, done.
"""

from typing import Any, Final

from pydantic import Field

from crm_workflows import (
    Books,
    Case,
    Gate,
    Outcome,
    Shown,
    Subject,
    keep_waiting,
    manager,
    procedure,
    role,
    step,
    working_days,
)
from crm_workflows.domain.shown import Fact

PROCESS: Final = "purchase-approval"
REQUESTER: Final = "wang.fang@yongchang.example"
APPROVER: Final = "zheng.xiaodong@yongchang.example"


class Purchase(Subject):
    """What is to be bought."""

    owner: str = Field(title="负责人 / Owner")
    company: str = Field(title="公司 / Company")
    goods: str = Field(title="商品 / Goods")

    @property
    def case_title(self) -> str:
        return self.company

    def shown(self) -> Shown:
        return Shown((Fact("公司 / Company", self.company), Fact("商品 / Goods", self.goods[:40])))


APPROVAL: Final = Gate(
    "purchase", "采购审批 / Purchase approval", rule="BN-3", approver=role("head_of_marketing"),
    due=working_days(2), remind=working_days(1), escalate_to=manager, on_silence=keep_waiting,
)  # fmt: skip


@step(rule="BN-1", title="登记申请 / enter the request")
def enter_request(purchase: Purchase, *, books: Books) -> None:
    """Writes the first row."""
    books.write("request", {"company": purchase.company})


@step(rule="BN-2", title="核对预算 / check the budget")
def check_budget(purchase: Purchase, *, books: Books) -> int:
    """Writes the second row."""
    books.write("budget", {"company": purchase.company, "left": 1_000})
    return 1_000


@step(rule="BN-4", title="下达订单 / place the order")
def place_order(purchase: Purchase, *, books: Books) -> str:
    """Writes the third row."""
    books.write("order", {"company": purchase.company})
    return "placed"


@step(rule="BN-5", title="归档 / archive")
def archive(purchase: Purchase, *, books: Books) -> None:
    """Writes the fourth row."""
    books.write("archive", {"company": purchase.company})


@procedure(code="BN", version=1, title="采购审批 / Purchase approval", name=PROCESS)
def purchase_approval(case: Case[Purchase]) -> Outcome:
    """The case."""
    enter_request(case.subject)
    check_budget(case.subject)
    if case.approval(APPROVAL, shows=case.subject.shown()).rejected:
        return case.reject()
    place_order(case.subject)
    archive(case.subject)
    return case.approve()


def application() -> dict[str, Any]:
    """The input of a case: 1 KB."""
    return {"owner": REQUESTER, "company": "宏达五金", "goods": "x" * 1_000}
