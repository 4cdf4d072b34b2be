"""What the programs of the peers share: tables for effects, durable connections, the stop-watch.

It runs in the peers' environment and must not import anything of ours.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

import sqlalchemy as sa

SUBJECT = {"company": "宏达五金", "goods": "x" * 1_000}
METADATA = sa.MetaData()
BUSINESS = sa.Table(
    "peer_business", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.Text),
    sa.Column("name", sa.Text), sa.Column("value", sa.Text),
)  # fmt: skip
MAILS = sa.Table(
    "peer_mails", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.Text),
    sa.Column("recipient", sa.Text), sa.Column("context", sa.Text), sa.Column("status", sa.Text),
)  # fmt: skip
ADD_ROW, QUEUE = sa.insert(BUSINESS), sa.insert(MAILS)
AT_ONCE = 20


def database(url: str) -> sa.Engine:
    """The tables on it; SQLite as durable as ours is, PostgreSQL by its server."""
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", durable)
    METADATA.create_all(engine)
    return engine


def durable(connection: Any, _record: object) -> None:
    """Write-ahead log, every commit synced, writers wait for each other."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def row(code: str, name: str) -> dict[str, str]:
    """What a step writes."""
    return {"code": code, "name": name, "value": json.dumps({"step": name})}


def mail(code: str, subject: dict[str, str] = SUBJECT) -> dict[str, str]:
    """The mail that asks."""
    return {"code": code, "recipient": "zheng@example.com", "context": json.dumps(subject), "status": "queued"}


def seconds_wanted() -> float:
    """How long to measure, from the command line: URL SECONDS."""
    return float(sys.argv[2])


def measure(
    name: str,
    package: str,
    open_: Callable[[], Any],
    decide: Callable[[Any], object],
    how: str,
    *,
    at_once: bool = True,
) -> None:
    """Whole cases one after the other, then twenty at once, each until the time is over; then print one JSON line."""
    decide(open_())
    decisions: list[float] = []

    def once() -> None:
        case = open_()
        start = time.perf_counter()
        decide(case)
        decisions.append((time.perf_counter() - start) * 1_000)

    singly = _rate(once, 1)
    alone = list(decisions)
    figures = {
        "peer": f"{name} {version(package)}",
        "how": how,
        "singly": singly,
        "at_once": _rate(once, AT_ONCE) if at_once else None,
        "decision_p50": statistics.median(alone),
        "decision_p95": statistics.quantiles(alone, n=20, method="inclusive")[18] if len(alone) > 1 else alone[0],
    }
    print(json.dumps(figures), flush=True)


def _rate(once: Callable[[], None], threads: int) -> float:
    until = time.perf_counter() + seconds_wanted()

    def worker(_n: int) -> int:
        done = 0
        while time.perf_counter() < until:
            once()
            done += 1
        return done

    start = time.perf_counter()
    if threads == 1:
        return worker(0) / (time.perf_counter() - start)
    with ThreadPoolExecutor(threads) as pool:
        done = sum(pool.map(worker, range(threads)))
    return done / (time.perf_counter() - start)
