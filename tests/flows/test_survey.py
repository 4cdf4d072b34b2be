"""Talks, overall judgement, survey on site and correction of major findings (SV-4, SV-5), every branch."""

import pytest

from crm_workflows.domain.durations import working_days
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.views import views
from tests.office import ON_SITE, Office, application

MATERIALS, TECHNIQUE = "li.weimin@yongchang.example", "zhou.haitao@yongchang.example"
DESIGN, QUALITY = "wu.min@yongchang.example", "sun.lihua@yongchang.example"
SUPPLIER = application()["contact"]["email"]
REPORT = File("整改报告.pdf", "application/pdf", b"%PDF-1.4 corrected")


def asked(office: Office, code: str) -> dict[str, set[str]]:
    """Who is asked what at the moment."""
    found: dict[str, set[str]] = {}
    for item in office.view(code)["waiting_for"]:
        found.setdefault(item["gate"], set()).add(item["assignee"]["email"])
    return found


def test_the_two_talks_run_side_by_side_and_either_head_answers_for_both(office: Office) -> None:
    code = office.until("management_talk")
    assert asked(office, code) == {"management_talk": {MATERIALS}, "technical_talk": {TECHNIQUE, QUALITY}}
    office.submit(code, gate="technical_talk", by=QUALITY)
    assert asked(office, code) == {"management_talk": {MATERIALS}}
    with pytest.raises(NotEntitled):
        office.submit(code, gate="management_talk", by=TECHNIQUE)
    office.submit(code, gate="management_talk")
    assert office.waiting(code)["gate"] == "overall_judgement"


def test_a_talk_names_the_facts_of_the_rule_book(office: Office) -> None:
    code = office.until("management_talk")
    with pytest.raises(InvalidInput, match="view_of_us"):
        office.submit(code, gate="management_talk", view_of_us=" ")
    for name in ("head_of_technique", "head_of_quality", "technical_head", "cooperation"):
        with pytest.raises(InvalidInput, match=name):
            office.submit(code, gate="technical_talk", **{name: ""})


def test_who_judges_sees_papers_and_talks(office: Office) -> None:
    code = office.until("management_talk")
    office.submit(code, gate="management_talk", view_of_us="信任我公司")
    office.submit(code, gate="technical_talk", cooperation="联合试制")
    mail = office.asking(code, "overall_judgement")
    assert {"信任我公司", "联合试制"} <= {fact["value"] for fact in mail.context["request"]["facts"]}
    assert len(mail.attachments) == 7


def test_a_refusal_on_overall_judgement_needs_a_reason_and_ends_the_case(office: Office) -> None:
    code = office.until("overall_judgement")
    with pytest.raises(InvalidInput, match="reason"):
        office.submit(code, gate="overall_judgement", verdict="refuse", reason="")
    office.submit(code, gate="overall_judgement", verdict="refuse", reason="财务能力不足")
    view = office.view(code)
    assert (view["outcome"], view["ending"]["comment"]) == ("rejected", "财务能力不足")
    assert office.mails("case_closed", to=SUPPLIER)[0].context["comment"] == ""


def test_the_overall_judgement_can_go_back_to_the_talks(office: Office) -> None:
    code = office.until("overall_judgement")
    office.submit(code, gate="overall_judgement", verdict="talk_again", reason="未谈及产能")
    task = views.task_view(office.engine, office.waiting(code, "management_talk")["id"])
    assert (task["note"], task["draft"]["business_policy"]) == ("未谈及产能", "品质第一、准时交付、长期合作")
    for again in ("management_talk", "technical_talk"):
        office.submit(code, gate=again)
    draft = views.task_view(office.engine, office.waiting(code, "overall_judgement")["id"])["draft"]
    assert "verdict" not in draft, "each set of talks is judged anew"


def test_the_overall_judgement_can_go_back_to_the_papers(office: Office) -> None:
    code = office.until("overall_judgement")
    office.submit(code, gate="overall_judgement", verdict="papers_again", reason="决算表未经审计")
    waiting = office.waiting(code)
    assert (waiting["gate"], waiting["round"]) == ("papers_check", 2)
    office.submit(code, gate="papers_check", ask_again=["annual_accounts"], remark="请提供审计报告")
    assert office.waiting(code)["missing"] == ["annual_accounts"]
    assert office.mails("documents_request")[-1].context["request"]["note"] == "请提供审计报告"


