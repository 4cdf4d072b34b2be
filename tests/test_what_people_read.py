"""Requests are read in one language, and say what a decision needs (G-6, SV-1, SV-6, SV-7)."""

import re
from typing import Any

import pytest

from crm_workflows.adapters.mail.template_example_parts import FACTS
from crm_workflows.domain.credit_code import problem_with
from crm_workflows.domain.messages import Fact
from crm_workflows.engine.mail_out.mails import earlier_approval
from crm_workflows.engine.requests.request_order import place_of
from crm_workflows.engine.running import opening
from crm_workflows.testing import MemoryStore
from tests.office import Office, application


@pytest.fixture
def office() -> Office:
    """The shipped company; which store it works on makes no difference to what is read."""
    return Office(MemoryStore())


def read(facts: list[dict[str, Any]], language: str) -> dict[str, str]:
    """Label -> value, as a mail in that language prints them."""
    column = 0 if language == "zh" else 1
    return {fact["label"].split(" / ")[column]: Fact.model_validate(fact).said(language) for fact in facts}


def facts_of(office: Office, code: str) -> list[dict[str, Any]]:
    """What the mail shows by which the case asks now."""
    found: list[dict[str, Any]] = office.asking(code).context["request"]["facts"]
    return found


def test_deciding_facts_are_said_in_one_language_at_a_time(office: Office) -> None:
    facts = facts_of(office, office.until_gate())
    chinese, english = read(facts, "zh"), read(facts, "en")
    assert (chinese["建议认定"], english["Recognition recommended"]) == ("是", "Yes")
    assert (chinese["预计年采购额"], english["Expected yearly amount"]) == ("¥480,000.00", "CNY 480,000.00")
    assert english["Weighted score"].startswith("Equipment and technique 86 × 25 % + ")
    assert "设备和技术 86 × 25 % + 按时供货的管理能力 82 × 20 %" in chinese["综合得分"]
    assert chinese["综合得分"].endswith("= 83.1")


def test_whoever_scores_is_told_weights_floor_and_pass_mark_of_this_case(office: Office) -> None:
    facts = facts_of(office, office.until("criteria"))
    chinese, english = read(facts, "zh"), read(facts, "en")
    assert chinese["各项权重"].startswith("设备和技术 25 %、按时供货的管理能力 20 %")
    assert english["Weights"].endswith("Cost 15 %")
    assert (chinese["每项最低分"], chinese["综合合格分"]) == ("40", "60")


def test_the_departments_read_terms_and_category_in_their_language(office: Office) -> None:
    code = office.until_code()
    office.submit(code, gate="payment_terms")
    news = office.mails("announcement")[-1].context["facts"]
    assert read(news, "zh")["付款方式"] == "银行转账"
    assert read(news, "en")["Method of payment"] == "Bank transfer"
    assert read(news, "en")["Days of payment"] == "60 days"


def test_an_owner_who_is_asked_to_confirm_reads_a_category_and_no_key(office: Office) -> None:
    facts = facts_of(office, office.start(application(category="packaging"), origin="prefect"))
    assert (read(facts, "zh")["类别"], read(facts, "en")["Category"]) == ("包装材料", "Packaging")


def test_the_report_gives_both_languages_of_a_value_apart(office: Office) -> None:
    from crm_workflows.domain.records import Blob

    office.until_gate()
    sha256 = office.mails("approval_request")[-1].attachments[0]["sha256"]
    with office.engine.store.read() as reader:
        blob = reader.get(Blob, sha256)
    assert blob is not None
    page = blob.content.decode()
    assert "是<small>Yes</small>" in page
    assert "¥86,000,000.00<small>CNY 86,000,000.00</small>" in page
    assert re.search(r"2035年12月31日<small>31 Dec 2035</small>", page)


def test_later_stages_are_told_who_approved_before_when_and_with_what_words(office: Office) -> None:
    code = office.until_gate(application("over-limit"))
    office.answer(code, "approve", comment="价格合理 / 同意")
    first = office.asking(code).context["request"]["approved_before"]
    assert [(one["name"], one["role"], one["comment"]) for one in first] == [
        ("Zheng Xiaodong", "市场主管 / Head of marketing", "价格合理 / 同意")
    ]
    assert first[0]["decided_at"] == "2026-03-02T01:00:00Z"
    office.answer(code, "approve")
    second = office.asking(code).context["request"]["approved_before"]
    assert [one["role"].split(" / ")[1] for one in second] == ["Head of marketing", "Finance"]


def test_a_stage_passed_on_silence_is_told_as_such() -> None:
    told = {"by": None, "on_behalf_of": None, "at": "2026-03-04T10:00:00+00:00", "comment": "", "role": None}
    assert earlier_approval(told, Office(MemoryStore()).staff.people, "zh").name == ""


def test_why_a_case_ended_is_on_record_with_who_and_what_they_wrote(office: Office) -> None:
    code = office.until_gate()
    office.answer(code, "reject", comment="产能不足")
    view = office.view(code)
    head = "zheng.xiaodong@yongchang.example"
    assert view["ending"] == {"reason": "认定未获批准 / recognition was refused", "comment": "产能不足", "by": head}
    assert "ending" not in view["rows"]


def test_a_cancelled_case_says_who_cancelled_it_and_why(office: Office) -> None:
    code = office.start()
    opening.cancel(office.engine, code, by=application()["owner"], reason="重复申请")
    ending = office.view(code)["ending"]
    assert (ending["comment"], ending["by"]) == ("重复申请", application()["owner"])


def test_an_open_case_has_no_ending(office: Office) -> None:
    assert office.view(office.start())["ending"] is None


@pytest.mark.parametrize("requester", [None, "zhao.lei@yongchang.example"])
def test_the_named_owner_always_hears_that_a_case_was_opened(office: Office, requester: str | None) -> None:
    code = office.start(requester=requester, origin="page")
    told = {mail.recipient: mail for mail in office.mails("case_opened", case=code)}
    assert told.keys() == {application()["owner"], requester or application()["owner"]}, "and whoever requested it"
    mail = told[application()["owner"]]
    assert mail.context["requester_name"] == ("王芳" if requester is None else "赵磊")
    assert read(mail.context["facts"], "zh")["供应商"] == application()["company"]


def test_an_owner_who_is_asked_to_confirm_gets_no_second_mail(office: Office) -> None:
    code = office.start(origin="prefect")
    assert [mail.template for mail in office.mails(case=code)] == ["start_confirmation"]


def test_the_tenth_request_comes_after_the_second(office: Office) -> None:
    code = office.until_gate()
    for _ in range(3):
        office.answer(code, "send_back", to="SV-6", comment="再改")
        office.submit(code)
    numbers = [int(request["id"].rpartition("-R")[2]) for request in office.view(code)["requests"]]
    decided = [int(decision["request"].rpartition("-R")[2]) for decision in office.view(code)["decisions"]]
    assert numbers == sorted(numbers)
    assert numbers[-1] >= 10
    assert decided == sorted(decided)


def test_an_inbox_lists_what_is_due_together_in_the_order_of_asking() -> None:
    ids = ["SV-2026-00001-R10", "SV-2026-00001-R2", "SV-2026-00001-R1"]
    assert sorted(ids, key=place_of) == ["SV-2026-00001-R1", "SV-2026-00001-R2", "SV-2026-00001-R10"]


def test_the_examples_of_mails_hold_no_code_that_we_would_refuse() -> None:
    codes = [fact.value for fact in FACTS if "credit" in fact.label.lower()]
    assert [problem_with(code) for code in codes] == [None]
