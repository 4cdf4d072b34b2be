"""By how much orders are worth more than a year before (RP-2), against sums made by hand."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crm_workflows.business.figures import reporting
from crm_workflows.business.figures.behind import Slice, behind
from crm_workflows.business.figures.months import Month, Quarter, Year
from crm_workflows.business.figures.said import beside, said
from crm_workflows.domain.records import Customer, CustomerOrder
from crm_workflows.testing import MemoryStore
from tests.office import Office

PROCESS = "customer-onboarding"
ORDERS = {
    "A": [("2025-03-05", "100.00 CNY"), ("2025-03-25", "900.00 CNY"), ("2026-03-10", "150.10 CNY"),
          ("2026-03-11", "70.00 USD"), ("2025-01-05", "40.00 CNY"), ("2026-02-28", "30.00 CNY")],
    "B": [("2026-03-02", "49.90 CNY"), ("2025-02-03", "80.00 CNY")],
}  # fmt: skip
"""By tier; 25 March 2025 lies behind the day that March 2026 has come to."""


@pytest.fixture(scope="module")
def company() -> Office:
    office = Office(MemoryStore())
    office.move_to(datetime(2026, 3, 20, 4, tzinfo=UTC))
    with office.engine.store.write() as tx:
        for tier, orders in ORDERS.items():
            tx.insert(Customer(tier, tier, tier, "active", tier, "li", office.clock.now()))
            for n, (day, amount) in enumerate(orders):
                tx.insert(CustomerOrder(tier, f"PO-{n}", datetime.fromisoformat(f"{day}T04:00+00:00"), amount))
    return office


def figure(office: Office, name: str, month: Month) -> reporting.Measured:
    (found,) = reporting.reports(office.engine, month, PROCESS)
    return found.figure(name)


def test_a_month_that_is_not_over_is_held_against_the_same_days_of_the_year_before(company: Office) -> None:
    march = figure(company, "turnover_growth", Month(2026, 3))
    assert (march.whole.value, march.whole.count) == (Decimal("100.0"), 2)
    assert said(march.kpi, march.whole) == "+100%"
    assert beside(march.kpi, march.whole).endswith(" / CNY 200.00, a year before CNY 100.00")
    parts = {tier: said(march.kpi, value) for tier, value in march.parts}
    assert parts == {"A": "+50.1%", "B": "上年同期没有 / none in the year before"}
    assert march.last is not None
    assert said(march.kpi, march.last) == "-62.5%", "30 in February against 80"


def test_quarters_and_years_grow_as_well_and_nothing_is_no_growth(company: Office) -> None:
    quarter, year = (figure(company, "turnover_growth", one) for one in (Quarter(2026, 1), Year(2026, 1)))
    assert quarter.whole == year.whole
    assert quarter.whole.value == Decimal("4.5"), "230 against 220"
    nothing = figure(company, "turnover_growth", Month(2024, 5))
    assert said(nothing.kpi, nothing.whole) == "本期没有可统计的 / nothing to count in the period"


def test_the_sum_of_a_month_keeps_currencies_apart_and_lists_its_orders(company: Office) -> None:
    march = figure(company, "turnover", Month(2026, 3))
    assert said(march.kpi, march.whole).endswith(" / CNY 200.00; USD 70.00")
    for name, many in (("turnover", 3), ("turnover_growth", 2)):
        found = behind(company.engine, PROCESS, name, Month(2026, 3), Slice(), 10)
        assert [(line.code, line.of) for line in found.lines].count(("A", "customer")) == many - 1
        assert len(found.lines) == many
        assert {line.about for line in found.lines} <= {"PO-0", "PO-2", "PO-3"}
