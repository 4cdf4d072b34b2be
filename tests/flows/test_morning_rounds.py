"""The morning round (CB-1, CB-3): a year of callbacks, holidays, capacity, deaths, clocks that jump."""

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from crm_workflows.business import callbacks, calling, levelling, rounds
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CaseRow, ContactMade, Customer, DueCallback, Request, Round, RoundRun
from tests.engine.breaking import killed_at
from tests.flows.customers import IN_MEMORY, OWNER, enter
from tests.office import Office

ADMIN = "liu.yang@yongchang.example"
OWNERS = (OWNER, "song.jia@yongchang.example")
DAY = timedelta(days=1)


def capacity(office: Office, many: int) -> None:
    office.staff.rules = Policy({**office.staff.rules, "callback_capacity": many})


def calls(office: Office) -> list[CaseRow]:
    with office.engine.store.read() as reader:
        return reader.find(CaseRow, process="periodic-callbacks", order="code")


def local_day(office: Office, at: datetime) -> date:
    return office.staff.hours.local_date(at)


def next_morning(office: Office) -> None:
    one = rounds.found(office.engine, rounds.MORNING)
    assert one.next_at is not None
    office.clock.move_to(one.next_at)
    calling.fire(office.engine)
    office.work()


def record_all(office: Office, chance: random.Random) -> None:
    """Everybody who was handed a callback makes it; some customers are not reached."""
    with office.engine.store.read() as reader:
        open_now = reader.find(Request, status="open", name="callback_record", order="id")
    for request in open_now:
        if chance.random() < 0.1:
            office.submit(request.case, gate="callback_record", result="not_reached", satisfaction=None, summary="")
        else:
            office.submit(request.case, gate="callback_record")


@IN_MEMORY
def test_a_year_of_callbacks_keeps_cadence_capacity_and_holidays(office: Office) -> None:
    """Twenty customers here; three hundred under `make soak`, in the same story."""
    a_year(office, 20, 2)


@IN_MEMORY
@pytest.mark.parametrize(
    ("first", "called_on"),
    [(date(2026, 5, 7), "05-07 05-08 05-09 05-11"), (date(2026, 9, 30), "09-30 10-08 10-09 10-10")],
)
def test_callbacks_open_on_a_made_up_saturday_and_on_no_holiday(office: Office, first: date, called_on: str) -> None:
    office.clock.move_to(office.staff.hours.midnight(first))
    capacity(office, 1)
    for n in range(6):
        enter(office, f"C-MA-{n:04d}", credit_code=f"c{n}", last_contact_at=office.clock.now() - 200 * DAY)
    rounds.begin_morning(office.engine)
    for _ in range(4):
        next_morning(office)
    assert " ".join(f"{local_day(office, row.opened_at):%m-%d}" for row in calls(office)) == called_on


def a_year(office: Office, many: int, most: int) -> None:
    chance = random.Random(20_260_302)
    capacity(office, most)
    office.staff.rules = Policy({**office.staff.rules, "callback_sample": 0})
    began = office.clock.now()
    for n in range(many):
        last = began - timedelta(days=chance.randrange(200))
        enter(
            office, f"C-MA-{n:04d}", credit_code=f"c{n}", name=f"客户{n}", tier=chance.choice("ABBCCC"),
            owner=chance.choice(OWNERS), last_contact_at=last, registered_at=began - timedelta(days=300),
        )  # fmt: skip
    rounds.begin_morning(office.engine)
    while office.clock.now() < began + timedelta(days=366):
        next_morning(office)
        record_all(office, chance)
    rows = calls(office)
    per_day = Counter((row.owner, local_day(office, row.opened_at)) for row in rows)
    assert max(per_day.values()) <= most, "levelled to the capacity of each"
    assert all(office.staff.hours.hours_on(day) for _, day in per_day), "on working days alone"
    spring = [day for _, day in per_day if date(2027, 1, 25) <= day <= date(2027, 3, 1)]
    assert spring, "the year covers a Spring Festival"
    _cadence_is_kept(office, rows)


