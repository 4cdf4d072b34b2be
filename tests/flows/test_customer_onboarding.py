"""The story of a new customer, every branch, on every store (ON-1 to ON-12)."""

import pytest

from crm_workflows.domain.errors import InvalidInput, NotEntitled
from tests.flows.customers import (
    IN_MEMORY,
    MANAGER,
    OWNER,
    STEWARD,
    bookings,
    customer,
    enter,
    finished,
    linked,
    onboarding,
    people,
    registered,
    shown,
    until,
)
from tests.office import Office

OTHER_CODE = "91330200MAX0AA110H"
DIRECTOR = "xu.jianping@yongchang.example"


def test_a_good_customer_goes_from_archive_to_code_and_first_callback(office: Office) -> None:
    code = finished(office, onboarding(office))
    view = office.view(code)
    assert (view["status"], view["outcome"]) == ("closed", "approved")
    row = registered(office)
    assert (row.name, row.tier, row.owner, row.case) == ("无锡云帆泵业有限公司", "B", OWNER, code)
    assert view["rows"]["complete_at_first"] == 100
    assert view["rows"]["customer_code"] == "C-MA-0001"
    assert row.credit["limit"]["amount"] == "80000.00"
    (welcome,) = office.mails("letter", case=code)
    assert welcome.recipient == "zhong.yi@yunfan.example"
    assert [fact["value"] for fact in welcome.context["facts"]] == ["C-MA-0001", f"林小雨 {OWNER}"]
    told = {mail.recipient for mail in office.mails("announcement", case=code)}
    assert {OWNER, "tang.li@yongchang.example", "zheng.xiaodong@yongchang.example"} <= told
    callback = linked(office, code, "first_callback")
    item = office.waiting(callback)
    assert (item["gate"], item["assignee"]["email"]) == ("callback_record", OWNER)
    assert item["due_at"].startswith("2026-03-05"), "three working days after the Monday"
    (review,) = bookings(office, code)
    assert (review.process, review.due_at.date().isoformat()) == ("customer-review", "2026-05-30")


@IN_MEMORY
def test_what_is_missing_is_asked_for_until_the_archive_is_complete_enough(office: Office) -> None:
    code = onboarding(office, archive={})
    assert shown(office, code, "archive")["Completeness"] == "0 %"
    assert "Needs" in shown(office, code, "archive")["Missing"]
    office.submit(code, gate="archive", needs="", preferences="")
    item = office.waiting(code)
    assert (item["gate"], item["round"]) == ("archive", 2), "75 % is below the mark of 80 %"
    office.submit(code, gate="archive", needs="泵轴", preferences="木箱包装")
    assert office.waiting(code)["gate"] == "standing"


def test_a_known_customer_is_merged_by_the_data_steward(office: Office) -> None:
    enter(office, credit_code=customer()["credit_code"], name="云帆泵业")
    code = until(office, onboarding(office), "duplicate_check")
    assert office.waiting(code)["assignee"]["email"] == STEWARD
    assert shown(office, code, "duplicate_check")["In the register"].endswith("(the same credit code)")
    with pytest.raises(InvalidInput, match="one of the codes"):
        office.submit(code, gate="duplicate_check", verdict="same", same_as="C-MA-0042")
    office.submit(code, gate="duplicate_check", verdict="same", same_as="C-MA-0009")
    assert office.view(code)["outcome"] == "done"
    assert [one.email for one in people(office, "C-MA-0009")] == ["gu@chenglan.example", "zhong.yi@yunfan.example"]


@pytest.mark.parametrize(
    "columns", [{"phone": "55500366"}, {"mail_domain": "yunfan.example"}, {"name": "云帆泵业（无锡）有限公司"}]
)
@IN_MEMORY
def test_a_customer_is_found_by_phone_domain_or_name_and_may_be_another(
    office: Office, columns: dict[str, str]
) -> None:
    enter(office, **columns)
    code = until(office, onboarding(office), "duplicate_check")
    office.submit(code, gate="duplicate_check")
    assert office.waiting(code)["gate"] == "standing"


@pytest.mark.parametrize(("ruling", "owner"), [("keep_owner", "song.jia@yongchang.example"), ("hand_over", OWNER)])
@IN_MEMORY
def test_a_clash_of_territory_is_ruled_on_by_the_sales_director(office: Office, ruling: str, owner: str) -> None:
    enter(office, credit_code=customer()["credit_code"], owner="song.jia@yongchang.example")
    code = until(office, onboarding(office), "duplicate_check")
    office.submit(code, gate="duplicate_check", verdict="same", same_as="C-MA-0009")
    assert office.waiting(code, "territory")["assignee"]["email"] == DIRECTOR
    office.submit(code, gate="territory", ruling=ruling)
    assert registered(office, "C-MA-0009").owner == owner
    assert office.view(code)["outcome"] == "done"


@IN_MEMORY
def test_two_cases_for_one_company_are_seen_before_either_is_in_the_register(office: Office) -> None:
    first = onboarding(office)
    second = until(office, onboarding(office), "duplicate_check")
    office.submit(second, gate="duplicate_check", verdict="same", same_as=first)
    assert office.view(second)["outcome"] == "done"


@pytest.mark.parametrize(
    "found", [{"risk": "high"}, {"exists": False}, {"blacklisted": True}, {"payment_record": "bad"}]
)
@IN_MEMORY
def test_a_high_risk_goes_to_compliance(office: Office, found: dict[str, object]) -> None:
    code = until(office, onboarding(office), "compliance", standing=found)
    assert office.waiting(code)["assignee"]["role"] == "compliance"
    office.answer(code, "reject", comment="失信被执行人")
    assert office.view(code)["outcome"] == "rejected"


