"""The shipped company as a world sees it: who is away and since when, and the engine of one process over its store."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.adapters.keys import ServerKey
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.engine.context import Engine
from crm_workflows.engine.procedure import Procedure
from tests.office import FixedStaff
from tests.simulator.procedures import AFTER, MATTER
from tests.simulator.world import MORNING, Process, World

OWNERS = ("wang.fang@yongchang.example", "zhao.lei@yongchang.example")
STRANGER = "feng.xue@yongchang.example"
DOMAIN = "yongchang.example"


@cache
def versions() -> Mapping[tuple[str, int], Procedure]:
    """The shipped processes, and those of the simulation."""
    return load_processes() | {(p.name, p.version): p for p in (MATTER, AFTER)}


class SeededKey(ServerKey):
    """Nonces come from the world's seed, and so does every secret."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(b"k" * 32)
        self._rng = rng

    def nonce(self) -> str:
        return "".join(self._rng.choices("abcdefghijklmnopqrstuvwxyz234567", k=32))


@dataclass
class Company:
    """Who works here: some have a deputy for some days, the deputy may be away as well, and now and then one leaves."""

    world: World
    staff: FixedStaff

    @classmethod
    def of(cls, world: World) -> "Company":
        """The company on the first morning."""
        staff, rng = FixedStaff(world.clock), world.rng
        away = [p.email for p in staff.people if p.active and rng.random() < world.mood.away]
        staff.people = _changed(staff.people, {e: {"deputies": (_absence(rng, staff.people, e),)} for e in away})
        return cls(world, staff)

    def somebody_leaves(self) -> str:
        """From now on one of those who are asked does not work here any more."""
        gone = self.world.rng.choice([p.email for p in self.staff.people if p.active and "admin" not in p.roles])
        self.staff.people = _changed(self.staff.people, {gone: {"active": False}})
        return gone

    def repair(self) -> None:
        """An admin puts the people file right: everybody works here, nobody is away."""
        here = {"active": True, "deputies": ()}
        self.staff.people = _changed(self.staff.people, {person.email: here for person in self.staff.people})


def _changed(people: Directory, changes: Mapping[str, dict[str, Any]]) -> Directory:
    changed = [replace(p, **changes.get(p.email, {})) for p in people]
    return Directory(changed, people.roles, people.departments, people.company)


def _absence(rng: random.Random, people: Directory, email: str) -> Deputy:
    others = [p.email for p in people if p.active and p.email != email]
    begins = MORNING.date() + timedelta(days=rng.randrange(12))
    return Deputy(rng.choice(others), begins, begins + timedelta(days=rng.randrange(10)))


def engine_of(process: Process, world: World, staff: FixedStaff, key: ServerKey, **how: Any) -> Engine:
    """The engine of one process."""
    return Engine(
        store=process.store, clock=world.clock, staff=staff, secrets=key, versions=versions(), mail_domain=DOMAIN, **how
    )
