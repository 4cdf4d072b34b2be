"""The subject of a running case is amended: who decided on the old is asked again, in place, and nobody else (G-6)."""

from typing import Any

import pytest
from pydantic import Field

from crm_workflows.domain.approvers import role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate, above, reject_after
from crm_workflows.domain.errors import InvalidInput, NotEntitled, Refused
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import AuditEntry, JournalEntry, Request
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.case import Case, Outcome
from crm_workflows.engine.decisions import amending, answers
from crm_workflows.engine.decisions.amending import Amended, Amendment
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.testing import MemoryStore
from tests.engine.toys import (
    ADMIN,
    BOSS,
    FINANCE,
    HEAD,
    NOTE,
    OTHER_NOTE,
    OWNER,
    Matter,
    office_of,
    row,
    start,
    step,
    toy,
)
from tests.office import Office


class Purchase(Matter):
    """What is bought: a gate shows price and goods, never the remark."""

    price: int = Field(default=100, title="价格 / Price")
    goods: str = Field(default="螺丝", title="商品 / Goods")
    remark: str = Field(default="", title="备注 / Remark")


BUY = Gate(
    "buy", "采购审批 / Purchase", rule="T-5", approver=role("head_of_marketing"), send_back=("T-3",),
    then=above("recognition_finance_above", role("general_manager")), due=working_days(2),
)  # fmt: skip
PRICED = Gate("priced", "价格审批 / Price", rule="T-6", approver=role("head_of_marketing"), material=("price",))


def shown(subject: Purchase) -> Shown:
    return Shown((Fact.of("价格 / Price", subject.price), Fact.of("商品 / Goods", subject.goods)))


def buying(case: Case[Purchase]) -> Outcome:
    subject = case.subject
    amount = Money.of(subject.price)
    if case.approval(BUY, shows=shown(subject), amount=amount).rejected:
        return case.reject("未批准 / not approved")
    case.task(NOTE)
    case.task(OTHER_NOTE)
    return case.approve()


BUYING = toy(buying, BUY, NOTE, OTHER_NOTE, name="buying", code="BY")


@pytest.fixture
def office() -> Office:
    return office_of(MemoryStore(), BUYING)


def bought(office: Office) -> str:
    """A case whose purchase is approved, and which waits for the note after it."""
    code = start(office, process="buying")
    office.answer(code, "approve")
    return code


def amend(office: Office, code: str, by: str = OWNER, **values: Any) -> Amended:
    return amending.amend(office.engine, code, Amendment(values, by, "写错了", "page"))


def gates(office: Office, code: str) -> list[str]:
    return sorted(item["gate"] for item in office.view(code)["waiting_for"])


def test_who_approved_the_old_is_asked_again_in_place_and_the_work_behind_stays(office: Office) -> None:
    code = bought(office)
    done = amend(office, code, price=120)
    assert [(c.before.value, c.after.value) for c in done.changes if c.before and c.after] == [("100", "120")]
    assert gates(office, code) == ["buy", "note"]
    assert office.view(code)["subject"]["price"] == 120
    office.submit(code, gate="note")
    assert gates(office, code) == ["buy"], "nothing new begins while the gate is asked again"
    office.answer(code, "approve", gate="buy")
    assert gates(office, code) == ["other_note"]
    office.submit(code)
    assert office.view(code)["outcome"] == "approved"


def test_a_no_to_the_new_takes_the_way_of_a_no(office: Office) -> None:
    code = bought(office)
    amend(office, code, price=120)
    office.answer(code, "reject", gate="buy", comment="太贵")
    found = office.view(code)
    assert (found["status"], found["outcome"]) == ("closed", "rejected")
    assert {r["id"]: r["status"] for r in found["requests"]} == {
        f"{code}-R1": "decided", f"{code}-R2": "superseded", f"{code}-R3": "decided",
    }  # fmt: skip


def test_sent_back_from_there_the_steps_before_are_done_again() -> None:
    def noted(case: Case[Purchase]) -> Outcome:
        case.task(NOTE)
        case.approval(BUY, shows=shown(case.subject), amount=Money.of(case.subject.price))
        case.task(OTHER_NOTE)
        return case.approve()

    office = office_of(MemoryStore(), toy(noted, BUY, NOTE, OTHER_NOTE, name="noted", code="NO"))
    code = start(office, process="noted")
    office.submit(code)
    office.answer(code, "approve")
    amend(office, code, price=120)
    office.answer(code, "send_back", gate="buy", to="T-3", comment="说明原因")
    assert gates(office, code) == ["note"]
    office.submit(code)
    office.answer(code, "approve", gate="buy")
    assert gates(office, code) == ["other_note"]


def test_what_nobody_was_shown_voids_nothing(office: Office) -> None:
    code = bought(office)
    done = amend(office, code, remark="加急")
    assert done.asked_again == ()
    assert gates(office, code) == ["note"]
    assert office.view(code)["subject"]["remark"] == "加急"


