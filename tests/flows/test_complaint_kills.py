"""A kill at every commit while a clock is looked at, and while a complaint is opened again: each happens once."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from crm_workflows.domain.records import JournalEntry
from tests.engine.breaking import BreakingStore, Killed
from tests.flows.complaints import asked, clocks, complain, finish, followed_up, letters
from tests.flows.customers import IN_MEMORY
from tests.office import Office

MOST_COMMITS = 6


def killed(office: Office, deed: Callable[[], object], commit: int, *, after: bool) -> bool:
    """Do the deed on a store that is killed at that commit, then go on as after a restart; whether it was."""
    store = office.engine.store
    breaking = BreakingStore(store)
    breaking.fail_at(commit, after=after)
    office.engine = replace(office.engine, store=breaking)
    with contextlib.suppress(Killed):
        deed()
    office.engine = replace(office.engine, store=store)
    office.work()
    return breaking.has_failed


@pytest.mark.parametrize("after", [False, True])
@IN_MEMORY
def test_the_holding_letter_goes_out_once(office: Office, after: bool) -> None:
    code = complain(office)
    at = office.clock.now() + timedelta(hours=58)
    kills = [killed(office, lambda: office.move_to(at), n, after=after) for n in range(1, MOST_COMMITS)]
    assert kills[0]
    assert letters(office, code).count("We are still working on your complaint") == 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("commit", range(1, MOST_COMMITS))
@IN_MEMORY
def test_a_complaint_is_opened_again_once(office: Office, commit: int, after: bool) -> None:
    code = complain(office)
    finish(office, code)
    follow_up = followed_up(office, code)
    mail = asked(office, follow_up)

    def unhappy() -> None:
        office.reply(mail, "2")
        office.work()

    killed(office, unhappy, commit, after=after)
    if office.view(follow_up)["status"] != "closed":
        unhappy()
    with office.engine.store.read() as reader:
        backs = list(reader.find(JournalEntry, case=code, kind="back"))
    assert [entry.rule for entry in backs] == ["CP-3"]
    assert office.waiting(code)["gate"] == "severity_check"
    assert [clock["status"] for clock in clocks(office, code)] == ["stopped", "running"]
