"""A purchase that is approved, and may be amended."""

from typing import Any

import pytest
from pydantic import Field

from crm_workflows.domain.approvers import role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate, above
from crm_workflows.domain.money import Money
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import amending
from crm_workflows.engine.decisions.amending import Amended, Amendment
from crm_workflows.engine.results import Outcome
from crm_workflows.testing import MemoryStore
from tests.engine.toys import NOTE, OTHER_NOTE, OWNER, Matter, office_of, start, toy
from tests.office import Office


class Purchase(Matter):
    """What is bought: a gate shows price and goods, never the remark."""

    price: int = Field(default=100, title="价格 / Price")
    goods: str = Field(default="螺丝", title="商品 / Goods")
    remark: str = Field(default="", title="备注 / Remark")


BUY = Gate(
    "buy", "采购审批 / Purchase", rule="T-5", approver=role("head_of_marketing"), send_back=("T-3",),
    then=above("recognition_finance_above", role("general_manager")), due=working_days(2),
)  # fmt: skip


def shown(subject: Purchase) -> Shown:
    return Shown((Fact.of("价格 / Price", subject.price), Fact.of("商品 / Goods", subject.goods)))


def buying(case: Case[Purchase]) -> Outcome:
    subject = case.subject
    amount = Money.of(subject.price)
    if case.approval(BUY, shows=shown(subject), amount=amount).rejected:
        return case.reject("未批准 / not approved")
    case.task(NOTE)
    case.task(OTHER_NOTE)
    return case.approve()


BUYING = toy(buying, BUY, NOTE, OTHER_NOTE, name="buying", code="BY")


@pytest.fixture
def office() -> Office:
    return office_of(MemoryStore(), BUYING)


def bought(office: Office) -> str:
    """A case whose purchase is approved, and which waits for the note after it."""
    code = start(office, process="buying")
    office.answer(code, "approve")
    return code


def amend(office: Office, code: str, by: str = OWNER, **values: Any) -> Amended:
    return amending.amend(office.engine, code, Amendment(values, by, "写错了", "page"))


def gates(office: Office, code: str) -> list[str]:
    return sorted(item["gate"] for item in office.view(code)["waiting_for"])
