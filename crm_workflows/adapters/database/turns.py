"""Turns of the threads of one process, in the order in which they come. It must not know what they do."""

import threading
from collections import deque


class Signal:
    """Given once, to however many wait: an `Event` whose making costs a tenth, since every write makes one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self._is_given = False

    def wait(self, seconds: float) -> bool:
        """Whether it is given, now or within so many seconds."""
        if not self._is_given and self._lock.acquire(timeout=seconds):
            self._lock.release()
        return self._is_given

    def is_set(self) -> bool:
        """Whether it is given."""
        return self._is_given

    def set(self) -> None:
        """Give it; by one thread."""
        self._is_given = True
        self._lock.release()


class Turns:
    """One thread at a time; whoever ends a turn hands it to the one that has waited longest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_taken = False
        self._waiting: deque[Signal] = deque()

    def take(self, seconds: float) -> bool:
        """Wait so long for a turn; False when it did not come."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = Signal()
            self._waiting.append(mine)
        try:
            if mine.wait(seconds):
                return True
        except BaseException:
            if not self._no_longer(mine):
                self.give()
            raise
        return not self._no_longer(mine)

    def _no_longer(self, mine: Signal) -> bool:
        """Leave the queue; False when the turn has come at the last moment."""
        with self._lock:
            if mine.is_set():
                return False
            self._waiting.remove(mine)
            return True

    def pass_on(self) -> bool:
        """End the turn if somebody waits for it; False when nobody does, and then it has not ended."""
        with self._lock:
            if not self._waiting:
                return False
            self._waiting.popleft().set()
            return True

    def give(self) -> None:
        """End the turn."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
