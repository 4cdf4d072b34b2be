"""A supervisor of roles: each runs in a thread until told to stop, and again when it fails. It must not know them."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from crm_workflows.domain.errors import StoreBusy, quotable

log = logging.getLogger(__name__)
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
LONGEST_BUSY_PAUSE: Final = 2.0
"""A database that is back finds everybody at work within seconds, however long it was away."""
WELL_AFTER: Final = 60.0
"""Seconds after which a role that fails again counts as having been well."""


class Role(Protocol):
    """Something that runs as long as the product does."""

    name: str

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; whatever it raises, it is run again after a pause."""
        ...


class Supervisor:
    """Runs roles; a role that ends by itself or fails is logged and started again, with growing pauses."""

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        """`wake` lets roles that wait for work notice that they are to stop."""
        self._wake = wake
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, roles: Sequence[Role]) -> None:
        """Start each in a thread of its own, beside those that run."""
        for role in roles:
            thread = threading.Thread(target=self._keep_up, args=(role,), name=role.name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, seconds: float) -> list[str]:
        """Let every role end, waiting for all together; returns the names of those that did not in time."""
        self._stop.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            while thread.is_alive() and time.monotonic() < until:
                self._wake()
                thread.join(0.05)
        late = [thread.name for thread in self._threads if thread.is_alive()]
        if late:
            log.warning("roles did not end in time", extra={"roles": late})
        return late

    def _keep_up(self, role: Role) -> None:
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                role.run(self._stop)
            except StoreBusy as error:
                log.warning("a role found the database busy or away", extra={"role": role.name, "error": error.message})
                pause = min(pause, LONGEST_BUSY_PAUSE)
            except Exception as error:
                log.exception("a role failed and is started again", extra={"role": role.name, "error": quotable(error)})
            if self._stop.is_set():
                return
            if time.monotonic() - began > WELL_AFTER:
                pause = FIRST_PAUSE
            log.warning("a role has ended and is started again", extra={"role": role.name, "seconds": pause})
            self._stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
