"""Tier and credit of a new customer: who decides on them, and what the register keeps (ON-5 to ON-7)."""

from typing import Any

import pytest

from crm_workflows.domain.errors import InvalidInput
from tests.flows.customers import BIG, IN_MEMORY, TOP, finished, onboarding, registered, until
from tests.office import Office

DIRECTOR = "xu.jianping@yongchang.example"


def test_tier_a_is_decided_by_the_sales_director_too_and_gets_a_team(office: Office) -> None:
    code = until(office, onboarding(office, expected_value=BIG), "customer_approval", tier_facts=TOP)
    office.answer(code, "approve")
    assert office.waiting(code)["assignee"]["email"] == DIRECTOR
    office.answer(code, "approve")
    with pytest.raises(InvalidInput, match="ON-9"):
        office.submit(code, gate="account_team", technical="")
    office.submit(code, gate="account_team")
    row = registered(office)
    assert row.tier == "A"
    assert row.details["team"]["technical"] == "周海涛：图纸与工艺"


@pytest.mark.parametrize(
    ("limit", "deciders"),
    [
        ("80000.00", ["sales_manager"]),
        ("300000.00", ["sales_manager", "head_of_finance"]),
        ("1500000.00", ["sales_manager", "head_of_finance", "general_manager"]),
    ],
)
@IN_MEMORY
def test_credit_climbs_a_ladder_by_amount(office: Office, limit: str, deciders: list[str]) -> None:
    asked = {"credit_request": {"limit": {"amount": limit, "currency": "CNY"}}}
    code = until(office, onboarding(office), "credit", **asked)
    roles = []
    while office.waiting(code)["gate"] == "credit":
        roles.append(office.waiting(code)["assignee"]["role"])
        office.answer(code, "approve")
    assert roles == deciders
    finished(office, code)
    assert registered(office).credit["limit"]["amount"] == limit


def test_credit_may_be_granted_lower_and_the_ladder_goes_by_what_was_granted(office: Office) -> None:
    asked = {"credit_request": {"limit": {"amount": "300000.00", "currency": "CNY"}, "until": "2026-06-30"}}
    code = until(office, onboarding(office), "credit_opinion", **asked)
    more: dict[str, Any] = {"grant": "lower", "limit": {"amount": "400000.00", "currency": "CNY"}, "days": 30}
    with pytest.raises(InvalidInput, match="no more may be granted"):
        office.submit(code, gate="credit_opinion", **more)
    office.submit(code, gate="credit_opinion", **(more | {"limit": {"amount": "50000.00", "currency": "CNY"}}))
    office.answer(code, "approve", gate="credit")
    finished(office, code)
    credit = registered(office).credit
    assert (credit["limit"]["amount"], credit["until"]) == ("50000.00", "2026-06-30")


@IN_MEMORY
def test_whoever_decides_on_credit_may_approve_less_and_the_register_keeps_that(office: Office) -> None:
    asked = {"credit_request": {"limit": {"amount": "300000.00", "currency": "CNY"}}}
    code = until(office, onboarding(office), "credit", **asked)
    office.answer(code, "change", gate="credit", to="credit_limit=60000")
    assert "credit" not in [item["gate"] for item in office.view(code)["waiting_for"]], "finance decides above a limit"
    finished(office, code)
    assert registered(office).credit["limit"]["amount"] == "60000.00"


@pytest.mark.parametrize("way", ["asked", "finance", "refused"])
@IN_MEMORY
def test_prepaid_by_wish_by_finance_or_by_refusal(office: Office, way: str) -> None:
    if way == "asked":
        code = finished(office, onboarding(office), credit_request={"terms": "prepaid"})
    elif way == "finance":
        code = finished(office, onboarding(office), credit_opinion={"grant": "prepaid", "reason": "无付款记录"})
    else:
        code = until(office, onboarding(office), "credit")
        office.answer(code, "reject", comment="额度过高")
        finished(office, code)
    assert registered(office).credit == {"terms": "prepaid"}
    assert office.view(code)["outcome"] == "approved"
