"""kill -9 at the commits of whole cases, in processes that really die, on both databases: the same end, row by row.

The deeds are those of people at pages and command line, of the mailbox, of the worker and of the sender of mails. The
test run takes every commit of one story on SQLite and a few on PostgreSQL; `make soak` takes all of all, many times.
"""

import os
import random
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crm_workflows.engine.outbox import Sender
from crm_workflows.engine.outbox_ports import Outcome, Sent
from tests.engine.breaking import BreakingStore
from tests.engine.databases import Databases, OnPostgres, OnSqlite
from tests.engine.dying import really_killed
from tests.engine.stories import MAIN, STORIES, Deed, Told, at_work, goes_on, same, told
from tests.office import Office
from tests.outbox_world import KEY, Bytes, Staffed, Wording
from tests.postgres import PostgresServer

LEASE = timedelta(minutes=10)
"""Longer than any sender keeps a mail that it has claimed."""
KILLS_IN_SOAK = 5_000
EMPTY = -1
"""The copy without rows."""


@pytest.fixture
def on_sqlite(sqlite_template: Path, tmp_path: Path) -> Databases:
    shutil.copy(sqlite_template, tmp_path / "crm.db")
    made = OnSqlite(tmp_path / "crm.db")
    made.save(EMPTY)
    return made


@pytest.fixture
def on_postgres(postgres: PostgresServer) -> Iterator[Databases]:
    made = OnPostgres(postgres, postgres.database())
    made.save(EMPTY)
    yield made
    made.drop()


def boundaries(story: Told) -> list[tuple[int, int, bool]]:
    """(deed, commit, behind it) for every commit of the story."""
    return [
        (deed, commit, after)
        for deed, commits in enumerate(story.commits)
        for commit in range(1, commits + 1)
        for after in (False, True)
    ]


def killed_at(databases: Databases, story: str, undisturbed: Told, deed: int, commit: int, *, after: bool) -> None:
    """Kill that deed there; whoever starts again does it again, and every row is as if nothing had happened."""
    deeds = list(STORIES[story].values())
    databases.restore(deed)
    at = really_killed(databases, deeds[deed], undisturbed.times[deed], commit, after=after)
    assert at is not None, "the deed has fewer commits than when it was told undisturbed"
    found = goes_on(databases, deeds[deed : deed + 1], at)
    where = f"{list(STORIES[story])[deed]}: killed {'behind' if after else 'before'} commit {commit}"
    same(found, undisturbed.rows[deed], where)


def test_kill_9_at_every_commit_on_sqlite(on_sqlite: Databases) -> None:
    undisturbed = told(on_sqlite, list(STORIES[MAIN].values()))
    places = boundaries(undisturbed)
    assert len(places) > 50
    for place in places:
        killed_at(on_sqlite, MAIN, undisturbed, place[0], place[1], after=place[2])


def test_kill_9_at_some_commits_on_postgresql(on_postgres: Databases) -> None:
    seed = random.randrange(2**32)
    sys.stderr.write(f"seed {seed}\n")
    undisturbed = told(on_postgres, list(STORIES[MAIN].values()))
    for deed, commit, after in random.Random(seed).sample(boundaries(undisturbed), 25):
        killed_at(on_postgres, MAIN, undisturbed, deed, commit, after=after)


def test_a_process_that_is_not_killed_is_not_taken_for_one_that_was(on_sqlite: Databases) -> None:
    undisturbed = told(on_sqlite, list(STORIES[MAIN].values())[:1])
    with pytest.raises(AssertionError, match="fewer commits"):
        killed_at(on_sqlite, MAIN, undisturbed, 0, undisturbed.commits[0] + 1, after=False)


# -- the sender of mails ----------------------------------------------------------------------------------------


@dataclass
class FolderServer:
    """A mail server that outlives who speaks to it: each mail that it takes becomes a file."""

    folder: Path

    def deliver(self, recipient: str, content: bytes) -> Outcome:
        """Take it for good, then say so."""
        name = f"{len(list(self.folder.iterdir())):05d}"
        with (self.folder / name).open("xb") as file:
            file.write(recipient.encode() + b"\n" + content)
            file.flush()
            os.fsync(file.fileno())
        return Sent("taken")

    def close(self) -> None:
        """Nothing is kept open."""

    def taken(self) -> dict[bytes, list[bytes]]:
        """What has arrived, by Message-ID."""
        found = defaultdict(list)
        for file in sorted(self.folder.iterdir()):
            content = file.read_bytes()
            found[content.split(b"\r\n")[0].partition(b"Message-ID: ")[2]].append(content)
        return found

    def empty(self) -> None:
        """Forget everything."""
        for file in self.folder.iterdir():
            file.unlink()


