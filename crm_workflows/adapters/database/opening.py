"""`open_store`: the store behind a database address. It must not create or change tables.

What belongs to PostgreSQL is imported where it is used: its driver costs a command on SQLite a sixth of a second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from crm_workflows.adapters.database.sql_transaction import Errors
from crm_workflows.adapters.database.store import SqlStore
from crm_workflows.adapters.database.store_sqlite import SqliteErrors, SqliteStore, sqlite_engine
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.text import bilingual


def database_url(url: str) -> URL:
    """The address with the driver we use; ConfigurationError for a database we do not keep cases in."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _unusable("不是数据库地址", "it is not an address") from error
    kind = parsed.get_backend_name()
    if kind == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed.set(drivername="sqlite")
    if kind in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    shown = parsed.render_as_string()
    raise _unusable(
        f"{shown} 既不是 SQLite 文件，也不是 PostgreSQL 数据库",
        f"{shown} is neither an SQLite file nor a PostgreSQL database",
    )


def _unusable(chinese: str, english: str) -> ConfigurationError:
    """The address itself may hold a password, and is shown without it or not at all."""
    forms = "sqlite:///path/to/file", "postgresql://user:password@host/database"
    zh = f"CRMW_DATABASE_URL：{chinese}；请写成 {forms[0]} 或 {forms[1]}"
    return ConfigurationError([bilingual(zh, f"CRMW_DATABASE_URL: {english}; write {forms[0]} or {forms[1]}")])


def database_engine(url: URL) -> Engine:
    """SQLAlchemy's engine for this database, with our settings of the connection."""
    if url.get_backend_name() == "sqlite":
        return sqlite_engine(url)
    from crm_workflows.adapters.database.store_postgres import postgres_engine

    return postgres_engine(url)


def database_errors(url: URL) -> Errors:
    """What the errors of this database mean."""
    if url.get_backend_name() == "sqlite":
        return SqliteErrors()
    from crm_workflows.adapters.database.postgres_errors import PostgresErrors

    return PostgresErrors()


@contextmanager
def driver_connection(url: str) -> Iterator[Any]:
    """A connection of the driver itself, closed at the end; StoreBusy when the database is out of reach or held."""
    database = database_url(url)
    engine, errors = database_engine(database), database_errors(database)
    try:
        yield engine.raw_connection().driver_connection
    except errors.base as error:
        raise errors.meaning(error, None) from error
    finally:
        engine.dispose()


def open_store(url: str) -> SqlStore:
    """The store at this address; its tables must be there (`migrate`). StoreBusy when it cannot be reached."""
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteStore(parsed)
    from crm_workflows.adapters.database.store_postgres import PostgresStore

    return PostgresStore(parsed)
