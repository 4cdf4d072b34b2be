"""What ties a complaint to its customer, to its supplier, and to one about the same thing (CP-1, ON-12, SV-12)."""

from datetime import timedelta
from typing import Any

import pytest

from crm_workflows.business import suppliers
from crm_workflows.domain.records import AuditEntry, Booking, CallbackEvent, CaseRow, Supplier
from crm_workflows.engine.views import views
from flows.supplier_reevaluation.examples import RECOGNISED
from tests.flows.complaints import (
    DIRECTOR,
    FAULT,
    GENERAL_MANAGER,
    HANDLER,
    LEAD,
    QUALITY,
    complain,
    finish,
    followed_up,
)
from tests.flows.customers import IN_MEMORY, enter, linked
from tests.flows.test_periodic_callbacks import call
from tests.office import Office

OURS = {"customer": "C-MA-0009", "company": "苏州澄岚水泵有限公司"}
CODE = "S-CP-0001"


def supplied(office: Office, **details: Any) -> None:
    """A supplier of the register, with its re-evaluation booked for next year."""
    now = office.clock.now()
    subject = RECOGNISED | {"supplier": CODE}
    with office.engine.store.write() as tx:
        tx.insert(Supplier(CODE, "component", "苏州轴承", "c", "recognised", now, supplier_class="C", details=details))
        tx.insert(Booking("k", "SV-0", "supplier-reevaluation", "reevaluation", now + timedelta(days=300), subject))


def supplier(office: Office) -> tuple[list[str], bool]:
    """The complaints that stand with it, and whether its re-evaluation is due."""
    with office.engine.store.read() as reader:
        row, booking = reader.get(Supplier, CODE), reader.get(Booking, "k")
    assert row is not None
    assert booking is not None
    return [
        one["case"] for one in (row.details or {}).get(suppliers.COMPLAINTS, [])
    ], booking.due_at <= office.clock.now()


def test_an_upheld_complaint_brings_up_a_review_and_a_call_after_thirty_days(office: Office) -> None:
    enter(office)
    code = complain(office, **OURS)
    ended = finish(office, code)
    assert ended["outcome"] == "resolved"
    review = office.view(linked(office, code, "review"))
    assert (review["subject"]["trigger"], review["subject"]["customer"]) == ("upheld_complaint", "C-MA-0009")
    assert code in review["subject"]["remark"]
    with office.engine.store.read() as reader:
        (event,) = reader.find(CallbackEvent)
    assert (event.why, event.reference) == ("complaint", f"{code}/2")
    again = complain(office, **OURS, product="另一产品", order="D-2")
    finish(office, again)
    office.work()
    assert "review" not in {link["relation"] for link in office.view(again)["linked"]}, "one is open already"


@IN_MEMORY
def test_what_is_not_upheld_or_not_ours_brings_up_nothing(office: Office) -> None:
    enter(office)
    refused = complain(office, **OURS)
    finish(office, refused, short_answer={"verdict": "not_upheld", "remedy": "none"})
    stranger = complain(office, contact={"name": "路人", "email": "a@x.example"}, company="", order="X-1")
    finish(office, stranger)
    office.work()
    for code in (refused, stranger):
        assert "review" not in {link["relation"] for link in office.view(code)["linked"]}


@pytest.mark.parametrize("verdict", ["upheld", "not_upheld"])
@IN_MEMORY
def test_an_upheld_complaint_about_a_part_stands_with_its_supplier(office: Office, verdict: str) -> None:
    supplied(office)
    remedy = {} if verdict == "upheld" else {"verdict": verdict, "remedy": "none", "cost": "0.00"}
    code = complain(office, **FAULT)
    finish(office, code, analysis={"supplier": CODE}, solution=remedy)
    assert supplier(office) == ([code] if verdict == "upheld" else [], False)


@pytest.mark.breaks_invariants("the case that has booked the re-evaluation is not there")
@IN_MEMORY
def test_the_third_upheld_complaint_within_a_year_brings_the_reevaluation_forward(office: Office) -> None:
    now = office.clock.now()
    held = [
        {"case": f"CP-{n}", "at": (now - timedelta(days=days)).isoformat()} for n, days in ((1, 9), (2, 30), (3, 400))
    ]
    supplied(office, complaints=held)
    code = complain(office, **FAULT)
    finish(office, code, analysis={"supplier": CODE})
    office.work()
    assert supplier(office) == (["CP-1", "CP-2", "CP-3", code], True)
    with office.engine.store.read() as reader:
        (case,) = reader.find(CaseRow, process="supplier-reevaluation")
    asked = office.asking(case.code, "reevaluation_scores")
    assert office.asking_facts(asked)["Complaints upheld within a year"] == "3", "the one of last year counts no more"
    task = views.task_view(office.engine, office.waiting(case.code)["id"])
    assert task["example"]["complaints"] == 40


@IN_MEMORY
def test_a_second_complaint_by_phone_about_the_same_order_joins_the_first(office: Office) -> None:
    enter(office)
    first = complain(office, **OURS)
    second = complain(office, **OURS, what="还没有补发", owner="shi.lei@yongchang.example")
    view = office.view(second)
    assert (view["status"], view["outcome"]) == ("closed", "done")
    assert {"case": first, "relation": "joined_to"} in [
        {name: link[name] for name in ("case", "relation")} for link in view["linked"]
    ]  # fmt: skip
    assert HANDLER in {mail.recipient for mail in office.mails("announcement", case=second)}
    (letter,) = office.mails("letter", case=second)
    assert letter.context["facts"][0]["value"] == first
    finish(office, first)
    third = complain(office, **OURS, what="又少了两套")
    assert office.view(third)["status"] == "waiting", "the first is over"


@pytest.mark.parametrize(
    ("said", "alerted"),
    [
        ({"safety": True}, {LEAD, GENERAL_MANAGER, DIRECTOR, QUALITY, HANDLER}),
        ({"what": "泵起火，一名工人烧伤", "channel": "callback"}, {LEAD, GENERAL_MANAGER, DIRECTOR, QUALITY, HANDLER}),
        ({"legal": True}, {LEAD, HANDLER}),
    ],
)
@IN_MEMORY
def test_a_joined_complaint_that_is_graver_alerts_as_a_mail_does_and_once(
    office: Office, said: dict[str, Any], alerted: set[str]
) -> None:
    enter(office)
    first = complain(office, **OURS)
    second, third = (complain(office, **{**OURS, "channel": "phone", **said}) for _ in range(2))
    assert office.view(second)["status"] == "closed"
    assert {mail.recipient for mail in office.mails("announcement", case=second)} == alerted
    assert {mail.recipient for mail in office.mails("announcement", case=third)} == {HANDLER}, "it is known by now"
    with office.engine.store.read() as reader:
        (entry,) = reader.find(AuditEntry, case=first, event="alarmed")
    assert entry.data["came"] == second


@IN_MEMORY
def test_nobody_is_called_beside_the_follow_up_of_a_complaint(office: Office) -> None:
    enter(office)
    code = complain(office, **OURS, contact={"name": "顾晚晴", "phone": "+8651255500188"})
    finish(office, code)
    follow_up = followed_up(office, code)
    assert office.waiting(follow_up)["gate"] == "follow_up", "by phone"
    put_off = call(office, why="delivery")
    assert office.view(put_off)["rows"]["skipped"].endswith("its follow-up is open, which counts")
    office.submit(follow_up)
    assert office.view(follow_up)["status"] == "closed"
    assert office.view(call(office, why="delivery"))["status"] == "waiting"
