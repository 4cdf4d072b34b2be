"""Waits for what comes about by itself, for as long as a test has patience. It must not know what is waited for."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T | None], seconds: float = 20.0) -> T:
    """The first true answer of `look`; the test fails when there is none in time."""
    until = time.monotonic() + seconds
    pause = threading.Event()
    while not (found := look()):
        assert time.monotonic() < until, f"not within {seconds} s; last answer {found!r}"
        pause.wait(0.02)
    return found
