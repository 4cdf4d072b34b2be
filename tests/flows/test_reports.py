"""What management sees: the months as every customer-facing employee hears of them (RP-1, RP-2)."""

from datetime import UTC, datetime

import pytest

from crm_workflows.business.figures import monthly, reporting
from crm_workflows.business.figures.months import Month
from tests.flows.customers import finished, linked, onboarding
from tests.office import Office


@pytest.mark.shows("RP-1", "RP-2")
def test_a_month_of_work_becomes_figures_that_are_told_to_who_faces_customers(office: Office) -> None:
    monthly.make_due(office.engine)
    code = finished(office, onboarding(office))
    office.submit(linked(office, code, "first_callback"), satisfaction=5)
    (found,) = reporting.reports(office.engine, Month(2026, 3), "periodic-callbacks")
    satisfaction = found.figure("cb_satisfaction")
    assert (satisfaction.whole.value, satisfaction.target, satisfaction.meets) == (100, 99, True)
    assert [key for key, _ in satisfaction.parts] == ["B"]
    assert [key for key, _ in satisfaction.departments] == ["sales"]
    (new,) = reporting.reports(office.engine, Month(2026, 3), "customer-onboarding")
    assert {new.figure(name).whole.count for name in ("customers_won", "on_first_callback")} == {1}
    (asked,) = new.figure("on_limits_asked").whole.money
    assert str(asked) == "80000.00 CNY"
    office.clock.move_to(datetime(2026, 4, 1, 4, tzinfo=UTC))
    assert monthly.make_due(office.engine) == len(office.mails("monthly_report")) > 0
    assert monthly.make_due(office.engine) == 0
