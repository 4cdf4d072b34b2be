"""A decision against everything that can happen to a request at the same moment, from two programs on one database.

Whoever is first wins, the other is refused or told; all invariants hold of what both have left. `make soak` runs five
thousand races of the likeliest kinds on each database, and some of all others.
"""

import random
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

import pytest

from crm_workflows.domain.approvers import role
from crm_workflows.domain.durations import Duration, Unit
from crm_workflows.domain.elements import Gate, lower, reject_after
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.money import Money
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.record import auditing
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import sweeps
from tests.engine.databases import Databases
from tests.engine.deeds import DEEDS, Scene, everybody_is_back
from tests.engine.toys import HEAD, STRANGER, Matter, office_of, start, step, toy
from tests.office import Office

SHARE: Final = 5
"""Races of a kind in a run of the tests."""
LIKELY: Final = ("timeout", "amend", "delegate", "recall", "reassign")
MANY, SOME = 5_000, 500
"""Races of a likely kind and of another one under `make soak`."""
MINUTE, TWO = Duration(Unit.CLOCK_MINUTES, 1), Duration(Unit.CLOCK_MINUTES, 2)
RACED: Final = Gate(
    "raced", "审批 / Approval", rule="T-2", approver=role("head_of_marketing"), due=MINUTE, send_back=("T-1",),
    rounds=3, on_silence=reject_after(TWO), may_change=(lower("amount", "金额 / Amount"),),
)  # fmt: skip


@step("T-1")
def look() -> int:
    return 1


def raced(case: Case[Matter]) -> Outcome:
    """A gate that one person decides, and that is silent for two minutes at most."""
    look()
    return case.reject() if case.approval(RACED, amount=Money.of("300000")).rejected else case.approve()


def lapses(scene: Scene) -> None:
    """Its time is over."""
    sweeps.sweep(scene.office.engine)


RIVALS: Final[dict[str, Callable[[Scene], None]]] = DEEDS | {"timeout": lapses}
"""What a decision is raced against: every verb, what is done beside them, and its own lapse."""


class Races:
    """Two programs on one database, whose people and clocks are the same."""

    def __init__(self, databases: Databases, stack: ExitStack) -> None:
        self.here, self.there = (
            office_of(stack.enter_context(databases.opened()), toy(raced, RACED)) for _ in range(2)
        )
        self.there.staff.changes = self.here.staff.changes
        self.pool = stack.enter_context(ThreadPoolExecutor(2))
        self.won: Counter[str] = Counter()

    def run(self, rival: str, chance: random.Random) -> None:
        """One race; the case is then brought as far as it goes by itself."""
        code = start(self.here)
        request = self.here.waiting(code)["id"]
        if rival == "timeout":
            late = self.here.staff.hours.add(self.here.clock.now(), TWO)
            for office in (self.here, self.there):
                office.clock.move_to(late)
        scene = Scene(self.there, request, HEAD, STRANGER, chance.choice(("before", "after", "beside")), is_yes=False)
        gate, both = threading.Barrier(2), [self.decide(request), lambda: RIVALS[rival](scene)]
        decided, other = [self.pool.submit(at_once, gate, one) for one in both]
        self.won[f"decided: {decided.result()}, {rival}: {other.result()}"] += 1
        everybody_is_back(self.here)
        self.here.work()

    def decide(self, request: str) -> Callable[[], bool]:
        """A decision by whoever was asked."""
        return lambda: answer(self.here.engine, request, Answer("approve", HEAD, "page")).effective


def at_once(gate: threading.Barrier, work: Callable[[], object]) -> bool:
    """Do it as soon as the other is ready too; whether it came to something."""
    gate.wait(timeout=60)
    try:
        return work() is not False
    except Refused:
        return False


def fair(office: Office) -> None:
    """Nothing that must hold is broken, and the record verifies."""
    office.check_invariants()
    assert auditing.verify(office.engine) == []


def test_a_decision_and_whatever_comes_beside_it_never_both_count(
    databases: Databases, request: pytest.FixtureRequest
) -> None:
    chosen = request.config.getoption("--seed") or random.randrange(2**32)
    sys.stdout.write(f"seed of the races: {chosen}\n")
    chance = random.Random(chosen)
    with ExitStack() as stack:
        races = Races(databases, stack)
        for rival in RIVALS:
            for _ in range(SHARE):
                races.run(rival, chance)
        fair(races.here)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("rival", RIVALS)
def test_thousands_of_races_of_each_kind(
    databases: Databases, rival: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = request.config.getoption("--seed") or random.randrange(2**32)
    with ExitStack() as stack:
        races, chance = Races(databases, stack), random.Random(chosen)
        for _ in range(MANY if rival in LIKELY else SOME):
            races.run(rival, chance)
        fair(races.here)
    with capsys.disabled():
        sys.stdout.write(f"\nraces against {rival}, seed {chosen}: {dict(races.won)}\n")
