"""The store on one SQLite file, for one machine with any number of processes. No business rules.

Every write begins with `BEGIN IMMEDIATE`: a transaction that reads first and writes later would fail at once with BUSY.
"""

import threading
import time
from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Any, Final

from sqlalchemy import Engine, QueuePool, create_engine, event
from sqlalchemy.engine import URL

from crm_workflows.adapters.bell import Bell
from crm_workflows.adapters.database.shared_commit import Group, SharedWriting
from crm_workflows.adapters.database.store import SqlStore
from crm_workflows.adapters.database.turns import Turns
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.engine.ports import Duplicate, Transaction

try:
    from pysqlite3 import dbapi2 as driver
except ImportError:  # Published for Linux only; elsewhere Python's own serves.
    import sqlite3 as driver

# What the driver does not know by heart it looks up anew for every value, which for the many NULLs of a case costs more
# than their rows; a registered way to take them as they are costs a tenth of that.
driver.register_adapter(type(None), {}.get)
driver.register_adapter(bool, int)
driver.register_adapter(bytes, bytes)
DRIVER: Final = driver
"""The module behind `sqlite://`, for whoever opens an engine of their own on it."""
BUSY_SECONDS: Final = 5.0
LOOK_EVERY_SECONDS: Final = 0.05
"""How often a waiting thread looks for commits of other processes: 15 microseconds each time."""
CACHE_KIB: Final = 16_384
CHECKPOINT_PAGES: Final = 4_000
"""A case writes about 50 pages to the log, mostly the same ones: seldom copying them saves their second writing."""
MOST_BY_DAY: Final = 200_000_000
"""Bytes of a file that is written anew in less time than a writer waits for others anyhow."""
WAL_IS_SAFE_FROM: Final = (3, 51, 3)
"""Before, a reset of the write-ahead log could lose commits."""
LOCKED: Final = "数据库正被其他程序占用，请稍后再试 / The database is locked by another program; try again in a moment"
FULL: Final = "数据库所在的磁盘已满，请腾出空间后再试 / The disk of the database is full; free some space and try again"
GONE: Final = (
    "数据库文件无法读写，请检查磁盘和权限 / The database file cannot be read or written; check the disk and permissions"
)
DAMAGED: Final = (
    "数据库文件已损坏或不是数据库，请从备份恢复 / The database file is damaged or no database at all; restore a backup"
)
BUSY, HELD, READ_ONLY, NO_INPUT_OUTPUT, CORRUPT, NO_ROOM, CANNOT_OPEN, NO_DATABASE = 5, 6, 8, 10, 11, 13, 14, 26
MEANINGS: Final = {
    BUSY: LOCKED,
    HELD: LOCKED,
    READ_ONLY: GONE,
    NO_INPUT_OUTPUT: GONE,
    NO_ROOM: FULL,
    CANNOT_OPEN: GONE,
    CORRUPT: DAMAGED,
    NO_DATABASE: DAMAGED,
}
"""By SQLite's primary result code."""


class SqliteErrors:
    """What SQLite's errors mean."""

    base: type[Exception] = driver.Error
    lasting: Collection[str] = (FULL, GONE, DAMAGED)

    def meaning(self, error: Exception, record: type | None) -> Exception:
        """See `Errors`."""
        # By its text, since pysqlite3 gives no extended result code.
        if record is not None and str(error).startswith("UNIQUE constraint failed"):
            return Duplicate(record.__name__)
        sentence = MEANINGS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        return error if sentence is None else StoreBusy(sentence)


def sqlite_engine(url: URL) -> Engine:
    """Connections with explicit transactions; synchronous=FULL, so that what was committed survives a power cut."""
    engine = create_engine(
        url,
        module=driver,
        poolclass=QueuePool,
        pool_size=8,
        pool_use_lifo=True,
        max_overflow=56,
        pool_timeout=patience(url),
        connect_args={
            "timeout": patience(url),
            "isolation_level": None,
            "check_same_thread": False,
            "cached_statements": 256,
        },
    )
    event.listen(engine, "connect", _prepare)
    return engine


def patience(url: URL) -> float:
    """Seconds to wait for others: 5, or what `?timeout=` in the address says."""
    return float(str(url.query.get("timeout", BUSY_SECONDS)))