def sends(server: FolderServer) -> Deed:
    """Whoever sends mails goes on until nothing is left; what a dead sender had claimed is free again by and by."""

    def deed(office: Office) -> None:
        sender = Sender(
            office.engine.store, office.clock, Staffed(), KEY,
            renderer=Wording(), composer=Bytes(), transport=server, retry_max=10,
        )  # fmt: skip
        while sender.send_due():
            pass

    return deed


def all_sent(databases: Databases, at: datetime, server: FolderServer, where: str) -> None:
    """Every mail is sent, each arrived at least once, and all copies of one are the same bytes."""
    with databases.opened() as store:
        office = at_work(store, at)
        sends(server)(office)
        mails = office.mails()
    assert {mail.status for mail in mails} == {"sent"}, where
    taken = server.taken()
    assert len(taken) == len(mails), f"{where}: {len(taken)} of {len(mails)} mails have arrived"
    for copies in taken.values():
        assert len(set(copies)) == 1, f"{where}: copies of a mail differ: {copies}"
        assert len(copies) <= 2, where


def with_mails_to_send(databases: Databases, story: str = MAIN) -> tuple[datetime, int]:
    """A case whose mails are still to be sent, kept as copy 0; returns the time and a sender's commits."""
    undisturbed = told(databases, list(STORIES[story].values()))
    databases.save(0)
    with databases.opened() as store:
        counting = BreakingStore(store)
        sends(Nowhere())(at_work(counting, undisturbed.times[-1]))
    return undisturbed.times[-1], counting.commits


class Nowhere:
    """Takes everything and keeps nothing."""

    def deliver(self, recipient: str, content: bytes) -> Outcome:
        """Say that it was taken."""
        return Sent("taken")

    def close(self) -> None:
        """Nothing is kept open."""


def sender_killed(databases: Databases, server: FolderServer, began: datetime, commit: int, *, after: bool) -> None:
    """Kill a sender there; the next one delivers what is left, and every copy is the same mail."""
    databases.restore(0)
    server.empty()
    assert really_killed(databases, sends(server), began, commit, after=after) is not None
    all_sent(databases, began + LEASE, server, f"killed {'behind' if after else 'before'} commit {commit}")


def test_kill_9_of_the_sender_at_every_commit_loses_no_mail(on_sqlite: Databases, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    server = FolderServer(tmp_path / "taken")
    began, commits = with_mails_to_send(on_sqlite, "lapsed")
    assert commits > 10
    for commit in range(1, commits + 1):
        for after in (False, True):
            sender_killed(on_sqlite, server, began, commit, after=after)


# -- all of all -------------------------------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("database", ["on_sqlite", "on_postgres"])
def test_soak_kill_9_at_every_commit_of_every_story_then_at_random(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Half of `KILLS_IN_SOAK` on each database; prints its seed and how many processes were killed."""
    databases: Databases = request.getfixturevalue(database)
    (tmp_path / "taken").mkdir()
    server = FolderServer(tmp_path / "taken")
    killed = _every_commit(databases)
    databases.restore(EMPTY)
    began, commits = with_mails_to_send(databases)
    for commit in range(1, commits + 1):
        for after in (False, True):
            sender_killed(databases, server, began, commit, after=after)
            killed += 1
    seed = random.randrange(2**32)
    draw = random.Random(seed)
    databases.restore(EMPTY)
    undisturbed = told(databases, list(STORIES[MAIN].values()))
    while killed < KILLS_IN_SOAK // 2:
        killed += _killed_again_and_again(databases, undisturbed, draw, f"seed {seed}, after {killed} kills")
    sys.stderr.write(f"{database}: {killed} processes killed, seed {seed}\n")


def _every_commit(databases: Databases) -> int:
    killed = 0
    for story, deeds in STORIES.items():
        databases.restore(EMPTY)
        undisturbed = told(databases, list(deeds.values()))
        for deed, commit, after in boundaries(undisturbed):
            killed_at(databases, story, undisturbed, deed, commit, after=after)
            killed += 1
    return killed


def _killed_again_and_again(databases: Databases, undisturbed: Told, draw: random.Random, where: str) -> int:
    """One deed, killed up to four times before somebody gets to its end; returns how often."""
    deeds = list(STORIES[MAIN].values())
    deed = draw.randrange(len(deeds))
    databases.restore(deed)
    at, killed = undisturbed.times[deed], 0
    for _ in range(draw.randint(1, 4)):
        commit, after = draw.randint(1, undisturbed.commits[deed]), draw.random() < 0.5
        died = really_killed(databases, deeds[deed], at, commit, after=after)
        if died is None:
            break
        at, killed = died, killed + 1
    same(goes_on(databases, deeds[deed : deed + 1], at), undisturbed.rows[deed], f"{where}: deed {deed}")
    return killed
