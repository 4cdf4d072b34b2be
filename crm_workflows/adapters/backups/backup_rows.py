"""Rows of a backup: read from one moment of a database, written into another. It must not know the backup's file."""

import base64
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Boolean, DateTime, Integer, LargeBinary, Table

from crm_workflows.adapters.database.codec import from_json, itself, to_json
from crm_workflows.adapters.database.columns import JSON_VALUE
from crm_workflows.domain.instants import stamp

Progress = Callable[[int, int], None]
"""Told how much is done and how much there is in all: rows in a backup; bytes checked and then rows in a restore."""
Convert = Callable[[Any], Any]
ROWS_AT_ONCE: Final = 200
BYTES_AT_ONCE: Final = 8_000_000


class Steps:
    """Counts what is done."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._done = 0
        self._progress = progress

    def step(self, size: int = 1) -> None:
        """So much more is done."""
        self._done += size
        if self._progress is not None:
            self._progress(self._done, self._total)


class Database:
    """A driver's connection, with what both directions ask first."""

    def __init__(self, connection: Any, *, is_sqlite: bool) -> None:
        self.connection = connection
        self.is_sqlite: Final = is_sqlite

    def tables(self) -> set[str]:
        """The names of the tables there are."""
        if self.is_sqlite:
            found = self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        else:
            found = self.connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {str(row[0]) for row in found.fetchall()}

    def version(self) -> str | None:
        """The version of the tables, None when there are none."""
        if "alembic_version" not in self.tables():
            return None
        found = self.connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if found is None else str(found[0])

    def count(self, table: str) -> int:
        """How many rows."""
        return int(self.connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608 - our name


class Source(Database):
    """One moment of a database, read row by row."""

    def begin(self) -> None:
        """Fix the moment; writers are not held up, on SQLite as far as it keeps a write-ahead log."""
        self.connection.execute("BEGIN" if self.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def rows(self, table: Table, at_once: int = ROWS_AT_ONCE) -> Iterator[tuple[Any, ...]]:
        """The rows by primary key, so many in memory at a time."""
        columns = ", ".join(f'"{column.name}"' for column in table.c)
        keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
        statement = f'SELECT {columns} FROM "{table.name}" ORDER BY {keys}'  # noqa: S608 - our names
        if self.is_sqlite:
            yield from self.connection.execute(statement)
            return
        with self.connection.cursor(name=f"backup_{table.name}") as cursor:
            cursor.itersize = at_once
            yield from cursor.execute(statement)

    def portable(self, table: Table) -> list[tuple[str, Convert]]:
        """How each column's value goes into JSON, alike from both databases."""
        return [(column.name, self._portable(kind_of(column.type))) for column in table.c]

    def _portable(self, kind: str) -> Convert:
        if kind == "json":
            return from_json if self.is_sqlite else itself
        converts: dict[str, Convert] = {"bytes": _base64, "instant": _instant_text, "flag": bool}
        return converts.get(kind, itself)


class Target(Database):
    """A database that is filled in one transaction."""

    def begin(self) -> None:
        """Nobody else writes from here on, on SQLite at least."""
        self.connection.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")

    def insert(self, table: str, kinds: dict[str, str], rows: Iterable[dict[str, Any]]) -> Iterator[int]:
        """Insert rows by column name, yielding how many are in."""
        places = ", ".join(["?" if self.is_sqlite else "%s"] * len(kinds))
        columns = ", ".join(f'"{name}"' for name in kinds)
        statement = f'INSERT INTO "{table}" ({columns}) VALUES ({places})'  # noqa: S608 - names were compared
        converts = [(name, self._native(kind)) for name, kind in kinds.items()]
        cursor = self.connection.cursor()
        for some in _batched(rows):
            values = [[None if row[name] is None else convert(row[name]) for name, convert in converts] for row in some]
            cursor.executemany(statement, values)
            yield len(values)

    def _native(self, kind: str) -> Convert:
        if kind == "instant":
            return _instant_text if self.is_sqlite else datetime.fromisoformat
        converts: dict[str, Convert] = {"json": to_json, "bytes": _bytes}
        return converts.get(kind, itself)


def _batched(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Some rows at a time; few where they hold whole mails or documents."""
    some: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        some.append(row)
        size += len(row.get("content") or "")
        if len(some) == ROWS_AT_ONCE or size > BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def kind_of(column_type: Any) -> str:
    """What a column holds, as the manifest names it."""
    if column_type is JSON_VALUE:
        return "json"
    for kind, name in ((DateTime, "instant"), (Boolean, "flag"), (LargeBinary, "bytes"), (Integer, "integer")):
        if isinstance(column_type, kind):
            return name
    return "text"


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(value: str | bytes) -> bytes:
    """Of a blob as it is, of a row in base64."""
    return value if isinstance(value, bytes) else base64.b64decode(value)


def _instant_text(value: Any) -> str:
    return stamp(datetime.fromisoformat(value) if isinstance(value, str) else value)