def test_an_open_gate_is_asked_anew_on_the_new_and_the_old_answer_is_refused(office: Office) -> None:
    code = start(office, process="buying")
    old = office.waiting(code)["id"]
    done = amend(office, code, price=120)
    assert done.asked_again == (f"{code}-R2",)
    late = answers.answer(office.engine, old, Answer("approve", HEAD, "page"))
    assert not late.effective
    assert late.sentence.endswith(f"what it shows has changed; answer the new request {code}-R2")
    assert gates(office, code) == ["buy"]
    office.answer(code, "approve")
    assert gates(office, code) == ["note"]


def test_a_price_above_the_limit_asks_who_was_not_asked_before(office: Office) -> None:
    code = bought(office)
    amend(office, code, price=9_000_000)
    assert gates(office, code) == ["buy", "buy", "note"]
    asked = {i["assignee"]["email"] for i in office.view(code)["waiting_for"] if i["gate"] == "buy"}
    assert asked == {HEAD, BOSS}
    office.answer(code, "approve", gate="buy", by=HEAD)
    office.submit(code, gate="note")
    assert gates(office, code) == ["buy"]
    office.answer(code, "approve", gate="buy", by=BOSS)
    assert gates(office, code) == ["other_note"]


def test_a_price_that_shrinks_lets_nobody_out(office: Office) -> None:
    code = start(office, process="buying", price=9_000_000)
    office.answer(code, "approve", gate="buy")
    amend(office, code, price=100)
    asked = {i["assignee"]["email"] for i in office.view(code)["waiting_for"]}
    assert asked == {HEAD, BOSS}
    office.answer(code, "approve", gate="buy", by=HEAD)
    office.answer(code, "approve", gate="buy", by=BOSS)
    assert gates(office, code) == ["note"]


def test_amended_again_before_it_was_answered_only_the_latest_counts(office: Office) -> None:
    code = bought(office)
    amend(office, code, price=120)
    amend(office, code, price=130)
    assert gates(office, code) == ["buy", "note"]
    office.answer(code, "approve", gate="buy")
    office.submit(code, gate="note")
    assert gates(office, code) == ["other_note"]


def test_a_gate_says_which_fields_are_material() -> None:
    def priced(case: Case[Purchase]) -> Outcome:
        case.approval(PRICED, shows=shown(case.subject))
        case.task(NOTE)
        return case.approve()

    office = office_of(MemoryStore(), toy(priced, PRICED, NOTE, name="priced", code="PR"))
    code = start(office, process="priced")
    office.answer(code, "approve")
    assert amend(office, code, goods="螺母").asked_again == ()
    assert amend(office, code, price=3).asked_again == (f"{code}-R3",)


def test_it_is_refused_where_the_procedure_would_have_gone_another_way() -> None:
    def forked(case: Case[Purchase]) -> Outcome:
        if case.subject.price > 500:
            case.task(OTHER_NOTE)
        case.task(NOTE)
        return case.approve()

    office = office_of(MemoryStore(), toy(forked, NOTE, OTHER_NOTE, name="forked", code="FK"))
    code = start(office, process="forked")
    before = row(office, code)
    with pytest.raises(Refused, match="another way from T-3 on"):
        amend(office, code, price=600)
    assert row(office, code) == before


def test_it_is_refused_once_a_code_was_given() -> None:
    @step("T-4", after_send_back="once")
    def give_code() -> str:
        return "C-1"

    def coded(case: Case[Purchase]) -> Outcome:
        give_code()
        case.task(NOTE)
        return case.approve()

    office = office_of(MemoryStore(), toy(coded, NOTE, give_code, name="coded", code="CO"))
    code = start(office, process="coded")
    with pytest.raises(Refused, match="has been given its code in T-4"):
        amend(office, code, remark="加急")


def test_a_step_that_tells_of_the_subject_is_made_anew() -> None:
    @step("T-4", after_amendment="again")
    def report(subject: Purchase) -> Shown:
        return shown(subject)

    def reported(case: Case[Purchase]) -> Outcome:
        case.approval(PRICED, shows=report(case.subject))
        case.task(NOTE)
        return case.approve()

    office = office_of(MemoryStore(), toy(reported, PRICED, NOTE, report, name="reported", code="RP"))
    code = start(office, process="reported")
    office.answer(code, "approve")
    assert amend(office, code, price=7).asked_again == (f"{code}-R3",)
    with office.engine.store.read() as reader:
        asked = reader.get(Request, f"{code}-R3")
    assert asked is not None
    assert asked.shows["facts"][0]["value"] == "7"
    office.answer(code, "approve", gate="priced")
    office.submit(code)
    assert office.view(code)["outcome"] == "approved"


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
