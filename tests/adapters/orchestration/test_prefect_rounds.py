"""Rounds of callbacks in Prefect: shown as deployments, edited on either side, on a real server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_workflows.adapters.clock import real_now
from crm_workflows.adapters.orchestration.prefect_client import connected
from crm_workflows.adapters.orchestration.prefect_desk import ProcessDesk
from crm_workflows.adapters.orchestration.prefect_rounds import KEPT, RoundMirror
from crm_workflows.business import rounds
from crm_workflows.domain.records import CaseRow, Meta, Round
from tests.flows.customers import enter
from tests.office import Office
from tests.patience import eventually
from tests.prefect_server import Prefect, office_with_numbers_of_its_own, prefect

pytestmark = pytest.mark.breaks_invariants("codes begin high, so that runs are found by them", "no case lost")
__all__ = ["prefect"]
ADMIN = "liu.yang@yongchang.example"
MONDAYS = "0 9 * * 1"


class Both:
    """One round, ours and Prefect's."""

    def __init__(self, prefect: Prefect, office: Office) -> None:
        self.prefect, self.office = prefect, office
        self._mirror = RoundMirror(office.engine)
        draft = rounds.draft(office.engine, ADMIN, title="每周回访", cron=MONDAYS)
        with office.engine.store.write() as tx:  # a code that no other test on this server uses
            tx.insert(made := Round(**{**as_columns(draft), "code": f"R-{id(office)}"}))
        self.code = made.code
        self.look()

    def look(self) -> None:
        with connected(self.prefect.address) as client:
            self._mirror.look(client)

    @property
    def ours(self) -> Round:
        return rounds.found(self.office.engine, self.code)

    @property
    def theirs(self) -> dict[str, Any]:
        return dict(self.prefect.get(f"/deployments/name/callback-rounds/{self.code}"))

    @property
    def schedule(self) -> tuple[str, str, bool]:
        (one,) = self.theirs["schedules"]
        return one["schedule"]["cron"], one["schedule"]["timezone"], one["active"]

    def edit_there(self, **changes: Any) -> None:
        """As a person does on the page of the deployment."""
        (one,) = self.theirs["schedules"]
        self.prefect.patch(f"/deployments/{self.theirs['id']}/schedules/{one['id']}", changes)

    def conflicts(self) -> list[dict[str, Any]]:
        with self.office.engine.store.read() as reader:
            held = reader.get(Meta, KEPT + self.code)
        assert held is not None
        return list(json.loads(held.value)["conflicts"])


def as_columns(one: Round) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


@pytest.fixture
def both(prefect: Prefect) -> Iterator[Both]:
    made = Both(prefect, office_with_numbers_of_its_own())
    yield made
    made.prefect.delete(f"/deployments/{made.theirs['id']}") if not made.ours.is_removed else None


def test_a_round_is_shown_and_our_edits_follow(both: Both) -> None:
    assert both.schedule == (MONDAYS, "Asia/Shanghai", True)
    engine = both.office.engine
    rounds.save(engine, rounds.draft(engine, ADMIN, both.ours, cron="30 8 * * *", zone="Europe/Berlin"))
    both.look()
    assert both.schedule == ("30 8 * * *", "Europe/Berlin", True)
    rounds.pause(engine, both.code, ADMIN)
    both.look()
    assert both.schedule == ("30 8 * * *", "Europe/Berlin", False)
    rounds.save(engine, rounds.draft(engine, ADMIN, both.ours, cron="workday 1 09:00", is_paused=False))
    both.look()
    assert (both.theirs["schedules"], both.theirs["paused"]) == ([], False), "Prefect knows no working days"
    before = both.ours
    both.look()
    assert (both.ours, both.conflicts()) == (before, []), "what both know is nobody's edit"
    rounds.remove(engine, both.code, ADMIN)
    both.look()
    wanted = {"deployments": {"name": {"any_": [both.code]}}}
    assert both.prefect.post("/deployments/filter", wanted) == []


def test_an_edit_in_prefect_ends_in_our_row(both: Both) -> None:
    both.edit_there(schedule={"cron": "15 10 * * 2", "timezone": "Asia/Tokyo"})
    both.look()
    ours = both.ours
    assert (ours.cron, ours.zone, ours.changed_by, ours.edition) == ("15 10 * * 2", "Asia/Tokyo", "prefect", 2)
    assert ours.next_at == datetime(2026, 3, 3, 1, 15, tzinfo=UTC), "our worker fires it by the new line"
    both.edit_there(active=False)
    both.look()
    assert (both.ours.is_paused, both.ours.next_at) == (True, None)
    both.edit_there(active=True)
    both.look()
    assert not both.ours.is_paused
    assert both.conflicts() == []


def test_what_no_round_can_be_is_put_back(both: Both) -> None:
    both.edit_there(schedule={"cron": "@hourly", "timezone": "Asia/Tokyo"})
    both.look()
    assert (both.ours.cron, both.ours.edition, both.schedule[0]) == (MONDAYS, 1, MONDAYS)
    both.edit_there(schedule={"interval": 3600})
    both.look()
    assert (both.ours.cron, both.schedule[0]) == (MONDAYS, MONDAYS)


@pytest.mark.parametrize("is_ours_newer", [True, False])
def test_of_two_edits_the_newest_wins_and_is_recorded(both: Both, *, is_ours_newer: bool) -> None:
    engine = both.office.engine
    if is_ours_newer:
        both.office.clock.move_to(real_now() + timedelta(days=1))
    both.edit_there(schedule={"cron": "0 7 * * 1", "timezone": "Asia/Shanghai"})
    rounds.save(engine, rounds.draft(engine, ADMIN, both.ours, cron="0 8 * * 1"))
    both.look()
    cron = "0 8 * * 1" if is_ours_newer else "0 7 * * 1"
    assert (both.ours.cron, both.schedule[0]) == (cron, cron)
    (conflict,) = both.conflicts()
    assert (conflict["prefect"]["cron"], conflict["won"]) == ("0 7 * * 1", ADMIN if is_ours_newer else "prefect")
    both.look()
    assert len(both.conflicts()) == 1


def test_prefect_losing_everything_loses_nothing(both: Both) -> None:
    both.prefect.delete(f"/deployments/{both.theirs['id']}")
    both.look()
    assert (both.schedule, both.ours.edition) == ((MONDAYS, "Asia/Shanghai", True), 1)


def test_a_run_of_the_deployment_carries_out_what_is_due_and_only_that(both: Both) -> None:
    enter(both.office, "C-MA-0001")
    desk = ProcessDesk(both.prefect.address, [], RoundMirror(both.office.engine).look)
    desk.start()
    try:
        asked = {"code": both.code}
        assert both.prefect.ask(f"callback-rounds/{both.code}", asked)["state_type"] == "COMPLETED"
        with both.office.engine.store.read() as reader:
            assert reader.count(CaseRow) == 0, "not due yet"
        assert both.ours.next_at is not None
        both.office.clock.move_to(both.ours.next_at)
        for _ in range(2):
            both.prefect.ask(f"callback-rounds/{both.code}", asked)
        assert eventually(lambda: _calls(both.office)) == 1
    finally:
        desk.close(15)


def _calls(office: Office) -> int:
    with office.engine.store.read() as reader:
        return reader.count(CaseRow, process="periodic-callbacks")
