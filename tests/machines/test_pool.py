"""Workers that Prefect places: one is killed and started again by its trigger, then Prefect dies; the work goes on."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.machines.world import Machine, soon, world
from tests.office import ROOT
from tests.prefect_server import UP_SECONDS, Prefect, server_in

CASES = 12
FIVE_DAYS_A_SECOND = 5 * 86_400.0
SLOW = 240.0
"""Prefect's worker looks for runs every ten seconds, and gives the place of a dead one back after a minute."""
pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]


class PoolMachine:
    """One `prefect worker` on a machine, which has room for one run of `case-worker`."""

    def __init__(self, machine: Machine, api: str) -> None:
        self._machine = machine
        self.env = machine.env | {
            "PREFECT_API_URL": api, "PREFECT_HOME": str(machine.home / "prefect-home"), "CRMW_TRACKING": "auto",
        }  # fmt: skip
        machine.home.mkdir(parents=True, exist_ok=True)

    def prefect(self, *words: str) -> None:
        """One command of Prefect, which must succeed."""
        command = [sys.executable, "-m", "prefect", "--no-prompt", *words]
        done = subprocess.run(
            command, env=self.env, cwd=self._machine.home, capture_output=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Wait for runs."""
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "crm-workflows", "--limit", "1"]
        with (self._machine.home / "out.txt").open("ab") as out:
            self._machine.process = subprocess.Popen(
                command, env=self.env, cwd=self._machine.home, stdout=out, stderr=out, stdin=subprocess.DEVNULL
            )

    def kill_run(self) -> None:
        """Kill -9 the run that is carried out here, not the worker that placed it."""
        for pid in self._below():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill all of it."""
        below = self._below()
        self._machine.end()
        for pid in below:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _below(self) -> list[int]:
        assert self._machine.process is not None
        found: list[int] = []
        left = [self._machine.process.pid]
        while left:
            pid = left.pop()
            with suppress(FileNotFoundError, ProcessLookupError):
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
                left += map(int, children)
                found += map(int, children)
        return found


@pytest.mark.parametrize("many", [2, 4])
def test_workers_placed_by_prefect_outlive_a_kill_and_prefect_itself(tmp_path: Path, many: int) -> None:
    (tmp_path / "prefect").mkdir()
    server = server_in(tmp_path / "prefect")
    with world(tmp_path, FIVE_DAYS_A_SECOND) as company:
        company.stack.callback(server.stop)
        server.start()
        server.wait_ready(UP_SECONDS)
        prefect = Prefect(server)
        machines = [PoolMachine(company.machine(), server.address.api_url) for _ in range(many)]
        for machine in machines:
            company.stack.callback(machine.end)
        project = company.machines[0].home
        (project / "prefect.yaml").write_text((ROOT / "prefect.yaml").read_text("utf-8"), "utf-8")
        machines[0].prefect("work-pool", "create", "crm-workflows", "--type", "process")
        machines[0].prefect("deploy", "--all")
        deployment = prefect.get("/deployments/name/case-worker/worker")["id"]

        def running() -> int:
            wanted = {"deployments": {"id": {"any_": [deployment]}}}
            return sum(run["state_type"] == "RUNNING" for run in prefect.post("/flow_runs/filter", wanted))

        for machine in machines:
            machine.start()
            prefect.post(f"/deployments/{deployment}/create_flow_run", {})
        soon(lambda: running() == len(machines), "a worker runs on each machine", SLOW)
        company.open_cases(CASES)
        with company.people_at_work():
            machines[0].kill_run()
            soon(lambda: running() == len(machines) - 1, "Prefect knows that one worker died", SLOW)
            soon(lambda: running() == len(machines), "and starts it again", SLOW)
            server.stop()
            company.open_cases(CASES)
            company.settled()
        company.check()
