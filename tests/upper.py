"""A real `crmw up` in a process of its own, for tests that come in from outside: by page, by mail, by command.

    with running_up(tmp_path) as up:
        httpx.get(f"{up.url}/cases"); up.crmw("cases", "--json")

It must not look behind the doors: whoever wants rows opens the database of `up.home`.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.invariants import suite

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 30.0
NOT_INHERITED = ("CRMW_", "PREFECT_", "PYTEST", "LC_", "LANG")


def environment(home: Path, **more: str) -> dict[str, str]:
    """This machine's environment without settings of ours or of Prefect, in English, on that home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    quiet = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "LANG": "C.UTF-8"}
    return kept | quiet | {"CRMW_HOME": str(home), "PYTHONPATH": str(ROOT)} | more


@dataclass
class Up:
    """One life of `crmw up`."""

    home: Path
    process: subprocess.Popen[bytes]
    output: Path
    """What it printed on both streams."""
    env: dict[str, str]
    cwd: Path
    ports: dict[str, int | None]

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.ports['web']}"

    @property
    def smtp(self) -> int:
        """Where the local mail server listens."""
        port = self.ports["smtp"]
        assert port is not None
        return port

    @property
    def log(self) -> str:
        """Everything it has said so far, also what it logged."""
        logged = self.home / "logs" / "up.log"
        parts = [self.output.read_text("utf-8")] + ([logged.read_text("utf-8")] if logged.is_file() else [])
        return "\n".join(parts)

    def crmw(self, *words: object, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        """One command on the same home, in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "crm_workflows.interfaces.cli", *map(str, words)],
            env=self.env, cwd=self.cwd, input=typed, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def json(self, *words: object) -> Any:
        """The document of a command that must succeed."""
        said = self.crmw(*words, "--json")
        assert said.returncode == 0, f"{words}: {said.stderr}\n{self.log}"
        return json.loads(said.stdout)

    def kill(self) -> None:
        """As a power cut would, without any goodbye."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; returns its exit status."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def running_up(
    tmp_path: Path, *options: str, home: Path | None = None, prefect: bool = False, **env: str
) -> Iterator[Up]:
    """`crmw up --port 0` on `tmp_path/home` (or `home`, for another life on the same one) until the block ends.

    `env` are further settings, such as CRMW_NOW or CRMW_DATABASE_URL. The working directory is `tmp_path`, so that the
    shipped configuration is used. Fails with what it printed when it does not come up.
    """
    home = home or tmp_path / "home"
    settings = environment(home, **env)
    output = tmp_path / f"up-{len(list(tmp_path.glob('up-*.txt')))}.txt"
    words = ["up", "--port", "0", *([] if prefect else ["--no-prefect"]), *options]
    (home / "ports.json").unlink(missing_ok=True)
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "crm_workflows.interfaces.cli", *words],
            env=settings, cwd=tmp_path, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    up = Up(home, process, output, settings, tmp_path, {})
    try:
        up.ports = _listening(up)
        yield up
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    suite.ask_database(settings.get("CRMW_DATABASE_URL") or f"sqlite:///{home / 'crm.db'}")


def _listening(up: Up) -> dict[str, int | None]:
    """The ports, once the pages answer."""
    until = time.monotonic() + START_SECONDS
    file = up.home / "ports.json"
    while time.monotonic() < until:
        if file.is_file():
            ports: dict[str, int | None] = json.loads(file.read_text("utf-8"))
            if _answers(ports["web"]):
                return ports
        try:
            status = up.process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"crmw up ended with status {status}:\n{up.log}")
    raise AssertionError(f"crmw up did not come up in {START_SECONDS} s:\n{up.log}")


def _answers(port: int | None) -> bool:
    assert port is not None
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
