"""Prefect's own pause: a flow run that waits in its process until somebody resumes it, on a server of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lab import ADD_ROW, QUEUE, SUBJECT, database, mail, measure, row

POLL_SECONDS = 0.1
PAUSE = threading.Event()
HOME = tempfile.mkdtemp(prefix="peer-prefect-")
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    PORT = probe.getsockname()[1]
API = f"http://127.0.0.1:{PORT}/api"
os.environ |= {
    "PREFECT_HOME": HOME, "PREFECT_API_URL": API, "PREFECT_LOGGING_LEVEL": "CRITICAL", "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}  # fmt: skip


def serve() -> "subprocess.Popen[bytes]":
    command = [str(Path(sys.executable).with_name("prefect")), "server", "start", "--port", str(PORT)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{API}/health"):
                return server
        except OSError:
            PAUSE.wait(0.1)
    raise RuntimeError("Prefect's server did not come up")


def main() -> None:
    from prefect import flow, get_client, task
    from prefect.flow_runs import pause_flow_run, resume_flow_run
    from prefect.runtime import flow_run

    engine = database(sys.argv[1])
    asked: dict[str, tuple[threading.Event, list[str]]] = {}

    @task
    def note(code: str, name: str) -> None:
        with engine.begin() as connection:
            connection.execute(ADD_ROW, row(code, name))

    @task
    def ask(code: str, subject: dict[str, str]) -> None:
        with engine.begin() as connection:
            connection.execute(QUEUE, mail(code, subject))

    @flow
    def approval(code: str, subject: dict[str, str]) -> None:
        note(code, "request")
        note(code, "budget")
        ask(code, subject)
        event, ids = asked[code]
        ids.append(str(flow_run.id))
        event.set()
        pause_flow_run(timeout=600, poll_interval=POLL_SECONDS)
        note(code, "order")
        note(code, "archive")

    with ThreadPoolExecutor(2) as pool, get_client(sync_client=True) as client:

        def begin() -> tuple[str, "Future[Any]"]:
            code = uuid.uuid4().hex
            event, ids = asked[code] = threading.Event(), []
            running = pool.submit(approval, code, SUBJECT)
            event.wait()
            while not client.read_flow_run(uuid.UUID(ids[0])).state.is_paused():
                PAUSE.wait(0.02)
            return ids[0], running

        def decide(case: tuple[str, "Future[Any]"]) -> None:
            resume_flow_run(uuid.UUID(case[0]))
            case[1].result()

        how = "pause_flow_run in the process, polling at 0.1 s, server on SQLite"
        measure("Prefect pause", "prefect", begin, decide, how, at_once=False)


server = serve()
try:
    main()
finally:
    os.killpg(server.pid, signal.SIGTERM)
    server.wait()
    shutil.rmtree(HOME, ignore_errors=True)
