"""Purchases that a gate decides on, and what is asked and answered there."""

from collections.abc import Callable
from typing import Any

import pytest

from crm_workflows.domain.approvers import manager, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate, Stage
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import Decider
from crm_workflows.domain.people import Directory, Person
from crm_workflows.domain.policy import Policy
from crm_workflows.engine.case import Case
from crm_workflows.engine.results import Approval, Outcome
from tests.engine.conftest import Install
from tests.engine.toys import BOSS, FINANCE, HEAD, Matter, row, step, toy
from tests.office import Office

QIAN, HE = FINANCE
A, B, C = (f"{name}@yongchang.example" for name in ("an", "bai", "cao"))
got: list[Approval] = []


class Purchase(Matter):
    """What the gates here are about."""

    amount: str = "5.00"
    single_source: bool = False
    reviewer: str = A


@step("T-1")
def look() -> int:
    return 1


def gate(approver: Decider, *then: Stage, **how: Any) -> Gate:
    timing: dict[str, Any] = {
        "due": working_days(2),
        "remind": working_days(1),
        "escalate_to": manager,
        "send_back": ("T-1",),
    }
    return Gate("panel", "会签 / Panel", rule="T-2", approver=approver, then=then, **timing | how)


def body_of(made: Gate) -> Callable[[Case[Any]], Outcome]:
    def panel(case: Case[Purchase]) -> Outcome:
        """One gate."""
        look()
        got.append(case.approval(made, amount=Money.of(case.subject.amount, "CNY")))
        return case.reject() if got[-1].rejected else case.approve()

    return panel


@pytest.fixture
def opened(install: Install) -> Callable[..., Office]:
    return opener(install)


@pytest.fixture
def opened_in_memory(install_in_memory: Install) -> Callable[..., Office]:
    return opener(install_in_memory)


def opener(install: Install) -> Callable[..., Office]:
    def open_with(approver: Decider, *then: Stage, **how: Any) -> Office:
        made = gate(approver, *then, **how)
        office = install(toy(body_of(made), made))
        office.staff.people = with_board(office.staff.people)
        office.staff.rules = Policy(
            dict(office.staff.rules) | {"small": Money.of("10.00", "CNY"), "large": Money.of("20.00", "CNY")}
        )
        return office

    return open_with


def with_board(people: Directory) -> Directory:
    """Three of a board, of whom 曹 is under 安."""
    above = {A: BOSS, B: BOSS, C: A}
    board = [
        Person(email=email, name=name, department="board", roles=("board",), manager=above[email])
        for email, name in ((A, "安"), (B, "白"), (C, "曹"))
    ]
    return Directory([*people.people, *board], people.roles, people.departments)


def asked(office: Office, code: str) -> list[str]:
    """Who is asked now, by address."""
    return sorted(i["assignee"]["email"] for i in office.view(code)["waiting_for"])


def answers(office: Office, code: str, **said: str) -> str | None:
    """Everybody named answers in this order, in one word; returns how the case ended."""
    for name, decision in said.items():
        by = {"a": A, "b": B, "c": C, "qian": QIAN, "he": HE, "boss": BOSS, "head": HEAD}[name]
        done = office.answer(code, decision, by=by, comment="" if decision == "approve" else "不行")
        assert done.effective, done.sentence
    return row(office, code).outcome


BOARD = role("board")
