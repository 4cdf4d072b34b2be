"""How long `crmw up` takes to its first page, beside the least web page in Python. It must not touch anybody's home."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure

PATIENCE_SECONDS: Final = 60.0
BARE: Final = """
import sys
import fastapi, uvicorn
app = fastapi.FastAPI()
app.get("/")(lambda: "ready")
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""


def startup_seconds(times: int) -> Figure:
    """Median of warm starts on the SQLite default, without Prefect, the first start (which fills the home) left out."""
    crmw = Path(sys.executable).with_name("crmw")
    with tempfile.TemporaryDirectory() as home:
        up = [str(crmw), "up", "--home", home, "--no-prefect", "--port"]
        _seconds_to_page(up, "/cases")
        bare = [sys.executable, "-c", BARE]
        pairs = [(_seconds_to_page(up, "/cases"), _seconds_to_page(bare, "/")) for _ in range(times)]
    ours, ceiling = [a for a, _ in pairs], [b for _, b in pairs]
    middle, least = statistics.median(ours), statistics.median(ceiling)
    return Figure("startup_seconds", "sqlite", middle, least, middle / least, "s", {"starts": ours, "bare": ceiling})


def _seconds_to_page(command: list[str], path: str) -> float:
    """Start the program on a free port and wait for its page to answer 200; RuntimeError when it ends before."""
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CRMW_", "PREFECT_"))}
    start = time.perf_counter()
    program = subprocess.Popen(
        [*command, str(port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    pause = threading.Event()
    try:
        while time.perf_counter() - start < PATIENCE_SECONDS and program.poll() is None:
            if _answers(f"http://127.0.0.1:{port}{path}"):
                return time.perf_counter() - start
            pause.wait(0.01)
        raise RuntimeError(f"{' '.join(command)} showed no page; run it by hand to see why")
    finally:
        program.terminate()
        program.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
