"""How a stretch is shown in Prefect: as a run of its own, in one run with others, or not while it runs.

It must not change what the stretch does or make it wait: whatever Prefect does, the body runs exactly once.
"""

import enum
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from prefect.client.schemas.objects import State

from crm_workflows.adapters.orchestration.prefect_breaker import CircuitBreaker
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress, keep_quiet
from crm_workflows.adapters.orchestration.prefect_lanes import Lanes, LentRun
from crm_workflows.adapters.orchestration.prefect_mirror import Mirror
from crm_workflows.adapters.orchestration.prefect_runs import drained_state, failed_state, final_state
from crm_workflows.adapters.orchestration.prefect_tasks import as_shown_task, as_task
from crm_workflows.adapters.orchestration.prefect_words import DRAIN_LIMIT, drain_run, run_name, stretch_run
from crm_workflows.engine.ports import Perform, StretchSummary
from crm_workflows.engine.running.attempt import plainly

T = TypeVar("T")
Body = Callable[[Perform], StretchSummary | None]
"""Carries a stretch out with the given way to perform its pieces, and has committed it when it returns.

None when another worker took the case over and nothing was written.
"""

Outcome = StretchSummary | Exception | None

BEGIN_SECONDS: Final = 1.0
"""Longest that a stretch waits for its run to open; then it runs plainly."""
LANES: Final = 3
SINGLY_UP_TO: Final = 3


class TrackingMode(enum.Enum):
    """`CRMW_TRACKING`: `always` means a run of its own for every stretch, also under load."""

    AUTO = "auto"
    ALWAYS = "always"
    OFF = "off"


class Way(enum.Enum):
    """How ready stretches are to be carried out."""

    PLAIN = "plain"
    SINGLY = "singly"
    DRAINED = "drained"


@dataclass(frozen=True)
class ReadyStretch:
    """A stretch that a worker may carry out now."""

    process: str
    code: str
    body: Body


_SHOWN: ContextVar[bool] = ContextVar("crm_shown_in_prefect", default=False)


@contextmanager
def shown_in_prefect() -> Iterator[None]:
    """What is committed inside the block is in a flow run already, and is not mirrored as another."""
    token = _SHOWN.set(True)
    try:
        yield
    finally:
        _SHOWN.reset(token)


