"""A recurring round comes once a day at most (CB-2, CB-3)."""

import pytest

from crm_workflows.business import rounds
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Round
from tests.flows.customers import IN_MEMORY
from tests.flows.test_rounds import ADMIN, MONDAYS, made
from tests.office import Office


@IN_MEMORY
@pytest.mark.parametrize("cron", ["* * * * *", "*/5 9 * * 1", "0 9,14 * * *"])
def test_a_round_that_comes_more_than_once_a_day_is_refused_at_its_rule(office: Office, cron: str) -> None:
    with pytest.raises(InvalidInput, match=r"回访计划最多每天一次.*once a day at most") as refused:
        made(office, cron=cron)
    assert set(refused.value.fields) == {"cron"}
    assert made(office, cron="0 9 * * *").code == "R-0001"


@IN_MEMORY
def test_a_round_of_every_minute_from_before_is_stopped_and_only_goes_on_corrected(office: Office) -> None:
    one = made(office)
    with office.engine.store.write() as tx:
        tx.update(Round, (one.code,), cron="* * * * *")
    rounds.pause(office.engine, one.code, ADMIN)
    with pytest.raises(InvalidInput, match="once a day at most"):
        rounds.resume(office.engine, one.code, ADMIN)
    before = rounds.found(office.engine, one.code)
    rounds.save(office.engine, rounds.draft(office.engine, ADMIN, before, cron=MONDAYS))
    assert not rounds.resume(office.engine, one.code, ADMIN).is_paused


@IN_MEMORY
def test_a_round_of_every_minute_from_before_is_stopped_in_prefect_too_and_goes_on_from_there_corrected_only(
    office: Office,
) -> None:
    """A pause made there was refused for its rule, and taken back: the round went on calling."""
    one = made(office)
    with office.engine.store.write() as tx:
        tx.update(Round, (one.code,), cron="* * * * *")
    before = rounds.found(office.engine, one.code)
    with pytest.raises(InvalidInput, match="once a day at most"):
        rounds.adopt(office.engine, before, cron="*/2 * * * *", zone=before.zone, is_paused=True)
    stopped = rounds.adopt(office.engine, before, cron=before.cron, zone=before.zone, is_paused=True)
    assert (stopped.is_paused, stopped.next_at) == (True, None)
    with pytest.raises(InvalidInput, match="once a day at most"):
        rounds.adopt(office.engine, stopped, cron=stopped.cron, zone=stopped.zone, is_paused=False)
    assert not rounds.adopt(office.engine, stopped, cron=MONDAYS, zone=stopped.zone, is_paused=False).is_paused
