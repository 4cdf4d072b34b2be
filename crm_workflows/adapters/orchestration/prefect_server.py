"""A Prefect server of our own as a child process: on loopback, with its files under our home.

It must not import prefect (that takes two seconds, which the child spends by itself) and must not hold up our own
start: `start` returns at once.
"""

import contextlib
import http.client
import importlib.util
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final, cast

from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
from crm_workflows.adapters.orchestration.prefect_server_guard import NAMES
from crm_workflows.domain.errors import OutsideFailure
from crm_workflows.domain.text import bilingual

HOST: Final = "127.0.0.1"
USUAL_PORTS: Final = range(4200, 4220)
STOP_SECONDS: Final = 5.0
LOOK_AGAIN_SECONDS: Final = 0.1
CHILD: Final = Path(__file__).with_name("prefect_server_child.py")

SERVER_SETTINGS: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_ENABLED": "true",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    # Written one by one, events lock SQLite so often that every second run of ours got a 503 and waited two seconds.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "500",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "50",
    # Runs older than 90 days go, and with them their tasks: the record is ours, this is a picture of the work.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
}
"""What our server is started with; a value of the environment wins."""


def pages_elsewhere(home: Path, package: Path) -> dict[str, str]:
    """The setting that has Prefect's pages made in `home`, where its installation `package` is not ours to write.

    Prefect (3.8.8) copies them beside its code, and serves none where it cannot: in a container, under systemd's
    `ProtectSystem=strict`, for every user but the one who installed it.
    """
    if os.access(package / "server", os.W_OK):
        return {}
    return {"PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home.absolute() / "ui")}


def _package() -> Path:
    found = importlib.util.find_spec("prefect")  # which does not import it
    return Path(found.origin).parent if found and found.origin else Path()


class PrefectServer:
    """Prefect's server with SQLite in `home`; it ends when we end, even when we are killed. For one thread."""

    def __init__(self, home: Path, port: int = 0) -> None:
        """`home` is created when missing. Port 0 takes Prefect's usual one, 4200, or one near it.

        Raises OutsideFailure when the port is taken.
        """
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        # Bound from now on, so that the address may be published before the server listens, and stays ours.
        self._bound: socket.socket | None = _bound((port,) if port else (*USUAL_PORTS, 0))
        self._port = int(self._bound.getsockname()[1])

    @property
    def address(self) -> PrefectAddress:
        """Where it answers, also before it does."""
        return PrefectAddress(f"http://{HOST}:{self._port}/api", ours=True)

    @property
    def pid(self) -> int | None:
        """The process number while it runs."""
        return self._process.pid if self.is_running and self._process else None

    @property
    def is_running(self) -> bool:
        """Whether the process lives; see `answers` for whether it is ready."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> Path:
        """What the server printed, for the administrator."""
        return self._home / "server.log"

    @property
    def database(self) -> Path:
        """Its SQLite file; deleting it while the server is stopped loses pictures of the work, never work."""
        return self._home / "prefect.db"

    def start(self) -> PrefectAddress:
        """Start it unless it runs; returns at once with its address.

        Raises OutsideFailure when somebody else took the port between its end and its new start.
        """
        if not self.is_running:
            self._home.mkdir(parents=True, exist_ok=True)
            again = None if self._bound else _bound((self._port,), used_before=True)
            with self.log.open("ab") as output, cast(socket.socket, self._bound or again) as bound:
                self._process = self._spawn(output, bound.fileno())
            # Ours is closed: were it open, connections to a server that died would wait instead of being refused.
            self._bound = None
        return self.address

    def _spawn(self, output: IO[bytes], handle: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", str(CHILD), str(handle)],
            env=self._environment(),
            pass_fds=(handle,),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # So that Ctrl-C in our terminal reaches us only: we stop the server after our own work.
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        """The child's: ours without our secrets and without the settings of a client."""
        ours = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CRMW_", "PREFECT__")) and name not in {"PREFECT_API_URL", "PREFECT_API_KEY"}
        }
        return SERVER_SETTINGS | {
            **pages_elsewhere(self._home, _package()),
            **ours,
            "PREFECT_HOME": str(self._home.absolute()),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{self.database.absolute()}",
            "PREFECT_SERVER_API_HOST": HOST,
            "PREFECT_SERVER_API_PORT": str(self._port),
            # Prefect would let a page of any site read what the server answers.
            "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": ",".join(f"http://{name}:{self._port}" for name in NAMES),
        }

    def answers(self) -> bool:
        """Whether the server is healthy now; waits at most a second."""
        connection = http.client.HTTPConnection(HOST, self._port, timeout=1)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/api/health")
            return connection.getresponse().status == http.client.OK
        return False

    def wait_ready(self, seconds: float, stop: threading.Event | None = None) -> None:
        """Wait until it answers (a new database takes it some ten seconds); returns early when `stop` is set.

        Raises OutsideFailure when it does not within `seconds`, or has ended; work can go on without it.
        """
        stop = stop or threading.Event()
        until = time.monotonic() + seconds
        while not self.answers():
            if not self.is_running or time.monotonic() >= until:
                raise OutsideFailure(
                    bilingual(
                        f"Prefect 服务没有启动，业务照常进行；原因见 {self.log}",
                        f"the Prefect server did not come up, work goes on without it; see {self.log}",
                    )
                )
            if stop.wait(LOOK_AGAIN_SECONDS):
                return

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask it to end, and kill it when it has not after `seconds`."""
        if self._bound is not None:
            self._bound.close()
            self._bound = None
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _bound(ports: Iterable[int], *, used_before: bool = False) -> socket.socket:
    """A socket bound to the first of these ports that is free; not listening, so that connections are refused."""
    for port in ports:
        made = socket.socket()
        if used_before:
            # Connections of the server before may linger for a minute. Never else: then two could share a port.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((HOST, port))
        except OSError:
            made.close()
            continue
        return made
    raise OutsideFailure(
        bilingual(
            "Prefect 服务的端口已被占用，业务照常进行；请停掉占用者或另设端口",
            "the port of the Prefect server is taken, work goes on without it; stop who has it, or choose another port",
        )
    )
