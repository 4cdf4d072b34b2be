"""What a procedure cannot do without its case standing still: swallow, answer nothing, keep what nobody can read."""

from collections.abc import Iterator
from typing import Any

import pytest

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.engine.case import Case
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import attention
from crm_workflows.engine.steps import Books
from tests.engine.conftest import Install
from tests.engine.toys import NOTE, OTHER_NOTE, Matter, attention_told, journal, start, step, toy
from tests.engine.verb_toys import before, gates, look, nothing_ran_yet, ran

__all__ = ["nothing_ran_yet"]


def test_an_outcome_must_be_returned(install_in_memory: Install) -> None:
    def body(case: Case[Matter]) -> Any:
        before()

    office = install_in_memory(toy(body))
    code = start(office, work=False)
    with attention_told(office, code, saying="without an outcome"):
        office.work()


def test_a_broad_except_cannot_swallow_that_the_case_waits(install_in_memory: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        try:
            case.task(NOTE)
        except Exception:  # noqa: BLE001 - what flows may not write, to see that it does no harm
            return case.reject("吞掉了 / swallowed")
        return case.approve()

    office = install_in_memory(toy(body))
    code = start(office)
    assert gates(office, code) == ["note:li.weimin"]
    office.submit(code)
    assert office.view(code)["outcome"] == "approved"


def test_a_procedure_that_swallows_what_a_step_raised_does_not_go_on(install: Install) -> None:
    """What the step had written is rolled back with the entries before it: going on would leave holes."""

    @step("T-2")
    def breaks(*, books: Books) -> int:
        books.write("half", 1)
        raise ValueError("坏了")

    def body(case: Case[Matter]) -> Outcome:
        before()
        try:
            breaks()
        except ValueError:
            ran["swallowed"] += 1
        case.task(NOTE)
        return case.approve()

    office = install(toy(body))
    code = start(office, work=False)
    with attention_told(office, code, saying="坏了"):
        office.work()
    assert ran["swallowed"] == 1
    assert journal(office, code) == []
    assert office.view(code)["rows"] == {}


def test_a_result_that_no_replay_could_read_is_refused_before_it_is_kept(install: Install) -> None:
    given: Iterator[Any] = iter(("七", 7))

    @step("T-2")
    def promises_a_number(*, books: Books) -> int:
        number: int = next(given)
        return number

    def body(case: Case[Matter]) -> Outcome:
        case.task(NOTE if promises_a_number() == 7 else OTHER_NOTE)
        return case.approve()

    office = install(toy(body))
    code = start(office, work=False)
    with attention_told(office, code, saying="does not fit the result it declares"):
        office.work()
    attention.retry(office.engine, code, "admin")
    office.work()
    assert gates(office, code) == ["note:li.weimin"]


def test_a_step_outside_a_procedure_is_refused() -> None:
    with pytest.raises(AuthorMistake, match="outside a procedure"):
        look()


def test_a_step_cannot_both_talk_to_the_outside_and_hold_the_books() -> None:
    with pytest.raises(AuthorMistake, match="split it"):

        @step("T-1", outside=True)
        def both(*, books: Books) -> None: ...
