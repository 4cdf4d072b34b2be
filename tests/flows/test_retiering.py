"""Quarterly re-tiering as one approval in bulk, and the plans of A customers that follow (RP-4, RP-5)."""

from datetime import date, timedelta
from typing import Any

import pytest

from crm_workflows.business import retiering
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import CaseRow, Customer, CustomerContact, CustomerOrder
from crm_workflows.engine.views import views
from tests.flows.customers import BIG, IN_MEMORY, LOYAL, MANAGER, OWNER, STEWARD, bookings, enter, linked, registered
from tests.office import Office

OTHER = "song.jia@yongchang.example"
LOW: dict[str, Any] = {
    "potential": 10, "frequency": 10, "repeat": 10, "length": 10, "share_of_need": 10,
    "yearly_value": {"amount": "1000.00", "currency": "CNY"}, "market_influence": False, "depends_on_us": False,
}  # fmt: skip
TOP = LOYAL | {"yearly_value": BIG, "market_influence": False, "depends_on_us": False}


def known(office: Office, n: int, said: dict[str, Any] | None, **columns: Any) -> str:
    """A customer of the register, with what was said of it at its onboarding."""
    code, case = f"C-MA-{n:04d}", f"ON-2025-{n:05d}"
    enter(office, code, name=f"客户{n}", credit_code=f"c{n}", case=case, **columns)
    if said is not None:
        with office.engine.store.write() as tx:
            tx.insert(retiering.facts_given(case, office.clock.now() - timedelta(days=100), said))
    return code


def register(office: Office) -> None:
    """Two go up, one goes down, one stays, of one nothing is known, and one is blocked."""
    known(office, 1, TOP)
    known(office, 2, TOP, owner=OTHER)
    known(office, 3, LOW, tier="A")
    known(office, 4, LOW, tier="C")
    known(office, 5, None, tier="C")
    known(office, 6, TOP, status="blocked")


def begun(office: Office) -> str:
    given = {"title": "2026 年第二季度重新分级", "owner": STEWARD}
    return office.start(given, process="customer-retiering", requester=STEWARD)


def tiers(office: Office) -> str:
    with office.engine.store.read() as reader:
        return "".join(row.tier for row in reader.find(Customer))


@pytest.fixture
def whole(office: Office) -> str:
    register(office)
    return begun(office)


@pytest.mark.breaks_invariants("what was said at onboardings is put in by hand")
def test_of_two_begun_at_once_one_asks_and_the_other_ends(office: Office, whole: str) -> None:
    second = begun(office)
    view = office.view(second)
    assert (view["status"], view["outcome"]) == ("closed", "done")
    told = office.mails(case=second)
    assert {(mail.template, mail.recipient) for mail in told} == {("case_opened", STEWARD), ("case_closed", STEWARD)}
    assert any(f"{whole} 正在进行" in str(mail.context) for mail in told)
    assert len(bookings(office, whole)) + len(bookings(office, second)) == 1
    office.submit(whole)
    office.answer(whole, "reject", by=MANAGER, comment="暂不调整")
    assert office.view(begun(office))["status"] == "waiting", "once it is over the next one goes on"


@pytest.mark.breaks_invariants("what was said at onboardings is put in by hand")
def test_all_changes_are_one_approval_and_are_entered_at_once(office: Office, whole: str) -> None:
    told = {mail.recipient for mail in office.mails("announcement", case=whole)}
    assert told == {STEWARD, OWNER, OTHER}, "account managers hear before anybody decides"
    office.submit(whole)
    shown = office.asking_facts(office.asking(whole, "retiering"))
    assert shown["Customers judged"] == "4"
    assert shown["Not judged, nothing to judge by"] == "1"
    assert shown["Changes of tier"] == "3"
    lines = "\n".join(shown.values())
    assert "C-MA-0001 客户1 B → A（" not in lines
    assert "C-MA-0001 客户1 B → A (交易额 100 × 50 %" in lines, "with the arithmetic"
    assert tiers(office) == "BBACCB", "nothing changes before the yes"
    office.answer(whole, "approve", by=MANAGER, channel="reply")
    assert tiers(office) == "AACCCB"
    assert office.view(whole)["outcome"] == "approved"
    assert office.view(whole)["rows"]["retiered"] == ["C-MA-0001", "C-MA-0002", "C-MA-0003"]
    office.work()
    (later,) = bookings(office, whole)
    assert (later.process, later.due_at.isoformat()) == ("customer-retiering", "2026-03-31T16:00:00+00:00")


