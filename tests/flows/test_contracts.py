"""Contracts by the same signers, bank details by two persons (SV-8, SV-9), every branch."""

import logging
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from crm_workflows.domain.durations import working_days
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.domain.records import Supplier
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.views import views
from tests.office import ON_SITE, Office, application, contracts

OWNER, FINANCE, OTHER_FINANCE = (
    f"{name}@yongchang.example" for name in ("wang.fang", "qian.zhiyuan", "he.jing")
)  # fmt: skip
MANAGER = "li.weimin@yongchang.example"
NUMBER = "1102020109000123456"
OTHERS = {"theirs": "other", "their_other": "顾晚晴", "reason": "法定代表人出国"}


def authorisation(name: str = "授权委托书.pdf") -> list[File]:
    return [File(name, "application/pdf", b"%PDF-1.4 authorised " + name.encode())]


def test_in_principle_signers_need_no_authorisation(office: Office) -> None:
    code = office.until_signers()
    assert office.waiting(code)["assignee"]["email"] == OWNER
    assert office.asking_facts(office.asking(code))["Legal representative"] == "陈国栋"
    office.submit(code, gate="contract_signers")
    waiting = office.waiting(code)
    assert (waiting["gate"], set(waiting["missing"])) == ("contracts", {"supply_contract", "quality_contract"})
    assert (waiting["assignee"]["email"], waiting["assignee"]["role"]) == (OWNER, "owner")


def test_contracts_that_do_not_come_back_are_taken_to_the_manager(office: Office) -> None:
    """G-1, G-3: once, when they are overdue; the case goes on waiting for them."""
    code = office.until_signers()
    office.submit(code, gate="contract_signers")
    asked = office.asking(code).context["request"]
    assert (asked["due_at"], "您的上级" in asked["on_silence"]) == (
        office.waiting(code)["due_at"].replace("+00:00", "Z"), True,
    )  # fmt: skip
    office.advance(working_days(9))
    assert (len(office.mails("reminder", case=code)), office.mails("escalation", case=code)) == (1, [])
    office.advance(working_days(3))
    (told,) = office.mails("escalation", case=code)
    assert (told.recipient, told.context["assignee_email"]) == (MANAGER, OWNER)
    office.hand_in(code)
    assert office.waiting(code)["gate"] == "contract_check"


def test_another_signer_needs_name_reason_and_authorisation(office: Office) -> None:
    code = office.until_signers()
    for missing in ("their_other", "reason"):
        with pytest.raises(InvalidInput, match="another signer"):
            office.submit(code, gate="contract_signers", **(OTHERS | {missing: ""}))
    office.submit(code, gate="contract_signers", **OTHERS)
    assert office.waiting(code)["gate"] == "their_authorisation"
    assert not office.hand_in(code, [File("照片.jpg", "image/jpeg", b"\xff\xd8\xff")]).complete
    office.hand_in(code, authorisation())
    office.hand_in(code)
    mail = office.asking(code, "contract_check")
    facts = office.asking_facts(mail)
    assert (facts["The supplier's signer"], facts["Reason for another signer"]) == ("顾晚晴", "法定代表人出国")
    assert {a["filename"] for a in mail.attachments} == {"授权委托书.pdf", "商品供应合同.pdf", "质量保证合同.pdf"}


def test_both_sides_may_have_other_signers(office: Office) -> None:
    code = office.until_signers()
    office.submit(code, gate="contract_signers", **OTHERS, ours="other", our_other="赵磊")
    for gate in ("our_authorisation", "their_authorisation"):
        assert office.waiting(code)["gate"] == gate
        office.hand_in(code, authorisation(f"{gate}.pdf"))
    assert office.waiting(code)["gate"] == "contracts"


def test_one_contract_without_the_other_does_not_pass(office: Office) -> None:
    code = office.until_signers()
    office.submit(code, gate="contract_signers")
    supply = [file for file in contracts() if "供应合同" in file.filename]
    assert not office.hand_in(code, supply).complete
    assert office.waiting(code)["missing"] == ["quality_contract"]


def at_contract_check(office: Office, **signers: str) -> str:
    code = office.until_signers()
    office.submit(code, gate="contract_signers", **signers)
    while office.waiting(code)["kind"] == "documents":
        office.hand_in(code, [*contracts(), *authorisation()])
    return code


