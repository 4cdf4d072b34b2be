"""Steps and a procedure that fail when they are told to."""

from collections import Counter

import pytest

from crm_workflows.engine.case import Case
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.steps import Books
from tests.engine.toys import GATE, NOTE, Matter, step

ran: Counter[str] = Counter()
broken: set[str] = set()


@pytest.fixture(autouse=True)
def whole_again() -> None:
    ran.clear()
    broken.clear()


def fails_if(what: str) -> None:
    """Raise while `what` is broken."""
    if what in broken:
        raise ValueError(f"{what} 坏了")


@step("T-2")
def first(*, books: Books) -> int:
    ran["first"] += 1
    books.write("first", books.case)
    return books.tx.next_number("first")


@step("T-2")
def second(*, books: Books) -> int:
    ran["second"] += 1
    books.write("second", "half")
    given = books.tx.next_number("second")
    fails_if("second")
    return given


def decided_then_two_steps(case: Case[Matter]) -> Outcome:
    """A gate, two steps with books, a form."""
    if case.approval(GATE).rejected:
        return case.reject()
    fails_if("body")
    first()
    second()
    case.task(NOTE)
    return case.approve()
