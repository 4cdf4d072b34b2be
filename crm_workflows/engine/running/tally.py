"""Counts what this process has done, for those who watch it. It must not be read by any rule."""

import threading
import time
from collections.abc import Iterator, Sized
from contextlib import contextmanager


class Tally:
    """Since the start of the process; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.stretches = 0
        self.stretch_seconds = 0.0
        """Real ones, from the first read of the journal to the last write, waiting for the database included."""
        self.takeovers = 0
        """Cases taken over from a worker whose lease had run out."""

    @contextmanager
    def timing(self, stretches: Sized = ("one",)) -> Iterator[None]:
        """The block carries out as many stretches as are there at its end; they count whether it succeeds or not."""
        began = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - began
            with self._lock:
                self.stretches += len(stretches)
                self.stretch_seconds += took

    def took_over(self, cases: int) -> None:
        """So many cases whose worker had fallen silent."""
        with self._lock:
            self.takeovers += cases