def _cadence_is_kept(office: Office, rows: list[CaseRow]) -> None:
    """From the second callback on nobody is called earlier than the tier allows, nor many days later."""
    of_each: dict[str, list[CaseRow]] = defaultdict(list)
    for row in rows:
        of_each[row.subject["customer"]].append(row)
    with office.engine.store.read() as reader:
        tiers = {c.code: c.tier for c in reader.find(Customer)}
        reached = {(c.customer, c.case): c.at for c in reader.find(ContactMade, kind="callback", reached=True)}
    assert set(of_each) == set(tiers), "nobody was forgotten"
    for customer, made in of_each.items():
        silence = callbacks.silence_of(tiers[customer], office.staff.rules)
        for one, following in pairwise(made):
            at = reached.get((customer, one.code))
            if at is not None:
                assert silence <= following.opened_at - at < silence + timedelta(days=25), (customer, following.code)


@IN_MEMORY
def test_what_there_is_no_room_for_waits_the_most_urgent_first(office: Office) -> None:
    capacity(office, 2)
    now = office.clock.now()
    for n, (tier, silent) in enumerate([("C", 300), ("A", 40), ("B", 200), ("A", 90), ("C", 400)]):
        enter(office, f"C-MA-{n:04d}", credit_code=f"c{n}", tier=tier, last_contact_at=now - silent * DAY)
    agreed = {"last_contact_at": now - 3 * DAY, "next_callback_at": now}
    enter(office, "C-MA-0009", credit_code="c9", tier="C", **agreed)
    rounds.begin_morning(office.engine)
    order: list[str] = []
    for _ in range(3):
        next_morning(office)
        opened = [row.subject["customer"][-1] for row in calls(office)][len(order) :]
        assert len(opened) == 2
        order += sorted(opened)
    assert order == ["3", "9", "1", "2", "0", "4"], "agreed first, then A, B, C, and who is silent longest"
    whys = {row.subject["customer"][-1]: row.subject["why"] for row in calls(office)}
    assert (whys["9"], whys["3"]) == ("agreed", "cadence")


