"""Eight people say different things to one request at once: each is taken or refused, nothing is lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from crm_workflows.domain.approvers import role
from crm_workflows.domain.elements import lower
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import everybody
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import handing
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.decisions.handing import Handover
from crm_workflows.engine.results import Outcome
from tests.engine.databases import Databases
from tests.engine.toys import (
    ADMIN,
    BOSS,
    FINANCE,
    GATE,
    HEAD,
    MATERIALS,
    OWNER,
    STRANGER,
    Matter,
    office_of,
    start,
    toy,
)
from tests.engine.whole.test_races import at_once, fair
from tests.office import Office

TIMES: Final = 4
"""Rounds of eight on each database."""
QIAN, HE = FINANCE
BOARD: Final = replace(
    GATE, name="board", approver=everybody(role("finance"), role("head_of_marketing")), send_back=(),
    may_change=(lower("amount", "金额 / Amount"),),
)  # fmt: skip


def board(case: Case[Matter]) -> Outcome:
    """Three decide together."""
    return case.reject() if case.approval(BOARD, amount=Money.of("300000")).rejected else case.approve()


def eight(here: Office, there: Office, request: str) -> list[Callable[[], object]]:
    """What they say, half of them to another program on the same database."""

    def says(office: Office, verb: str, by: str, to: str | None = None, comment: str = "因为") -> Callable[[], object]:
        return lambda: answer(office.engine, request, Answer(verb, by, "page", comment, to)).effective

    def moved() -> object:
        how = Handover(ADMIN, "cli", "出差", "root")
        return handing.reassign(there.engine, request, from_=HE, to=BOSS, how=how)

    return [
        says(here, "change", QIAN, "250000"),
        says(there, "approve", HEAD),
        says(here, "ask", HE, OWNER),
        says(there, "add_approver", QIAN, STRANGER),
        says(here, "delegate", HEAD, MATERIALS),
        says(there, "copy", HE, STRANGER),
        says(here, "remind", OWNER),
        moved,
    ]


def test_eight_people_say_eight_things_at_once(databases: Databases) -> None:
    with ExitStack() as stack:
        here, there = (office_of(stack.enter_context(databases.opened()), toy(board, BOARD)) for _ in range(2))
        there.staff.changes = here.staff.changes
        pool = stack.enter_context(ThreadPoolExecutor(8))
        for _ in range(TIMES):
            code = start(here)
            gate = threading.Barrier(8)
            said = [pool.submit(at_once, gate, one) for one in eight(here, there, here.waiting(code)["id"])]
            won = [one.result() for one in said]
            assert True in won, "whoever came first"
        fair(here)
