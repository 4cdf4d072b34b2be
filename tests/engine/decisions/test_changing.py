"""A gate approves a lower value 改批 where it allows it: old and new on record, and the procedure reads the new one."""

from dataclasses import replace

import pytest
from pydantic import Field

from crm_workflows.domain.approvers import role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import above, approve_after, lower
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import everybody
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import amending
from crm_workflows.engine.decisions.amending import Amendment
from crm_workflows.engine.decisions.overriding import Override, override
from crm_workflows.engine.record import auditing
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.steps import Books
from tests.engine.conftest import Install
from tests.engine.decisions.test_passing import HE, QIAN
from tests.engine.toys import ADMIN, BOSS, GATE, HEAD, NOTE, OWNER, STRANGER, Matter, start, step, toy

LIMIT = lower("credit_limit", "信用额度 / Credit limit")
DAYS = lower("days", "账期 / Days")
CREDIT = replace(
    GATE, name="credit", may_change=(LIMIT,), then=above("recognition_finance_above", role("general_manager"))
)
BOTH = replace(GATE, name="both", may_change=(LIMIT, DAYS))
TOGETHER = replace(
    GATE, name="together", may_change=(LIMIT,), approver=everybody(role("finance")),
    on_silence=approve_after(working_days(4)),
)  # fmt: skip


@step("T-6")
def grant(limit: Money, days: int, *, books: Books) -> None:
    books.write("granted", {"limit": str(limit), "days": days})


class Goods(Matter):
    """What the credit is for; the gate shows it."""

    goods: str = Field(default="泵", title="商品 / Goods")
    limit: int = 1_500_000


def credit_for(case: Case[Goods]) -> Outcome:
    """Credit, a form while which it may be asked again, then it is granted."""
    asked = Money.of(case.subject.limit)
    decided = case.approval(CREDIT, amount=asked, shows=Shown((Fact.of("商品 / Goods", case.subject.goods),)))
    case.task(NOTE)
    grant(decided.changed.get("credit_limit", asked), 30)
    return case.approve()


def credit(case: Case[Matter]) -> Outcome:
    """Credit, which a second stage decides too where it is high."""
    asked = Money.of("1500000")
    decided = case.approval(CREDIT, amount=asked)
    if decided.rejected:
        return case.reject()
    grant(decided.changed.get("credit_limit", asked), 30)
    return case.approve()


def both(case: Case[Matter]) -> Outcome:
    """Two values, each of which may be lowered."""
    decided = case.approval(BOTH, values={"credit_limit": Money.of("300000"), "days": 60})
    grant(decided.changed.get("credit_limit", Money.of("300000")), decided.changed.get("days", 60))
    return case.approve()


def together(case: Case[Matter]) -> Outcome:
    """Two decide together."""
    decided = case.approval(TOGETHER, amount=Money.of("300000"))
    grant(decided.changed.get("credit_limit", Money.of("300000")), 30)
    return case.approve()


def test_a_lower_value_is_approved_and_the_procedure_goes_on_with_it(install: Install) -> None:
    office = install(toy(credit, CREDIT))
    code = start(office)
    assert "change" in office.waiting(code)["can"]
    office.reply(office.asking(code), "改批 900,000\n与去年持平")
    view = office.view(code)
    assert view["outcome"] == "approved", "below the limit nobody else is asked"
    assert view["rows"]["granted"] == {"limit": "900000.00 CNY", "days": 30}
    (made,) = view["decisions"]
    assert (made["decision"], made["comment"]) == ("change", "与去年持平")
    change = made["answer"]["changed"]["credit_limit"]
    assert (change["from"]["amount"], change["to"]["amount"]) == ("1500000.00", "900000.00")
    told = office.mails("case_closed", to=OWNER)[0].context["decision"]
    assert told["decision"] == "change"
    assert told["facts"][0]["value"] == "¥1,500,000.00 → ¥900,000.00"
    assert auditing.verify(office.engine) == []


def test_what_is_still_above_the_limit_is_shown_lowered_to_the_next_stage(install_in_memory: Install) -> None:
    office = install_in_memory(toy(credit, CREDIT))
    code = start(office)
    office.answer(code, "change", to="1200000")
    assert office.waiting(code)["assignee"]["email"] == BOSS
    with pytest.raises(InvalidInput, match=r"less than CNY 1,200,000\.00"):
        office.answer(code, "change", to="1300000")
    office.answer(code, "change", to="credit_limit=1100000")
    assert office.view(code)["rows"]["granted"]["limit"] == "1100000.00 CNY"


def test_of_two_values_the_one_that_is_named_is_lowered(install_in_memory: Install) -> None:
    office = install_in_memory(toy(both, BOTH))
    code = start(office)
    for said, why in (("30", "say which of credit_limit, days"), ("days=60", "less than 60"), ("days=0", "less than")):
        with pytest.raises(InvalidInput, match=why):
            office.answer(code, "change", to=said)
    office.answer(code, "change", to="days=30")
    assert office.view(code)["rows"]["granted"] == {"limit": "300000.00 CNY", "days": 30}


