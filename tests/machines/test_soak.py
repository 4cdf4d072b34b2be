"""Whatever may happen to machines, again and again, by a seed; and a cable that is really pulled."""

import os
import random
import re
import signal
import sys
import threading
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.machines.network import Cable, may_lay_cables
from tests.machines.world import Machine, World, soon, world

WAVES = 6
CASES_A_WAVE = 8
FIVE_DAYS_A_SECOND = 5 * 86_400.0
SEED = "CRMW_SOAK_SEED"
pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]


@pytest.mark.parametrize("count", [2, 4])
def test_machines_die_hang_and_are_cut_off_while_the_server_does_too(count: int, tmp_path: Path) -> None:
    seed = int(os.environ.get(SEED) or random.randrange(2**32))
    sys.stderr.write(f"seed {seed}\n")
    draw = random.Random(seed)
    with world(tmp_path, FIVE_DAYS_A_SECOND) as company:
        machines = [company.machine() for _ in range(count)]
        for machine in machines:
            machine.start()
        soon(lambda: all(machine.has_started for machine in machines), "all machines work")
        lost = 0
        with company.people_at_work():
            for _ in range(WAVES):
                company.open_cases(CASES_A_WAVE)
                lost += strike(company, draw)
            company.settled()
        copies = company.check()
    sys.stderr.write(f"{count} machines, {len(company.cases)} cases, struck {lost} times, {copies} copies of mails\n")


def strike(company: World, draw: random.Random) -> int:
    """Something happens to one or two machines, now and then to the server; seconds later all is well again."""
    struck = draw.sample(company.machines, draw.randint(1, 2))
    fates = [draw.choice(("killed", "stopped", "cut off")) for _ in struck]
    threading.Event().wait(draw.uniform(0.0, 0.5))
    for machine, fate in zip(struck, fates, strict=True):
        meet(machine, fate)
    server_dies = draw.random() < 1 / 3
    if server_dies:
        company.server.kill()
        company.server.start()
    threading.Event().wait(draw.uniform(2.0, 12.0))
    for machine, fate in zip(struck, fates, strict=True):
        recover(machine, fate)
    return len(struck) + server_dies


def meet(machine: Machine, fate: str) -> None:
    if fate == "cut off":
        machine.way.cut()
    else:
        machine.signal(signal.SIGKILL if fate == "killed" else signal.SIGSTOP)


def recover(machine: Machine, fate: str) -> None:
    if fate == "cut off":
        machine.way.mend()
    elif fate == "stopped":
        machine.signal(signal.SIGCONT)
    else:
        machine.end()
        machine.start()


@pytest.mark.skipif(not may_lay_cables(), reason="network namespaces can be made by root on Linux only")
def test_a_machine_whose_cable_is_pulled_is_replaced_and_comes_back(tmp_path: Path) -> None:
    """Its connections hold unacknowledged bytes, about which keepalives say nothing."""
    with ExitStack() as parts, world(tmp_path, FIVE_DAYS_A_SECOND) as company:
        cable = parts.enter_context(closing(Cable(1)))
        cut, other = company.machine(cable), company.machine()
        cut.start()
        soon(lambda: cut.has_started, "the machine at the cable works")
        company.open_cases(CASES_A_WAVE)
        with company.people_at_work():
            cable.pull()
            other.start()
            soon(lambda: "running" not in company.statuses(), "the other machine takes over")
            soon(lambda: {"worker", "mail-out"} <= noticed(cut), "both its roles notice, whatever they were at", 60)
            cable.plug()
            other.signal(signal.SIGKILL)
            company.open_cases(CASES_A_WAVE)
            company.settled()
        company.check()


def noticed(machine: Machine) -> set[str]:
    """The roles that have given up waiting for the database."""
    return set(re.findall(r"busy or away.*role=([\w-]+)", machine.log))
