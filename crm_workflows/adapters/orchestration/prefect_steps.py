"""The step decorator of the front door: a journaled function that is a genuine Prefect task.

It must not import prefect: before that is here, a step is the task that it will be (`prefect_later`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from crm_workflows.adapters.orchestration.prefect_later import StepLater, is_here
from crm_workflows.engine.steps import Again, StepFunction

if TYPE_CHECKING:
    from crm_workflows.adapters.orchestration.prefect_journaled import JournaledTask

R = TypeVar("R")


def step(
    *,
    rule: str,
    title: str = "",
    after_send_back: Again = "again",
    outside: bool = False,
    retries: int = 0,
    retry_delay_seconds: float = 0.0,
    after_amendment: Literal["keep", "again"] = "keep",
    sends: str = "",
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Mark a function as a step: its result is journaled under `rule` and its name, and shown as a Prefect task.

    `outside` steps talk to the world and may run twice; only they are retried. A step asking for `books` gets the
    open transaction, one asking for `idempotency_key` a key that stays the same when it is run again. What tells of
    the subject is made `after_amendment="again"`, so that the gates behind it show the new (G-6). `sends` names the
    kind of mail that the step sends by itself, if any.
    """

    def mark(function: Callable[..., R]) -> Callable[..., R]:
        made = StepFunction(
            function, rule, title, after_send_back, outside, retries, retry_delay_seconds, after_amendment, sends
        )
        return cast(Callable[..., R], as_task(made) if is_here() else StepLater(made, lambda: as_task(made)))

    return mark


def as_task(made: StepFunction) -> "JournaledTask":
    """The task itself; imports Prefect."""
    from crm_workflows.adapters.orchestration.prefect_journaled import JournaledTask

    return JournaledTask(made)
