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

from crm_workflows.adapters.opening import database_engine, database_url

VERSIONS: Final = Path(__file__).parent / "migrations"
ADVISORY_LOCK: Final = 5_306_617_422
"""Any number, the same in every process that migrates."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS).replace("%", "%%"))
    return config


def migrate(url: str) -> list[str]:
    """Bring the tables up to date; returns what was applied, such as `0001 first tables`, oldest first.

    Processes that start together take turns: the first migrates, the others find nothing to do. All or nothing.
    """
    with _locked(url) as connection:
        pending = _pending(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return pending


def pending_migrations(url: str) -> list[str]:
    """What `migrate` would apply, oldest first; a database that does not exist is not created."""
    database = database_url(url)
    if database.get_backend_name() == "sqlite" and not Path(database.database or "").exists():
        return _newer_than(None)
    engine = database_engine(database)
    try:
        with engine.connect() as connection:
            return _pending(connection)
    finally:
        engine.dispose()


def revision(url: str) -> str | None:
    """The version of the tables in this database, None when it has none."""
    engine = database_engine(database_url(url))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _pending(connection: Connection) -> list[str]:
    return _newer_than(MigrationContext.configure(connection).get_current_revision())


def _newer_than(current: str | None) -> list[str]:
    script = ScriptDirectory.from_config(_config())
    newer = [version for version in script.iterate_revisions("head", current or "base") if version.revision != current]
    return [f"{version.revision} {version.doc}" for version in reversed(newer)]


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    """A connection in one transaction that no other migration can be in."""
    engine = database_engine(database_url(url))
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
            yield connection
    finally:
        engine.dispose()
