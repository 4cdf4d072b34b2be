"""Recurring rounds of callbacks (CB-2): set by an admin with a preview, carried out once, whatever the clock does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_workflows.adapters.configuration.config_files import parse_people
from crm_workflows.business import calling, levelling, rounds
from crm_workflows.domain.errors import InvalidInput, NotEntitled, Refused
from crm_workflows.domain.records import CaseRow, Customer, Round, RoundRun
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import CaseFilter
from crm_workflows.engine.round_ports import NOT_CALLED
from tests.engine.breaking import killed_at
from tests.flows.customers import IN_MEMORY, MANAGER, OWNER, enter
from tests.office import Office, shipped_text

ADMIN = "liu.yang@yongchang.example"
SONG = "song.jia@yongchang.example"
MONDAYS = "0 9 * * 1"


def several(office: Office, count: int = 3, **columns: Any) -> list[str]:
    """Customers of the register, C-MA-0001 and on."""
    codes = [f"C-MA-{n:04d}" for n in range(1, count + 1)]
    for n, code in enumerate(codes):
        enter(office, code, credit_code=f"c{n}", name=f"客户{n}", **columns)
    return codes


def made(office: Office, **values: Any) -> Round:
    given = {"title": "每周回访", "cron": MONDAYS} | values
    return rounds.save(office.engine, rounds.draft(office.engine, ADMIN, **given))


def called(office: Office) -> list[CaseRow]:
    with office.engine.store.read() as reader:
        return sorted(reader.search_cases(CaseFilter(process="periodic-callbacks")), key=lambda row: row.code)


def fire(office: Office, at: datetime | None = None) -> int:
    if at is not None:
        office.clock.move_to(at)
    opened = calling.fire(office.engine)
    office.work()
    return opened


@pytest.mark.shows("CB-2")
def test_a_round_calls_whom_it_chooses_at_its_time_and_only_once(office: Office) -> None:
    codes = several(office)
    enter(office, "C-MA-0100", credit_code="x", tier="A")
    enter(office, "C-MA-0101", credit_code="y", status="blocked")
    one = made(office, chooses={"tier": "B"}, questions="新品是否合用？")
    assert (one.code, one.next_at) == ("R-0001", datetime(2026, 3, 9, 1, tzinfo=UTC)), "nine in the morning in Shanghai"
    assert fire(office) == 0, "never early"
    assert fire(office, one.next_at) == 3
    assert fire(office) == 0
    assert [row.subject["customer"] for row in called(office)] == codes
    assert called(office)[0].subject["questions"] == "新品是否合用？"
    assert rounds.found(office.engine, "R-0001").next_at == datetime(2026, 3, 16, 1, tzinfo=UTC)


@IN_MEMORY
def test_a_preview_says_when_whom_and_how_many_for_each_before_anything_is_saved(office: Office) -> None:
    several(office)
    enter(office, "C-MA-0100", credit_code="x", owner=SONG, last_contact_at=office.clock.now() - timedelta(days=1))
    draft = rounds.draft(office.engine, ADMIN, title="每周回访", cron=MONDAYS)
    ahead = rounds.preview(office.engine, draft)
    assert (ahead.owners, ahead.many) == ({OWNER: 3}, 3), "nobody whose tier may be silent longer"
    assert [at.day for at in ahead.occurrences] == [9, 16, 23, 30]
    assert called(office) == []
    silent = replace(draft, chooses={"silent_days": 60})
    assert rounds.preview(office.engine, silent).owners == {}, "none of them is silent for 60 days within 30"
    with office.engine.store.read() as reader:
        assert reader.count(Round) == 0


@IN_MEMORY
def test_what_was_missed_while_the_system_was_down_is_caught_up_once(office: Office) -> None:
    several(office, 1)
    one = made(office, cron="0 9 * * *")
    assert one.next_at is not None
    assert fire(office, one.next_at + timedelta(days=10, hours=1)) == 1
    assert rounds.found(office.engine, one.code).next_at == datetime(2026, 3, 14, 1, tzinfo=UTC)


@IN_MEMORY
def test_a_clock_that_goes_back_doubles_nothing(office: Office) -> None:
    several(office, 1)
    one = made(office)
    assert one.next_at is not None
    assert fire(office, one.next_at) == 1
    office.clock.at = one.next_at - timedelta(days=1)
    assert fire(office) == 0
    assert fire(office, one.next_at + timedelta(minutes=1)) == 0


def test_a_round_that_died_in_the_middle_goes_on_without_doubling(office: Office) -> None:
    several(office)
    one = made(office)
    with killed_at(levelling, "_open", 3):
        fire(office, one.next_at)
    office.clock.move_to(office.clock.now() + timedelta(minutes=5))
    assert fire(office) == 1, "only the one that was left"
    assert len({row.subject["customer"] for row in called(office)}) == len(called(office)) == 3


def test_whoever_edits_while_it_is_carried_out_is_not_overwritten(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(office, 1)
    one = made(office)
    goes_on = calling._piece

    def edited(*arguments: Any) -> RoundRun:
        before = rounds.found(office.engine, one.code)
        rounds.save(office.engine, rounds.draft(office.engine, ADMIN, before, cron="0 9 1 * *"))
        return goes_on(*arguments)

    monkeypatch.setattr(calling, "_piece", edited)
    assert fire(office, one.next_at) == 1
    after = rounds.found(office.engine, one.code)
    assert (after.cron, after.next_at) == ("0 9 1 * *", datetime(2026, 4, 1, 1, tzinfo=UTC))


@IN_MEMORY
def test_it_is_paused_resumed_and_removed(office: Office) -> None:
    several(office, 1)
    one = made(office)
    paused = rounds.pause(office.engine, one.code, ADMIN)
    assert paused.next_at is None
    assert fire(office, datetime(2026, 3, 12, tzinfo=UTC)) == 0
    resumed = rounds.resume(office.engine, one.code, ADMIN)
    assert resumed.next_at == datetime(2026, 3, 16, 1, tzinfo=UTC), "what was paused is not made up"
    rounds.remove(office.engine, one.code, ADMIN)
    assert fire(office, datetime(2026, 3, 20, tzinfo=UTC)) == 0
    for change in (rounds.pause, rounds.resume, rounds.remove):
        with pytest.raises(Refused, match="was removed; add a new one"):
            change(office.engine, one.code, ADMIN)


@IN_MEMORY
def test_a_round_that_fails_holds_up_no_other_and_the_admins_hear_of_it_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(office, 1)
    one, other = made(office), made(office, title="另一个")
    carries_out = calling.carry_out

    def fails(engine: Engine, which: Round, now: datetime) -> None:
        if which.code == one.code:
            raise ArithmeticError("no such day")
        carries_out(engine, which, now)

    monkeypatch.setattr(calling, "carry_out", fails)
    assert fire(office, other.next_at) == 1
    assert fire(office) == 0
    assert fire(office, office.clock.now() + timedelta(hours=1)) == 0, "it fails again"
    (told,) = office.mails("needs_attention", case=one.code)
    assert (told.recipient, told.context["detail"]) == (ADMIN, "ArithmeticError: no such day")
    monkeypatch.undo()
    assert fire(office, office.clock.now() + timedelta(minutes=59)) == 0, "not before its hour is over"
    fire(office, office.clock.now() + timedelta(minutes=1))
    after = rounds.found(office.engine, one.code)
    assert (after.retry_at, after.next_at) == (None, datetime(2026, 3, 16, 1, tzinfo=UTC))


def test_of_two_admins_who_change_a_round_the_second_looks_again_first(office: Office) -> None:
    one = made(office)
    mine = rounds.draft(office.engine, ADMIN, one, seen=1, title="我的")
    rounds.save(office.engine, rounds.draft(office.engine, ADMIN, one, seen=1, title="别人的"))
    with pytest.raises(Refused, match=f"changed by {ADMIN} meanwhile"):
        rounds.save(office.engine, mine)
    with pytest.raises(Refused, match="look at it as it is now"):
        rounds.draft(office.engine, ADMIN, rounds.found(office.engine, one.code), seen=1, title="我的")
    with pytest.raises(Refused):
        rounds.pause(office.engine, one.code, ADMIN, seen=1)
    after = rounds.found(office.engine, one.code)
    assert (after.title, after.edition, after.is_paused) == ("别人的", 2, False)


@IN_MEMORY
def test_a_round_chooses_only_by_what_exists_and_can_be_paused_whatever_it_says(office: Office) -> None:
    several(office, 1, region="江苏", industry="machinery")
    for wrong, said in (
        ({"region": "江苏省"}, "there is no region '江苏省'; there are 江苏"),
        ({"industry": "机械"}, "there is no industry '机械'; there are machinery, vehicles"),
    ):
        with pytest.raises(InvalidInput, match=said):
            made(office, chooses=wrong)
    one = made(office, chooses={"region": "江苏", "industry": "machinery"})
    with office.engine.store.write() as tx:
        tx.update_where(Customer, {}, region="浙江")
    assert rounds.pause(office.engine, one.code, ADMIN).is_paused


@IN_MEMORY
def test_it_holds_from_its_first_to_its_last_day_in_its_own_zone(office: Office) -> None:
    several(office, 1)
    one = made(office, cron="0 9 * * *", zone="Europe/Berlin", valid_from="2026-03-28", valid_to="2026-03-29")
    assert one.next_at == datetime(2026, 3, 28, 8, tzinfo=UTC)
    assert fire(office, one.next_at) == 1
    last = rounds.found(office.engine, one.code).next_at
    assert last == datetime(2026, 3, 29, 7, tzinfo=UTC), "nine in the morning, an hour earlier: summer time has begun"
    assert fire(office, last + timedelta(days=2)) == 0, "not after its last day, whatever was missed"
    assert rounds.found(office.engine, one.code).next_at is None
    midnight = made(office, cron="0 0 * * *", zone="Europe/Berlin", valid_from="2026-04-01")
    assert midnight.next_at == datetime(2026, 3, 31, 22, tzinfo=UTC), "the very beginning of its first day"


@IN_MEMORY
def test_only_an_admin_sets_rounds_and_what_is_wrong_is_said(office: Office) -> None:
    with pytest.raises(NotEntitled, match="no admin"):
        rounds.draft(office.engine, MANAGER, title="x", cron=MONDAYS)
    given: dict[str, Any] = {"title": "x", "cron": MONDAYS}
    for wrong in (
        {"cron": "0 9 * *"},
        {"zone": "Asia/Nowhere"},
        {"valid_from": "2026-13-01"},
        {"valid_from": "2026-05-01", "valid_to": "2026-04-01"},
        {"does": "nobody@yongchang.example"},
        {"title": " "},
    ):
        with pytest.raises(InvalidInput):
            rounds.draft(office.engine, ADMIN, **given | wrong)


@IN_MEMORY
def test_a_round_says_how_many_it_did_not_call_and_why(office: Office) -> None:
    now = office.clock.now()
    several(office, 1)
    enter(office, "C-MA-0100", credit_code="w", last_contact_at=now - timedelta(days=5))
    enter(office, "C-MA-0101", credit_code="x", status="blocked")
    enter(office, "C-MA-0102", credit_code="y", consents=False)
    one = made(office)
    assert fire(office, one.next_at) == 1
    with office.engine.store.read() as reader:
        (run,) = reader.find(RoundRun)
    assert run.not_called == dict.fromkeys(NOT_CALLED, 0) | {"blocked": 1, "opted_out": 1, "contacted_since": 1}
    assert (run.due, run.looked_at, run.total, run.ended_at) == (1, 4, 4, one.next_at)


def test_the_callbacks_of_a_leaver_move_to_their_successor(office: Office) -> None:
    several(office, 1)
    left = "  - email: lin.xiaoyu@yongchang.example\n"
    gone = f"{left}    active: false\n    deputies: [{{email: {SONG}, from: 2026-01-01}}]\n"
    office.staff.people = parse_people(shipped_text("people").replace(left, gone))
    one = made(office)
    assert fire(office, one.next_at) == 1
    (row,) = called(office)
    assert office.waiting(row.code)["assignee"]["email"] == SONG
    with office.engine.store.read() as reader:
        assert [c.owner for c in reader.find(Customer)] == [SONG]


@IN_MEMORY
def test_the_callback_of_a_leaver_without_a_deputy_goes_to_the_manager(office: Office) -> None:
    enter(office, "C-MA-0001", name="客户", next_callback_at=office.clock.now())
    left = "  - email: lin.xiaoyu@yongchang.example\n"
    office.staff.people = parse_people(shipped_text("people").replace(left, f"{left}    active: false\n"))
    rounds.begin_morning(office.engine)
    assert fire(office, office.clock.now() + timedelta(days=1)) == 1
    (row,) = called(office)
    assert office.waiting(row.code)["assignee"]["email"] == MANAGER


@IN_MEMORY
@pytest.mark.parametrize(
    "values",
    [
        {"chooses": {"silent_days": 9_999_999}},
        {"valid_from": "0001-01-01"},
        {"valid_from": "9999-12-31"},
        {"valid_to": "20260303"},
        {"valid_to": "2026-W10-2"},
    ],
)
def test_what_no_calendar_can_hold_or_compare_is_refused_before_it_stops_all_rounds(
    office: Office, values: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        rounds.draft(office.engine, ADMIN, title="每周回访", cron=MONDAYS, **values)
