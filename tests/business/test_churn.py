"""Which share of the customers is lost in a month, by when each ordered last (RP-2)."""

from datetime import UTC, datetime
from decimal import Decimal

from crm_workflows.business.figures import reporting
from crm_workflows.business.figures.measuring import Value
from crm_workflows.business.figures.months import Month, Quarter, Year
from crm_workflows.domain.records import Customer, CustomerOrder
from crm_workflows.domain.text import in_language
from crm_workflows.testing import MemoryStore
from tests.office import Office

LAST_ORDERS: dict[str, list[str | None]] = {
    "A": ["2025-02-10", "2025-03-05", "2025-06-01"],
    "B": ["2025-02-27", "2026-02-01", "2024-01-01", None],
}
"""By tier, when each customer ordered last: three a year before February or March 2026, one long ago, one never."""


def churn(office: Office, month: Month) -> reporting.Measured:
    (found,) = reporting.reports(office.engine, month, "customer-onboarding")
    return found.figure("churn")


def test_churn_is_the_share_lost_of_all_who_were_still_there() -> None:
    office = Office(MemoryStore())
    office.move_to(datetime(2026, 3, 20, 4, tzinfo=UTC))
    with office.engine.store.write() as tx:
        for tier, days in LAST_ORDERS.items():
            for n, day in enumerate(days):
                code = f"C-{tier}-{n}"
                tx.insert(Customer(code, code, code, "active", tier, "li", office.clock.now()))
                if day:
                    at = datetime.fromisoformat(f"{day}T04:00+00:00")
                    tx.insert(CustomerOrder(code, "1", at, "1.00 CNY"))
    february, march = churn(office, Month(2026, 2)), churn(office, Month(2026, 3))
    assert february.whole == Value(5, Decimal("40.0"), hits=2)
    assert {tier: value.hits for tier, value in february.parts} == {"A": 1, "B": 1}
    assert march.whole == Value(3, Decimal("33.3"), hits=1)
    assert march.last == february.whole
    assert {tier: (value.hits, value.count) for tier, value in march.parts} == {"A": (1, 2), "B": (0, 1)}
    quarter, year = churn(office, Quarter(2026, 1)), churn(office, Year(2026, 1))
    assert quarter.whole == year.whole == Value(5, Decimal("60.0"), hits=3), "until today"
    assert [str(one) for one, _ in year.before] == ["2024", "2025", "2026"]
    assert in_language(march.kpi.title, "en") == "Churn"


def test_without_customers_there_is_no_churn() -> None:
    assert churn(Office(MemoryStore()), Month(2026, 2)).whole == Value(0, None, hits=0)
