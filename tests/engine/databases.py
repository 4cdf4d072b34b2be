"""Databases that can be copied and put back, for tests that kill the same deed at many places."""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.engine.ports import Store
from crm_workflows.testing import MemoryStore
from tests.postgres import PostgresServer


class Databases:
    """Copies of one database, by number; the copy 0 is the one at work."""

    def save(self, n: int) -> None:
        """Keep the database at work as copy `n`."""
        raise NotImplementedError

    def restore(self, n: int) -> None:
        """Put copy `n` to work."""
        raise NotImplementedError

    def opened(self) -> AbstractContextManager[Store]:
        """A new store object on the database at work, as a new process would open it."""
        raise NotImplementedError


@dataclass
class InMemory(Databases):
    """Its rows are what outlives a process."""

    at_work: MemoryStore = field(default_factory=MemoryStore)
    copies: dict[int, Any] = field(default_factory=dict)

    def save(self, n: int) -> None:
        self.copies[n] = {record: dict(rows) for record, rows in self.at_work._tables.items()}

    def restore(self, n: int) -> None:
        self.at_work = MemoryStore()
        self.at_work._tables = {record: dict(rows) for record, rows in self.copies[n].items()}

    @contextmanager
    def opened(self) -> Iterator[Store]:
        again = MemoryStore()
        again._tables = self.at_work._tables
        self.at_work = again
        try:
            yield again
        finally:
            again.close()


@dataclass
class OnSqlite(Databases):
    """One file; closing the last connection folds the write-ahead log into it."""

    file: Path

    def save(self, n: int) -> None:
        shutil.copy(self.file, self.file.with_suffix(f".{n}"))

    def restore(self, n: int) -> None:
        for rest in ("-wal", "-shm"):  # what a killed process left behind belongs to the database that goes
            self.file.with_name(self.file.name + rest).unlink(missing_ok=True)
        shutil.copy(self.file.with_suffix(f".{n}"), self.file)

    @contextmanager
    def opened(self) -> Iterator[Store]:
        store = open_store(f"sqlite:///{self.file}")
        try:
            yield store
        finally:
            store.close()


@dataclass
class OnPostgres(Databases):
    """One database of a server; copies are databases of their own, made of it while nobody is connected."""

    server: PostgresServer
    name: str
    copies: dict[int, str] = field(default_factory=dict)

    def save(self, n: int) -> None:
        if n in self.copies:
            self.server.drop(self.copies[n])
        self.copies[n] = self.server.empty_database(self.name)

    def restore(self, n: int) -> None:
        self.server.drop(self.name)
        self.name = self.server.empty_database(self.copies[n])

    def drop(self) -> None:
        """Remove it with its copies."""
        for name in (self.name, *self.copies.values()):
            self.server.drop(name)

    @contextmanager
    def opened(self) -> Iterator[Store]:
        store = open_store(self.server.address(self.name))
        try:
            yield store
        finally:
            store.close()
