"""One thread, one seed: the clock, the events in their order, the processes that are stopped or die, and the trace.

It must not know what people do (`people`) nor judge what came of it (`judge`).
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from crm_workflows.domain.errors import Refused, StoreBusy
from crm_workflows.testing import ManualClock
from tests.simulator.mood import CALM, Mood
from tests.simulator.store import BEGIN, INSIDE, LOCKED, Killed, SteppedStore

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MOST_EVENTS = 15_000
"""Thrice what any world of the usual size has: it does not come to rest."""
DEEPEST = 3
"""Processes that are stopped at the same time."""


class Interrupted(BaseException):
    """The event up to which the world was to run is over."""


class Unrest(AssertionError):
    """The world goes on and on."""


@dataclass
class Process:
    """One process of the product; what it keeps in memory is lost when it dies."""

    name: str
    store: SteppedStore
    up_at: datetime = MORNING
    busy: bool = False
    memory: dict[str, Any] = field(default_factory=dict)


Do = Callable[[Process], object]


class World:
    """Everything that happens, in the order of its instants."""

    def __init__(self, seed: int, file: Path, until: int | None = None) -> None:
        """`until` is the event after which it is interrupted."""
        self.seed, self.until = seed, until
        self.rng = random.Random(f"world {seed}")
        self.mood = Mood.drawn(self.rng)
        self.clock = ManualClock(MORNING)
        self.file = file
        self.processes: dict[str, Process] = {}
        self.trace: list[str] = []
        self.kills = self.stops = self.events = 0
        self.after_event: Callable[[], None] = lambda: None
        self._heap: list[tuple[datetime, int, str, str, Do]] = []
        self._count = 0
        self._running: list[Process] = []
        self._stopped: list[bool] = []

    def process(self, name: str) -> Process:
        """A process with its own connections to the database."""
        made = Process(name, SteppedStore(self.file, lambda place: self._boundary(made, place)))
        self.processes[name] = made
        return made

    def close(self) -> None:
        """Close all databases."""
        for process in self.processes.values():
            process.store.close()

    # -- time ---------------------------------------------------------------------------------------------------

    def at(self, when: datetime, process: str, what: str, do: Do) -> None:
        """Have a process do something at that instant, or as soon as it can; `what` stands in the trace."""
        self._count += 1
        heapq.heappush(self._heap, (when, self._count, process, what, do))

    def soon(self, process: str, what: str, do: Do, most: float = 1.0) -> None:
        """The same within so many seconds."""
        self.at(self.later(self.rng.uniform(0, most)), process, what, do)

    def later(self, seconds: float) -> datetime:
        """The instant after so many seconds."""
        return self.clock.now() + timedelta(seconds=round(seconds, 3))

    def run(self, until: datetime | None = None) -> None:
        """Let happen what is to happen, up to an instant or until nothing is left."""
        while self._heap and (until is None or self._heap[0][0] <= until):
            self._next()
        if until is not None and until > self.clock.now():
            self.clock.move_to(until)

    def calm_down(self) -> None:
        """From now on nothing breaks, and everybody answers."""
        self.mood = CALM

    # -- one event ----------------------------------------------------------------------------------------------

    def _next(self) -> None:
        when, _, name, what, do = heapq.heappop(self._heap)
        self.clock.move_to(max(when, self.clock.now()))
        process = self.processes[name]
        if process.busy or process.up_at > self.clock.now():
            self.at(max(process.up_at, self.later(0.5)), name, what, do)
            return
        self.events += 1
        if self.events > MOST_EVENTS:
            raise Unrest(f"{self.events} events and no end; the last: {what}")
        before = process.store.commits
        self._running.append(process)
        self._stopped.append(False)
        process.busy = True
        number = self.events
        try:
            said = self._done(process, what, do)
        finally:
            process.busy = False
            self._running.pop()
            self._stopped.pop()
        self.note(number, f"{name} {what}", f"{said} +{process.store.commits - before}")
        if self.until is not None and self.events >= self.until:
            raise Interrupted
        self.after_event()

    def _done(self, process: Process, what: str, do: Do) -> str:
        try:
            return str(do(process) or "")
        except Killed as killed:
            process.memory.clear()
            process.up_at = self.later(self.rng.choice((0.5, 3, 20)))
            return f"killed at {killed}"
        except StoreBusy:
            self.at(self.later(self.rng.uniform(0.2, 2)), process.name, what, do)
            return "busy"
        except Refused as refusal:
            return f"refused: {refusal.message.split(' / ')[-1]}"

    def note(self, number: int, what: str, said: object) -> None:
        """One line of the trace."""
        self.trace.append(f"{number:6d} {self.clock.now().isoformat()} {'|' * (len(self._running) + 1)} {what}: {said}")

    @property
    def was_stopped(self) -> bool:
        """Whether the running process was stopped since its event began: what it has read may be old."""
        return self._stopped[-1]

    # -- what may happen at a boundary --------------------------------------------------------------------------

    def _boundary(self, process: Process, place: str) -> None:
        if not self._running or self._running[-1] is not process:
            return  # somebody looks at it from outside
        drawn = self.rng.random()
        often = 3 if place == INSIDE else 1  # where others find the database locked
        if drawn < self.mood.kill:
            self.die(place)
        elif drawn < self.mood.kill + self.mood.pause * often:
            self.pause(place)
        elif place == BEGIN and drawn > 1 - self.mood.locked:
            raise StoreBusy(LOCKED)

    def die(self, place: str) -> None:
        """The running process dies here."""
        self.kills += 1
        raise Killed(place)

    def pause(self, place: str, seconds: float | None = None) -> None:
        """The running process is stopped, for less or more than its lease; everybody else goes on."""
        if len(self._running) >= DEEPEST:
            return
        seconds = seconds if seconds is not None else self.rng.choice((0.05, 0.5, 2, 5 if place != INSIDE else 1, 9))
        until = self.later(seconds)
        self.stops += 1
        self._stopped[-1] = True
        self.note(self.events, f"{self._running[-1].name} stopped at {place}", f"for {seconds} s")
        self.after_event()  # the others see to what it leaves undone
        self.run(until)
