"""Reviews that the register brings up by itself (ON-12): a limit nearly used, a change of ownership."""

from datetime import timedelta
from typing import Any

import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import imports, payments, wanted_reviews
from crm_workflows.business.imports.table import Problem
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CaseRow, Customer, CustomerInvoice, WantedReview
from crm_workflows.engine.running import opening
from tests.business.tables import as_csv
from tests.engine.breaking import killed_at
from tests.flows.customers import IN_MEMORY, OWNER, enter, finished, linked, registered, shown
from tests.flows.test_changed_archive import archive, on
from tests.flows.test_overdue_payments import take_in
from tests.flows.test_periodic_callbacks import call
from tests.office import Office

C = "C-MA-0009"
CREDIT = {"terms": "credit", "limit": {"amount": "500000.00", "currency": "CNY"}, "days": 30}
NOT_DUE = "2026-04-10"


def owes(office: Office, number: str, amount: str, paid: str = "") -> None:
    take_in(office, (C, number, NOT_DUE, amount, paid))


def reviews(office: Office) -> list[CaseRow]:
    wanted_reviews.act_on_wanted(office.engine)
    office.work()
    with office.engine.store.read() as reader:
        return reader.find(CaseRow, process="customer-review", order="code")


def of_customers(office: Office, **values: str) -> list[Problem]:
    """Import the line of one customer."""
    row = registered(office, C)
    heads = ("客户名称", "统一社会信用代码", "客户经理", *values)
    told: list[Problem] = []
    table = opened(as_csv([heads, (row.name, row.credit_code, row.owner, *values.values())]), "表.csv")
    imports.run(office.engine, imports.KINDS["customers"], table, "表.csv", "all", told.append)
    return told


def test_a_limit_nearly_used_brings_one_review_until_it_fell_below(office: Office) -> None:
    enter(office, C, credit=CREDIT)
    owes(office, "FP-1", "449999.99")
    assert reviews(office) == []
    owes(office, "FP-2", "0.01")
    (first,) = reviews(office)
    subject: Any = first.subject
    assert (subject["trigger"], subject["remark"]) == ("limit_nearly_used", "450000.00 CNY ≥ 90 % × 500000.00 CNY")
    assert shown(office, first.code, "review_facts")["Open invoices in all"] == "CNY 450,000.00"
    finished(office, first.code)
    owes(office, "FP-3", "60000")
    assert len(reviews(office)) == 1, "once until it fell below"
    owes(office, "FP-1", "449999.99", "2026-03-01")
    assert len(reviews(office)) == 1
    owes(office, "FP-4", "440000")
    assert len(reviews(office)) == 2


@IN_MEMORY
@pytest.mark.parametrize(
    ("credit", "share", "amount"),
    [
        (None, 90, "900000"), ({"terms": "prepaid"}, 90, "900000"), (CREDIT, 100, "499999.99"),
        (CREDIT | {"until": "2026-03-01"}, 90, "900000"),
    ],
)  # fmt: skip
def test_who_has_no_limit_today_or_uses_less_of_it_is_left_alone(
    office: Office, credit: Any, share: int, amount: str
) -> None:
    office.staff.rules = Policy({**office.staff.rules, "credit_nearly_used": share})
    enter(office, C, credit=credit)
    owes(office, "FP-1", amount)
    assert reviews(office) == []


@IN_MEMORY
def test_what_is_owed_in_another_currency_is_not_added_as_no_rate_is_known(office: Office) -> None:
    enter(office, C, credit=CREDIT)
    due = office.clock.now() + timedelta(days=30)
    with office.engine.store.write() as tx:
        tx.insert(CustomerInvoice(C, "FP-USD", due, "900000.00 USD", None, None))
    owes(office, "FP-1", "449999.99")
    assert reviews(office) == []
    owes(office, "FP-2", "0.01")
    assert len(reviews(office)) == 1


def test_a_limit_that_is_lowered_is_looked_at_in_the_same_review_and_no_second_time(office: Office) -> None:
    """Whoever decides sees what of the new limit is used, and what does not count against it."""
    enter(office, C, credit=CREDIT)
    due = office.clock.now() + timedelta(days=30)
    with office.engine.store.write() as tx:
        for n in ("1", "2"):
            tx.insert(CustomerInvoice(C, f"FP-USD-{n}", due, "900.00 USD", None, None))
    take_in(office, (C, "FP-1", "2026-02-10", "285000", ""))
    payments.act_on_overdue(office.engine)
    office.work()
    (review,) = reviews(office)
    office.submit(review.code, gate="review_facts")
    lower: dict[str, Any] = {"credit": "lower", "limit": {"amount": "300000.00", "currency": "CNY"}, "reason": "逾期"}
    for limit, why in (("500000.00", "below the present one, CNY 500,000.00"), ("900000.00", "below the present one")):
        with pytest.raises(InvalidInput, match=why):
            office.submit(review.code, gate="review", **lower | {"limit": {"amount": limit, "currency": "CNY"}})
    with pytest.raises(InvalidInput, match="there is a new limit, but the credit is not lowered"):
        office.submit(review.code, gate="review", **lower | {"credit": "keep"})
    office.submit(review.code, gate="review", **lower)
    facts = shown(office, review.code, "review_approval")
    assert facts["Open invoices in another currency, not counted against the limit"] == "USD 1,800.00"
    assert facts["Used of the new limit"] == "95 %"
    office.answer(review.code, "approve")
    owes(office, "FP-2", "1000")
    assert len(reviews(office)) == 1, "it was looked at a moment ago"
    owes(office, "FP-1", "285000", "2026-03-01")
    assert len(reviews(office)) == 1
    owes(office, "FP-3", "290000")
    assert len(reviews(office)) == 2, "it fell below and rose again"


