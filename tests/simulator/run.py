"""Runs one world from its seed, and finds the shortest way to what broke in it. It must not print."""

import atexit
import logging
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from crm_workflows.adapters.database.schema import migrate
from tests.simulator import judge
from tests.simulator.company import Company, SeededKey
from tests.simulator.people import DAY, People
from tests.simulator.post import PostOffice
from tests.simulator.procedures import OUTSIDE
from tests.simulator.roles import WEB, Roles, alone
from tests.simulator.world import Interrupted, World

CASES = 20
"""In one world: few enough to read its trace, enough to meet each other."""


@dataclass(frozen=True)
class Result:
    """What a world came to; `broken` names what does not hold, and `trace` what happened, line by line."""

    seed: int
    cases: int
    events: int
    kills: int
    stops: int
    commits: int
    mails: int
    broken: tuple[str, ...]
    trace: tuple[str, ...]


def simulate(seed: int, cases: int = CASES, until: int | None = None) -> Result:
    """One world from its first case to the end of its last, or up to an event: then only what holds at any moment."""
    with tempfile.TemporaryDirectory(prefix="crmw-world-", dir=_quick()) as folder, alone(), _quiet():
        shutil.copy(_template(), Path(folder) / "crm.db")
        world = World(seed, Path(folder) / "crm.db", until)
        try:
            return _simulated(world, cases)
        finally:
            world.close()


def shortest(result: Result) -> tuple[Result, int]:
    """The same seed with as few cases as still break something, and the event up to which it has to run for that."""
    for cases in (1, 2, 4, 8, 12, 16):
        fewer = simulate(result.seed, cases) if cases < result.cases else result
        if fewer.broken:
            result = fewer
            break
    least, most, best = 1, result.events, result
    while least < most:
        middle = (least + most) // 2
        cut = simulate(result.seed, result.cases, middle)
        if cut.broken:
            most, best = middle, cut
        else:
            least = middle + 1
    return best, most


def _simulated(world: World, cases: int) -> Result:
    company = Company.of(world)
    roles = Roles(world, company.staff, SeededKey(random.Random(f"key {world.seed}")))
    people = People(world, roles)
    roles.post = PostOffice(world, roles.observer, people.receive)
    OUTSIDE.append(people.call)
    try:
        broken = _lived(world, cases, company, roles, people)
    finally:
        OUTSIDE.pop()
    commits = sum(process.store.commits for process in world.processes.values())
    roles.observer.close()
    return Result(
        world.seed, cases, world.events, world.kills, world.stops, commits, len(roles.post.copies), tuple(broken),
        tuple(world.trace),
    )  # fmt: skip


def _lived(world: World, cases: int, company: Company, roles: Roles, people: People) -> list[str]:
    people.open_cases(cases)
    if world.rng.random() < world.mood.away:
        when = world.later(world.rng.uniform(0, 6 * DAY))
        world.at(when, WEB[0], "somebody leaves", lambda _: company.somebody_leaves())
    try:
        never = list(judge.settle(world, roles, people, company))
    except Interrupted:
        return judge.at_any_moment(roles, company)
    except Exception as error:  # noqa: BLE001 - nothing may raise here what no role expects
        return [f"{type(error).__name__}: {error}", *judge.at_any_moment(roles, company)]
    broken = [*judge.at_any_moment(roles, company), *never, *judge.in_the_end(roles, people)]
    with roles.observer.read() as reader:
        rows = sha256(b"\n".join(judge.digest_of(reader))).hexdigest()
    world.note(world.events, "the end", f"every row: {rows}")
    return broken


@cache
def _template() -> Path:
    """A migrated database to copy."""
    folder = Path(tempfile.mkdtemp(prefix="crmw-simulator-", dir=_quick()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    migrate(f"sqlite:///{folder}/template.db")
    return folder / "template.db"


def _quick() -> str | None:
    """Memory where there is a file system in it."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@contextmanager
def _quiet() -> Iterator[None]:
    """What goes wrong here is meant to."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
