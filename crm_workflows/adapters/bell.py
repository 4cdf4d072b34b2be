"""Wakes the waiting threads of one process. It must not know why."""

import threading


class Bell:
    """Rings in this process; each thread hears every ring once, also one from before it began to listen."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0
        self._thread = threading.local()

    def ring(self) -> None:
        """Let all who listen go on."""
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def heard(self, seconds: float) -> bool:
        """Whether it rang since this thread last listened, waiting so long for it."""
        with self._condition:
            before = getattr(self._thread, "heard", 0)
            rang = self._condition.wait_for(lambda: self._rings > before, seconds)
            self._thread.heard = self._rings
            return rang
