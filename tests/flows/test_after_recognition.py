"""Validity, certificates that expire, and re-evaluation, each as a case of its own (SV-12), every branch."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Booking, CaseRow, Supplier
from crm_workflows.engine.requests.files import File
from tests.office import Office, application

CODE = "S-CP-0001"
SUPPLIER = application()["contact"]["email"]
NEW = File("质量管理体系证书2031.pdf", "application/pdf", b"%PDF-1.4 new")
EIGHT = timedelta(hours=8)
"""Shanghai is ahead of UTC by as much."""


def morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - EIGHT


def recognised(office: Office, **facts: Any) -> str:
    """A supplier of class B, recognised on 2 March 2026; its certificate expires on 30 June 2028."""
    code = office.start()
    office.hand_in(code)
    office.submit(code, gate="papers_check", **facts)
    while office.waiting(code)["gate"] != "recognition":
        office.submit(code)
    office.answer(code, "approve")
    office.sign(code)
    office.submit(code, gate="payment_terms")
    return code


def registered(office: Office) -> Supplier:
    with office.engine.store.read() as reader:
        found = reader.get(Supplier, CODE)
    assert found is not None
    return found


def linked(office: Office, code: str, relation: str) -> str:
    """The case that has opened for this one."""
    office.work()
    (found,) = [link["case"] for link in office.view(code)["linked"] if link["relation"] == relation]
    return str(found)


def bookings(office: Office, case: str) -> dict[tuple[str, str], datetime]:
    with office.engine.store.read() as reader:
        found = reader.find(Booking, case=case, is_open=True)
    return {(b.process, b.input.get("kind", "")): b.due_at for b in found}


def test_a_recognition_is_valid_by_class_and_books_what_follows(office: Office) -> None:
    code = recognised(office, certificate_expires_on="2028-06-30", licence_expires_on="2026-03-31")
    assert registered(office).details["valid_until"] == "2028-03-02"
    assert office.view(code)["rows"]["valid_until"] == "2028-03-02"
    assert bookings(office, code) == {
        ("supplier-certificate", "certificate"): morning(date(2028, 5, 1)),
        ("supplier-certificate", "business_licence"): morning(date(2026, 1, 30)),
        ("supplier-reevaluation", ""): morning(date(2028, 1, 2)),
    }
    licence = linked(office, code, "certificate")
    assert licence.startswith("SC-2026-"), "what is due already opens at once"
    assert office.waiting(licence)["assignee"]["email"] == SUPPLIER


def test_validity_counts_from_the_day_on_which_the_supplier_is_entered(office: Office) -> None:
    code = office.until_signers()
    office.move_to(morning(date(2026, 4, 7)) + timedelta(hours=10))
    office.sign(code)
    office.submit(code, gate="payment_terms")
    assert office.view(code)["rows"]["valid_until"] == "2028-04-07"


def certificate_case(office: Office) -> str:
    code = recognised(office)
    office.move_to(morning(date(2028, 5, 1)))
    return linked(office, code, "certificate")


def test_a_certificate_is_asked_for_at_60_days_and_reminded_at_30_and_7(office: Office) -> None:
    case = certificate_case(office)
    assert [m.recipient for m in office.mails("documents_request", case=case)] == [SUPPLIER]
    seen = []
    for before in (31, 30, 8, 7):
        office.move_to(morning(date(2028, 6, 30) - timedelta(days=before)))
        seen.append(len(office.mails("reminder", case=case)))
    assert seen == [0, 1, 1, 2]
    assert registered(office).status == "recognised"


def test_a_new_certificate_is_confirmed_entered_and_followed_up(office: Office) -> None:
    case = certificate_case(office)
    office.hand_in(case, [NEW])
    waiting = office.waiting(case)
    assert (waiting["gate"], waiting["assignee"]["role"]) == ("certificate_check", "head_of_quality")
    with pytest.raises(InvalidInput, match="later than the old one"):
        office.submit(case, expires_on="2028-06-30")
    office.submit(case)
    view = office.view(case)
    assert (view["outcome"], view["rows"]["expires_on"]) == ("done", "2031-06-30")
    assert registered(office).details["certificate_expires_on"] == "2031-06-30"
    assert bookings(office, case) == {("supplier-certificate", "certificate"): morning(date(2031, 5, 1))}


def test_a_licence_is_asked_for_by_its_name_since_a_certificate_may_be_asked_for_at_once(office: Office) -> None:
    recognised(office, certificate_expires_on="2026-03-31", licence_expires_on="2026-03-31")
    office.work()
    with office.engine.store.read() as reader:
        papers = {row.subject["kind"]: row.code for row in reader.find(CaseRow, process="supplier-certificate")}
    titles = {}
    for kind, case in papers.items():
        asked = office.waiting(case)["title"]
        office.hand_in(case, [NEW])
        titles[kind] = (asked, office.waiting(case)["title"])
        office.submit(case)
    assert titles == {
        "certificate": ("新证书 / The new certificate", "新证书确认 / Confirmation of the new certificate"),
        "business_licence": (
            "新营业执照 / The new business licence",
            "新营业执照确认 / Confirmation of the new business licence",
        ),
    }


def test_an_expired_certificate_holds_the_supplier_until_a_new_one_is_confirmed(office: Office) -> None:
    case = certificate_case(office)
    office.move_to(morning(date(2028, 6, 30)) + timedelta(hours=23))
    assert registered(office).status == "recognised", "valid to the end of its last day"
    office.move_to(morning(date(2028, 7, 1)))
    assert registered(office).status == "on_hold"
    assert "wang.fang@yongchang.example" in {m.recipient for m in office.mails("announcement", case=case)}
    before = len(office.mails("reminder", to=SUPPLIER))
    office.move_to(morning(date(2028, 7, 8)))
    assert len(office.mails("reminder", to=SUPPLIER)) == before + 1, "on hold the supplier is reminded too"
    office.hand_in(case, [NEW])
    assert registered(office).status == "on_hold"
    office.submit(case)
    assert (registered(office).status, office.view(case)["outcome"]) == ("recognised", "done")


def test_a_certificate_that_nobody_confirmed_in_time_holds_the_supplier_too(office: Office) -> None:
    case = certificate_case(office)
    office.hand_in(case, [NEW])
    asked = len(office.mails("documents_request", case=case))
    office.move_to(morning(date(2028, 7, 1)))
    assert registered(office).status == "on_hold"
    assert len(office.mails("documents_request", case=case)) == asked, "what is here is not asked for again"
    office.submit(case, gate="certificate_check")
    assert registered(office).status == "recognised"


def test_a_certificate_that_is_not_accepted_is_asked_for_again(office: Office) -> None:
    case = certificate_case(office)
    office.hand_in(case, [NEW])
    with pytest.raises(InvalidInput, match="why"):
        office.submit(case, is_valid=False, remark="")
    office.submit(case, is_valid=False, remark="不是本公司的证书")
    waiting = office.waiting(case)
    assert (waiting["kind"], waiting["round"]) == ("documents", 2)
    assert office.asking(case).context["request"]["note"] == "不是本公司的证书"
    office.move_to(morning(date(2028, 7, 1)))
    assert registered(office).status == "on_hold"


def test_refused_after_expiry_it_asks_again_without_a_term_that_is_over(office: Office) -> None:
    case = certificate_case(office)
    office.move_to(morning(date(2028, 7, 1)))
    office.hand_in(case, [NEW])
    before = len(office.mails("documents_request", case=case))
    office.submit(case, is_valid=False, remark="看不清")
    office.work()
    assert len(office.mails("documents_request", case=case)) == before + 1
    office.hand_in(case, [File("证书.pdf", "application/pdf", b"%PDF-1.4 clear")])
    office.submit(case)
    assert registered(office).status == "recognised"


def test_two_expired_papers_hold_until_both_are_there(office: Office) -> None:
    code = recognised(office, licence_expires_on="2028-06-30")
    office.move_to(morning(date(2028, 7, 1)))
    cases = [link["case"] for link in office.view(code)["linked"] if link["relation"] == "certificate"]
    assert len(cases) == 2
    states = []
    for case in cases:
        office.hand_in(case, [NEW])
        office.submit(case)
        states.append(registered(office).status)
    assert states == ["on_hold", "recognised"]


def reevaluation(office: Office) -> str:
    code = recognised(office)
    office.move_to(morning(date(2028, 1, 2)))
    return linked(office, code, "reevaluation")


def test_a_reevaluation_opens_by_itself_and_recognises_again(office: Office) -> None:
    case = reevaluation(office)
    assert (case[:3], office.waiting(case)["assignee"]["role"]) == ("SR-", "head_of_materials")
    office.submit(case, quality=100, delivery=None, complaints=None, price=50, service=None)
    facts = office.asking_facts(office.asking(case, "renewal"))
    assert "83.3 × 50 %" in facts["Weighted score"], "the two known figures share the weights"
    office.answer(case, "approve")
    view = office.view(case)
    assert (view["outcome"], registered(office).details["valid_until"]) == ("approved", "2030-01-02")
    assert list(bookings(office, case)) == [("supplier-reevaluation", "")]


def test_without_known_figures_the_six_criteria_stand_alone(office: Office) -> None:
    case = reevaluation(office)
    unknown: dict[str, Any] = dict.fromkeys(("quality", "delivery", "complaints", "price", "service"))
    office.submit(case, **unknown)
    assert office.asking_facts(office.asking(case, "renewal"))["Weighted score"].endswith("= 83.1")


@pytest.mark.parametrize(("proposal", "status"), [("hold", "on_hold"), ("bar", "barred")])
def test_the_gate_can_hold_or_bar(office: Office, proposal: str, status: str) -> None:
    case = reevaluation(office)
    with pytest.raises(InvalidInput, match="reason"):
        office.submit(case, proposal=proposal, reason="")
    office.submit(case, proposal=proposal, reason="多次延迟交货")
    assert registered(office).status == "recognised", "nothing happens before the decision"
    office.answer(case, "approve")
    assert (registered(office).status, office.view(case)["outcome"]) == (status, "done")
    assert bookings(office, case) == {}
    assert office.mails("announcement", case=case)
    if proposal == "bar":
        assert office.view(office.start())["outcome"] == "rejected"


def test_scores_below_the_mark_hold_whatever_was_proposed(office: Office) -> None:
    case = reevaluation(office)
    office.submit(case, cost=10)
    office.answer(case, "approve")
    assert registered(office).status == "on_hold"


def test_a_refused_proposal_holds_the_supplier(office: Office) -> None:
    case = reevaluation(office)
    office.submit(case)
    office.answer(case, "reject", comment="须现场复核")
    assert (registered(office).status, office.view(case)["outcome"]) == ("on_hold", "rejected")


def test_the_gate_can_send_the_scores_back_and_asks_finance_above_the_limit(office: Office) -> None:
    case = reevaluation(office)
    office.submit(case, yearly_amount={"amount": "3000000.00", "currency": "CNY"})
    office.answer(case, "send_back", to="SV-12", comment="请核对质量分")
    office.submit(case, gate="reevaluation_scores")
    roles = []
    while office.view(case)["status"] != "closed":
        roles.append(office.waiting(case)["assignee"]["role"])
        office.answer(case, "approve")
    assert roles == ["head_of_marketing", "finance", "general_manager"]
    assert registered(office).supplier_class == "A"
