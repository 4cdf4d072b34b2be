"""The story of callbacks, every branch (CB-1, CB-3 to CB-7)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from crm_workflows.business import calling, rounds
from crm_workflows.domain.durations import calendar_days, working_days, working_hours
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import CaseRow, ContactMade, Customer
from crm_workflows.engine.running import opening
from tests.flows.complaints import GENERAL_MANAGER, HANDLER
from tests.flows.customers import IN_MEMORY, MANAGER, OWNER, enter, linked, people, registered, shown
from tests.office import Office

C = "C-MA-0009"
CONTACT = {"name": "顾晚晴", "email": "gu@chenglan.example", "phone": "+8651255500188"}


def call(office: Office, **changes: Any) -> str:
    """A callback of the customer that `enter` has put into the register."""
    given = {"company": "苏州澄岚水泵有限公司", "customer": C, "contact": CONTACT, "tier": "B", "owner": OWNER}
    return office.start(given | changes, process="periodic-callbacks")


def made(office: Office) -> list[ContactMade]:
    with office.engine.store.read() as reader:
        return reader.find(ContactMade, customer=C, order="n")


def morning(office: Office, *, days: int) -> list[str]:
    """After so many days: the codes of the callbacks that the morning rounds of them have opened."""
    with office.engine.store.read() as reader:
        before = {row.code for row in reader.find(CaseRow, process="periodic-callbacks")}
    rounds.begin_morning(office.engine)
    for _ in range(days):
        office.clock.move_to(office.clock.now() + timedelta(days=1))
        calling.fire(office.engine)
        office.work()
    with office.engine.store.read() as reader:
        return [row.code for row in reader.find(CaseRow, process="periodic-callbacks") if row.code not in before]


def test_a_callback_is_recorded_and_the_next_comes_when_the_silence_of_the_tier_is_over(office: Office) -> None:
    enter(office)
    code = call(office)
    assert registered(office, C).open_callback == code
    facts = shown(office, code, "callback_record")
    assert facts["Call"] == "顾晚晴 · +8651255500188 · gu@chenglan.example"
    office.submit(code)
    assert office.view(code)["outcome"] == "done"
    row = registered(office, C)
    assert (row.open_callback, row.last_contact_at) == (None, office.clock.now())
    assert [(c.kind, c.reached, c.case) for c in made(office)] == [("callback", True, code)]
    assert row.next_callback_at == office.clock.now() + timedelta(days=90)
    assert morning(office, days=89) == []
    (again,) = morning(office, days=2)
    assert "Silent for as long" in shown(office, again, "callback_record")["Why now"]


def test_there_is_one_open_callback_per_customer_ever(office: Office) -> None:
    enter(office)
    first, second = call(office), call(office, why="round")
    assert office.view(second)["rows"]["skipped"].endswith(f"callback {first} is open")
    assert registered(office, C).next_callback_at is None
    opening.cancel(office.engine, first, by=OWNER, reason="重复")
    assert office.waiting(call(office))["gate"] == "callback_record", "a cancelled one holds nobody up"


@pytest.mark.parametrize(
    ("columns", "why"),
    [({"status": "blocked"}, "blocked"), ({"consents": False}, "does not want to be contacted")],
)
@IN_MEMORY
def test_who_must_not_be_called_is_skipped_with_the_reason(office: Office, columns: dict[str, Any], why: str) -> None:
    enter(office, **columns)
    code = call(office)
    assert why in office.view(code)["rows"]["skipped"]
    assert morning(office, days=400) == []


def test_an_order_meanwhile_puts_the_cadence_off_and_the_tier_of_the_day_counts(office: Office) -> None:
    enter(office)
    code = call(office)
    office.submit(code)
    office.advance(calendar_days(60))
    ordered = office.clock.now()
    with office.engine.store.write() as tx:
        tx.update(Customer, (C,), last_contact_at=ordered, tier="A", owner=MANAGER)
    assert morning(office, days=29) == []
    (again,) = morning(office, days=2)
    assert office.waiting(again)["assignee"]["email"] == MANAGER, (
        "on the first working day 30 days after the order, by who keeps it now"
    )


@IN_MEMORY
def test_contacted_since_books_the_day_on_which_the_silence_is_over(office: Office) -> None:
    enter(office, last_contact_at=office.clock.now() - timedelta(days=80))
    code = call(office)
    assert office.view(code)["rows"]["skipped"].endswith("contacted since")
    assert registered(office, C).next_callback_at == office.clock.now() + timedelta(days=10)


def test_not_reached_is_tried_at_another_hour_of_another_day_with_another_contact(office: Office) -> None:
    enter(office)
    with office.engine.store.write() as tx:
        tx.insert(people(office, C)[0].__class__(C, 1, "郑文博", "zheng@chenglan.example", "+8651255500199"))
    code = call(office)
    for name, tries in (("顾晚晴", 1), ("郑文博", 2), ("顾晚晴", 3)):
        facts = shown(office, code, "callback_record")
        assert (facts["Call"].split(" · ")[0], facts["Try"]) == (name, str(tries))
        office.submit(code, gate="callback_record", result="not_reached", satisfaction=None, summary="")
        if tries < 3:
            assert office.waiting(code)["kind"] == "timer"
            office.advance(working_hours(11))
    assert [c.reached for c in made(office)] == [False] * 3
    assert registered(office, C).last_contact_at is None, "a try is no contact"
    assert office.waiting(code, "data_repair")["assignee"]["role"] == "data_steward"
    with pytest.raises(InvalidInput, match="new phone number"):
        office.submit(code, gate="data_repair", phone="")
    office.submit(code, gate="data_repair")
    assert [one.name for one in people(office, C)] == ["钟意", "顾晚晴", "郑文博"]
    (again,) = morning(office, days=2)
    assert shown(office, again, "callback_record")["Call"].startswith("钟意")


@IN_MEMORY
def test_a_customer_that_is_gone_is_called_no_more(office: Office) -> None:
    enter(office)
    code = call(office)
    while office.waiting(code)["gate"] != "data_repair":
        office.submit(code, gate="callback_record", result="not_reached", satisfaction=None, summary="")
        if office.waiting(code)["kind"] == "timer":
            office.advance(working_hours(11))
    office.submit(code, gate="data_repair", is_gone=True, phone="")
    assert (registered(office, C).status, morning(office, days=400)) == ("blocked", [])


@pytest.mark.parametrize("said", [{"satisfaction": 2}, {"complaint": "叶轮有砂眼"}])
@IN_MEMORY
def test_a_bad_result_reaches_owner_and_manager_and_opens_a_complaint_at_once(office: Office, said: Any) -> None:
    enter(office)
    code = call(office)
    office.submit(code, **said)
    assert {mail.recipient for mail in office.mails("announcement", case=code)} == {OWNER, MANAGER}
    assert (registered(office, C).open_callback, office.view(code)["outcome"]) == (None, "done")
    complaint = office.view(linked(office, code, "complaint"))
    subject = complaint["subject"]
    assert (subject["customer"], subject["channel"], subject["source"]) == (C, "callback", code)
    assert subject["what"].startswith(said.get("complaint", "满意度 2"))
    assert complaint["owner"] == "bai.xue@yongchang.example"


@IN_MEMORY
def test_a_complaint_and_a_need_are_seen_to_side_by_side(office: Office) -> None:
    enter(office)
    code = call(office)
    office.submit(code, satisfaction=2, needs="备件")
    office.submit(code, gate="callback_need")
    assert office.view(code)["outcome"] == "done"
    assert linked(office, code, "complaint")


@IN_MEMORY
def test_a_need_is_followed_up_and_changed_data_open_the_archive_again(office: Office) -> None:
    enter(office)
    code = call(office)
    office.submit(code, needs="新型号叶轮 50 件", changed_data="采购部迁至新址", next_on="2026-03-20")
    assert office.waiting(code, "callback_need")["assignee"]["email"] == OWNER
    office.submit(code, gate="callback_need")
    review = office.view(linked(office, code, "changed_data"))
    assert (review["subject"]["trigger"], review["waiting_for"][0]["gate"]) == ("changed_data", "archive_again")
    (again,) = morning(office, days=18)
    assert (shown(office, again, "callback_record")["Why now"], office.clock.now().day) == ("As agreed last time", 20)


def test_skipping_a_customer_of_tier_a_needs_the_managers_yes(office: Office) -> None:
    enter(office, tier="A")
    code = call(office)
    with pytest.raises(InvalidInput, match="reason for skipping"):
        office.submit(code, result="skip")
    office.submit(code, result="skip", reason="客户停产检修")
    assert office.waiting(code, "skip_a")["assignee"]["email"] == MANAGER
    office.answer(code, "reject", comment="请改为电话问候")
    assert (office.waiting(code)["gate"], office.waiting(code)["round"]) == ("callback_record", 2)
    office.submit(code, result="skip", reason="客户停产检修")
    office.answer(code, "approve")
    assert office.view(code)["outcome"] == "done"
    assert made(office) == [], "a skipped callback is no contact"
    assert registered(office, C).next_callback_at == office.clock.now() + timedelta(days=30)


@IN_MEMORY
def test_skipping_another_tier_needs_only_a_reason(office: Office) -> None:
    enter(office)
    code = call(office)
    office.submit(code, result="skip", reason="上周刚拜访")
    assert office.view(code)["outcome"] == "done"


def test_every_bad_result_of_tier_a_is_looked_at_and_can_be_sent_back(office: Office) -> None:
    enter(office, tier="A")
    code = call(office)
    office.submit(code, satisfaction=1)
    assert office.waiting(code, "callback_sample")["assignee"]["email"] == MANAGER
    office.submit(code, gate="callback_sample", is_right=False, remark="没有写明原因")
    assert (office.waiting(code)["gate"], office.waiting(code)["round"]) == ("callback_record", 2)
    office.submit(code, satisfaction=1, summary="交货两次迟到", result="reached")
    office.submit(code, gate="callback_sample")
    assert [c.details["summary"] for c in made(office)] == ["交货两次迟到"], "what was sent back is not entered"


@IN_MEMORY
def test_a_complaint_of_a_callback_waits_for_no_sample_and_is_opened_once_when_the_record_is_sent_back(
    office: Office,
) -> None:
    enter(office, tier="A")
    code = call(office)
    said: dict[str, Any] = {"satisfaction": 1, "complaint": "泵起火，一名工人烧伤"}
    office.submit(code, **said)
    complaint, recorded_at = linked(office, code, "complaint"), office.clock.now()
    office.advance(working_days(1))
    assert office.waiting(code)["gate"] == "callback_sample", "nobody has looked at the record"
    assert datetime.fromisoformat(office.view(complaint)["subject"]["received_at"]) == recorded_at
    assert office.mails("announcement", to=GENERAL_MANAGER, case=complaint)
    office.submit(code, gate="callback_sample", is_right=False, remark="没有写明型号")
    office.submit(code, gate="callback_record", **said | {"complaint": "泵 P-100 起火，一名工人烧伤"})
    office.submit(code, gate="callback_sample")
    assert linked(office, code, "complaint") == complaint, "one only"
    told = [mail.recipient for mail in office.mails("announcement", case=code)]
    assert sorted(told) == sorted([OWNER, MANAGER] * 2 + [HANDLER]), "who has the complaint reads what was put right"


@IN_MEMORY
def test_some_of_the_others_are_sampled_and_nobody_chooses_which(office: Office) -> None:
    looked_at = 0
    for n in range(40):
        enter(office, f"C-MA-1{n:03d}", credit_code=f"c{n}", name=f"客户{n}")
        code = call(office, customer=f"C-MA-1{n:03d}", company=f"客户{n}")
        office.submit(code)
        looked_at += office.view(code)["status"] == "waiting"
    assert 1 <= looked_at <= 6, "5 % of forty"


@IN_MEMORY
def test_a_missed_callback_goes_to_owner_and_manager(office: Office) -> None:
    enter(office)
    code = call(office)
    office.advance(working_days(1))
    assert [mail.recipient for mail in office.mails("reminder", case=code)] == [OWNER]
    office.advance(working_days(3))
    assert [mail.recipient for mail in office.mails("escalation", case=code)] == [MANAGER]
    assert OWNER in {mail.recipient for mail in office.mails("reminder", case=code)}
    assert office.waiting(code)["gate"] == "callback_record", "it stays open"


@IN_MEMORY
def test_a_record_put_right_that_names_a_fire_only_now_alerts_as_well(office: Office) -> None:
    enter(office, tier="A")
    code = call(office)
    office.submit(code, satisfaction=1, complaint="泵不好用")
    complaint = linked(office, code, "complaint")
    assert not office.mails("announcement", to=GENERAL_MANAGER)
    office.submit(code, gate="callback_sample", is_right=False, remark="没有写明原因")
    office.submit(code, gate="callback_record", satisfaction=1, complaint="泵起火，一名工人烧伤")
    assert office.mails("announcement", to=GENERAL_MANAGER, case=code)
    assert office.view(complaint)["rows"]["severity"] != "urgent", "raised by the service lead only"
