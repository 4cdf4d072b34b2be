"""How our processes meet Prefect: silent, without reporting home, and with the user's own settings first."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from crm_workflows.adapters.orchestration.prefect_client import WAITS, SoonAgain, connected
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress, prepare_environment
from crm_workflows.adapters.orchestration.prefect_server import PrefectServer, pages_elsewhere

NAMES = (
    "DO_NOT_TRACK",
    "PREFECT_SERVER_ANALYTICS_ENABLED",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE",
    "PREFECT_HOME",
    "PREFECT_API_URL",
)
LOG_A_LOT = """
import logging, sys
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress, keep_quiet
keep_quiet(PrefectAddress("http://127.0.0.1:9/api", ours=True))
for name in ("prefect.flow_runs", "prefect.task_runs", "prefect.events.clients", "prefect._internal.concurrency"):
    logging.getLogger(name).error("noise")
heard = []
class Ours(logging.Handler):
    def emit(self, record):
        heard.append(record.name)
logging.getLogger().addHandler(Ours())
logging.getLogger("prefect.task_runs").error("a step failed")
logging.getLogger("prefect.flow_runs").info("Finished in state Waiting('Zhang Wei')")
print(heard)
"""


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)


def test_with_our_own_server_prefect_lives_in_our_home(tmp_path: Path) -> None:
    prepare_environment(tmp_path, None)
    assert os.environ["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert (tmp_path / "prefect").is_dir()
    assert "PREFECT_API_URL" not in os.environ
    assert os.environ["DO_NOT_TRACK"] == "1"
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] == "false"


def test_with_a_company_s_server_its_profile_and_key_are_left_alone(tmp_path: Path) -> None:
    prepare_environment(tmp_path, "https://prefect.example/api")
    assert os.environ["PREFECT_API_URL"] == "https://prefect.example/api"
    assert "PREFECT_HOME" not in os.environ


def test_what_the_user_has_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    prepare_environment(tmp_path, None)
    assert os.environ["PREFECT_HOME"] == str(tmp_path / "mine")
    assert os.environ["DO_NOT_TRACK"] == "0"


def test_importing_it_does_not_import_prefect() -> None:
    code = "import sys, crm_workflows.adapters.orchestration.prefect_server; print('prefect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.stdout.strip() == b"False", done.stderr


def test_prefect_writes_nothing_to_stderr_and_names_nobody_in_the_log(tmp_path: Path) -> None:
    env = os.environ | {"PREFECT_HOME": str(tmp_path), "DO_NOT_TRACK": "1"}
    done = subprocess.run([sys.executable, "-c", LOG_A_LOT], capture_output=True, text=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "['prefect.task_runs']"


@pytest.mark.parametrize(
    ("api", "page"),
    [("http://127.0.0.1:4200/api", "http://127.0.0.1:4200"), ("https://p.example/x/api/", "https://p.example/x")],
)
def test_the_page_for_people_lies_above_the_api(api: str, page: str) -> None:
    assert PrefectAddress(api).page == page


def test_a_busy_server_is_asked_again_within_milliseconds() -> None:
    answers = [httpx.Response(503), httpx.Response(503), httpx.Response(201)]
    asked = []

    def busy(request: httpx.Request) -> httpx.Response:
        asked.append(request.content)
        return answers.pop(0)

    with httpx.Client(transport=SoonAgain(httpx.MockTransport(busy))) as client:
        assert client.post("http://prefect/api/flow_runs/", json={"name": "x"}).status_code == 201
    assert len(asked) == 3
    assert len(set(asked)) == 1


def test_a_server_that_stays_busy_is_not_asked_for_ever() -> None:
    asked = []

    def busy(request: httpx.Request) -> httpx.Response:
        asked.append(1)
        return httpx.Response(503)

    with httpx.Client(transport=SoonAgain(httpx.MockTransport(busy))) as client:
        assert client.get("http://prefect/api/health").status_code == 503
    assert len(asked) == len(WAITS) + 1


def test_every_connection_of_ours_asks_again_soon() -> None:
    with connected(PrefectAddress("http://127.0.0.1:9/api")) as client:
        assert isinstance(client._client._transport, SoonAgain)


def test_pages_of_prefect_are_made_in_the_home_where_its_installation_is_not_ours_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It serves none else; whoever runs these tests may be root, so what cannot be written is what is not there."""
    (tmp_path / "prefect" / "server").mkdir(parents=True)
    assert pages_elsewhere(tmp_path / "home", tmp_path / "prefect") == {}
    assert pages_elsewhere(tmp_path / "home", tmp_path / "absent") == {
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(tmp_path / "home" / "ui")
    }
    asked: list[Path] = []

    def refuses(path: Path, _mode: int) -> bool:
        asked.append(path)
        return False

    monkeypatch.setattr(os, "access", refuses)
    server = PrefectServer(tmp_path / "home")
    assert "PREFECT_SERVER_UI_STATIC_DIRECTORY" in server._environment()
    server.stop()
    assert [path for path in asked if not (path / "api" / "server.py").exists()] == [], "it is Prefect that was asked"
    assert asked