class Tracking:
    """The worker's way to Prefect, and the listener for what runs elsewhere. Safe to share between threads."""

    def __init__(
        self,
        address: PrefectAddress | None,
        mode: TrackingMode = TrackingMode.AUTO,
        *,
        clock: Callable[[], float] = time.monotonic,
        begin_seconds: float = BEGIN_SECONDS,
        singly_up_to: int = SINGLY_UP_TO,
    ) -> None:
        self.mode = mode if address is not None else TrackingMode.OFF
        self.breaker = CircuitBreaker(clock, slow_seconds=begin_seconds)
        self._begin_seconds = begin_seconds
        self._singly_up_to = singly_up_to
        self.mirror: Mirror | None = None
        self._lanes: Lanes | None = None
        if address is not None and self.mode is not TrackingMode.OFF:
            keep_quiet(address)
            self.mirror = Mirror(address, self.breaker)
            self._lanes = Lanes(LANES, address, self.breaker, self.mirror.tell)

    def way(self, ready: int) -> Way:
        """How to carry out `ready` stretches that are ready at this moment."""
        if self._lanes is None or not self.breaker.is_closed:
            return Way.PLAIN
        if self.mode is TrackingMode.ALWAYS or ready <= self._singly_up_to:
            return Way.SINGLY
        return Way.DRAINED

    def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
        """The `CommitListener`: mirror a stretch, unless it runs inside a run that shows it already."""
        if self.mirror is not None and not _SHOWN.get():
            self.mirror.stretch_done(code, process, summary)

    def run_tracked(self, process: str, code: str, body: Body) -> StretchSummary | None:
        """Carry out one stretch in this thread, inside a flow run of its own if one opens in time.

        Returns as soon as the body does; the run is closed behind its back. Raises what the body raises.
        """
        lent = None
        if self._lanes is not None and self.breaker.is_closed:
            lent = self._lanes.open(stretch_run(process, code))
        context = lent.borrow(self._begin_seconds) if lent else None
        if lent is None or (context is None and not lent.was_left):
            return self._plainly(process, code, body)
        return self._inside(lent, context, code, body)

    def _plainly(self, process: str, code: str, body: Body) -> StretchSummary | None:
        """Without a run around it; it is shown afterwards, when Prefect is there again."""
        summary = body(plainly)
        if summary is not None:
            self.stretch_done(code, process, summary)
        return summary

    def _inside(self, lent: LentRun, context: Context | None, code: str, body: Body) -> StretchSummary | None:
        try:
            if context is None:
                self.breaker.failed(made_wait=True)
                summary = copy_context().run(_shown, body, plainly)
            else:
                summary = context.run(_with_variables_of, copy_context(), partial(_shown, body, as_task))
        except BaseException as error:
            lent.report(failed_state(error), code)
            raise
        lent.report(final_state(summary), run_name(code, summary.performed if summary else ()))
        return summary

    def run_drained(self, stretches: Sequence[ReadyStretch]) -> list[Outcome]:
        """Carry out up to 50 stretches in this thread inside one flow run, each as one task of it, in order.

        The result at each place is what the body returned, or the Exception it raised; the others go on.
        """
        if len(stretches) > DRAIN_LIMIT:
            raise ValueError(f"a drain takes at most {DRAIN_LIMIT} stretches, got {len(stretches)}")
        lent = None
        if stretches and self._lanes is not None and self.breaker.is_closed:
            lent = self._lanes.open(drain_run([(each.process, each.code) for each in stretches]))
        context = lent.borrow(self._begin_seconds) if lent else None
        if lent is None or (context is None and not lent.was_left):
            return [_caught(partial(self._plainly, each.process, each.code, each.body)) for each in stretches]
        name = lent.wanted.name
        outcomes: list[Outcome] = []
        try:
            if context is None:
                self.breaker.failed(made_wait=True)
                copy_context().run(_each, stretches, outcomes, _plain_stretch)
            else:
                context.run(_with_variables_of, copy_context(), partial(_each, stretches, outcomes, _task_stretch))
        finally:
            lent.report(_drained(outcomes, len(stretches)), name)
        return outcomes

    def close(self, seconds: float) -> None:
        """Let open runs be reported and queued ones be shown, for at most `seconds` together; then give up on them."""
        began = time.perf_counter()
        if self._lanes is not None:
            self._lanes.close(seconds)
        if self.mirror is not None:
            self.mirror.close(max(0.0, seconds - (time.perf_counter() - began)))


def _with_variables_of(worker: Context, work: Callable[[], T]) -> T:
    """Work in Prefect's context with the worker's own context variables besides, such as those of its logging."""
    here = copy_context()
    for variable, value in worker.items():
        if variable not in here:
            variable.set(value)
    return work()


def _shown(body: Callable[[Perform], T], perform: Perform) -> T:
    with shown_in_prefect():
        return body(perform)


def _caught(work: Callable[[], StretchSummary | None]) -> Outcome:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - handed to the caller in the stretch's place
        return error


def _each(
    stretches: Sequence[ReadyStretch],
    outcomes: list[Outcome],
    carry_out: Callable[[ReadyStretch], StretchSummary | None],
) -> None:
    # One by one into the caller's list: what is done stays known when the thread is interrupted half-way.
    with shown_in_prefect():
        outcomes.extend(_caught(partial(carry_out, each)) for each in stretches)


def _plain_stretch(stretch: ReadyStretch) -> StretchSummary | None:
    return stretch.body(plainly)


def _task_stretch(stretch: ReadyStretch) -> StretchSummary | None:
    summary: StretchSummary | None = as_shown_task(stretch.code, partial(stretch.body, plainly), final_state)
    return summary


def _drained(outcomes: Sequence[Outcome], expected: int) -> State[Any]:
    names = [
        outcome.state if isinstance(outcome, StretchSummary) else "HandedOver" if outcome is None else "NotDone"
        for outcome in outcomes
    ]
    return drained_state(names + ["NotDone"] * (expected - len(outcomes)))
