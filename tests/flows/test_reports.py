"""What management sees: the months as every customer-facing employee hears of them (RP-1, RP-2)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crm_workflows.business.figures import monthly, reporting
from crm_workflows.business.figures.months import Month
from crm_workflows.domain.durations import calendar_days, working_days
from tests.flows.complaints import asked, complain, finish, followed_up, sent
from tests.flows.customers import IN_MEMORY, finished, linked, onboarding
from tests.office import Office


@pytest.mark.shows("RP-1", "RP-2")
def test_a_month_of_work_becomes_figures_that_are_told_to_who_faces_customers(office: Office) -> None:
    monthly.make_due(office.engine)
    code = finished(office, onboarding(office))
    office.submit(linked(office, code, "first_callback"), satisfaction=5)
    office.advance(working_days(4))
    (found,) = reporting.reports(office.engine, Month(2026, 3), "periodic-callbacks")
    satisfaction = found.figure("cb_satisfaction")
    assert (satisfaction.whole.value, satisfaction.target, satisfaction.meets) == (Decimal(100), 99, True)
    assert [key for key, _ in satisfaction.parts] == ["B"]
    assert [key for key, _ in satisfaction.departments] == ["sales"]
    (new,) = reporting.reports(office.engine, Month(2026, 3), "customer-onboarding")
    assert {new.figure(name).whole.count for name in ("customers_won", "on_first_callback")} == {1}
    (asked,) = new.figure("on_limits_asked").whole.money
    assert str(asked) == "80000.00 CNY"
    office.clock.move_to(datetime(2026, 4, 1, 4, tzinfo=UTC))
    assert monthly.make_due(office.engine) == len(office.mails("monthly_report")) > 0
    assert monthly.make_due(office.engine) == 0


@IN_MEMORY
def test_a_complaint_is_measured_by_its_clocks_its_answer_and_what_the_customer_says(office: Office) -> None:
    code = complain(office)
    sent(office, code)
    assert finish(office, code)["outcome"] == "resolved"
    office.reply(asked(office, followed_up(office, code)), "5")
    office.advance(calendar_days(10))
    (found,) = reporting.reports(office.engine, Month(2026, 3), "complaint-resolution")
    told = {one.kpi.name: one.whole for one in found.figures if one.kpi.name.startswith("cp_")}
    for name in ("cp_acknowledged", "cp_answered_in_time", "cp_solved_in_time", "cp_upheld", "cp_satisfaction"):
        assert (told[name].count, told[name].hits) == (1, 1), name
    assert (told["cp_reopened"].hits, told["cp_kinds"].count, told["cp_cost"].count) == (0, 1, 1)
    assert told["cp_paused"].count == 1
