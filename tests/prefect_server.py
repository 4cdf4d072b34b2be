"""One real Prefect server for a pytest session, on a port and with files of its own, seen through its API.

A test file that uses it is named `tests/adapters/orchestration/test_prefect_…`, so that all share the one server.
"""

import atexit
import contextlib
import itertools
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
from crm_workflows.adapters.orchestration.prefect_server import PrefectServer
from crm_workflows.domain.errors import OutsideFailure
from crm_workflows.domain.records import Number
from crm_workflows.testing import MemoryStore
from tests.office import Office
from tests.patience import eventually

__all__ = [
    "Prefect",
    "copy_database",
    "office_with_numbers_of_its_own",
    "prefect",
    "rough_prefect",
    "server_in",
]

UP_SECONDS = 90.0
FINAL = ("COMPLETED", "FAILED", "CANCELLED", "CRASHED")


class Prefect:
    """A server and what its API says."""

    def __init__(self, server: PrefectServer) -> None:
        self.server = server
        # One for all, without certificates, which each new one would read; the server may die between two requests.
        self._http = httpx.Client(
            trust_env=False, verify=False, timeout=10, limits=httpx.Limits(max_keepalive_connections=0)
        )

    @property
    def address(self) -> PrefectAddress:
        return self.server.address

    def get(self, path: str) -> Any:
        return self._request("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self._request("POST", path, body)

    def patch(self, path: str, body: Any) -> None:
        self._request("PATCH", path, body)

    def delete(self, path: str) -> None:
        self._request("DELETE", path)

    def _request(self, method: str, path: str, body: Any = None) -> Any:
        """The server answers 503 while SQLite is locked; every client of it has to ask again then."""

        def not_busy() -> httpx.Response | None:
            answer = self._http.request(method, f"{self.address.api_url}{path}", json=body)
            return None if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else answer

        answer = eventually(not_busy)
        assert answer is not None
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def runs(self, tag: str) -> list[dict[str, Any]]:
        """Flow runs with this tag, oldest first."""
        wanted = {"flow_runs": {"tags": {"all_": [tag]}}, "sort": "EXPECTED_START_TIME_ASC"}
        return list(self.post("/flow_runs/filter", wanted))

    def ended_run(self, tag: str, seconds: float = 20.0) -> dict[str, Any]:
        """The one run with this tag, once it has ended."""
        runs = eventually(lambda: [run for run in self.runs(tag) if run["state_type"] in FINAL], seconds)
        assert len(runs) == 1, [run["name"] for run in runs]
        return runs[0]

    def tasks(self, run: dict[str, Any], count: int) -> list[dict[str, Any]]:
        """The task runs of a flow run, oldest first, once `count` have ended (they are recorded in batches)."""
        wanted = {"flow_runs": {"id": {"any_": [run["id"]]}}, "sort": "EXPECTED_START_TIME_ASC"}

        def ended() -> list[dict[str, Any]]:
            found = self.post("/task_runs/filter", wanted)
            # The server notes the type of a state before the state itself.
            tasks = [task for task in found if task["state_type"] in FINAL and task["state"]]
            return tasks if len(tasks) >= count else []

        return eventually(ended)

    def ask(self, deployment: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Ask for a run of a deployment, as a person does with *Run*, and wait for its end."""
        found = self.get(f"/deployments/name/{deployment}")
        run = self.post(f"/deployments/{found['id']}/create_flow_run", {"parameters": parameters})
        return self.end_of(run["id"])

    def end_of(self, run_id: str, seconds: float = 30.0) -> dict[str, Any]:
        """The run once it has ended."""

        def ended() -> dict[str, Any] | None:
            run = self.get(f"/flow_runs/{run_id}")
            return run if run["state_type"] in FINAL else None

        return eventually(ended, seconds) or {}

    def set_state(self, run_id: str, type_: str, name: str | None = None) -> None:
        """What the buttons *Retry* (SCHEDULED, AwaitingRetry) and *Cancel* (CANCELLING) send."""
        state = {"type": type_, "name": name or type_.capitalize()}
        self.post(f"/flow_runs/{run_id}/set_state", {"state": state, "force": type_ == "SCHEDULED"})


_NUMBERS = itertools.count(1000, 100)


def office_with_numbers_of_its_own() -> Office:
    """An office whose case codes no other test of this process uses, so that runs are found by them."""
    office = Office(MemoryStore())
    year = office.engine.today(office.clock.now()).year
    with office.engine.store.write() as tx:
        tx.insert(Number(f"case/SV/{year}", next(_NUMBERS)))
    return office


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Prefect:
    """The server of this process; treat it well."""
    return _running("well", lambda: tmp_path_factory.mktemp("prefect"))


@pytest.fixture(scope="session")
def rough_prefect(prefect: Prefect, tmp_path_factory: pytest.TempPathFactory) -> Prefect:
    """A second server, to be killed, stopped and robbed of its database; each test leaves it answering."""

    def home() -> Path:
        folder = tmp_path_factory.mktemp("rough-prefect")
        copy_database(prefect.server.database, folder)
        return folder

    return _running("rough", home)


def server_in(home: Path) -> PrefectServer:
    """A server on a port that no other program picks by itself, so that it is still free when this one is restarted."""
    for port in random.sample(range(20000, 30000), 50):
        with contextlib.suppress(OutsideFailure):
            return PrefectServer(home, port)
    raise OutsideFailure("no free port among fifty")


_SERVERS: dict[str, Prefect] = {}
"""By name, one each: a fixture that several files import is set up anew in each. They end with the process."""


def _running(name: str, home: Callable[[], Path]) -> Prefect:
    if name not in _SERVERS:
        server = server_in(home())
        server.start()
        server.wait_ready(UP_SECONDS)
        _SERVERS[name] = Prefect(server)
        atexit.register(server.stop)
    return _SERVERS[name]


def copy_database(source: Path, home: Path) -> None:
    """A migrated database saves the second server ten seconds."""
    with closing(sqlite3.connect(source)) as from_, closing(sqlite3.connect(home / source.name)) as to:
        from_.backup(to)
    shutil.copymode(source, home / source.name)
