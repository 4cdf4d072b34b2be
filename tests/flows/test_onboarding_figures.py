"""How the taking on of customers is measured (ON-1)."""

from decimal import Decimal

from crm_workflows.business.figures import reporting
from crm_workflows.business.figures.measuring import Value
from crm_workflows.business.figures.months import Month
from crm_workflows.testing import MemoryStore
from tests.flows.customers import onboarding
from tests.office import Office


def complete_at_first(office: Office) -> Value:
    """The figure of March."""
    (found,) = reporting.reports(office.engine, Month(2026, 3), "customer-onboarding")
    return found.figure("on_complete_at_first").whole


def test_an_archive_counts_by_what_was_first_submitted_and_not_before() -> None:
    office = Office(MemoryStore())
    code = onboarding(office, archive={})
    assert complete_at_first(office).count == 0, "it is still being filled in"
    office.submit(code, gate="archive", needs="", preferences="")
    assert complete_at_first(office) == Value(1, Decimal("0.0"), hits=0)
    office.submit(code, gate="archive")
    assert complete_at_first(office) == Value(1, Decimal("0.0"), hits=0), "the second time does not count"
    office.submit(onboarding(office, company="宁波海岳阀门有限公司", credit_code="91330200MAX0AA110H"), gate="archive")
    assert complete_at_first(office) == Value(2, Decimal("50.0"), hits=1)
