"""The story of a supplier, every branch, on every store (SV-1, SV-2, SV-3, SV-6, SV-7, SV-10, SV-11)."""

from typing import Any

import pytest

from crm_workflows.adapters.configuration.config_files import parse_policy
from crm_workflows.business.suppliers import LETTERS
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.engine.running import opening
from tests.office import ON_SITE, Office, application, shipped_text

HEAD = "zheng.xiaodong@yongchang.example"


def test_a_good_supplier_goes_from_request_to_code(office: Office) -> None:
    code = office.until_code()
    office.submit(code, gate="payment_terms")
    view = office.view(code)
    assert (view["status"], view["outcome"]) == ("closed", "approved")
    assert view["rows"]["supplier_code"] == f"S-{LETTERS['component']}-0001"
    assert {"SV-2", "SV-6", "SV-8", "SV-9", "SV-10", "SV-11"} <= {step["rule"] for step in view["steps"]}
    assert office.mails("case_closed", to=application()["contact"]["email"])
    told = {mail.recipient: {fact["value"] for fact in mail.context["facts"]} for mail in office.mails("announcement")}
    people = office.staff.people
    concerned = [p for name in ("materials", "quality", "technique") for p in people.department(name)]
    assert set(told) == {p.email for p in (*concerned, *people.with_role("finance")) if p.active}
    basic = {application()["company"], view["rows"]["supplier_code"], application()["credit_code"]}
    assert all(basic <= facts for facts in told.values()), told


def test_the_report_quotes_what_the_forms_said(office: Office) -> None:
    code = office.start()
    office.hand_in(code)
    office.submit(code, gate="papers_check", legal_representative="陈国栋", founded_in=1998)
    office.submit(code, gate="management_talk", business_policy="稳健经营")
    office.submit(code, gate="technical_talk", technical_head="陆明远")
    office.submit(code, gate="overall_judgement", impression="印象良好")
    for part in ON_SITE[:-1]:
        office.submit(code, gate=part)
    office.submit(code, gate="survey_quality", minor_findings="两台卡尺过期未检")
    office.submit(code, gate="criteria", cost=81, cost_comment="报价透明")
    office.submit(code, gate="recognition_application", reason_for_trading="第二来源")
    mail = office.mails("approval_request")[0]
    shown = {fact["label"].split(" / ")[1]: fact["value"] for fact in mail.context["request"]["facts"]}
    assert shown["Reason for trading"] == "第二来源"
    assert "81 × 15" in shown["Weighted score"]
    page = _report(office, mail.attachments[0]["sha256"])
    quoted = ("陈国栋", "1998", "稳健经营", "陆明远", "印象良好", "两台卡尺过期未检", "报价透明", "第二来源")
    for said in (*quoted, application()["company"], code):
        assert said in page


def _report(office: Office, sha256: str) -> str:
    from crm_workflows.domain.records import Blob

    with office.engine.store.read() as reader:
        blob = reader.get(Blob, sha256)
    assert blob is not None
    return blob.content.decode()


def test_insufficient_papers_end_the_case(office: Office) -> None:
    code = office.start()
    office.hand_in(code)
    office.submit(code, gate="papers_check", sufficient=False, remark="执照已过期")
    assert office.view(code)["outcome"] == "rejected"


@pytest.mark.parametrize("scores", [{"cost": 39}, dict.fromkeys(("cost", "cooperation", "delivery_management"), 40)])
def test_a_floor_or_the_pass_mark_missed_ends_the_case(office: Office, scores: dict[str, Any]) -> None:
    code = office.until("criteria")
    low = scores if len(scores) == 1 else scores | {"equipment_and_technique": 55, "operation_finance_credit": 55}
    office.submit(code, gate="criteria", **low)
    assert office.view(code)["outcome"] == "rejected"


