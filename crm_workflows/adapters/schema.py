"""Brings a database's tables up to date by Alembic, without a configuration file. It must not touch rows of cases."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from crm_workflows.adapters.opening import database_engine, database_errors, database_url

VERSIONS: Final = Path(__file__).parent / "migrations"
ADVISORY_LOCK: Final = 5_306_617_422
"""Any number, the same in every process that migrates."""
PATIENCE_SECONDS: Final = 600


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS).replace("%", "%%"))
    return config


def migrate(url: str) -> list[str]:
    """Bring the tables up to date; returns what was applied, such as `0001 first tables`, oldest first.

    Processes that start together take turns: the first migrates, the others find nothing to do. All or nothing.
    """
    with _connected(url) as connection:
        _take_turn(connection)
        pending = _pending(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return pending


def pending_migrations(url: str) -> list[str]:
    """What `migrate` would apply, oldest first; a database that does not exist is not created."""
    database = database_url(url)
    if database.get_backend_name() == "sqlite" and not Path(database.database or "").exists():
        return _newer_than(None)
    with _connected(url) as connection:
        return _pending(connection)


def _pending(connection: Connection) -> list[str]:
    return _newer_than(MigrationContext.configure(connection).get_current_revision())


def _newer_than(current: str | None) -> list[str]:
    script = ScriptDirectory.from_config(_config())
    newer = [version for version in script.iterate_revisions("head", current or "base") if version.revision != current]
    return [f"{version.revision} {version.doc}" for version in reversed(newer)]


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """A connection of its own; StoreBusy when the database cannot be reached or is held by others."""
    database = database_url(url)
    engine = database_engine(database)
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        original = error.orig
        if not isinstance(original, Exception):
            raise
        raise database_errors(database).meaning(original, None) from error
    finally:
        engine.dispose()


def _take_turn(connection: Connection) -> None:
    """Begin the one transaction that no other migration can be in, waiting for it as long as it takes.

    The driver's connections begin nothing by themselves (store_sqlite.py, store_postgres.py).
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {PATIENCE_SECONDS * 1000}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
