"""Pieces of work as Prefect tasks, named by rule. It must not let Prefect change what the work returns or raises."""

import logging
from collections.abc import Callable
from typing import Any

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from crm_workflows.domain.errors import quotable
from crm_workflows.engine.ports import Work

log = logging.getLogger(__name__)


class _Failed(Exception):
    """What Prefect hears of an error of the work: it would keep the words of the error itself, and where they arose."""


class _Watched:
    """Work whose own outcome is kept apart from what Prefect makes of it."""

    __name__ = "work"

    def __init__(self, work: Callable[[], object], show: Callable[[Any], State[Any]] | None = None) -> None:
        self.work = work
        self.show = show
        self.started = False
        self.done = False
        self.value: object = None
        self.error: BaseException | None = None

    def __call__(self) -> Any:
        self.started, self.error = True, None
        try:
            self.value = self.work()
        except Exception as error:  # noqa: BLE001 - raised again outside the task
            self.error = error
            raise _Failed(quotable(error)) from None
        except BaseException as error:  # noqa: BLE001 - likewise
            # A case that parks or loses its lease has not crashed: Prefect sees a task that ended early.
            self.error = error
            return Completed(name="Interrupted")
        self.done = True
        return self.show(self.value) if self.show else None


def as_task(name: str, work: Work, *, retries: int, retry_delay_seconds: float) -> object:
    """Carry out `work` as a Prefect task run called `name`; the port `Perform` of a tracked stretch.

    Prefect's retries repeat it after an Exception. Nothing is cached or persisted: the journal is ours. If Prefect
    itself fails, the work's own outcome counts, and work that had not begun is carried out plainly.
    """
    return _perform(name, _Watched(work), retries, retry_delay_seconds)


def as_shown_task(name: str, work: Callable[[], Any], show: Callable[[Any], State[Any]]) -> Any:
    """Carry out `work` as a task run whose final state is `show(result)`; without retries."""
    return _perform(name, _Watched(work, show), 0, 0)


def _perform(name: str, watched: _Watched, retries: int, retry_delay_seconds: float) -> object:
    escaped = name.replace("{", "{{").replace("}", "}}")
    try:
        task: Callable[[], Any] = Task(
            watched,
            name=name,
            task_run_name=escaped,
            retries=retries,
            retry_delay_seconds=retry_delay_seconds,
            persist_result=False,
            cache_policy=NO_CACHE,
        )
        task()
    except BaseException as error:
        # Every kind, so that even a Prefect that was interrupted cannot undo work that has been carried out.
        if not isinstance(error, _Failed):
            log.debug("Prefect failed around task %s", name, exc_info=error)
        if not isinstance(error, Exception):
            raise
    if watched.error is not None:
        raise watched.error
    if not watched.started:
        return watched.work()
    return watched.value