def test_of_several_who_decide_together_the_lowest_stands_and_the_others_read_it(install: Install) -> None:
    office = install(toy(together, TOGETHER))
    code = start(office)
    office.answer(code, "change", by=QIAN, to="250000")
    with pytest.raises(InvalidInput, match=r"less than CNY 250,000\.00"):
        office.answer(code, "change", by=HE, to="280000")
    office.answer(code, "change", by=HE, to="200000")
    assert office.view(code)["rows"]["granted"]["limit"] == "200000.00 CNY"
    assert auditing.verify(office.engine) == []


@pytest.mark.parametrize("by", ["two over those asked", "silence"])
def test_what_one_of_several_has_lowered_holds_for_whoever_settles_it(install_in_memory: Install, by: str) -> None:
    """Who else is asked, or confirms, reads the lower value: granted the higher one, nobody would have said yes."""
    office = install_in_memory(toy(together, TOGETHER))
    code = start(office)
    office.answer(code, "change", by=QIAN, to="250000")
    if by == "silence":
        office.advance(working_days(5))
    else:
        for who in (ADMIN, STRANGER):
            override(office.engine, office.waiting(code)["id"], Override("approve", who, "停线", "cli"))
    assert office.view(code)["rows"]["granted"]["limit"] == "250000.00 CNY"


@pytest.mark.parametrize(
    "said", ["900000 cny", "￥900，000", "９０００００元", "RMB 900,000", "credit_limit=¥ 900,000.00", "cny900000"]
)
def test_the_lower_amount_is_read_as_everywhere(install_in_memory: Install, said: str) -> None:
    office = install_in_memory(toy(credit, CREDIT))
    code = start(office)
    office.answer(code, "change", to=said)
    assert office.view(code)["rows"]["granted"]["limit"] == "900000.00 CNY"


@pytest.mark.parametrize(
    "said",
    ["2000000", "1500000", "-5", "0", "900000 USD", "$900000", "90元50", "viel", "", "other=5", "900.000,00"],
)
def test_nothing_but_a_lower_value_is_taken(install_in_memory: Install, said: str) -> None:
    office = install_in_memory(toy(credit, CREDIT))
    code = start(office)
    with pytest.raises(InvalidInput):
        office.answer(code, "change", to=said)
    assert office.waiting(code)["assignee"]["email"] == HEAD


def test_where_the_gate_does_not_allow_it_nothing_is_changed(install_in_memory: Install) -> None:
    def plain(case: Case[Matter]) -> Outcome:
        """A gate that allows no change."""
        return case.reject() if case.approval(GATE, amount=Money.of("5")).rejected else case.approve()

    office = install_in_memory(toy(plain, GATE))
    code = start(office)
    assert "change" not in office.waiting(code)["can"]
    with pytest.raises(InvalidInput, match="nothing of request"):
        office.answer(code, "change", to="3")


@pytest.mark.parametrize("lowered", ["900000", "1200000"])
def test_who_upholds_it_after_an_amendment_upholds_what_they_had_lowered(
    install_in_memory: Install, lowered: str
) -> None:
    office = install_in_memory(toy(credit_for, CREDIT, NOTE))
    code = start(office)
    office.answer(code, "change", to=lowered)
    amending.amend(office.engine, code, Amendment({"goods": "阀"}, OWNER, "写错了", "page"))
    asking = office.asking(code, "credit")
    (told,) = asking.context["request"]["changed"]
    assert told["value"] == f"¥1,500,000.00 → ¥{int(lowered):,}.00"
    office.reply(asking, "维持")
    while office.waiting(code)["gate"] == "credit":
        office.answer(code, "approve", gate="credit")
    office.submit(code)
    assert office.view(code)["rows"]["granted"]["limit"] == f"{lowered}.00 CNY"


def test_a_value_that_was_amended_itself_is_asked_for_as_it_is_now(install_in_memory: Install) -> None:
    office = install_in_memory(toy(credit_for, CREDIT, NOTE))
    code = start(office)
    office.answer(code, "change", to="900000")
    amending.amend(office.engine, code, Amendment({"limit": 700_000}, OWNER, "写错了", "page"))
    office.answer(code, "approve", gate="credit")
    office.submit(code)
    assert office.view(code)["rows"]["granted"]["limit"] == "700000.00 CNY"


@pytest.mark.parametrize("said", ["approve", "change"])
def test_a_stage_that_an_amended_value_needs_is_asked_though_it_had_been_lowered_below(
    install_in_memory: Install, said: str
) -> None:
    office = install_in_memory(toy(credit_for, CREDIT, NOTE))
    code = start(office)
    office.answer(code, "change", to="900000")
    amending.amend(office.engine, code, Amendment({"limit": 1_600_000}, OWNER, "写错了", "page"))
    office.answer(code, said, by=HEAD, gate="credit", to="950000" if said == "change" else None)
    assert office.waiting(code, "credit")["assignee"]["email"] == BOSS
    office.answer(code, "approve", gate="credit")
    office.submit(code)
    assert office.view(code)["rows"]["granted"]["limit"] == ("1600000.00 CNY" if said == "approve" else "950000.00 CNY")
    assert auditing.verify(office.engine) == []