@IN_MEMORY
@pytest.mark.breaks_invariants("what was said at onboardings is put in by hand")
def test_exceptions_keep_their_tier_with_a_reason_and_can_be_asked_for_by_sending_back(
    office: Office, whole: str
) -> None:
    office.submit(whole)
    office.answer(whole, "send_back", by=MANAGER, to="RP-4", comment="C-MA-0003 除外，正在谈新合同")
    for wrong in ({"keep": "C-MA-0004", "reason": "x"}, {"keep": "C-MA-0003"}):
        with pytest.raises(InvalidInput):
            office.submit(whole, **wrong)
    office.submit(whole, keep="c-ma-0003", reason="正在谈新合同")
    shown = office.asking_facts(office.asking(whole, "retiering"))
    assert shown["Keep their tier"] == "C-MA-0003：正在谈新合同"
    office.answer(whole, "approve", by=MANAGER)
    assert tiers(office) == "AAACCB"


@IN_MEMORY
@pytest.mark.breaks_invariants("what was said at onboardings is put in by hand")
def test_refused_all_stay_and_a_tier_changed_meanwhile_is_left_alone(office: Office, whole: str) -> None:
    office.submit(whole)
    with office.engine.store.write() as tx:
        tx.update(Customer, ("C-MA-0001",), tier="C")
    office.answer(whole, "approve", by=MANAGER)
    assert tiers(office) == "CACCCB", "what a review has decided since is not written over"
    again = begun(office)
    office.submit(again)
    office.answer(again, "reject", by=MANAGER, comment="下季度再议")
    assert tiers(office) == "CACCCB"
    assert office.view(again)["outcome"] == "rejected"


@IN_MEMORY
@pytest.mark.breaks_invariants("what was said at onboardings is put in by hand")
def test_what_was_really_ordered_counts_before_what_was_expected(office: Office) -> None:
    code = known(office, 1, TOP, tier="A")
    with office.engine.store.write() as tx:
        now = office.clock.now()
        tx.insert(CustomerOrder(code, "1", now - timedelta(days=400), "9000000.00 CNY"))
        tx.insert(CustomerOrder(code, "2", now - timedelta(days=30), "10000.00 CNY"))
    case = begun(office)
    office.submit(case)
    office.answer(case, "approve", by=MANAGER)
    assert tiers(office) == "B", "of 9 010 000 only 10 000 were ordered in the last year"


@IN_MEMORY
@pytest.mark.breaks_invariants("what was said at onboardings is put in by hand")
def test_who_trades_in_another_currency_is_left_to_a_person_and_holds_up_nobody(office: Office) -> None:
    register(office)
    with office.engine.store.write() as tx:
        tx.insert(CustomerOrder("C-MA-0001", "1", office.clock.now() - timedelta(days=5), "5.00 USD"))
        tx.insert(CustomerOrder("C-MA-0001", "2", office.clock.now() - timedelta(days=5), "9000000.00 CNY"))
    known(office, 7, TOP | {"yearly_value": {"amount": "9000000.00", "currency": "EUR"}})
    case = begun(office)
    assert len(bookings(office, case)) == 1, "the next quarter, whatever becomes of this one"
    office.submit(case)
    shown = office.asking_facts(office.asking(case, "retiering"))
    named = "Not judged, trade in another currency: please review each by hand"
    assert (shown["Customers judged"], shown[named]) == ("3", "C-MA-0001、C-MA-0007")
    office.answer(case, "approve", by=MANAGER)
    assert tiers(office) == "BACCCBB"


