"""Machines that are killed, stopped, cut off, and a database server that dies: nothing is lost, nothing doubled."""

import signal
from pathlib import Path

import pytest

from tests.machines.world import soon, world

CASES = 12
FIVE_DAYS_A_SECOND = 5 * 86_400.0


@pytest.mark.timeout(300)
def test_whatever_happens_to_machines_every_case_comes_to_its_end_once(tmp_path: Path) -> None:
    """Of two machines one is killed and one stopped; a third takes over, is cut off, and then the server dies too."""
    with world(tmp_path, FIVE_DAYS_A_SECOND) as company:
        killed, stopped, third = (company.machine() for _ in range(3))
        killed.start()
        stopped.start()
        soon(lambda: killed.has_started and stopped.has_started, "two machines work")
        company.open_cases(CASES)
        with company.people_at_work():
            third.start()
            killed.signal(signal.SIGKILL)
            stopped.signal(signal.SIGSTOP)
            soon(lambda: "running" not in company.statuses(), "one machine has taken over from two")
            third.way.cut()
            stopped.signal(signal.SIGCONT)
            company.server.kill()
            company.server.start()
            third.way.mend()
            company.settled()
        company.check()
