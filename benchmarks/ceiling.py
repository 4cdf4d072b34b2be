"""The ceiling: the least that any program would write for an approval case, by hand with SQLAlchemy Core.

Minimal rows (case with 1 KB, request, mail, four business rows), two commits a case, one process, as durable as ours.
It must not use our store, or it would only compare us with ourselves.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

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

from crm_workflows.adapters.database.store_sqlite import DRIVER

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
# Built once: to build and hash them anew for every execution makes the ceiling a third lower.
INSERT_CASE, INSERT_REQUEST, INSERT_MAIL, INSERT_BUSINESS = (insert(t) for t in (CASES, REQUESTS, MAILS, BUSINESS))
DECIDE: Final = update(REQUESTS).where(REQUESTS.c.id == bindparam("of")).values(is_open=False, decision="approve")
CLOSE: Final = update(CASES).where(CASES.c.code == bindparam("of")).values(status="closed", closed_at=NOON)
SUBJECT: Final = {"company": "宏达五金", "goods": "x" * 1_000}


class Ceiling:
    """Cases on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers = count(1)

    def open(self) -> str:
        """Open with two steps, a request and its mail; returns the code."""
        code = f"C-{next(self._numbers)}"
        value = json.dumps({"step": code})
        with self._connection.begin():
            opened = {"code": code, "status": "waiting", "subject": json.dumps(SUBJECT), "opened_at": NOON}
            self._connection.execute(INSERT_CASE, opened)
            self._connection.execute(INSERT_BUSINESS, [{"code": code, "n": n, "value": value} for n in (1, 2)])
            self._connection.execute(INSERT_REQUEST, {"id": code, "code": code, "is_open": True})
            mail = {"id": code, "code": code, "recipient": "wang@example.com", "context": value, "status": "queued"}
            self._connection.execute(INSERT_MAIL, mail)
        return code

    def until_decision(self) -> str:
        """A case that waits; returns its code."""
        return self.open()

    def decide(self, code: str) -> None:
        """Decide with two more steps; done."""
        value = json.dumps({"step": code})
        with self._connection.begin():
            self._connection.execute(DECIDE, {"of": code})
            self._connection.execute(INSERT_BUSINESS, [{"code": code, "n": n, "value": value} for n in (3, 4)])
            self._connection.execute(CLOSE, {"of": code})

    def singly(self) -> int:
        """One case from beginning to end."""
        self.decide(self.open())
        return 1

    def crowd(self, cases: int) -> None:
        """So many cases that wait, each for its decision."""
        waiting = [f"W-{n}" for n in range(cases)]
        subject = json.dumps(SUBJECT)
        with self._connection.begin():
            self._connection.execute(
                INSERT_CASE, [{"code": w, "status": "waiting", "subject": subject, "opened_at": NOON} for w in waiting]
            )
            self._connection.execute(INSERT_REQUEST, [{"id": w, "code": w, "is_open": True} for w in waiting])
            self._connection.execute(
                INSERT_BUSINESS, [{"code": w, "n": n, "value": "{}"} for w in waiting for n in (1, 2)]
            )


@contextmanager
def by_hand(url: str) -> Iterator[Ceiling]:
    """The ceiling on the empty database at this address."""
    engine = _engine(url)
    METADATA.create_all(engine)
    with engine.connect() as connection:
        yield Ceiling(connection)
    engine.dispose()


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed.set(drivername="postgresql+psycopg"))
    engine = create_engine(parsed, module=DRIVER)
    event.listen(engine, "connect", _as_durable_as_ours)
    return engine


def _as_durable_as_ours(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL").fetchone()
    connection.execute("PRAGMA synchronous=FULL")