def silent_on_the_first_morning(office: Office, many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many customers are silent for long, and the round is due that looks at two of them in a commit."""
    monkeypatch.setattr(calling, "PIECE", 2)
    for n in range(many):
        enter(office, f"C-MA-{n:04d}", credit_code=f"c{n}", last_contact_at=office.clock.now() - 200 * DAY)
    rounds.begin_morning(office.engine)
    one = rounds.found(office.engine, rounds.MORNING)
    assert one.next_at is not None
    office.clock.move_to(one.next_at)


def test_a_worker_that_dies_between_two_pieces_is_followed_by_another(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent_on_the_first_morning(office, 7, monkeypatch)
    for nth in (3, 3, 3, 2):
        with killed_at(calling, "_held", nth):  # the first begins the run, each further one is a piece
            calling.fire(office.engine)
    with office.engine.store.read() as reader:
        (run,) = reader.find(RoundRun)
        assert (run.done_to, run.due, run.ended_at) == ("C-MA-0005", 6, None), "three pieces are kept whole"
    assert calling.fire(office.engine) == 7
    with office.engine.store.read() as reader:
        (run,) = reader.find(RoundRun)
        assert (run.due, run.looked_at, run.total) == (7, 7, 7)
    office.work()
    assert len({row.subject["customer"] for row in calls(office)}) == len(calls(office)) == 7


def test_two_workers_go_through_the_same_round_and_double_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent_on_the_first_morning(office, 9, monkeypatch)
    goes_on = calling._piece
    inside: list[bool] = []

    def meets(*arguments: Any) -> RoundRun:
        """Before each piece of the one the other goes through one of its own, which leaves the first one behind."""
        if not inside:
            inside.append(True)
            run = arguments[2]
            goes_on(*arguments)
            inside.clear()
            arguments = (*arguments[:2], run)
        return goes_on(*arguments)

    monkeypatch.setattr(calling, "_piece", meets)
    assert calling.fire(office.engine) == 9
    with office.engine.store.read() as reader:
        (run,) = reader.find(RoundRun)
        assert (run.due, run.looked_at, reader.count(DueCallback)) == (9, 9, 9)


@IN_MEMORY
def test_a_clock_that_jumps_neither_doubles_nor_drops(office: Office) -> None:
    office.staff.rules = Policy({**office.staff.rules, "callback_sample": 0})
    for n in range(2):
        enter(office, f"C-MA-{n:04d}", credit_code=f"c{n}", tier="A", last_contact_at=office.clock.now() - 40 * DAY)
    rounds.begin_morning(office.engine)
    next_morning(office)
    assert len(calls(office)) == 2
    here = office.clock.now()
    office.clock.at = here - 2 * DAY
    assert calling.fire(office.engine) == 0, "back over the occurrence"
    office.clock.at = here + timedelta(minutes=1)
    assert calling.fire(office.engine) == 0
    for row in calls(office):
        office.submit(row.code)
    office.clock.at = here + 100 * DAY
    assert calling.fire(office.engine) == 2, "forward over seventy mornings: caught up once"
    assert rounds.found(office.engine, rounds.MORNING).next_at > office.clock.now()  # type: ignore[operator]


@IN_MEMORY
def test_an_admin_may_pause_the_morning_round_and_it_is_made_only_once(office: Office) -> None:
    rounds.begin_morning(office.engine)
    rounds.pause(office.engine, rounds.MORNING, ADMIN)
    rounds.begin_morning(office.engine)
    with office.engine.store.read() as reader:
        (one,) = reader.find(Round)
    assert (one.code, one.is_paused, one.cron) == ("R-0000", True, "cadence")


@IN_MEMORY
def test_who_has_nobody_to_call_keeps_the_reason_and_holds_up_nobody(office: Office) -> None:
    enter(office, "C-MA-0001", last_contact_at=office.clock.now() - 200 * DAY)
    with office.engine.store.write() as tx:
        tx.insert(Customer("C-MA-0000", "无人", "c0", "active", "A", OWNER, datetime(2025, 1, 1, tzinfo=UTC)))
    rounds.begin_morning(office.engine)
    next_morning(office)
    assert [row.subject["customer"] for row in calls(office)] == ["C-MA-0001"]
    with office.engine.store.read() as reader:
        row = reader.get(DueCallback, "C-MA-0000")
    assert row is not None
    assert (row.is_waiting, row.problem) == (False, levelling.NOBODY)


@IN_MEMORY
def test_a_policy_from_before_there_was_a_capacity_stops_nothing(office: Office) -> None:
    office.staff.rules = Policy({key: value for key, value in office.staff.rules.items() if key != levelling.CAPACITY})
    for n in range(21):
        enter(office, f"C-MA-{n:04d}", credit_code=f"c{n}", last_contact_at=office.clock.now() - 200 * DAY)
    rounds.begin_morning(office.engine)
    next_morning(office)
    assert len(calls(office)) == levelling.USUAL_CAPACITY


@pytest.mark.parametrize("ends", [rounds.pause, rounds.remove])
def test_what_waits_for_room_is_opened_no_more_once_its_round_is_paused_or_removed(office: Office, ends: Any) -> None:
    capacity(office, 2)
    many_who_are_due(office, 5)
    next_morning(office)
    ends(office.engine, rounds.MORNING, ADMIN)
    office.clock.move_to(office.clock.now() + DAY)
    calling.fire(office.engine)
    assert len(calls(office)) == 2
    if ends is rounds.pause:
        rounds.resume(office.engine, rounds.MORNING, ADMIN)
        next_morning(office)
        assert len({row.subject["customer"] for row in calls(office)}) == len(calls(office)) == 4


@IN_MEMORY
def test_a_round_that_is_paused_in_the_middle_goes_no_further(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "PIECE", 2)
    many_who_are_due(office, 7)
    office.clock.move_to(rounds.found(office.engine, rounds.MORNING).next_at or office.clock.now())
    real, pieces = calling._piece, list[RoundRun]()

    def one_piece(*given: Any) -> RoundRun:
        pieces.append(real(*given))
        if len(pieces) == 1:
            rounds.pause(office.engine, rounds.MORNING, ADMIN)
        return pieces[-1]

    monkeypatch.setattr(calling, "_piece", one_piece)
    calling.fire(office.engine)
    assert (len(pieces), pieces[-1].due, pieces[-1].ended_at) == (2, 2, office.clock.now())
    assert calls(office) == []


def many_who_are_due(office: Office, many: int) -> None:
    for n in range(many):
        silent = office.clock.now() - 200 * DAY
        enter(office, f"C-MA-{n:04d}", credit_code=f"c{n}", tier="A", last_contact_at=silent)
    rounds.begin_morning(office.engine)