def test_an_unsigned_contract_is_asked_for_again_and_the_other_is_kept(office: Office) -> None:
    code = at_contract_check(office)
    with pytest.raises(InvalidInput, match="what is wrong"):
        office.submit(code, gate="contract_check", quality_theirs="missing", remark="")
    office.submit(code, gate="contract_check", quality_theirs="missing", remark="对方未盖章")
    signers = office.waiting(code)
    assert (signers["gate"], signers["round"]) == ("contract_signers", 2)
    office.submit(code)
    waiting = office.waiting(code)
    assert (waiting["gate"], waiting["missing"]) == ("contracts", ["quality_contract"])
    assert office.asking(code).context["request"]["note"] == "对方未盖章"
    office.hand_in(code, [File("质量保证合同（补章）.pdf", "application/pdf", b"%PDF-1.4 sealed")])
    names = {a["filename"] for a in office.asking(code, "contract_check").attachments}
    assert names == {"商品供应合同.pdf", "质量保证合同（补章）.pdf"}
    office.submit(code, gate="contract_check")
    assert office.waiting(code)["gate"] == "bank_details"


@pytest.mark.parametrize("wrong", [{"same_signers": False}, {"quality_signed_on": "2025-03-27"}])
def test_other_signers_or_another_day_send_both_contracts_back(office: Office, wrong: dict[str, Any]) -> None:
    code = at_contract_check(office)
    office.submit(code, gate="contract_check", remark="须同时签署", **wrong)
    office.submit(code, gate="contract_signers")
    assert set(office.waiting(code)["missing"]) == {"supply_contract", "quality_contract"}


def test_an_invalid_authorisation_is_asked_for_again_and_the_contracts_are_kept(office: Office) -> None:
    code = at_contract_check(office, **OTHERS)
    office.submit(code, gate="contract_check", authorisations_are_right=False, remark="委托书已过期")
    office.submit(code, gate="contract_signers")
    waiting = office.waiting(code)
    assert (waiting["gate"], waiting["missing"]) == ("their_authorisation", ["their_authorisation"])
    office.hand_in(code, authorisation("授权委托书（新）.pdf"))
    assert office.waiting(code)["gate"] == "contract_check"


def test_the_case_keeps_who_signed_which_files_and_when(office: Office) -> None:
    code = at_contract_check(office)
    office.submit(code, gate="contract_check", supply_signed_on="2026-02-27", quality_signed_on="2026-02-27")
    kept = office.view(code)["rows"]["contracts"]
    assert kept["signed_on"] == "2026-02-27"
    assert {file["kind"] for file in kept["files"]} == {"supply_contract", "quality_contract"}


def at_bank_check(office: Office, **how: str) -> str:
    code = office.until_signers(**how)
    office.submit(code, gate="contract_signers")
    office.hand_in(code)
    for task in ("contract_check", "bank_details"):
        office.submit(code, gate=task)
    return code


def test_the_account_is_confirmed_by_finance_which_is_shown_only_its_end(office: Office) -> None:
    code = at_bank_check(office)
    people = {item["assignee"]["email"] for item in office.view(code)["waiting_for"]}
    assert people == {FINANCE, OTHER_FINANCE}
    mail = office.asking(code, "bank_check")
    assert office.asking_facts(mail)["Account number"] == "•••• 3456"
    assert NUMBER not in str(mail.context)
    office.submit(code, gate="bank_check")
    assert office.waiting(code)["gate"] == "payment_terms"


@pytest.mark.parametrize("wrong", [{"account_number": "6222 0000 1111 2222"}, {"confirmed": False, "remark": "已销户"}])
def test_an_account_that_is_not_confirmed_goes_back_to_the_owner(office: Office, wrong: dict[str, Any]) -> None:
    code = at_bank_check(office)
    office.submit(code, gate="bank_check", **({"remark": ""} | wrong))
    waiting = office.waiting(code)
    assert (waiting["gate"], waiting["round"], waiting["assignee"]["email"]) == ("bank_details", 2, OWNER)
    assert views.task_view(office.engine, waiting["id"])["note"]
    office.submit(code, account_number="6222000011112222")
    draft = views.task_view(office.engine, office.waiting(code, "bank_check")["id"])["draft"]
    assert "account_number" not in draft, "finance writes down what it is told, not what stands there"
    office.submit(code, gate="bank_check", account_number="6222 0000 1111 2222")
    office.submit(code, gate="payment_terms")
    with office.engine.store.read() as reader:
        (supplier,) = reader.find(Supplier)
    assert supplier.details["bank_account"]["account_number"] == "6222000011112222"


