"""Offices on one database, and what they do at the same moment."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.domain.approvers import any_of, department, person
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.panels import at_least, everybody, hear_all, in_turn, one_of_each
from crm_workflows.domain.people import Directory, Person
from crm_workflows.engine.case import Case
from crm_workflows.engine.ports import Store
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.steps import Books
from tests.engine.toys import NOTE, PAPERS, SUPPLIER, Matter, office_of, step, toy
from tests.office import Office

EIGHT = 8
PATIENCE = 60.0
BOARD = Gate(
    "board", "八人中任一人 / Any of eight", rule="T-2", approver=department("board"), send_back=("T-1",),
    due=working_days(2), remind=working_days(1), escalate_to=None,
)  # fmt: skip
PEOPLE = [f"b{n}@yongchang.example" for n in range(EIGHT)]
PANELS = {
    "all": replace(BOARD, approver=everybody(department("board"))),
    "three": replace(BOARD, approver=at_least(3, department("board"))),
    "heard": replace(BOARD, approver=hear_all(department("board"))),
    "turn": replace(BOARD, approver=in_turn(*(person(email) for email in PEOPLE))),
    "groups": replace(BOARD, approver=one_of_each(*(any_of(*map(person, PEOPLE[n : n + 4])) for n in (0, 4)))),
}


@step("T-1")
def before() -> int:
    return 1


@step("T-3")
def code(*, books: Books) -> int:
    return books.tx.next_number("code")


def board(case: Case[Matter]) -> Outcome:
    """Any of eight decides."""
    before()
    if case.approval(BOARD).rejected:
        return case.reject()
    code()
    case.task(NOTE)
    return case.approve()


def _deciding(gate: Gate) -> Callable[[Case[Matter]], Outcome]:
    def panel(case: Case[Matter]) -> Outcome:
        """Eight decide together."""
        before()
        if case.approval(gate).rejected:
            return case.reject()
        code()
        return case.approve()

    return panel


def collected(case: Case[Matter]) -> Outcome:
    """Papers that come from all sides."""
    case.collect(PAPERS, from_=Contact("陈先生", SUPPLIER))
    code()
    return case.approve()


def numbered(case: Case[Matter]) -> Outcome:
    """A number, then a form."""
    code()
    case.task(NOTE)
    return case.approve()


@pytest.fixture(params=["sqlite", "postgres"])
def offices(request: pytest.FixtureRequest) -> Iterator[list[Office]]:
    """Eight offices on one database, each with a store of its own, as eight processes would have."""
    from crm_workflows.adapters.database.opening import open_store

    url = str(request.getfixturevalue(f"{request.param}_url"))
    with ExitStack() as stack:
        made = [_with_a_board(stack.enter_context(closing(open_store(url)))) for _ in range(EIGHT)]
        yield made
        made[0].check_invariants()


def _with_a_board(store: Store) -> Office:
    others = toy(collected, PAPERS, name="collected", code="TC"), toy(numbered, name="numbered", code="TN")
    panels = [
        toy(_deciding(gate), gate, NOTE, name=name, code=f"P{n}") for n, (name, gate) in enumerate(PANELS.items())
    ]
    office = office_of(store, toy(board, BOARD, NOTE), *others, *panels)
    members = [Person(email=email, name=f"董事{n}", department="board") for n, email in enumerate(PEOPLE)]
    office.staff.people = Directory([*office.staff.people.people, *members])
    return office


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do these at the same moment, each in a thread; returns their results, or raises the first that failed."""
    ready = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def do(n: int, work: Callable[[], Any]) -> None:
        try:
            ready.wait(PATIENCE)
            results[n] = work()
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that asked
            results[n] = error

    threads = [threading.Thread(target=do, args=(n, work)) for n, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
