"""The product as processes: `crmw up` and commands, as an administrator of a machine starts and kills them.

Nothing here uses the engine; what it knows is the contract, and whom to ask what must hold of any database.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from tests.invariants import suite

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
CRMW = [str(Path(sys.executable).parent / "crmw")]
UP_SECONDS = 60.0


class NotRunning(Exception):
    """The company was killed while somebody was using it; they try again."""


class Installation:
    """One in a home of its own, which can be killed and started again at any moment."""

    def __init__(self, home: Path, env: Mapping[str, str] | None = None, *, prefect: bool = False) -> None:
        self.home = home
        self.prefect = prefect
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CRMW_", "PREFECT_"))}
        self.env = inherited | {"LANG": "C.UTF-8", "CRMW_HOME": str(home)} | dict(env or {})
        self.process: subprocess.Popen[bytes] | None = None
        self.pause = threading.Event()
        # One for all, and without the machine's certificates, which each new one would read anew.
        self.http = httpx.Client(trust_env=False, verify=False, timeout=20)

    # -- the process --------------------------------------------------------------------------------------------

    def up(self) -> Self:
        """Start on free ports, and wait until pages and mail listen."""
        return self.up_with(["--home", str(self.home), "--port", "0", *([] if self.prefect else ["--no-prefect"])])

    def up_with(self, options: list[str]) -> Self:
        """Start with these options, and wait until pages and mail listen."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "ports.json").unlink(missing_ok=True)
        with (self.home / "up.out").open("ab") as out:
            self.process = subprocess.Popen(
                [*CRMW, "up", *options], cwd=ROOT, env=self.env, stdout=out, stderr=out, start_new_session=True
            )
        for _ in range(int(UP_SECONDS / 0.1)):
            if self.process.poll() is not None:
                raise AssertionError(f"crmw up ended with {self.process.returncode}: {self.said()}")
            if (self.home / "ports.json").is_file() and self._answers():
                return self
            self.pause.wait(0.1)
        raise AssertionError(f"crmw up did not come up: {self.said()}")

    def said(self) -> str:
        """What `crmw up` has printed so far."""
        return (self.home / "up.out").read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """Kill -9 the process and everything it started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def down(self) -> int:
        """Ask it to stop; returns its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        self.ask()
        return status

    def ask(self) -> None:
        """Once nobody is at work: the test fails at its end if an invariant does not hold.

        Not between a kill and the next start: whoever opens the database repairs what the kill has left.
        """
        suite.ask_database(self.env.get("CRMW_DATABASE_URL") or f"sqlite:///{self.home / 'crm.db'}")

    def __enter__(self) -> Self:
        return self if self.process is not None else self.up()

    @property
    def program(self) -> str:
        """The installed command."""
        return CRMW[0]

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.ask()
        self.http.close()

    @property
    def ports(self) -> dict[str, int]:
        try:
            written = (self.home / "ports.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            raise NotRunning from None
        ports: dict[str, int] = json.loads(written)
        return ports

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.ports['web']}"

    def _answers(self) -> bool:
        try:
            return self.get("/health/ready").status_code == 200
        except NotRunning:
            return False

    # -- the command line ---------------------------------------------------------------------------------------

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end, whatever it answers."""
        return subprocess.run(
            [*CRMW, *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False, timeout=120
        )

    def crmw(self, *arguments: str) -> Any:
        """Run a command that must succeed; returns what it printed as JSON."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, f"crmw {' '.join(arguments)}: {done.stderr or done.stdout}"
        return json.loads(done.stdout)

    def start(
        self,
        sample: str = "good",
        *more: str,
        changes: Mapping[str, Any] | None = None,
        process: str = "supplier-vetting",
    ) -> str:
        """Start a case, a supplier's unless told otherwise, from a sample; returns its code."""
        input_ = json.loads((SAMPLES / sample / "application.json").read_text(encoding="utf-8")) | dict(changes or {})
        file = self.home / f"input-{sample}-{input_.get('credit_code', '')}.json"
        file.write_text(json.dumps(input_, ensure_ascii=False), encoding="utf-8")
        return str(self.crmw("start", process, "--input", str(file), *more)["case"])

    def case(self, code: str) -> dict[str, Any]:
        """The case as the API shows it, which is what `crmw case CODE --json` prints."""
        answer = self.get(f"/api/v1/cases/{code}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    # -- its pages ---------------------------------------------------------------------------------------------

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One HTTP request; raises NotRunning when nobody is there."""
        try:
            return self.http.request(method, self.address + path, **more)
        except httpx.TransportError:
            raise NotRunning from None

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def wait_for(self, what: Any, seconds: float = 30.0) -> Any:
        """Ask until the answer is truthy; fails the test when it never is."""
        for _ in range(int(seconds / 0.2)):
            try:
                found = what()
            except NotRunning:
                found = None
            if found:
                return found
            self.pause.wait(0.2)
        raise AssertionError(f"waited {seconds} s in vain\n{self.said()[-2000:]}")
