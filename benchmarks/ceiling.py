"""The ceiling: the least that any program would write for an approval case, by hand with SQLAlchemy Core.

Minimal rows (case with 1 KB, request, mail, four business rows), two commits a case, one process, as durable as ours.
It must not use our store, or it would only compare us with ourselves.
"""

import json
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pysqlite3 import dbapi2
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    event,
    insert,
    update,
)
from sqlalchemy.engine import make_url

METADATA: Final = MetaData()
NOON: Final = datetime(2026, 3, 2, 4, tzinfo=UTC)
CASES: Final = Table(
    "ceiling_cases",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
)
REQUESTS: Final = Table(
    "ceiling_requests",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("code", Text, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("decision", Text),
)
MAILS: Final = Table(
    "ceiling_mails",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("code", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("status", Text, nullable=False),
)
BUSINESS: Final = Table(
    "ceiling_business",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("value", Text, nullable=False),
)
# Built once: to build and hash a statement anew for every row would cost a tenth of the ceiling.
INSERT_CASE, INSERT_REQUEST, INSERT_MAIL, INSERT_BUSINESS = (insert(t) for t in (CASES, REQUESTS, MAILS, BUSINESS))
DECIDE: Final = update(REQUESTS).where(REQUESTS.c.id == bindparam("of")).values(is_open=False, decision="approve")
CLOSE: Final = update(CASES).where(CASES.c.code == bindparam("of")).values(status="closed", closed_at=NOON)
SUBJECT: Final = {"company": "宏达五金", "goods": "x" * 1_000}


def cases_per_second(url: str, seconds: float) -> float:
    """Approval cases opened, decided and closed in a second, measured for so long. Its tables are made anew."""
    with _connected(url) as connection:
        for number in range(50):
            _one_case(connection, f"warm-{number}")
        done, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            _one_case(connection, f"case-{done}")
            done += 1
        return done / (time.perf_counter() - start)


def fsync_milliseconds(folder: Path, times: int = 200) -> float:
    """The median time that a 4 KB write and its fsync take in this folder: what the disk charges for a commit."""
    path = folder / "fsync-probe"
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            start = time.perf_counter()
            file.write(b"\0" * 4_096)
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - start)
    path.unlink()
    return statistics.median(taken) * 1_000


def _open(connection: Connection, code: str) -> None:
    """Open with two steps, a request and its mail."""
    value = json.dumps({"step": code})
    with connection.begin():
        opened = {"code": code, "status": "waiting", "subject": json.dumps(SUBJECT), "opened_at": NOON}
        connection.execute(INSERT_CASE, opened)
        connection.execute(INSERT_BUSINESS, [{"code": code, "n": n, "value": value} for n in (1, 2)])
        connection.execute(INSERT_REQUEST, {"id": code, "code": code, "is_open": True})
        mail = {"id": code, "code": code, "recipient": "wang@example.com", "context": value, "status": "queued"}
        connection.execute(INSERT_MAIL, mail)


def _decide(connection: Connection, code: str) -> None:
    """Decide with two more steps; done."""
    value = json.dumps({"step": code})
    with connection.begin():
        connection.execute(DECIDE, {"of": code})
        connection.execute(INSERT_BUSINESS, [{"code": code, "n": n, "value": value} for n in (3, 4)])
        connection.execute(CLOSE, {"of": code})


def _one_case(connection: Connection, code: str) -> None:
    _open(connection, code)
    _decide(connection, code)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = _engine(url)
    METADATA.drop_all(engine)
    METADATA.create_all(engine)
    with engine.connect() as connection:
        yield connection
    METADATA.drop_all(engine)
    engine.dispose()


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed.set(drivername="postgresql+psycopg"))
    engine = create_engine(parsed, module=dbapi2)
    event.listen(engine, "connect", _as_durable_as_ours)
    return engine


def _as_durable_as_ours(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL").fetchone()
    connection.execute("PRAGMA synchronous=FULL")
