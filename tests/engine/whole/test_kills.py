"""kill -9 of every role of the product at its commits, in processes that really die, on both databases.

`make kills`, which CI runs: each kind of commit of a whole case once, before and behind. `make soak`: thousands, drawn
from a seed that is printed and that `--seed` takes again; `--kills` says how many on each database.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.engine.databases import Databases
from tests.engine.dying import End, forked
from tests.engine.dying_story import CLAIM, Death, Deed, essence, never, told, whole_case
from tests.engine.stories import MORNING

KILLS = 5_000
"""Of the soak, on both databases together."""
EMPTY = -1
"""The copy without rows."""
IsTime = Callable[[Death], bool]
pytestmark = [pytest.mark.kills, pytest.mark.timeout(900)]


@pytest.fixture
def databases(databases: Databases) -> Databases:
    """An empty database, kept as a copy too."""
    databases.save(EMPTY)
    return databases


def killed(databases: Databases, home: Path, times: Callable[[Deed], IsTime]) -> Iterator[Death]:
    """Tell the case by processes that die where `times` says, until it is told; who comes next finds all in order."""
    at: datetime = MORNING
    for deed in whole_case():
        while True:
            end: End = forked(databases, deed, at, home, times(deed))
            assert end.faults == [], end
            if end.death is None:
                at = end.at
                break
            yield end.death
            at = end.at + CLAIM


def test_every_role_is_killed_at_every_kind_of_commit_and_the_case_ends_the_same(
    databases: Databases, tmp_path: Path
) -> None:
    expected = undisturbed(databases, tmp_path)
    seen: set[object] = set()
    died: Counter[str] = Counter()
    for death in killed(databases, tmp_path, lambda _deed: lambda one: one.place not in seen):
        seen.add(death.place)
        died[death.role] += 1
    assert ended(databases) == expected
    sys.stderr.write(f"killed -9: {died.total()} {dict(died)}\n")
    assert died.keys() == {"web", "worker", "sender", "mailbox"}
    assert died.total() >= 100


def test_a_role_that_is_not_killed_is_not_taken_for_one_that_was(databases: Databases, tmp_path: Path) -> None:
    end = forked(databases, whole_case()[0], MORNING, tmp_path, never)
    assert (end.death, end.faults) == (None, [])


def test_a_role_that_fails_is_not_taken_for_one_that_was_killed(databases: Databases, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="nobody asked for this"):
        forked(databases, Deed("web", "fails", _fails), MORNING, tmp_path, never)


def _fails(_roles: object) -> None:
    raise LookupError("nobody asked for this")


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_soak_kill_9_of_every_role_at_random(
    databases: Databases, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Whole cases, one after the other, until so many processes were killed."""
    seed = request.config.getoption("--seed") or random.randrange(2**32)
    wanted = request.config.getoption("--kills") or KILLS // 2
    sys.stderr.write(f"--seed={seed}\n")
    draw = random.Random(seed)
    expected = undisturbed(databases, tmp_path)
    died: Counter[str] = Counter()
    cases = 0
    while died.total() < wanted:
        databases.restore(EMPTY)
        died.update(death.role for death in killed(databases, tmp_path, lambda deed: at_random(draw, deed.role)))
        assert ended(databases) == expected, f"case {cases} of seed {seed}"
        cases += 1
    sys.stderr.write(f"killed -9: {died.total()} {dict(died)} in {cases} cases, --seed={seed}\n")


AHEAD = {"sender": 8}
"""How many commits ahead a kill may be drawn, 3 for the other roles: a life that has fewer ends well."""


def at_random(draw: random.Random, role: str) -> IsTime:
    """Before or behind one of the next commits."""
    left, behind = draw.randint(1, AHEAD.get(role, 3)), draw.random() < 0.5

    def is_time(death: Death) -> bool:
        nonlocal left
        if death.behind is behind:
            left -= 1
        return death.behind is behind and left == 0

    return is_time


def undisturbed(databases: Databases, home: Path) -> object:
    """What comes of the case when nobody dies; the database is empty afterwards."""
    assert told(databases, home, None) == []
    found = ended(databases)
    databases.restore(EMPTY)
    return found


def ended(databases: Databases) -> object:
    """What has come of the case."""
    with databases.opened() as store:
        return essence(store)
