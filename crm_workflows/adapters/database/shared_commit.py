"""One commit for several writers of a process: who waits for the turn goes on in the transaction of who had it.

Nobody waits for others to come: only who waits already shares. Each writer has a savepoint of its own, and returns when
the commit that holds its work is on the disk. A thread that writes must not hold a lock that another one wants while it
writes. For databases with one writer; docs/decisions/0012-writers-share-a-commit.md says what it is worth.
"""

import time
from contextlib import suppress
from typing import Any, Final, Protocol

from crm_workflows.adapters.database.turns import Signal
from crm_workflows.adapters.database.writing import WritableStore, Write
from crm_workflows.domain.errors import StoreBusy

MOST_WRITERS: Final = 20
LONGEST_SECONDS: Final = 0.005
"""So long the first writer of a commit waits for others at most, or what a commit takes where that is more."""
LOOK_SECONDS: Final = 1.0
MEMBER: Final = "member"


class Group:
    """The writers of one commit."""

    def __init__(self) -> None:
        self.writers = 0
        self.first_was_done_at = 0.0
        self.is_over = Signal()
        self.lost_by: Exception | None = None


class SharedStore(WritableStore, Protocol):
    """What is needed of the store."""

    group: Group | None
    commit_seconds: float

    def take_to_write(self) -> Any:
        """The connection that writes, once it is this thread's turn."""
        ...

    def take_turn(self, seconds: float) -> bool:
        """Wait so long for the turn."""
        ...

    def give_back_written(self) -> None:
        """End the turn."""
        ...

    def pass_on(self) -> bool:
        """End the turn if somebody waits for it."""
        ...

    def is_open(self, pooled: Any) -> bool:
        """There is a transaction on this connection."""
        ...


class SharedWriting(Write):
    """The work of one writer among those of a commit."""

    _store: SharedStore

    def _take(self) -> Any:
        return self._store.take_to_write()

    def _begin(self) -> None:
        store = self._store
        self._is_first = store.group is None
        self._group = store.group or Group()
        self._cursor = store.cursor(self._pooled)
        self._or_all_is_lost("BEGIN IMMEDIATE" if self._is_first else f"SAVEPOINT {MEMBER}")
        store.group = self._group

    def _keep(self) -> None:
        group = self._group
        if not self._is_first:
            self._or_all_is_lost(f"RELEASE {MEMBER}")
        else:
            group.first_was_done_at = time.monotonic()
        group.writers += 1
        if self._goes_on():
            self._wait()
        else:
            self._commit()
        if group.lost_by is not None:
            raise group.lost_by

    def _wait(self) -> None:
        """Until the commit is over. Should whoever took over have been interrupted, it is ours again."""
        while not self._group.is_over.wait(LOOK_SECONDS):
            if self._store.take_turn(0):
                if self._store.group is self._group:
                    self._commit()
                else:
                    self._store.give_back_written()

    def _undo(self, broken_by: Exception | None) -> None:
        """Undo this writer's work; those before wait for a commit, which they get from the next or from us."""
        store = self._store
        if self._is_first:
            store.roll_back(self._pooled, self._cursor)
            self._end(None)
        elif isinstance(broken_by, StoreBusy) or not store.is_open(self._pooled):
            # The database has given up the whole transaction.
            store.roll_back(self._pooled, self._cursor)
            self._end(broken_by or StoreBusy(GIVEN_UP))
        else:
            # What goes wrong here concerns those before, who hear of it; this writer hears what it did itself.
            with suppress(Exception):
                self._or_all_is_lost(f"ROLLBACK TO {MEMBER}")
                self._or_all_is_lost(f"RELEASE {MEMBER}")
                if not self._goes_on():
                    self._commit()

    def _goes_on(self) -> bool:
        """Whether somebody has taken over, with the commit that is still to come."""
        group, store = self._group, self._store
        waited = time.monotonic() - group.first_was_done_at
        is_time = group.writers >= MOST_WRITERS or waited >= max(LONGEST_SECONDS, store.commit_seconds)
        return not is_time and store.pass_on()

    def _commit(self) -> None:
        began = time.monotonic()
        self._or_all_is_lost("COMMIT")
        self._store.commit_seconds = time.monotonic() - began
        self._end(None)

    def _or_all_is_lost(self, statement: str) -> None:
        """Execute what decides over everybody's work."""
        try:
            self._store.plainly(self._pooled, self._cursor, statement)
        except BaseException as error:
            self._store.refused.note(error)
            self._store.roll_back(self._pooled, self._cursor)
            self._end(error if isinstance(error, Exception) else StoreBusy(GIVEN_UP))
            raise

    def _end(self, lost_by: Exception | None) -> None:
        """Nothing is open any more: tell who waits, and end the turn."""
        self._store.group = None
        self._group.lost_by = lost_by
        self._group.is_over.set()
        self._store.give_back_written()


GIVEN_UP: Final = "数据库未能保存，请稍后再试 / The database could not keep what was written; try again in a moment"