def test_four_departments_survey_side_by_side_each_with_its_part(office: Office) -> None:
    code = office.until("survey_materials")
    assert asked(office, code) == {
        "survey_materials": {MATERIALS}, "survey_technique": {TECHNIQUE}, "survey_design": {DESIGN},
        "survey_quality": {QUALITY},
    }  # fmt: skip
    for part in reversed(ON_SITE):
        office.submit(code, gate=part)
    assert office.waiting(code)["gate"] == "criteria"


def test_a_minor_finding_is_reported_and_stops_nothing(office: Office) -> None:
    code = office.until("survey_design")
    office.submit(code, gate="survey_design", minor_findings="部分图纸未标版本")
    office.submit(code, gate="survey_quality")
    facts = office.asking(code, "criteria").context["request"]["facts"]
    found = {fact["label"]: fact["value"] for fact in facts}
    assert found["一般问题：设计 / Minor findings: design"] == "部分图纸未标版本"


def with_major_finding(office: Office) -> str:
    code = office.until("survey_quality")
    office.submit(code, gate="survey_quality", major_findings="成品无检验记录")
    return code


def test_a_major_finding_goes_back_to_the_supplier_and_is_looked_at_again(office: Office) -> None:
    code = with_major_finding(office)
    waiting = office.waiting(code)
    assert (waiting["kind"], waiting["assignee"]["email"]) == ("documents", SUPPLIER)
    assert "成品无检验记录" in str(office.asking(code).context["request"]["facts"])
    assert office.hand_in(code, [REPORT]).complete
    task = views.task_view(office.engine, office.waiting(code, "correction_check")["id"])
    assert [file["filename"] for file in task["attachments"]] == ["整改报告.pdf"]
    office.submit(code, gate="correction_check")
    for left in ("criteria", "recognition_application"):
        office.submit(code, gate=left)
    assert "均已整改" in str(office.asking(code, "recognition").context["request"]["facts"])


def test_a_correction_that_does_not_come_ends_the_case_after_a_reminder(office: Office) -> None:
    code = with_major_finding(office)
    office.advance(working_days(5))
    assert [mail.recipient for mail in office.mails("reminder")] == [SUPPLIER]
    office.advance(working_days(14))
    assert office.view(code)["status"] == "waiting"
    office.advance(working_days(1))
    view = office.view(code)
    assert (view["outcome"], view["ending"]["comment"]) == ("rejected", "供应商未按期提交整改报告")


def test_a_correction_that_does_not_convince_ends_the_case(office: Office) -> None:
    code = with_major_finding(office)
    office.hand_in(code, [REPORT])
    with pytest.raises(InvalidInput, match="reason"):
        office.submit(code, gate="correction_check", verdict="refuse", remark="")
    office.submit(code, gate="correction_check", verdict="refuse", remark="措施无效")
    assert office.view(code)["ending"]["comment"] == "措施无效"


def test_a_correction_can_lead_to_another_survey_that_asks_for_findings_anew(office: Office) -> None:
    code = with_major_finding(office)
    office.hand_in(code, [REPORT])
    office.submit(code, gate="correction_check", verdict="survey_again", remark="须到现场核实")
    task = views.task_view(office.engine, office.waiting(code, "overall_judgement")["id"])
    assert task["note"] == "须到现场核实"
    office.submit(code, gate="overall_judgement")
    draft = views.task_view(office.engine, office.waiting(code, "survey_quality")["id"])["draft"]
    assert "inspection" in draft
    assert "major_findings" not in draft
    for part in ON_SITE:
        office.submit(code, gate=part)
    assert office.waiting(code)["gate"] == "criteria"


@pytest.mark.parametrize(("to", "first"), [("SV-4", "management_talk"), ("SV-5", "overall_judgement")])
def test_the_gate_can_send_back_to_talks_and_judgement(office: Office, to: str, first: str) -> None:
    code = office.until_gate()
    office.answer(code, "send_back", to=to, comment="请核实产能")
    waiting = office.waiting(code, first)
    assert (waiting["round"], views.task_view(office.engine, waiting["id"])["note"]) == (2, "请核实产能")
    while office.waiting(code)["kind"] == "task":
        office.submit(code)
    assert office.waiting(code)["gate"] == "recognition"


def test_overdue_talks_are_reminded_and_escalated(office: Office) -> None:
    code = office.until("technical_talk")
    office.advance(working_days(3))
    assert {mail.recipient for mail in office.mails("reminder")} == {TECHNIQUE, QUALITY}
    office.advance(working_days(2))
    assert {mail.recipient for mail in office.mails("escalation")} == {"chen.guodong@yongchang.example"}
    office.submit(code)
    assert office.waiting(code)["gate"] == "overall_judgement"