@IN_MEMORY
def test_compliance_may_let_a_blocked_customer_go_on(office: Office) -> None:
    enter(office, credit_code=customer()["credit_code"], status="blocked")
    code = until(office, onboarding(office), "compliance")
    office.answer(code, "approve")
    assert office.waiting(code)["gate"] == "good_customer"


@IN_MEMORY
def test_a_tier_shows_its_arithmetic_and_is_overruled_only_with_a_reason(office: Office) -> None:
    code = until(office, onboarding(office), "tier_choice")
    facts = shown(office, code, "tier_choice")
    assert facts["Proposed tier"].endswith("= 51.3 → B")
    assert facts["Meets the mark"] == "Yes"
    assert facts["Shares of attention"] == "A 60 %, B 30 %, C 10 %"
    with pytest.raises(InvalidInput, match="reason"):
        office.submit(code, gate="tier_choice", tier="A")
    office.submit(code, gate="tier_choice", tier="A", reason="行业标杆")
    until(office, code, "customer_approval")
    facts = shown(office, code, "customer_approval")
    assert (facts["Tier"], facts["Why another tier than proposed"]) == ("A", "行业标杆")


@IN_MEMORY
def test_naming_the_very_tier_that_was_proposed_needs_no_reason_and_the_case_goes_on(office: Office) -> None:
    code = until(office, onboarding(office), "tier_choice")
    office.submit(code, gate="tier_choice", tier="B")
    assert office.view(code)["status"] == "waiting", office.view(code)["attention"]
    assert office.waiting(code)["gate"] == "credit_request"


@IN_MEMORY
def test_a_customer_below_the_mark_is_shown_as_such(office: Office) -> None:
    poor = {"wish_to_buy": 10, "margin": 10, "pays_on_time": 10}
    code = until(office, onboarding(office), "tier_choice", good_customer=poor)
    assert shown(office, code, "tier_choice")["Meets the mark"] == "No"


@IN_MEMORY
def test_who_enters_is_not_who_checks(office: Office) -> None:
    code = until(office, onboarding(office, owner=STEWARD), "archive_check")
    assert office.waiting(code)["assignee"]["email"] == DIRECTOR, "the steward entered it, so their manager checks"
    with pytest.raises(NotEntitled, match="another person"):
        office.submit(code, gate="archive_check", by=STEWARD)


@IN_MEMORY
def test_an_archive_that_is_wrong_goes_back_and_is_approved_by_the_sales_manager(office: Office) -> None:
    code = until(office, onboarding(office), "archive_check")
    with pytest.raises(InvalidInput, match="reason"):
        office.submit(code, gate="archive_check", is_right=False, remark="")
    office.submit(code, gate="archive_check", is_right=False, remark="地址与执照不符")
    assert (office.waiting(code)["gate"], office.waiting(code)["round"]) == ("archive", 2)
    until(office, code, "customer_approval")
    assert office.waiting(code)["assignee"]["email"] == MANAGER
    office.answer(code, "reject", comment="与渠道商冲突")
    assert office.view(code)["outcome"] == "rejected"


@IN_MEMORY
def test_a_sales_manager_does_not_approve_what_they_applied_for(office: Office) -> None:
    code = until(office, onboarding(office, owner=MANAGER), "customer_approval")
    assert office.waiting(code)["assignee"]["email"] == DIRECTOR


@IN_MEMORY
def test_nor_does_a_sales_manager_who_completed_the_archive_for_somebody(office: Office) -> None:
    code = until(office, onboarding(office, owner=MANAGER, requester=OWNER), "customer_approval")
    assert office.waiting(code)["assignee"]["email"] == DIRECTOR
    with pytest.raises(NotEntitled):
        office.answer(code, "approve", by=MANAGER)


@IN_MEMORY
def test_an_account_manager_must_be_of_the_staff(office: Office) -> None:
    code = until(office, onboarding(office), "account_team")
    office.submit(code, gate="account_team", account_manager="nobody@yongchang.example")
    assert (office.waiting(code)["gate"], office.waiting(code)["round"]) == ("account_team", 2)
    office.submit(code, gate="account_team", account_manager="song.jia@yongchang.example")
    assert registered(office).owner == "song.jia@yongchang.example"
    assert office.waiting(linked(office, code, "first_callback"))["assignee"]["email"] == "song.jia@yongchang.example"


@IN_MEMORY
def test_without_consent_nobody_writes_or_calls(office: Office) -> None:
    code = finished(office, onboarding(office), archive={"consent": False})
    assert office.mails("letter", case=code) == []
    callback = office.view(linked(office, code, "first_callback"))
    assert (callback["outcome"], callback["rows"]["skipped"].split(" / ")[1]) == (
        "done", "the customer does not want to be contacted",
    )  # fmt: skip


def test_codes_are_given_by_industry_without_gaps_and_a_company_keeps_its_own(office: Office) -> None:
    first = until(office, onboarding(office), "account_team")
    other = {"company": "宁波青禾贸易有限公司", "credit_code": OTHER_CODE, "industry": "trade"}
    contact = customer()["contact"] | {"email": "a@qinghe.example", "phone": "+8657455500999"}
    second = finished(office, onboarding(office, contact=contact, **other))
    assert office.view(second)["rows"]["customer_code"] == "C-TR-0001"
    assert office.view(finished(office, first))["rows"]["customer_code"] == "C-MA-0001"
