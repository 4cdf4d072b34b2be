"""Duties: what one process of all does at a time, such as reading the mailbox. They must not know what is done.

Whoever holds a duty gives a sign of life every second; who wants it takes it over when there has been none for four
seconds by their own monotonic clock. No clock is compared with another machine's, and none that jumps is asked.

As a lease of a case, a duty only keeps two processes from doing the same work. A holder that was stopped and goes on
may still finish what it had begun, so whatever is done on duty must do no harm when it is done twice.
"""

import time
from collections.abc import Callable
from typing import Final

from crm_workflows.domain.records import Duty
from crm_workflows.engine.ports import Store

BEAT_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 4.0
"""So long without a beat, and the holder counts as dead: it is replaced within 5 seconds, as a worker is."""
STEP_DOWN_SECONDS: Final = 3.0
"""So long without having been able to beat, and the holder stops by itself, before anybody may have taken over."""
NOBODY: Final = ""
_NEVER: Final = -1


class Post:
    """One process's place at a duty, held or wanted. Not for two threads at once."""

    def __init__(self, store: Store, name: str, holder: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`holder` must differ from every other process's, also from this one's in a former life."""
        self._store, self._name, self._holder, self._monotonic = store, name, holder, monotonic
        self._seen = _NEVER
        self._seen_at = 0.0
        self._beaten_at = 0.0

    def take(self) -> bool:
        """Take the duty if it is free or its holder silent; False while somebody else has it. Raises StoreBusy."""
        with self._store.read() as reader:
            duty = reader.get(Duty, self._name)
        now = self._monotonic()
        if duty is None:
            with self._store.write() as tx:
                is_ours = tx.insert_new(Duty(self._name, self._holder, 1))
            return is_ours and self._holds(1, now)
        if duty.beat != self._seen:
            self._seen, self._seen_at = duty.beat, now
        if duty.holder != NOBODY and now - self._seen_at < SILENT_SECONDS:
            return False
        return self._write(duty.beat, self._holder) and self._holds(duty.beat + 1, now)

    def beat(self) -> bool:
        """Give a sign of life; False when the duty is somebody else's by now. Raises StoreBusy."""
        now = self._monotonic()
        return self._write(self._seen, self._holder) and self._holds(self._seen + 1, now)

    @property
    def is_overdue(self) -> bool:
        """Whether the last sign of life is so old that somebody may take over soon."""
        return self._monotonic() - self._beaten_at > STEP_DOWN_SECONDS

    def leave(self) -> None:
        """Give the duty up, so that the next one need not wait; not when it is somebody else's. Raises StoreBusy."""
        self._write(self._seen, NOBODY)

    def _holds(self, beat: int, at: float) -> bool:
        self._seen, self._seen_at, self._beaten_at = beat, at, at
        return True

    def _write(self, expected: int, holder: str) -> bool:
        with self._store.write() as tx:
            return tx.update(Duty, (self._name,), {"beat": expected}, holder=holder, beat=expected + 1)
