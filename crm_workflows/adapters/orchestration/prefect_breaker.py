"""A circuit breaker: after a few failures or slow answers work goes on without Prefect for a while.

It must not know Prefect, and measures with a monotonic clock, never with the company's (virtual) one.
"""

import threading
from collections.abc import Callable
from typing import Final

FAILURES: Final = 3
SLOW_SECONDS: Final = 1.0
OPEN_SECONDS: Final = 5.0


class CircuitBreaker:
    """Closed: go ahead. Open: do not even try. After `open_seconds` one probe at a time may try; it closes or re-opens.

    A success that took longer than `slow_seconds` counts as a failure. Safe to share between threads.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        failures: int = FAILURES,
        slow_seconds: float = SLOW_SECONDS,
        open_seconds: float = OPEN_SECONDS,
    ) -> None:
        self._clock = clock
        self._allowed_failures = failures
        self._slow_seconds = slow_seconds
        self._open_seconds = open_seconds
        self._lock = threading.Lock()
        self._failures = 0
        self._opened: float | None = None
        self._probing = False

    @property
    def is_closed(self) -> bool:
        """Whether work may count on Prefect now."""
        with self._lock:
            return self._opened is None

    def may_try(self) -> bool:
        """Whether the caller may try now: always while closed, as the one probe when open for long enough.

        A probe must report `succeeded` or `failed`.
        """
        with self._lock:
            if self._opened is None:
                return True
            if self._probing or self._clock() - self._opened < self._open_seconds:
                return False
            self._probing = True
            return True

    def seconds_to_probe(self) -> float:
        """How long until `may_try` can answer True again; 0 when it can now."""
        with self._lock:
            if self._opened is None:
                return 0.0
            return max(0.0, self._opened + self._open_seconds - self._clock())

    def succeeded(self, seconds: float) -> None:
        """Prefect answered after `seconds`."""
        if seconds > self._slow_seconds:
            self.failed()
            return
        with self._lock:
            self._failures = 0
            self._opened = None
            self._probing = False

    def failed(self, *, made_wait: bool = False) -> None:
        """Prefect did not answer, or refused; `made_wait` when somebody's work waited for it, which opens at once."""
        with self._lock:
            self._failures += 1
            if made_wait or self._probing or self._failures >= self._allowed_failures:
                self._opened = self._clock()
            self._probing = False
