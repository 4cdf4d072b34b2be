"""A kill at every commit of onboarding, a round, callbacks and complaints: the same rows as if nobody had died."""

import random

import pytest

from tests.engine.databases import InMemory
from tests.engine.stories import drawn_kills, goes_on, killed_in, same, told, told_with_kills
from tests.engine.stories_of_customers import BEGINNINGS, story
from tests.postgres import PostgresServer


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_kill_at_any_commit_changes_no_row_of_the_end(name: str) -> None:
    databases, deeds = InMemory(), story(name)
    undisturbed = told(databases, list(deeds.values()))
    still_open = {row["kind"] for row in undisturbed.rows[-1]["Request"] if row["status"] == "open"}
    assert still_open <= {"timer"}, "nobody is asked any more"
    for n, (title, deed) in enumerate(deeds.items()):
        for commit in range(1, undisturbed.commits[n] + 1):
            for after in (False, True):
                databases.restore(n)
                at = killed_in(databases, deed, undisturbed.times[n], commit, after=after)
                found = goes_on(databases, [deed], at)
                same(found, undisturbed.rows[n], f"{title}: killed {'behind' if after else 'before'} commit {commit}")


@pytest.mark.parametrize("name", BEGINNINGS)
def test_kills_on_the_way_on_postgresql(postgres: PostgresServer, name: str) -> None:
    """From the first deed to the last, at commits drawn anew in each run."""
    seed = random.randrange(2**32)
    draw, deeds = random.Random(seed), list(story(name).values())
    undisturbed = told(InMemory(), deeds)
    kills = drawn_kills(undisturbed, draw)
    found = told_with_kills(postgres, deeds, undisturbed, kills, draw)
    same(found, undisturbed.rows[-1], f"seed {seed}, killed at {kills}")
