"""The half-yearly survey and the improvements that follow from it, every branch (CB-8)."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from crm_workflows.business import surveys
from crm_workflows.domain.durations import calendar_days
from crm_workflows.domain.errors import Expired, InvalidInput, NotFound
from crm_workflows.domain.records import CaseRow, ContactMade, CustomerContact, SurveyInvitation
from tests.flows.customers import IN_MEMORY, MANAGER, OWNER, bookings, enter, linked, registered, shown
from tests.office import Office

LEAD = "tang.li@yongchang.example"
NAMES = {"C-MA-0001": "无锡云帆泵业有限公司", "C-MA-0002": "宁波青禾贸易有限公司", "C-MA-0003": "成都锦程电子有限公司"}
FINDING = {"what": "包装受潮：改用防潮袋", "department": "资材部", "person": OWNER, "by": "2026-05-29"}
NOTHING: dict[str, Any] = {"what": "", "department": "", "person": None, "by": None}


def survey(office: Office, **changes: Any) -> str:
    """A survey of three customers, two of tier A."""
    for n, (code, name) in enumerate(NAMES.items()):
        enter(office, code, name=name, credit_code=f"c{n}", tier="A" if n else "B")
    given = {"title": "2026 年上半年满意度调查", "owner": LEAD}
    return office.start(given | changes, process="customer-survey")


def asked(office: Office, code: str) -> dict[str, SurveyInvitation]:
    with office.engine.store.read() as reader:
        return {row.customer: row for row in reader.find(SurveyInvitation, case=code)}


def token(office: Office, row: SurveyInvitation) -> str:
    return office.engine.secrets.token(row.id, row.email, 1, row.nonce)


def says(office: Office, row: SurveyInvitation, grade: str, comment: str = "") -> None:
    surveys.answer(office.engine, surveys.found(office.engine, token(office, row)), grade, comment)


def closed(office: Office, code: str) -> None:
    office.advance(calendar_days(15))
    assert office.waiting(code)["gate"] == "survey_findings"


def test_a_survey_asks_everybody_counts_the_last_answers_and_comes_again_in_half_a_year(office: Office) -> None:
    code = survey(office)
    rows = asked(office, code)
    assert {mail.recipient for mail in office.mails("survey", case=code)} == {"gu@chenglan.example"}
    assert len(office.mails("survey", case=code)) == 3
    for row in rows.values():
        assert row.token_hash == hashlib.sha256(token(office, row).encode()).hexdigest(), "the link is not kept"
    says(office, rows["C-MA-0001"], "3")
    says(office, rows["C-MA-0001"], "5", "交货很准时")
    says(office, rows["C-MA-0002"], "4")
    row = asked(office, code)["C-MA-0001"]
    assert (row.answer, row.comment, row.answers) == (5, "交货很准时", 2)
    closed(office, code)
    facts = shown(office, code, "survey_findings")
    assert (facts["Asked and answered"], facts["Satisfied (4 and 5)"]) == ("3 / 2", "100 %")
    assert facts["Satisfied by tier"] == "A 100 % (1/1), B 100 % (1/1)"
    office.submit(code, first=NOTHING)
    assert office.view(code)["outcome"] == "done"
    (booked,) = bookings(office, code)
    assert (booked.process, booked.due_at.date().isoformat()) == ("customer-survey", "2026-08-31")
    with office.engine.store.read() as reader:
        (made,) = reader.find(ContactMade, customer="C-MA-0001")
    assert (made.kind, made.details["satisfaction"], made.details["summary"]) == ("survey", 5, "交货很准时")
    assert registered(office, "C-MA-0001").last_contact_at is None, "an answer to a survey moves no cadence (CB-1)"


@IN_MEMORY
def test_whoever_is_not_satisfied_is_called_once(office: Office) -> None:
    code = survey(office)
    row = asked(office, code)["C-MA-0002"]
    says(office, row, "2", "两次迟到")
    says(office, row, "1", "三次迟到")
    office.work()
    with office.engine.store.read() as reader:
        (case,) = reader.find(CaseRow, process="periodic-callbacks")
    assert linked(office, code, "unhappy") == case.code
    facts = shown(office, case.code, "callback_record")
    assert (facts["Why now"], facts["Questions"]) == ("Not satisfied in a survey", "两次迟到")
    assert facts["Call"] == "顾晚晴 · +8651255500188 · gu@chenglan.example"
    closed(office, code)
    assert shown(office, code, "survey_findings")["Unhappy answers"] == "C-MA-0002 1：三次迟到"


@IN_MEMORY
def test_a_finding_is_improved_by_its_date_and_its_effect_is_checked_by_somebody_else(office: Office) -> None:
    code = survey(office)
    closed(office, code)
    with pytest.raises(InvalidInput, match="department, a person and a date"):
        office.submit(code, first=FINDING | {"person": None})
    office.submit(code, first=FINDING, second=FINDING | {"what": "备件报价慢", "person": MANAGER})
    office.work()
    links = [link["case"] for link in office.view(code)["linked"] if link["relation"] == "improvement"]
    assert len(links) == 2
    case = next(link for link in links if office.view(link)["owner"] == OWNER)
    item = office.waiting(case, "improve")
    assert (item["assignee"]["email"], shown(office, case, "improve")["Department"]) == (OWNER, "资材部")
    office.submit(case)
    assert office.waiting(case)["kind"] == "timer"
    office.advance(calendar_days(60))
    assert office.waiting(case, "effect_check")["assignee"]["email"] == LEAD
    with pytest.raises(InvalidInput, match="why it has had no effect"):
        office.submit(case, has_effect=False, remark="")
    office.submit(case, has_effect=False, remark="仍有两起受潮")
    assert (office.waiting(case)["gate"], office.waiting(case)["round"]) == ("improve", 2)
    office.submit(case, measure="外箱加内衬")
    office.advance(calendar_days(60))
    office.submit(case)
    assert office.view(case)["outcome"] == "done"


@IN_MEMORY
def test_an_improvement_that_is_late_goes_to_the_manager_and_stays_open(office: Office) -> None:
    code = survey(office)
    closed(office, code)
    office.submit(code, first=FINDING | {"by": "2026-03-25"})
    case = linked(office, code, "improvement")
    office.advance(calendar_days(10))
    assert MANAGER in {mail.recipient for mail in office.mails("announcement", case=case)}
    assert office.waiting(case)["gate"] == "improve"


@IN_MEMORY
def test_whoever_improves_something_never_checks_its_effect(office: Office) -> None:
    code = survey(office)
    closed(office, code)
    office.submit(code, first=FINDING | {"person": LEAD})
    case = linked(office, code, "improvement")
    office.submit(case)
    office.advance(calendar_days(60))
    checker = office.waiting(case, "effect_check")["assignee"]["email"]
    assert checker != LEAD
    manager = office.staff.people.manager_of(LEAD)
    assert manager
    assert checker == manager.email


@IN_MEMORY
def test_only_who_may_be_written_to_is_asked(office: Office) -> None:
    enter(office, "C-MA-0007", credit_code="7", consents=False)
    enter(office, "C-MA-0008", credit_code="8", status="blocked")
    enter(office, "C-MA-0009", credit_code="9")
    with office.engine.store.write() as tx:
        tx.update(CustomerContact, ("C-MA-0009", 0), email="")
    code = office.start({"title": "小调查", "owner": LEAD}, process="customer-survey")
    assert (office.view(code)["outcome"], office.mails("survey", case=code)) == ("done", [])
    (booked,) = bookings(office, code)
    assert booked.process == "customer-survey", "who is none today may be many in half a year"
    again = office.start({"title": "又一次", "owner": LEAD}, process="customer-survey")
    assert bookings(office, again) == [], "one row of surveys, however often somebody starts one by hand"
    of_a = office.start({"title": "A 级", "owner": LEAD, "tier": "A"}, process="customer-survey")
    assert len(bookings(office, of_a)) == 1, "and one for those of a tier"


@IN_MEMORY
def test_an_answer_counts_only_while_the_survey_is_open_and_from_one_to_five(office: Office) -> None:
    code = survey(office, tier="B")
    (row,) = asked(office, code).values()
    for grade in ("0", "6", "", "五"):
        with pytest.raises(InvalidInput):
            says(office, row, grade)
    with pytest.raises(NotFound):
        surveys.found(office.engine, "a" * 32)
    office.move_to(row.closes_at - timedelta(seconds=1))
    says(office, row, "4")
    office.move_to(row.closes_at)
    with pytest.raises(Expired):
        says(office, row, "1")
    assert asked(office, code)["C-MA-0001"].answer == 4
