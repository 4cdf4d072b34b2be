"""The monthly report: to whom, when, and once (RP-1)."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from crm_workflows.adapters.documents.pdf import TypstPrinter
from crm_workflows.business.figures import monthly, reporting
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Blob, Message
from crm_workflows.engine.ports import Store
from crm_workflows.testing import MemoryStore
from tests.flows.customers import finished, onboarding
from tests.office import Office

FIRST_OF_APRIL = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)  # 08:30 in Shanghai, a Wednesday
"""Some of those whom the shipped policy names, by their addresses; luo.min keeps data and is of sales too."""


@pytest.fixture
def store() -> Store:
    return MemoryStore()


@pytest.fixture
def office(store: Store) -> Office:
    """A company that has just begun, in March."""
    opened = Office(store)
    assert monthly.make_due(opened.engine) == 0
    return opened


def reports(office: Office) -> list[Message]:
    return office.mails("monthly_report")


def at(office: Office, instant: datetime) -> int:
    office.clock.move_to(instant)
    return monthly.make_due(office.engine)


def test_every_customer_facing_employee_hears_once_and_at_the_first_office_hour(office: Office) -> None:
    finished(office, onboarding(office))
    assert at(office, FIRST_OF_APRIL - timedelta(hours=4)) == 0
    assert at(office, FIRST_OF_APRIL + timedelta(hours=2)) == len(reports(office)) > 0
    assert at(office, FIRST_OF_APRIL + timedelta(days=3)) == 0
    people = office.staff.directory()
    written_to = {mail.recipient for mail in reports(office)}
    named = {"sales", "service", "marketing"}
    assert written_to == {p.email for p in people if p.active and (p.department in named or "sales_manager" in p.roles)}
    assert not any(p.department == "finance" for p in people if p.email in written_to)


def test_it_tells_results_what_changed_and_who_acts(office: Office) -> None:
    finished(office, onboarding(office))
    onboarding(office, credit_code="91320500MAX0CL616K", company="苏州澄岚水泵有限公司")
    at(office, FIRST_OF_APRIL + timedelta(hours=2))
    said = reports(office)[0].context
    assert said["month"] == "2026 年 3 月 / Mar 2026"
    of_onboarding = next(part for part in said["parts"] if part["title"].startswith("新客户建档"))
    won = next(row for row in of_onboarding["rows"] if row["title"].endswith("Customers won"))
    assert won["said"] == "1"
    assert next(part for part in said["parts"] if part["title"].startswith("供应商认定"))["rows"] == []
    assert said["acts"][0]["name"] == "林小雨"
    assert said["acts"][0]["overdue"] > 0, "what was due in March stands first in April"


def test_an_installation_reports_on_nothing_before_its_first_day_and_makes_up_for_one_month_only(
    office: Office,
) -> None:
    assert at(office, FIRST_OF_APRIL + timedelta(days=95)) > 0
    assert {mail.context["month"] for mail in reports(office)} == {"2026 年 6 月 / Jun 2026"}


def test_the_policy_says_who_gets_it_and_who_has_left_does_not(office: Office) -> None:
    office.staff.rules = Policy({**office.staff.rules, "report_to": "finance , no_such_role"})
    people = office.staff.directory()
    leaver = people.department("finance")[0].email
    office.staff.people = Directory(
        [replace(p, active=p.email != leaver) for p in people], people.roles, people.departments
    )
    at(office, FIRST_OF_APRIL + timedelta(hours=2))
    assert {mail.recipient for mail in reports(office)} == {p.email for p in people.department("finance")[1:]}


@pytest.mark.needs_cjk_font
def test_a_picture_goes_along_where_one_can_be_made(office: Office) -> None:
    finished(office, onboarding(office))
    office.engine = replace(office.engine, printer=TypstPrinter())
    at(office, FIRST_OF_APRIL + timedelta(hours=2))
    mail = reports(office)[0]
    (picture,) = mail.attachments
    assert (picture["filename"], mail.context["has_picture"]) == ("figures.png", True)
    with office.engine.store.read() as reader:
        kept = reader.get(Blob, picture["sha256"])
    assert kept is not None
    with Image.open(io.BytesIO(kept.content)) as drawn:
        drawn.load()
        assert (drawn.format, drawn.width) == ("PNG", 1083), "520 points at 150 dots an inch"
        assert len(drawn.convert("RGB").getcolors(2**20) or []) > 20, "with drawings on it"


def test_two_processes_send_one_report(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second finds it due as well, and loses the race at the commit."""
    finished(office, onboarding(office))
    office.clock.move_to(FIRST_OF_APRIL + timedelta(hours=2))
    measure, sent = reporting.reports, []

    def overtaken(*given: Any) -> Any:
        monkeypatch.setattr(reporting, "reports", measure)
        sent.append(monthly.make_due(office.engine))
        return measure(*given)

    monkeypatch.setattr(reporting, "reports", overtaken)
    assert monthly.make_due(office.engine) == 0
    assert sent[0] == len(reports(office)) > 0