@IN_MEMORY
def test_who_pays_in_advance_is_given_no_limit_by_a_review(office: Office) -> None:
    """Credit is asked for and goes up the ladder (ON-6)."""
    enter(office, C, credit={"terms": "prepaid"})
    take_in(office, (C, "FP-1", "2026-02-10", "285000", ""))
    payments.act_on_overdue(office.engine)
    office.work()
    (review,) = reviews(office)
    office.submit(review.code, gate="review_facts")
    limit = {"amount": "300000.00", "currency": "CNY"}
    with pytest.raises(InvalidInput, match="no limit that could be lowered"):
        office.submit(review.code, gate="review", credit="lower", limit=limit, reason="逾期")


@IN_MEMORY
def test_a_limit_nearly_used_while_a_review_is_open_waits_until_it_is_closed(office: Office) -> None:
    enter(office, C, credit=CREDIT)
    take_in(office, (C, "FP-1", "2026-02-10", "48000", ""))
    payments.act_on_overdue(office.engine)
    office.work()
    owes(office, "FP-2", "440000")
    (first,) = reviews(office)
    finished(office, first.code)
    office.clock.move_to(office.clock.now() + timedelta(hours=1))
    assert [row.subject["trigger"] for row in reviews(office)] == ["overdue_payment", "limit_nearly_used"]


@IN_MEMORY
def test_a_death_between_opening_and_keeping_it_opens_no_second_review(office: Office) -> None:
    enter(office, C, credit=CREDIT)
    owes(office, "FP-1", "480000")
    with killed_at(opening, "start", after=True):
        wanted_reviews.act_on_wanted(office.engine)
    (review,) = reviews(office)
    with office.engine.store.read() as reader:
        (row,) = reader.find(WantedReview)
    assert (row.wanted_at, row.times, row.review) == (None, 1, review.code)


@IN_MEMORY
def test_who_cannot_be_reviewed_is_tried_every_hour_and_the_admins_hear_of_it_once(office: Office) -> None:
    enter(office, C, credit=CREDIT, owner="nobody@yongchang.example")
    owes(office, "FP-1", "480000")
    for _ in range(2):
        assert reviews(office) == []
        office.clock.move_to(office.clock.now() + timedelta(hours=1))
    assert [mail.recipient for mail in office.mails("needs_attention", case=C)] == ["liu.yang@yongchang.example"]
    with office.engine.store.write() as tx:
        tx.update(Customer, (C,), owner=OWNER)
    assert len(reviews(office)) == 1


@IN_MEMORY
def test_another_owner_in_the_register_brings_a_review_that_begins_with_the_archive(office: Office) -> None:
    enter(office, C)
    assert of_customers(office, 法定代表人="钟意") == []
    assert (registered(office, C).legal_owner, reviews(office)) == ("钟意", []), "the first time it is only entered"
    for _ in range(2):
        assert of_customers(office, 法定代表人="顾晚晴") == []
        (review,) = reviews(office)
    subject: Any = review.subject
    assert (subject["trigger"], subject["remark"]) == ("change_of_ownership", "钟意 → 顾晚晴")
    archive(office, review.code, address="苏州市新城路 9 号")
    on(office, review.code)
    office.answer(review.code, "approve")
    assert registered(office, C).legal_owner == "顾晚晴"


@IN_MEMORY
@pytest.mark.parametrize(
    ("words", "trigger"),
    [
        ("已被华东控股收购", "change_of_ownership"),
        ("New owner since May", "change_of_ownership"),
        ("迁至新址", "changed_data"),
    ],
)
def test_a_callback_that_tells_of_a_new_owner_brings_a_review_of_that(office: Office, words: str, trigger: str) -> None:
    enter(office)
    code = call(office)
    office.submit(code, changed_data=words)
    review = office.view(linked(office, code, "changed_data"))
    assert (review["subject"]["trigger"], review["waiting_for"][0]["gate"]) == (trigger, "archive_again")
