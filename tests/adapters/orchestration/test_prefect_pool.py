"""A team's own Prefect: authentication, `prefect deploy --all`, a work pool, and a real Prefect worker on it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from crm_workflows.adapters.orchestration.prefect_server import PrefectServer
from tests.office import ROOT, application
from tests.patience import eventually
from tests.prefect_server import UP_SECONDS, Prefect, copy_database, prefect, server_in

__all__ = ["prefect"]

pytestmark = [pytest.mark.timeout(300)]

SECRET = "admin:only-for-this-test"
TRACK_ONE = """
import sys
from pathlib import Path
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress, prepare_environment
prepare_environment(Path(sys.argv[2]), sys.argv[1])
from crm_workflows.adapters.orchestration.prefect_tracking import Tracking
from crm_workflows.engine.ports import StretchSummary
summary = StretchSummary("Waiting", "等待 / waiting", ("SV-3 ask for papers",))
tracking = Tracking(PrefectAddress(sys.argv[1]), begin_seconds=20)
tracking.run_tracked("supplier-vetting", "SV-2033-00001", lambda perform: summary)
tracking.stretch_done("SV-2033-00002", "supplier-vetting", summary)
tracking.close(float(sys.argv[3]))
print(tracking.mirror.shown)
"""


def environment(home: Path, api_url: str, **more: str) -> dict[str, str]:
    """What a team's machine has: its own Prefect home and our settings, and nothing of this test process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CRMW_"))}
    ours = {"PREFECT_HOME": str(home / "prefect"), "PREFECT_API_URL": api_url, "CRMW_HOME": str(home / "crmw")}
    (home / "prefect").mkdir(parents=True, exist_ok=True)
    return kept | ours | {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false"} | more


def run(*command: str, env: dict[str, str], cwd: Path) -> str:
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def prefect_command(*arguments: str, env: dict[str, str], cwd: Path) -> str:
    return run(sys.executable, "-m", "prefect", "--no-prompt", *arguments, env=env, cwd=cwd)


@pytest.fixture
def guarded(prefect: Prefect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrefectServer]:
    """A server that asks for a password."""
    home = tmp_path / "guarded"
    home.mkdir()
    copy_database(prefect.server.database, home)
    monkeypatch.setenv("PREFECT_SERVER_API_AUTH_STRING", SECRET)
    server = server_in(home)
    server.start()
    server.wait_ready(UP_SECONDS)
    yield server
    server.stop()


def test_an_authenticated_server_takes_our_runs_and_a_wrong_password_hurts_nobody(
    guarded: PrefectServer, tmp_path: Path
) -> None:
    url = guarded.address.api_url
    command = (sys.executable, "-c", TRACK_ONE, url, str(tmp_path))
    right = environment(tmp_path, url, PREFECT_API_AUTH_STRING=SECRET)
    assert run(*command, "60", env=right, cwd=tmp_path).split() == ["1"], "nothing but our own line is printed"
    listed = prefect_command("flow-run", "ls", env=right, cwd=tmp_path)
    assert "SV-2033-00001" in listed
    wrong = environment(tmp_path, url, PREFECT_API_AUTH_STRING="admin:guessed")
    assert run(*command, "3", env=wrong, cwd=tmp_path).split() == ["0"]


@contextmanager
def pool_worker(home: Path, env: dict[str, str]) -> Iterator[None]:
    """`prefect worker start` on the shipped pool, as a team's machine runs it."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "crm-workflows"]
    log = (home / "worker.log").open("wb")
    process = subprocess.Popen(command, env=env, cwd=home, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def test_the_shipped_deployments_run_on_a_work_pool(prefect: Prefect, tmp_path: Path) -> None:
    env = environment(tmp_path, prefect.address.api_url)
    project = tmp_path / "project"
    project.mkdir()
    (project / "prefect.yaml").write_text((ROOT / "prefect.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    prefect_command("work-pool", "create", "crm-workflows", "--type", "process", env=env, cwd=project)
    prefect_command("deploy", "--all", env=env, cwd=project)
    start = prefect.get("/deployments/name/supplier-vetting/start")
    worker = prefect.get("/deployments/name/case-worker/worker")
    try:
        with pool_worker(tmp_path, env):
            started = ask(prefect, start, {"application": application()})
            assert started["state_name"] == "Started", started["state"]["message"]
            idle = ask(prefect, worker, {"until_idle": True})
            assert idle["state_name"] == "Idle", idle["state"]["message"]
            endless = prefect.post(f"/deployments/{worker['id']}/create_flow_run", {})
            eventually(lambda: prefect.get(f"/flow_runs/{endless['id']}")["state_type"] == "RUNNING", 60)
            prefect.set_state(endless["id"], "CANCELLING")
            assert prefect.end_of(endless["id"], 60)["state_type"] == "CANCELLED"
    finally:
        for deployment in (start, worker):
            prefect.delete(f"/deployments/{deployment['id']}")
    code = next(tag for tag in started["tags"] if tag.startswith("SV-"))
    crmw = [sys.executable, "-m", "crm_workflows.interfaces.cli", "case", code, "--json"]
    assert json.loads(run(*crmw, env=env, cwd=project))["status"] == "waiting"


def ask(prefect: Prefect, deployment: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    run = prefect.post(f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})
    return prefect.end_of(run["id"], 90)


def test_every_process_has_its_start_in_the_shipped_file() -> None:
    shipped = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    entries = {each["entrypoint"].rpartition(".")[2] for each in shipped["deployments"]}
    processes = {folder.name for folder in (ROOT / "flows").iterdir() if (folder / "procedure.py").is_file()}
    assert entries == processes | {"case_worker"}
