"""Less silence is allowed with a customer who owes, or whose complaint was upheld, as long as that holds (CB-1)."""

from datetime import timedelta
from typing import Any

import pytest

from crm_workflows.business import callbacks, payments, rounds
from crm_workflows.domain.policy import Policy
from tests.flows.complaints import complain, finish
from tests.flows.customers import IN_MEMORY, enter, registered, shown
from tests.flows.test_overdue_payments import LATE, take_in
from tests.flows.test_periodic_callbacks import call, morning
from tests.office import Office

C = "C-MA-0009"
PAID = (*LATE[:4], "2026-03-02")
DAY = timedelta(days=1)


def overdue(office: Office, *rows: Any) -> None:
    take_in(office, *(rows or (LATE,)))
    payments.act_on_overdue(office.engine)


def called_after(office: Office, days: int) -> list[str]:
    """The callbacks that the morning round of that day opens, however many days later it is."""
    office.clock.move_to(office.clock.now() + (days - 1) * DAY)
    return morning(office, days=1)


@IN_MEMORY
def test_who_owes_is_called_after_half_the_silence_of_the_tier_until_everything_is_paid(office: Office) -> None:
    office.staff.rules = Policy({**office.staff.rules, "callback_after_overdue_again": 3000})
    enter(office, C)
    office.submit(call(office))
    overdue(office, LATE, (C, "FP-2", "2026-02-11", "7", ""), (C, "FP-3", "2027-12-31", "9", ""))
    assert registered(office, C).overdue_since == office.clock.now()
    take_in(office, PAID)
    assert registered(office, C).overdue_since, "one of two is paid"
    assert registered(office, C).next_callback_at == office.clock.now() + 90 * DAY, "the date of its tier stays"
    assert called_after(office, 44) == []
    (sooner,) = called_after(office, 1)
    assert shown(office, sooner, "callback_record")["Why now"].startswith("Silent for as long")
    office.submit(sooner)
    take_in(office, (C, "FP-2", "2026-02-11", "7", "2026-03-30"))
    assert registered(office, C).overdue_since is None
    assert called_after(office, 89) == []
    assert len(called_after(office, 3)) == 1


@IN_MEMORY
def test_what_is_put_off_is_owed_no_longer_and_what_was_not_paid_after_all_is_again(office: Office) -> None:
    enter(office, C)
    overdue(office)
    take_in(office, (*LATE[:2], "2026-03-20", *LATE[3:]))
    assert registered(office, C).overdue_since is None
    overdue(office, PAID)
    overdue(office)
    assert registered(office, C).overdue_since == office.clock.now()


@IN_MEMORY
def test_who_owes_and_is_skipped_is_called_again_after_the_shorter_silence_and_not_every_morning(
    office: Office,
) -> None:
    now = office.clock.now()
    enter(office, C, last_contact_at=now - 46 * DAY, overdue_since=now)
    (first,) = morning(office, days=1)
    office.submit(first, result="skip", reason="客户出差")
    assert morning(office, days=44) == []
    (second,) = morning(office, days=2)
    assert second != first


@IN_MEMORY
def test_a_callback_that_is_begun_too_soon_is_put_off_to_the_shorter_day(office: Office) -> None:
    now = office.clock.now()
    enter(office, C, last_contact_at=now - 40 * DAY, overdue_since=now)
    assert office.view(call(office))["rows"]["skipped"].endswith("contacted since")
    assert registered(office, C).next_callback_at == now + 5 * DAY
    enter(office, "C-MA-0010", credit_code="x", last_contact_at=now - 46 * DAY, overdue_since=now)
    assert office.waiting(call(office, customer="C-MA-0010"))["gate"] == "callback_record"


@IN_MEMORY
@pytest.mark.parametrize(("verdict", "is_sooner"), [("upheld", True), ("not_upheld", False)])
def test_after_an_upheld_complaint_less_silence_is_allowed_for_some_months(
    office: Office, verdict: str, is_sooner: bool
) -> None:
    enter(office, C)
    code = complain(office, customer=C, company="苏州澄岚水泵有限公司")
    finish(office, code, short_answer={"verdict": verdict} | ({} if is_sooner else {"remedy": "none"}))
    row, policy, today = registered(office, C), office.staff.rules, office.engine.today(office.clock.now())
    until = office.staff.calendar().midnight(today + 91 * DAY) if is_sooner else None
    assert row.complaint_until == until
    for at, days in ((office.clock.now(), 45 if is_sooner else 90), (office.clock.now() + 92 * DAY, 90)):
        assert callbacks.allowed_silence(row, policy, at) == days * DAY


@IN_MEMORY
def test_the_share_is_the_companys_and_a_day_is_the_least(office: Office) -> None:
    row = enter(office, C, overdue_since=office.clock.now(), tier="A")
    for share, days in ((50, 15), (1, 1), (100, 30)):
        policy = Policy({**office.staff.rules, "shorter_silence": share})
        assert callbacks.allowed_silence(row, policy, office.clock.now()) == days * DAY


@IN_MEMORY
def test_a_round_of_an_admin_finds_who_is_silent_for_too_long_by_the_shorter_silence(office: Office) -> None:
    now = office.clock.now()
    for n, since in enumerate((None, now)):
        enter(office, f"C-MA-000{n}", credit_code=f"{n}", last_contact_at=now - 50 * DAY, overdue_since=since)
    one = rounds.draft(office.engine, "liu.yang@yongchang.example", title="月访", cron="0 9 3 3 *")
    assert [code for code, _ in rounds.preview(office.engine, one).customers] == ["C-MA-0001"]