@pytest.mark.parametrize("phone", ["+8651255500188", "0512-5550 0188", "(86) 512 55500188"])
def test_the_contacts_own_number_is_refused(office: Office, phone: str) -> None:
    assert application()["contact"]["phone"] == "+8651255500188"
    code = at_bank_check(office)
    with pytest.raises(InvalidInput, match="independently"):
        office.submit(code, gate="bank_check", phone=phone)
    assert office.waiting(code)["gate"] == "bank_check"


def owner_in_finance(office: Office) -> None:
    """The buyer who owns the case also holds the role of finance; 何静 has her for a deputy."""
    people = []
    for person in office.staff.people:
        if person.email == OWNER:
            person = replace(person, roles=(*person.roles, "finance"))
        if person.email == FINANCE:
            person = replace(person, roles=("head_of_finance",))
        people.append(person)
    office.staff.people = Directory(people, office.staff.people.roles, office.staff.people.departments)


@pytest.mark.parametrize("channel", ["link", "reply", "page", "cli", "api"])
def test_who_entered_the_account_never_confirms_it_on_any_path(office: Office, channel: str) -> None:
    owner_in_finance(office)
    code = at_bank_check(office)
    assert {item["assignee"]["email"] for item in office.view(code)["waiting_for"]} == {OTHER_FINANCE}
    with pytest.raises(NotEntitled, match="another person"):
        office.submit(code, gate="bank_check", by=OWNER, channel=channel)


def test_not_even_as_a_deputy(office: Office) -> None:
    code = at_bank_check(office)
    stand_in = Deputy(OWNER, date(2026, 1, 1))
    people = [replace(p, deputies=(stand_in,)) if p.email == OTHER_FINANCE else p for p in office.staff.people]
    office.staff.people = Directory(people, office.staff.people.roles, office.staff.people.departments)
    with pytest.raises(NotEntitled, match="another person"):
        office.submit(code, gate="bank_check", by=OWNER)


def test_another_address_makes_nobody_a_second_person(office: Office) -> None:
    owner_in_finance(office)
    code = at_bank_check(office)
    new = "wang.fang.new@yongchang.example"
    people = [replace(p, email=new, other_emails=(OWNER,)) if p.email == OWNER else p for p in office.staff.people]
    office.staff.people = Directory(people, office.staff.people.roles, office.staff.people.departments)
    for address in (OWNER, new):
        with pytest.raises(NotEntitled, match="another person"):
            office.submit(code, gate="bank_check", by=address)


def test_the_account_number_stands_nowhere_but_in_its_forms(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    code = office.until_code()
    office.submit(code, gate="payment_terms")
    view = office.view(code)
    assert NUMBER not in str(view)
    assert view["rows"]["bank_account"]["account_number"] == "•••• 3456"
    assert NUMBER not in "".join(str(mail.context) for mail in office.mails())
    assert NUMBER not in caplog.text


def test_everything_that_was_gathered_is_archived(office: Office) -> None:
    code = office.until("survey_materials")
    office.submit(code, gate="survey_materials", major_findings="成品无检验记录")
    for part in ON_SITE[1:]:
        office.submit(code, gate=part)
    office.hand_in(code, [File("整改报告.pdf", "application/pdf", b"%PDF-1.4 corrected")])
    for task in ("correction_check", "criteria", "recognition_application"):
        office.submit(code, gate=task)
    office.answer(code, "approve")
    office.submit(code, gate="contract_signers", **OTHERS)
    office.hand_in(code, authorisation())
    office.hand_in(code)
    for task in ("contract_check", "bank_details", "bank_check", "payment_terms"):
        office.submit(code, gate=task)
    kept = office.view(code)["rows"]["archive"]
    papers = {"company_history", "company_profile", "annual_accounts", "product_guide", "product_catalogue"}
    further = {"business_licence", "certificate", "correction_report", "report", "their_authorisation"}
    assert {file["kind"] for file in kept} == papers | further | {"supply_contract", "quality_contract"}
    assert all(len(file["sha256"]) == 64 for file in kept)
