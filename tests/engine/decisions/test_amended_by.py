"""Who may amend a case, how it stands on record, and how whoever decided says that it holds still (G-6)."""

from typing import Any

import pytest

from crm_workflows.domain.approvers import role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate, reject_after
from crm_workflows.domain.errors import InvalidInput, NotEntitled, Refused
from crm_workflows.domain.records import AuditEntry, JournalEntry
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import amending
from crm_workflows.engine.decisions.amending import Amendment
from crm_workflows.engine.results import Outcome
from crm_workflows.testing import MemoryStore
from tests.engine.decisions.amending import Purchase, amend, bought, gates, office, shown
from tests.engine.toys import ADMIN, FINANCE, HEAD, NOTE, OWNER, office_of, row, start, toy
from tests.office import Office

__all__ = ["office"]


@pytest.mark.parametrize(
    ("by", "values", "reason", "error"),
    [
        (FINANCE[1], {"price": 3}, "r", NotEntitled),
        (HEAD, {"price": 3}, "r", NotEntitled),
        ("x@y.example", {"price": 3}, "r", NotEntitled),
        (OWNER, {"price": 3}, " ", InvalidInput),
        (OWNER, {"price": 100}, "r", InvalidInput),
        (OWNER, {"price": "dear"}, "r", InvalidInput),
        (OWNER, {"prize": 3}, "r", InvalidInput),
        (OWNER, {"price.net": 3}, "r", InvalidInput),
        (OWNER, {"owner": HEAD}, "r", InvalidInput),
    ],
)
def test_who_may_amend_what(office: Office, by: str, values: dict[str, Any], reason: str, error: type[Refused]) -> None:
    code = bought(office)
    before = row(office, code)
    with pytest.raises(error):
        amending.amend(office.engine, code, Amendment(values, by, reason, "page"))
    assert row(office, code) == before
    assert amend(office, code, by=ADMIN, price=3).asked_again


def test_an_ended_case_is_not_amended(office: Office) -> None:
    code = start(office, process="buying")
    office.answer(code, "reject", comment="太贵")
    with pytest.raises(InvalidInput, match="is over"):
        amend(office, code, price=3)


def test_it_can_be_tried_first(office: Office) -> None:
    code = bought(office)
    before = row(office, code)
    done = amending.amend(office.engine, code, Amendment({"price": 120}, OWNER, "r", "cli"), only_try=True)
    assert len(done.asked_again) == 1
    assert row(office, code) == before


def test_it_is_on_record_with_old_new_who_and_why(office: Office) -> None:
    code = bought(office)
    amend(office, code, price=120)
    with office.engine.store.read() as reader:
        (entry,) = [e for e in reader.find(JournalEntry, case=code) if "amended" in (e.value or {})]
        (link,) = reader.find(AuditEntry, case=code, event="amended")
    told = entry.value["amended"]
    assert (told["by"], told["reason"], told["values"]) == (OWNER, "写错了", {"price": 120})
    assert [[f["value"] for f in pair] for pair in told["changes"]] == [["100", "120"]]
    assert (link.actor, link.data["fields"]) == (OWNER, ["price"])
    assert "写错了" not in str(link.data)


def test_whose_answer_is_theirs_still_is_told_old_and_new(office: Office) -> None:
    code = bought(office)
    amend(office, code, price=120)
    mail = office.asking(code, "buy")
    told = mail.context["request"]["amended"]
    assert [(c["label"], c["before"], c["after"]) for c in told["changes"]] == [("价格 / Price", "100", "120")]
    assert told["may_uphold"] is True
    assert told["reason"] == "写错了"


def test_the_same_call_of_the_api_does_it_once_and_another_under_its_key_is_refused(office: Office) -> None:
    code = bought(office)
    first = Amendment({"price": 120}, OWNER, "r", "api", "api:k")
    assert amending.amend(office.engine, code, first).asked_again
    before = row(office, code)
    amending.amend(office.engine, code, first)
    assert row(office, code) == before
    with pytest.raises(InvalidInput, match="another answer"):
        amending.amend(office.engine, code, Amendment({"price": 130}, OWNER, "r", "api", "api:k"))


def test_the_case_shows_what_was_amended(office: Office) -> None:
    code = bought(office)
    amend(office, code, price=120)
    (told,) = office.view(code)["amendments"]
    assert told["changes"] == [{"label": "价格 / Price", "before": "100", "after": "120"}]
    assert (told["by"], told["reason"]) == (OWNER, "写错了")


@pytest.mark.parametrize("text", ["维持", "我维持原决定，谢谢", "Still yes.", "still approved, thanks"])
def test_one_word_by_mail_says_that_the_answer_is_theirs_still(office: Office, text: str) -> None:
    code = bought(office)
    amend(office, code, price=120)
    office.reply(office.asking(code, "buy"), text)
    assert gates(office, code) == ["note"]
    assert office.mails("receipt")[-1].context["decision"] == "approve"


def test_who_has_not_approved_before_cannot_say_that_they_still_do(office: Office) -> None:
    code = start(office, process="buying")
    office.reply(office.asking(code, "buy"), "维持")
    amend(office, code, price=120)
    office.reply(office.asking(code, "buy"), "维持")
    assert gates(office, code) == ["buy"]
    assert [m.context["reason"].partition("，")[0] for m in office.mails("unclear")] == ["您此前没有同意过此事"] * 2


def test_silence_on_what_was_asked_again_is_taken_as_declared() -> None:
    silent = Gate(
        "silent", "审批 / Approval", rule="T-5", approver=role("head_of_marketing"), due=working_days(1),
        on_silence=reject_after(working_days(2)),
    )  # fmt: skip

    def waiting(case: Case[Purchase]) -> Outcome:
        if case.approval(silent, shows=shown(case.subject)).rejected:
            return case.reject("未批准 / not approved")
        case.task(NOTE)
        return case.approve()

    office = office_of(MemoryStore(), toy(waiting, silent, NOTE, name="waiting", code="WA"))
    code = start(office, process="waiting")
    office.answer(code, "approve")
    office.advance(working_days(5))
    assert gates(office, code) == ["note"]
    amend(office, code, price=120)
    office.advance(working_days(3))
    assert office.view(code)["outcome"] == "rejected"


def test_a_question_about_the_old_need_not_be_answered_any_more(office: Office) -> None:
    """Found by the machine that does at random what people do."""
    code = start(office, process="buying")
    office.answer(code, "ask", comment="为什么涨价？")
    amend(office, code, price=120)
    assert gates(office, code) == ["buy"]
    office.answer(code, "ask", comment="为什么又涨？")
    office.answer(code, "approve", gate="buy")
    assert gates(office, code) == ["note"]