def test_a_criterion_can_have_a_floor_of_its_own_and_whoever_scores_is_told(office: Office) -> None:
    own = "criteria_floors:\n  confidentiality: 86\nfloor: 40"
    office.staff.rules = parse_policy(shipped_text("policy").replace("floor: 40", own, 1))
    code = office.until("criteria")
    facts = office.asking_facts(office.asking(code))
    assert "保密 86" in facts["Floor of each criterion"]
    assert "成本管理和成本水平 40" in facts["Floor of each criterion"]
    office.submit(code, gate="criteria")
    assert office.view(code)["outcome"] == "rejected", "85 of 100 pass everywhere else"


def test_an_owner_who_does_not_recommend_ends_the_case(office: Office) -> None:
    code = office.until("recognition_application")
    office.submit(code, gate="recognition_application", recommends=False)
    assert office.view(code)["outcome"] == "rejected"


def test_a_rejection_needs_a_reason_and_everyone_involved_hears_it(office: Office) -> None:
    code = office.until_gate()
    with pytest.raises(InvalidInput, match="G-2"):
        office.answer(code, "reject")
    office.answer(code, "reject", comment="产能不足")
    assert office.view(code)["outcome"] == "rejected"
    heard = {mail.recipient for mail in office.mails("case_closed")}
    assert {application()["owner"], HEAD, "li.weimin@yongchang.example"} <= heard


def test_above_the_limit_finance_and_the_general_manager_decide_too(office: Office) -> None:
    code = office.until_gate(application("over-limit"))
    deciders = []
    while office.waiting(code)["gate"] == "recognition":
        deciders.append(office.waiting(code)["assignee"]["role"])
        office.answer(code, "approve")
    assert deciders == ["head_of_marketing", "finance", "general_manager"]
    office.sign(code)
    assert office.view(code)["rows"]["supplier_class"] == "A"


def test_an_amount_lowered_in_the_report_spares_nobody_the_decision(office: Office) -> None:
    code = office.until("recognition_application", application("over-limit"))
    office.submit(code, gate="recognition_application", yearly_amount={"amount": "10.00", "currency": "CNY"})
    shown = {fact["value"] for fact in office.asking(code).context["request"]["facts"]}
    assert {"¥10.00", "¥3,200,000.00"} <= shown, "who decides sees both"
    office.answer(code, "approve")
    assert office.waiting(code)["assignee"]["role"] == "finance"


def test_cancelling_ends_the_case_for_everybody(office: Office) -> None:
    code = office.until_gate()
    with pytest.raises(NotEntitled):
        opening.cancel(office.engine, code, by="feng.xue@yongchang.example", reason="不需要")
    with pytest.raises(InvalidInput):
        opening.cancel(office.engine, code, by=application()["owner"], reason=" ")
    opening.cancel(office.engine, code, by=application()["owner"], reason="项目取消")
    view = office.view(code)
    assert (view["status"], view["waiting_for"]) == ("cancelled", [])
    office.advance(working_days(10))
    assert not office.mails("reminder")


def test_codes_are_given_by_category_without_gaps(office: Office) -> None:
    given = []
    for n, category in enumerate(("component", "packaging", "component")):
        input_ = application(credit_code=CODES[n], category=category, company=f"公司{n}号")
        code = office.until_code(input_)
        given.append(office.view(code)["rows"]["supplier_code"])
    assert given == ["S-CP-0001", "S-PK-0001", "S-CP-0002"]


CODES = ("91330200MAX0AA110H", "91440300MAX0BB2207", "91310000MAX0CC330A")


def test_a_start_from_outside_is_confirmed_by_the_named_owner_first(office: Office) -> None:
    code = office.start(origin="prefect")
    waiting = office.waiting(code)
    assert (waiting["gate"], waiting["assignee"]["email"]) == ("confirm_start", application()["owner"])
    assert [mail.template for mail in office.mails()] == ["start_confirmation"]
    office.answer(code, "approve")
    assert office.waiting(code)["kind"] == "documents"


def test_a_start_from_outside_that_the_owner_refuses_is_withdrawn(office: Office) -> None:
    code = office.start(origin="prefect")
    office.answer(code, "reject", comment="不是我发起的")
    assert office.view(code)["outcome"] == "withdrawn"