def _prepare(connection: Any, _record: object) -> None:
    mode = "wal" if driver.sqlite_version_info >= WAL_IS_SAFE_FROM else "delete"
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != mode:
        connection.execute(f"PRAGMA journal_mode={mode}").fetchone()
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA recursive_triggers=ON")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")


class SqliteStore(SqlStore):
    """Writers of one process take turns here, since SQLite's own waiting sleeps for up to 100 ms between tries."""

    begin_read = "BEGIN"

    def __init__(self, url: URL) -> None:
        super().__init__(sqlite_engine(url), SqliteErrors())
        self._patience = patience(url)
        self._turns = Turns()
        self._writer: Any = None
        self.group: Group | None = None
        self.commit_seconds = 0.0
        self._bell = Bell()
        self._watch_lock = threading.Lock()
        self._watch = self._checked_out()
        self._seen = self._data_version()

    def write(self) -> AbstractContextManager[Transaction]:
        """See the port; who writes while others wait for the disk shares a commit with them."""
        return SharedWriting(self, self._here)

    def wake(self) -> None:
        """See the port. Other processes see the commit itself."""
        self._bell.ring()

    def wait(self, seconds: float) -> bool:
        """See the port; commits of other processes are seen after 50 ms at most."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            if self._bell.heard(max(0.0, min(left, LOOK_EVERY_SECONDS))):
                return True
            if self._has_changed():
                self._bell.ring()
            elif left <= LOOK_EVERY_SECONDS:
                return False

    def compact(self, *, by_night: bool) -> bool:
        """See the port. Readers go on; writers wait for as long as the file is written anew: 0.7 s for 100 MB."""
        if not by_night and self._bytes() > MOST_BY_DAY:
            return False
        if not self.take_turn(self._patience):
            return False
        try:
            return self._made_compact()
        except driver.Error as error:
            meant = self._errors.meaning(error, None)
            if str(meant) == LOCKED:
                return False
            raise meant from error
        finally:
            self._turns.give()

    def _made_compact(self) -> bool:
        """Whether the log could be emptied, too: whoever still reads what it says keeps it, without holding us up."""
        pooled: Any = self._checked_out()
        connection = pooled.driver_connection
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA busy_timeout=0")
            deadline = time.monotonic() + self._patience
            while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > deadline:
                    return False
                threading.Event().wait(LOOK_EVERY_SECONDS)
            return True
        finally:
            self._discard(pooled)

    def _bytes(self) -> int:
        """Of the file, as this transaction sees it."""
        connection = self._watch.driver_connection
        size = connection.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(size.fetchone()[0])

    def close(self) -> None:
        with self._watch_lock:
            self._watch.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        super().close()

    def _has_changed(self) -> bool:
        """Whether any other connection has committed since a thread last looked."""
        with self._watch_lock:
            before, self._seen = self._seen, self._data_version()
            return self._seen != before

    def _data_version(self) -> int:
        try:
            return int(self._watch.driver_connection.execute("PRAGMA data_version").fetchone()[0])
        except driver.Error as error:
            raise self._errors.meaning(error, None) from error

    def take_to_write(self) -> Any:
        """The one connection that writes, kept out of the pool: its turn has to be waited for anyhow."""
        if not self.take_turn(self._patience):
            raise StoreBusy(LOCKED)
        try:
            if self._writer is None:
                self._writer = self._checked_out()
        except BaseException:
            self._turns.give()
            raise
        return self._writer

    def take_turn(self, seconds: float) -> bool:
        """The turn alone; False when it did not come."""
        return self._turns.take(seconds)

    def give_back_written(self) -> None:
        """End the turn; the connection stays with the store."""
        self._turns.give()

    def pass_on(self) -> bool:
        """End the turn if somebody waits for it, who goes on in the same transaction."""
        return self._turns.pass_on()

    def _discard(self, pooled: Any) -> None:
        super()._discard(pooled)
        if pooled is self._writer:
            self._writer = None

    def _is_lost(self, pooled: Any) -> bool:
        return not pooled.is_valid

    def is_open(self, pooled: Any) -> bool:
        return bool(pooled.driver_connection.in_transaction)