@IN_MEMORY
@pytest.mark.breaks_invariants("what was said at onboardings is put in by hand")
def test_whoever_is_in_charge_hears_of_other_currencies_also_where_no_tier_changes(office: Office) -> None:
    code = known(office, 1, TOP)
    with office.engine.store.write() as tx:
        tx.insert(CustomerOrder(code, "1", office.clock.now() - timedelta(days=5), "5.00 USD"))
    case = begun(office)
    (told,) = office.mails("announcement", case=case)
    assert told.recipient == STEWARD
    assert code in str(told.context)
    assert office.view(case)["outcome"] == "done"


@IN_MEMORY
def test_without_any_change_nobody_is_asked_and_the_next_quarter_is_booked(office: Office) -> None:
    case = begun(office)
    assert office.view(case)["outcome"] == "done"
    assert [booked.process for booked in bookings(office, case)] == ["customer-retiering"]
    assert bookings(office, begun(office)) == [], "one row of quarters, however often somebody starts one by hand"


def test_each_a_customer_gets_a_plan_that_is_decided_kept_and_reviewed(office: Office) -> None:
    enter(office, "C-MA-0001", tier="A")
    plan = linked(office, begun(office), "plan")
    office.submit(plan)
    shown = office.asking_facts(office.asking(plan, "plan_approval"))
    assert shown["Goals"] == "年采购额提高 – 全年订单达到 300 万元（2030年12月31日前）"
    office.answer(plan, "approve", by=MANAGER)
    kept = (registered(office).details or {})["plan"]
    assert (kept["case"], kept["first_action"]["who"]) == (plan, OWNER)
    (review,) = bookings(office, plan)
    assert review.relation == "plan_review"
    with office.engine.store.read() as reader:
        assert reader.count(CaseRow, process="customer-plan") == 1
    begun(office)
    office.work()
    with office.engine.store.read() as reader:
        assert reader.count(CaseRow, process="customer-plan") == 1, "one plan for each, under way or booked"


@IN_MEMORY
def test_an_a_customer_without_a_mail_address_gets_a_plan_too(office: Office) -> None:
    enter(office, "C-MA-0001", tier="A")
    with office.engine.store.write() as tx:
        tx.update(CustomerContact, ("C-MA-0001", 0), email="")
    plan = linked(office, begun(office), "plan")
    assert office.waiting(plan)["assignee"]["email"] == OWNER


@IN_MEMORY
def test_a_review_begins_with_the_plan_before_and_ends_where_the_customer_is_no_a(office: Office) -> None:
    enter(office, "C-MA-0001", tier="A")
    plan = linked(office, begun(office), "plan")
    office.submit(plan, needs="两周交货")
    office.answer(plan, "approve", by=MANAGER)
    (review,) = bookings(office, plan)
    office.move_to(review.due_at)
    again = linked(office, plan, "plan_review")
    draft = views.task_view(office.engine, office.waiting(again)["id"])
    assert "两周交货" in str(draft)
    office.submit(again)
    office.answer(again, "reject", by=MANAGER, comment="目标过低")
    assert (registered(office).details or {})["plan"]["needs"] == "两周交货", "the plan before stays"
    with office.engine.store.write() as tx:
        tx.update(Customer, ("C-MA-0001",), tier="B")
    (third,) = bookings(office, again)
    office.move_to(third.due_at)
    assert office.view(linked(office, again, "plan_review"))["outcome"] == "done"


@pytest.mark.parametrize(
    ("today", "begins"),
    [
        ("2026-01-01", "2026-04-01"),
        ("2026-03-31", "2026-04-01"),
        ("2026-11-22", "2027-01-01"),
        ("2026-12-31", "2027-01-01"),
    ],
)
def test_the_next_quarter_begins_on_its_first_day(today: str, begins: str) -> None:
    assert retiering.next_quarter(date.fromisoformat(today)).isoformat() == begins
