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

from crm_workflows.adapters.database import figure_views
from crm_workflows.adapters.database.opening import database_engine, database_errors, database_url
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.text import bilingual

VERSIONS: Final = Path(__file__).parent / "migrations"
ADVISORY_LOCK: Final = 5_306_617_422
"""Any number, the same in every process that migrates."""
PATIENCE_SECONDS: Final = 600
NOT_ALLOWED: Final = "42501"
NOT_THE_OWNER: Final = bilingual(
    "CRMW_DATABASE_URL：数据库结构需要更新，而此角色无权修改；请以表的所有者执行 crmw migrate",
    "CRMW_DATABASE_URL: the tables are to be brought up to date, which this role may not do; run crmw migrate as their "
    "owner",
)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS).replace("%", "%%"))
    return config


def migrate(url: str, version: str = "head") -> list[str]:
    """Bring the tables up to date; returns what was applied, such as `0001 first tables`, oldest first.

    Processes that start together take turns: the first migrates, the others find nothing to do. All or nothing.
    `version` stops at an older one, for a backup that was made with it.
    """
    with _connected(url) as connection:
        _take_turn(connection)
        pending = _newer_than(_current(connection), version)
        if pending:
            figure_views.drop(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        if pending and _current(connection) == known_versions()[-1]:
            figure_views.create(connection)
        connection.commit()
    return pending


def known_versions() -> list[str]:
    """All versions of the tables that this program knows, oldest first."""
    script = ScriptDirectory.from_config(_config())
    return [version.revision for version in reversed(list(script.walk_revisions()))]


def _current(connection: Connection) -> str | None:
    """The version of the tables; ConfigurationError when a newer program has made them."""
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known_versions():
        zh = f"CRMW_DATABASE_URL：数据库结构的版本是 {current}，属于更新的程序；请先升级本程序"
        en = f"CRMW_DATABASE_URL: the database has version {current}, of a newer program; upgrade this program first"
        raise ConfigurationError([bilingual(zh, en)])
    return current


def _newer_than(current: str | None, version: str) -> list[str]:
    script = ScriptDirectory.from_config(_config())
    newer = [one for one in script.iterate_revisions(version, current or "base") if one.revision != current]
    return [f"{one.revision} {one.doc}" for one in reversed(newer)]


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
        if getattr(original, "sqlstate", None) == NOT_ALLOWED:
            raise ConfigurationError([NOT_THE_OWNER]) from error
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
