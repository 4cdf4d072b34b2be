"""A step as a genuine Prefect task, whose function keeps the journal.

It must not let a step run without its journal: what Prefect would do behind the journal's back is refused.
"""

from dataclasses import replace
from typing import Any, Final, NoReturn

from prefect import Task
from prefect.cache_policies import NO_CACHE

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.engine.steps import StepFunction

CHANGEABLE: Final = frozenset({"retries", "retry_delay_seconds"})


class JournaledTask(Task[..., Any]):
    """A step: its `fn` keeps the journal, and asks for a Prefect task run only where there is something new to do."""

    def __init__(self, step: StepFunction) -> None:
        super().__init__(
            fn=step,
            name=step.label,
            retries=step.retries,
            retry_delay_seconds=step.retry_delay_seconds,
            persist_result=False,
            cache_policy=NO_CACHE,
        )
        self.crm_step = step

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Carry the step out, or take its result from the journal."""
        for reserved in ("return_state", "wait_for"):
            if reserved in kwargs:
                self._refuse(f"{reserved}=")
        return self.crm_step(*args, **kwargs)

    def with_options(self, **options: Any) -> "JournaledTask":
        """The same step with other retries; every other option would reach around the journal and is refused."""
        for option in options.keys() - CHANGEABLE:
            self._refuse(f"with_options({option}=…)")
        return JournaledTask(replace(self.crm_step, **options))

    def submit(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused."""
        self._refuse("submit")

    def map(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused."""
        self._refuse("map")

    def delay(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused."""
        self._refuse("delay")

    def apply_async(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused."""
        self._refuse("apply_async")

    def serve(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused."""
        self._refuse("serve")

    def _refuse(self, what: str) -> NoReturn:
        step = self.crm_step
        raise AuthorMistake(
            f"{step.where}: step {step.name} was used with {what}, which would run it outside its case's journal;"
            " call it as a plain function"
        )
