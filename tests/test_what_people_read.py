"""Requests are read in one language, and say what a decision needs (G-6, SV-1, SV-6, SV-7)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from crm_workflows.domain.messages import Fact
from crm_workflows.testing import MemoryStore
from tests.office import Office, application


@pytest.fixture
def office() -> Iterator[Office]:
    """The shipped company; which store it works on makes no difference to what is read."""
    opened = Office(MemoryStore())
    yield opened
    opened.check_invariants()


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
    code = office.start()
    office.hand_in(code)
    office.submit(code, gate="papers_check")
    facts = facts_of(office, code)
    chinese, english = read(facts, "zh"), read(facts, "en")
    assert chinese["各项权重"].startswith("设备和技术 25 %、按时供货的管理能力 20 %")
    assert english["Weights"].endswith("Cost 15 %")
    assert (chinese["每项最低分"], chinese["综合合格分"]) == ("40", "60")


def test_the_departments_read_terms_and_category_in_their_language(office: Office) -> None:
    code = office.until_gate()
    office.answer(code, "approve")
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
