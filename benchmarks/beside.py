"""`make bench ARGS=--peers`: other engines on the same approval case, installed for the run, in turns with ours.

It must not touch our own environment, and says of a peer that cannot be installed or run why it is not in the table.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.databases import NewDatabase

HERE: Final = Path(__file__).parent / "peers"
ROUNDS: Final = 3
SECONDS: Final = 3.0
LONGEST_SECONDS: Final = 180.0
SHARED: Final = ("SQLAlchemy", "psycopg[binary]")
"""What every program needs; each other line of the requirements is one peer."""
PEERS: Final = {"dbos": "dbos", "statemachine": "python-statemachine", "spiff": "SpiffWorkflow"}
OWN: Final = ("ceiling", "ours", "prefect")
"""Programs that run in our environment, which has Prefect."""
HEAD: Final = f"{'':28} {'cases/s singly':>14} {'20 at once':>11} {'decision p50 ms':>16} {'p95 ms':>8}"


@dataclass(frozen=True)
class Environment:
    """The interpreter of the peers, and of which peers we know why they are not there."""

    python: Path
    missing: dict[str, str]


def installed(folder: Path) -> Environment:
    """A new environment with what `requirements.txt` pins, each peer by itself: one that fails hinders no other."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    pins = [line.strip() for line in (HERE / "requirements.txt").read_text("utf-8").splitlines() if "==" in line]
    shared = [pin for pin in pins if pin.startswith(SHARED)]
    missing = {}
    for peer, package in PEERS.items():
        wanted = [*shared, *(pin for pin in pins if pin.startswith(f"{package}=="))]
        done = subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            missing[peer] = _last_line(done.stderr)
    return Environment(python, missing)


def beside_each_other(environment: Environment, name: str, new: NewDatabase) -> Iterator[str]:
    """The lines of a table for one database: medians over the rounds; a contender's database is new in each."""
    # Prefect's server keeps runs in a database of its own, whatever the effects are in.
    own = [each for each in OWN if each != "prefect" or name == "sqlite"]
    contenders = [*own, *(peer for peer in PEERS if peer not in environment.missing)]
    found: dict[str, list[dict[str, Any]]] = {contender: [] for contender in contenders}
    failed: dict[str, str] = {}
    for _ in range(ROUNDS):
        for contender in found:
            if contender in failed:
                continue
            try:
                found[contender].append(_measured(environment, contender, new()))
            except (subprocess.SubprocessError, ValueError, IndexError) as error:
                failed[contender] = _last_line(getattr(error, "stderr", None) or str(error))
    yield HEAD
    for contender, figures in found.items():
        if contender not in failed:
            yield _line(figures)
            yield f"    {figures[0]['how']}"
    for contender, why in (environment.missing | failed).items():
        yield f"{contender}: not measured, {why}"


def _measured(environment: Environment, contender: str, url: str) -> dict[str, Any]:
    python = sys.executable if contender in OWN else str(environment.python)
    if contender not in ("ceiling", "ours"):
        url = url.replace("postgresql://", "postgresql+psycopg://")
    done = subprocess.run(
        [python, str(HERE / f"peer_{contender}.py"), url, str(SECONDS)],
        check=True, capture_output=True, text=True, timeout=LONGEST_SECONDS,
        env={**os.environ, "PYTHONPATH": str(HERE.parent.parent)},
    )  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _line(figures: list[dict[str, Any]]) -> str:
    def median(key: str) -> str:
        values = [one[key] for one in figures if one[key] is not None]
        return f"{statistics.median(values):,.1f}" if values else "-"

    cells = [f"{median('singly'):>14}", f"{median('at_once'):>11}", f"{median('decision_p50'):>16}"]
    return f"{figures[0]['peer']:28} {' '.join(cells)} {median('decision_p95'):>8}"


def _last_line(text: str) -> str:
    return next(iter(reversed(text.strip().splitlines())), "no reason given")
