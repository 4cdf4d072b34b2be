"""A step is a genuine Prefect task that cannot be run behind its journal's back."""

from collections.abc import Callable
from typing import Any

import pytest
from prefect import Task

from crm_workflows.adapters.orchestration.prefect_journaled import JournaledTask
from crm_workflows.adapters.orchestration.prefect_steps import step
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.engine.steps import StepFunction


@step(rule="SV-10", title="编制供应商代码 / assign supplier code", outside=True, retries=2, retry_delay_seconds=5)
def assign(name: str) -> str:
    """Give a code."""
    return f"code of {name}"


TASK: Any = assign


def test_a_step_is_a_prefect_task_named_by_its_rule() -> None:
    assert isinstance(assign, Task)
    assert assign.name == "SV-10 assign supplier code"
    assert (TASK.retries, TASK.retry_delay_seconds) == (2, 5)
    assert assign.description == "Give a code."


def test_the_engine_finds_the_journaled_function() -> None:
    assert isinstance(TASK.crm_step, StepFunction)
    assert TASK.fn is TASK.crm_step, "whoever unwraps the task still meets the journal"


def test_a_step_outside_a_procedure_is_refused() -> None:
    with pytest.raises(AuthorMistake, match="outside a procedure"):
        assign("苏州澄岚")


def test_other_retries_keep_the_journal() -> None:
    changed = TASK.with_options(retries=7, retry_delay_seconds=1)
    assert isinstance(changed, JournaledTask)
    assert (changed.retries, changed.crm_step.retries, changed.crm_step.retry_delay_seconds) == (7, 7, 1)
    assert changed.crm_step.name == TASK.crm_step.name, "the journal key stays"
    assert TASK.crm_step.retries == 2


@pytest.mark.parametrize("option", ["name", "cache_policy", "persist_result", "timeout_seconds", "on_completion"])
def test_other_options_are_refused(option: str) -> None:
    with pytest.raises(AuthorMistake, match=option):
        TASK.with_options(**{option: None})


@pytest.mark.parametrize(
    "use",
    [
        lambda: TASK.submit("x"),
        lambda: TASK.map(["x"]),
        lambda: TASK.delay("x"),
        lambda: TASK.apply_async(("x",)),
        lambda: TASK.serve(),
        lambda: TASK("x", return_state=True),
        lambda: TASK("x", wait_for=[]),
    ],
    ids=["submit", "map", "delay", "apply_async", "serve", "return_state", "wait_for"],
)
def test_what_would_run_it_outside_the_journal_is_refused(use: Callable[[], object]) -> None:
    with pytest.raises(AuthorMistake, match=r"test_prefect_steps\.py:\d+: step assign .* call it as a plain function"):
        use()
