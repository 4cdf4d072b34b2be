"""The first re-tiering and the first survey begin by themselves, once, and each books the next (RP-4, CB-8)."""

import logging
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crm_workflows.business import beginnings
from crm_workflows.domain.durations import calendar_days
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CaseRow
from crm_workflows.interfaces.up.rounds import Rounds
from tests.flows.customers import IN_MEMORY, STEWARD, bookings, enter
from tests.office import Office
from tests.one_look import OneLook

RETIERING, SURVEY = "customer-retiering", "customer-survey"
LEAD = "tang.li@yongchang.example"


def cases(office: Office, process: str) -> list[CaseRow]:
    with office.engine.store.read() as reader:
        return reader.find(CaseRow, process=process, order="code")


def begun(office: Office, process: str) -> list[tuple[str, str]]:
    """On which days, and who is in charge."""
    return [(str(office.staff.hours.local_date(row.opened_at)), row.owner) for row in cases(office, process)]


def pass_days(office: Office, many: int) -> None:
    """As the role of `crmw up` would, a look every day."""
    for _ in range(many):
        Rounds(cast(Any, SimpleNamespace(engine=office.engine))).run(OneLook())
        office.advance(calendar_days(1))


@IN_MEMORY
def test_both_begin_by_themselves_once_and_each_books_the_next(office: Office) -> None:
    pass_days(office, 90)
    assert not cases(office, RETIERING), "nothing is judged where there is no customer"
    enter(office)
    pass_days(office, 210)
    assert begun(office, RETIERING) == [("2026-07-01", STEWARD), ("2026-10-01", STEWARD)]
    assert begun(office, SURVEY) == [("2026-11-30", LEAD)]
    assert [mail.recipient for mail in office.mails("survey")] == ["gu@chenglan.example"]
    (next_one,) = bookings(office, cases(office, SURVEY)[0].code)
    assert str(office.staff.hours.local_date(next_one.due_at)) == "2027-06-02"


@IN_MEMORY
def test_nothing_begins_beside_what_somebody_has_begun_by_hand_or_where_the_policy_says_no(office: Office) -> None:
    enter(office)
    office.start({"title": "一季度重新分级", "owner": STEWARD}, process=RETIERING, requester=STEWARD)
    office.staff.rules = Policy({**office.staff.rules, "begin_by_themselves": "customer-retiering"})
    pass_days(office, 215)
    assert begun(office, RETIERING) == [
        ("2026-03-02", STEWARD),
        ("2026-04-01", STEWARD),
        ("2026-07-01", STEWARD),
        ("2026-10-01", STEWARD),
    ]
    assert not cases(office, SURVEY)


@IN_MEMORY
def test_where_nobody_can_be_in_charge_it_is_logged_and_tried_again(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    enter(office)
    everybody = office.staff.people
    office.staff.people = Directory(
        replace(one, roles=tuple(held for held in one.roles if held != "data_steward")) for one in everybody
    )
    with caplog.at_level(logging.ERROR):
        pass_days(office, 35)
    assert "not begun by itself" in caplog.text
    office.staff.people = everybody
    pass_days(office, 5)
    assert len(begun(office, RETIERING)) == 1


@IN_MEMORY
def test_a_death_after_the_case_was_opened_opens_no_second(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(office)
    beginnings.make_due(office.engine)
    office.advance(calendar_days(40))
    monkeypatch.setattr(beginnings, "BEGUN", office.clock.now().isoformat())
    assert beginnings.make_due(office.engine) == 1
    monkeypatch.undo()
    assert beginnings.make_due(office.engine) == 0
    assert len(cases(office, RETIERING)) == 1
