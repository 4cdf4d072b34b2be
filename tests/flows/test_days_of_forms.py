"""A day that a form asks for is one that can be meant: over, or still to come, as somebody hands it in."""

from datetime import timedelta

import pytest

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.forms import Form, read_form
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.decisions import amending
from crm_workflows.engine.decisions.amending import Amendment
from flows.company import STILL_TO_COME
from flows.complaint_resolution.solving_forms import RemedyDone
from flows.supplier_vetting.contract_forms import BankCheck, ContractCheck
from flows.supplier_vetting.survey_forms import (
    DesignSurvey,
    ManagementTalk,
    MaterialsSurvey,
    QualitySurvey,
    TechnicalTalk,
    TechniqueSurvey,
)
from tests.flows.complaints import HANDLER, complain
from tests.flows.customers import IN_MEMORY, enter, onboarding, until
from tests.flows.test_periodic_callbacks import call
from tests.office import Office

pytestmark = IN_MEMORY


def day(office: Office, days: int) -> str:
    """So many days from the office's own."""
    return (office.engine.today(office.clock.now()) + timedelta(days=days)).isoformat()


def test_a_complaint_is_about_what_has_happened(office: Office) -> None:
    with pytest.raises(InvalidInput) as refused:
        complain(office, happened_on=day(office, 1))
    assert refused.value.fields == {"happened_on": "这一天还没有到，请核对日期 / this day is still to come; check it"}
    with pytest.raises(InvalidInput, match="（received_at）：这一天还没有到"):
        complain(office, received_at=f"{day(office, 2)}T09:00+08:00")
    assert office.view(complain(office, happened_on=day(office, 0)))["status"] == "waiting"


def test_a_complaint_is_not_amended_to_a_day_to_come_but_one_of_before_in_all_else(office: Office) -> None:
    code, ahead = complain(office), day(office, 40)

    def amend(values: dict[str, object]) -> None:
        amending.amend(office.engine, code, Amendment(values, HANDLER, "补充", "page"))

    with pytest.raises(InvalidInput) as refused:
        amend({"happened_on": ahead, "received_at": f"{ahead}T09:00+08:00"})
    assert set(refused.value.fields) == {"happened_on", "received_at"}
    amend({"happened_on": day(office, -1)})
    with office.engine.store.write() as tx:
        row = tx.get(CaseRow, code)
        assert row is not None
        tx.update(CaseRow, (code,), subject=row.subject | {"happened_on": ahead})
    amend({"wanted": "换货"})


def test_the_next_date_of_a_callback_is_not_over(office: Office) -> None:
    """Else the customer would be called again the next morning."""
    enter(office)
    code = call(office)
    with pytest.raises(InvalidInput) as refused:
        office.submit(code, next_on=day(office, -1))
    assert refused.value.fields == {"next_on": "这一天已过，请核对日期 / this day is over; check it"}
    office.submit(code, next_on=day(office, 0))
    assert office.view(code)["decisions"], "read again later, it holds"


def test_a_temporary_limit_does_not_end_before_it_is_asked_for(office: Office) -> None:
    code = until(office, onboarding(office), "credit_request")
    with pytest.raises(InvalidInput, match="这一天已过"):
        office.submit(code, until=day(office, -1))
    office.submit(code, until=day(office, 30))


@pytest.mark.parametrize(
    ("form", "names"),
    [
        (ManagementTalk, ["talked_on"]),
        (TechnicalTalk, ["talked_on"]),
        (MaterialsSurvey, ["visited_on"]),
        (TechniqueSurvey, ["visited_on"]),
        (DesignSurvey, ["visited_on"]),
        (QualitySurvey, ["visited_on"]),
        (ContractCheck, ["supply_signed_on", "quality_signed_on"]),
        (BankCheck, ["called_on"]),
        (RemedyDone, ["on"]),
    ],
)
def test_what_is_told_to_have_been_done_is_not_still_to_come(
    office: Office, form: type[Form], names: list[str]
) -> None:
    def filled(days: int, against: dict[str, str]) -> Form:
        return read_form(form, form.example() | dict.fromkeys(names, day(office, days)), "表 / the form", against)

    today = office.engine.facts_today()
    with pytest.raises(InvalidInput) as refused:
        filled(1, today)
    assert refused.value.fields == dict.fromkeys(names, STILL_TO_COME)
    for read in (filled(0, today), filled(1, {})):
        assert isinstance(read, form), "it can have been done today, and what was answered is read again"


@pytest.mark.parametrize("told", ["complaint", "needs", "changed_data", "promises"])
def test_what_a_customer_has_said_is_not_lost_by_the_wrong_result(office: Office, told: str) -> None:
    """It was kept with the try and led to nothing: no complaint was opened, and nobody saw to the need."""
    enter(office)
    code = call(office)
    said = "2026-12-01 寄样品" if told == "promises" else "漏油"
    for result in ("not_reached", "skip"):
        with pytest.raises(InvalidInput, match="已联系上的请选“已联系上”"):
            office.submit(code, result=result, reason="x", **{told: said})
    office.submit(code, result="not_reached", satisfaction=None, summary="无人接听")
