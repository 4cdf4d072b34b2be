"""The morning round over a large register, beside one bare INSERT … SELECT. It must not judge a time."""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Column, Connection, MetaData, Table, insert, literal, select
from sqlalchemy import true as yes

from benchmarks.databases import NewDatabase
from benchmarks.figures import Effort, Figure
from benchmarks.machine import most_memory
from benchmarks.ours import at_work
from benchmarks.register import fill
from crm_workflows.adapters.database.columns import INSTANT
from crm_workflows.adapters.database.opening import database_engine, database_url
from crm_workflows.adapters.database.tables_customers import customers, due_callbacks, round_runs
from crm_workflows.business import calling, levelling
from crm_workflows.domain.records import Round, RoundRun
from crm_workflows.engine.context import Engine

R = TypeVar("R")
OVERDUE_SINCE: Final = datetime(2026, 1, 5, tzinfo=UTC)
CEILING: Final = Table(
    "ceiling_due_callbacks",
    MetaData(),
    *[Column(c.name, c.type, primary_key=c.primary_key, nullable=c.nullable) for c in due_callbacks.c],
)


def bare(connection: Connection, at: datetime) -> None:
    """One statement: the row that a round makes, with the same key, for every customer."""
    given: list[Any] = [customers.c.code, customers.c.owner, literal(1), customers.c.registered_at, literal("round")]
    given += [literal("R-0001"), literal(at.isoformat()), literal(at, INSTANT), yes()]
    names = [column.name for column in due_callbacks.c][: len(given)]
    connection.execute(insert(CEILING).from_select(names, select(*given)))


def round_rows_per_second(name: str, new: NewDatabase, effort: Effort) -> Figure:
    """Rows of due callbacks a second, by a round and by one bare statement, in turns on the same database.

    Everybody is due, which costs a round most, and one in a hundred owes us something, so that every piece of the
    register has some with whom less silence is allowed.
    """
    url = new()
    found: dict[str, list[float]] = {"ours": [], "ceiling": [], "hand_out": []}
    with at_work(url) as ours:
        engine, database = ours.engine, database_engine(database_url(url))
        at = engine.clock.now()
        fill(engine.store, effort.customers, at)
        with database.connect() as connection:
            _prepare(connection)
            before = most_memory()
            for _ in range(max(2, effort.rounds // 5)):
                _empty(connection)
                _timed(found["ceiling"], lambda: _bare(connection, at))
                made = _timed(found["ours"], lambda: _round(engine))
                _timed(found["hand_out"], lambda: levelling.hand_out(engine, engine.clock.now()))
            grown = most_memory() - before
        database.dispose()
    rate = {who: effort.customers / statistics.median(seconds) for who, seconds in found.items()}
    ratio = statistics.median(b / a for a, b in zip(found["ours"], found["ceiling"], strict=True))
    detail = {
        "customers": effort.customers, "due": made,
        "hand_out_seconds": statistics.median(found["hand_out"]), "memory_grown_bytes": grown,
    }  # fmt: skip
    return Figure("round_rows_per_second", name, rate["ours"], rate["ceiling"], ratio, "rows/s", detail)


def _prepare(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
    CEILING.create(connection)
    everybody_is_due = {"status": "active", "consents": True, "last_contact_at": None}
    connection.execute(customers.update().values(everybody_is_due))
    connection.execute(customers.update().where(customers.c.code.like("%50")).values(overdue_since=OVERDUE_SINCE))
    connection.exec_driver_sql("COMMIT")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("VACUUM ANALYZE")


def _empty(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
    for table in (CEILING, due_callbacks, round_runs):
        connection.execute(table.delete())
    connection.exec_driver_sql("COMMIT")
    if connection.dialect.name == "postgresql":
        for table in (CEILING, due_callbacks):
            connection.exec_driver_sql(f"VACUUM {table.name}")


def _bare(connection: Connection, at: datetime) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.dialect.name == "sqlite" else "BEGIN")
    bare(connection, at)
    connection.exec_driver_sql("COMMIT")


def _round(engine: Engine) -> int:
    """One occurrence of a round that chooses everybody; returns how many are due."""
    now = engine.clock.now()
    one = Round("R-0001", "晨间回访", "0 9 * * *", "UTC", {}, "", "", None, None, False, now, None, now, "")
    with engine.store.write() as tx:
        tx.insert_new(one)
    calling.carry_out(engine, one, now)
    with engine.store.read() as reader:
        return sum(run.due for run in reader.find(RoundRun))


def _timed(into: list[float], work: Callable[[], R]) -> R:
    start = time.perf_counter()
    done = work()
    into.append(time.perf_counter() - start)
    return done
