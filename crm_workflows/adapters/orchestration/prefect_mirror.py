"""Stretches that ran plainly, shown in Prefect afterwards as finished runs. It must never block or fail the work.

The queue is bounded and may drop: Prefect is a picture of the work, the product's database is the truth.
"""

import enum
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from prefect.client.schemas.objects import State
from prefect.exceptions import PrefectHTTPStatusError

from crm_workflows.adapters.orchestration.prefect_breaker import CircuitBreaker
from crm_workflows.adapters.orchestration.prefect_client import connected
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
from crm_workflows.adapters.orchestration.prefect_runs import Runs, drained_state, final_state
from crm_workflows.adapters.orchestration.prefect_tidy import close_left_open
from crm_workflows.adapters.orchestration.prefect_words import DRAIN_LIMIT, RunDescription, drain_run, stretch_run
from crm_workflows.engine.ports import StretchSummary

log = logging.getLogger(__name__)

QUEUE_LENGTH: Final = 1000
TOGETHER_FROM: Final = 20
"""From so many waiting on, they are shown together, up to 50 cases in one run."""
SHARE_OF_TIME: Final = 0.25
"""At most this part of the time is spent on telling Prefect, whose server works on the same machine."""
NEVER_TAKEN: Final = frozenset({400, 404, 409, 422})
"""Answers that the same request would get again."""


class Fate(enum.Enum):
    """What became of a run to be shown."""

    SHOWN = "shown"
    KEPT = "kept"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Told:
    """A finished run to be shown; `run` if Prefect has it already, open; `stretch` is process and code of its case."""

    wanted: RunDescription
    state: State[Any]
    run: UUID | None = None
    stretch: tuple[str, str] | None = None


def together(several: Sequence[Told]) -> Told:
    """The stretches of several cases as one finished run, tagged with all of them; one alone stays as it is."""
    cases = [told.stretch for told in several if told.stretch is not None]
    if len(several) == 1 or len(cases) < len(several):
        return several[0]
    return Told(drain_run(cases), drained_state([told.state.name or "" for told in several]))


class Mirror:
    """A `CommitListener`: one thread, one POST for each stretch, dropped and counted when it cannot keep up.

    It is also what finds out that a Prefect that was away is back: nobody's work waits for the attempt.
    """

    def __init__(self, address: PrefectAddress, breaker: CircuitBreaker, *, length: int = QUEUE_LENGTH) -> None:
        self._address = address
        self._breaker = breaker
        self._length = length
        self._queue: deque[Told] = deque()
        self._wakes = threading.Condition()
        self._closing = False
        self._busy = False
        self._thread: threading.Thread | None = None
        self.dropped = 0
        """How many were never shown."""
        self.shown = 0
        """How many Prefect has taken."""

    def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
        """Show this stretch as a finished run, later."""
        wanted = stretch_run(process, code, summary.performed)
        self._add(Told(wanted, final_state(summary), stretch=(process, code)))

    def tell(self, wanted: RunDescription, state: State[Any], run: UUID | None = None) -> None:
        """Show a run in its final state, later; `run` is its id if Prefect has it already."""
        self._add(Told(wanted, state, run))

    def _add(self, told: Told) -> None:
        with self._wakes:
            if self._closing:
                self.dropped += 1
                return
            if len(self._queue) >= self._length:
                self._queue.popleft()
                self.dropped += 1
            self._queue.append(told)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="prefect-mirror", daemon=True)
                self._thread.start()
            self._wakes.notify_all()

    def close(self, seconds: float) -> None:
        """Show what is queued, for at most `seconds`; the rest is dropped and counted."""
        with self._wakes:
            self._closing = True
            self._wakes.notify_all()
            patience = seconds if self._breaker.is_closed else 0.0
            self._wakes.wait_for(lambda: not self._queue and not self._busy, patience)
            self.dropped += len(self._queue)
            self._queue.clear()
            self._wakes.notify_all()

    def _serve(self) -> None:
        with connected(self._address) as client:
            runs = Runs(client)
            tidied = False
            while taken := self._take():
                began = time.perf_counter()
                fate = self._tried(partial(_show, runs, together(taken)))
                self._done(taken, fate)
                if fate is Fate.SHOWN and not tidied:
                    tidied = self._tried(partial(close_left_open, client)) is not Fate.KEPT
                self._pause((time.perf_counter() - began) * (1 / SHARE_OF_TIME - 1))

    def _take(self) -> list[Told]:
        """The oldest one, or the oldest ones when many wait; none when closing and nothing is left."""
        with self._wakes:
            while True:
                if self._queue and self._breaker.may_try():
                    self._busy = True
                    return self._oldest()
                if self._closing and not self._queue:
                    return []
                self._wakes.wait((self._breaker.seconds_to_probe() or 0.1) if self._queue else None)

    def _oldest(self) -> list[Told]:
        taken = [self._queue.popleft()]
        if len(self._queue) + 1 < TOGETHER_FROM:
            return taken
        while self._queue and len(taken) < DRAIN_LIMIT and taken[-1].stretch and self._queue[0].stretch:
            taken.append(self._queue.popleft())
        return taken

    def _tried(self, call: Callable[[], None]) -> Fate:
        """One call to Prefect, reported to the breaker; a refusal that will not change drops what was told."""
        began = time.perf_counter()
        try:
            call()
        except PrefectHTTPStatusError as error:
            if error.response.status_code in NEVER_TAKEN:
                log.warning("Prefect refused to show a run: %s", error)
                self._breaker.succeeded(time.perf_counter() - began)
                return Fate.DROPPED
            self._breaker.failed()
            return Fate.KEPT
        except Exception as error:
            log.debug("Prefect did not answer the mirror", exc_info=error)
            self._breaker.failed()
            return Fate.KEPT
        self._breaker.succeeded(time.perf_counter() - began)
        return Fate.SHOWN

    def _done(self, taken: Sequence[Told], fate: Fate) -> None:
        with self._wakes:
            self._busy = False
            if fate is Fate.SHOWN:
                self.shown += len(taken)
            elif fate is Fate.KEPT and not self._closing and len(self._queue) + len(taken) <= self._length:
                self._queue.extendleft(reversed(taken))
            else:
                self.dropped += len(taken)
            self._wakes.notify_all()

    def _pause(self, seconds: float) -> None:
        with self._wakes:
            self._wakes.wait_for(lambda: self._closing, seconds)


def _show(runs: Runs, told: Told) -> None:
    if told.run is None or not runs.end(told.run, told.state):
        runs.create(told.wanted, told.state)
