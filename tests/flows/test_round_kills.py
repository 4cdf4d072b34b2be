"""kill -9 of the process that carries out a round of callbacks, at moments drawn by chance, on both databases.

Each life goes on where the one before was killed: in the register, between it and the handing out, among the cases.
"""

import multiprocessing
import os
import random
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.business import calling, levelling, rounds
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CaseRow, Customer, CustomerContact, DueCallback, RoundRun
from crm_workflows.engine.ports import Store
from tests.flows.customers import OWNER
from tests.office import Office

pytestmark = [pytest.mark.kills, pytest.mark.timeout(300)]
MANY, PIECE, CAPACITY = 12_000, 250, 30
BLOCKED = 7
"""One in so many."""
LONGEST_DELAY = 0.006
"""Seconds; some pieces."""
LIVES = 60
FORK = multiprocessing.get_context("fork")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_round_that_is_killed_at_any_moment_calls_everybody_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = str(request.getfixturevalue(f"{kind}_url"))
    seed = request.config.getoption("--seed") or random.randrange(2**32)
    sys.stderr.write(f"--seed={seed}\n")
    draw = random.Random(seed)
    on(url, fill)
    come_to: list[str] = []
    in_register = among_cases = 0
    for _ in range(LIVES):
        pieces, cases = draw.randint(1, 4), draw.randint(1, 8)
        is_killed, said = live(url, pieces, cases, draw.uniform(0, LONGEST_DELAY))
        come_to += said
        left = on(url, Found)
        in_register += is_killed and not left.is_through
        among_cases += is_killed and left.is_through
        if not is_killed:
            break
    assert in_register >= 3, "it was killed in the middle"
    assert among_cases >= 2
    assert left.opened == CAPACITY
    assert come_to == sorted(set(come_to)), "no piece was gone through again"
    sys.stderr.write(f"killed -9: {in_register} times in the register, {among_cases} among the cases\n")


class Found:
    """What the database holds between two lives; as a whole it must be the part that was committed."""

    def __init__(self, store: Store) -> None:
        with store.read() as reader:
            (run,) = reader.find(RoundRun) or (None,)
            due = reader.columns(DueCallback, "customer", "case")
            cases = reader.find(CaseRow, process=levelling.PROCESS)
        self.is_through = run is not None and run.ended_at is not None
        self.opened = len(cases)
        until = "" if run is None else "~" if self.is_through else run.done_to
        wanted = [code for n in range(MANY) if n % BLOCKED and (code := code_of(n)) <= until]
        assert sorted(code for code, _ in due) == wanted, "none missed, none due that is not in a committed piece"
        if run is not None:
            assert run.due == len(wanted)
            assert sum((run.not_called or {}).values()) == min(run.looked_at, MANY) - len(wanted)
        assert len({row.subject["customer"] for row in cases}) == len(cases), "nobody is called twice"
        assert {case for _, case in due if case} <= {row.code for row in cases}


def live(url: str, pieces: int, cases: int, delay: float) -> tuple[bool, list[str]]:
    """A process that carries the round out, and is killed soon after so many pieces or cases.

    Returns whether it was killed, and the last customer of each piece that it told of.
    """
    hearing, telling = FORK.Pipe(duplex=False)
    process = FORK.Process(target=carry_out, args=(url, pieces, cases, delay, telling))
    process.start()
    telling.close()
    said: list[str] = []
    try:
        while True:
            said.append(hearing.recv())
    except EOFError:
        process.join()
    assert process.exitcode in (0, -signal.SIGKILL), said
    return process.exitcode != 0, said


def carry_out(url: str, pieces: int, cases: int, delay: float, pipe: Connection) -> None:
    try:
        _carry_out(url, pieces, cases, delay, pipe)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - the parent shows it, whatever it is
        pipe.send(traceback.format_exc())
        os._exit(1)


def _carry_out(url: str, pieces: int, cases: int, delay: float, pipe: Connection) -> None:
    a_piece, an_opening = calling._piece, levelling._opened
    left = {"pieces": pieces, "cases": cases}

    def comes_nearer(which: str) -> None:
        left[which] -= 1
        if left[which] == 0:
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()

    def piece(*given: Any) -> RoundRun:
        run = a_piece(*given)
        pipe.send(run.done_to if run.ended_at is None else "~")
        comes_nearer("pieces")
        return run

    def opened(*given: Any) -> bool:
        was_new = an_opening(*given)
        comes_nearer("cases")
        return was_new

    calling.PIECE, calling._piece, levelling._opened = PIECE, piece, opened  # type: ignore[misc, assignment]
    on(url, fire)


def fire(store: Store) -> None:
    """As the role does it, on the first morning."""
    office = Office(store)
    office.staff.rules = Policy({**office.staff.rules, "callback_capacity": CAPACITY})
    rounds.begin_morning(office.engine)
    with store.read() as reader:
        begun = reader.find(RoundRun)
    one = rounds.found(office.engine, rounds.MORNING)
    morning = begun[0].began_at if begun else one.next_at
    assert morning is not None
    office.clock.move_to(morning)
    calling.fire(office.engine)


def fill(store: Store) -> None:
    long_ago = Office(store).clock.now() - timedelta(days=400)
    with store.write() as tx:
        for n in range(MANY):
            status = "active" if n % BLOCKED else "blocked"
            tx.insert(Customer(code_of(n), f"客户{n}", f"c{n}", status, "A", OWNER, long_ago, last_contact_at=long_ago))
            tx.insert(CustomerContact(code_of(n), 0, "顾晚晴", f"contact{n}@example.com", "+8651255500188"))


def code_of(n: int) -> str:
    return f"C-MA-{n:05d}"


def on(url: str, deed: Callable[[Store], Any]) -> Any:
    """With a store that is open for this alone: no connection survives being in two processes."""
    store = open_store(url)
    try:
        return deed(store)
    finally:
        store.close()
