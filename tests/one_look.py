"""An event that lets a role of the product look once. It must not wait."""

import threading


class OneLook(threading.Event):
    """Told to stop as soon as the role waits for its next look."""

    def wait(self, timeout: float | None = None) -> bool:
        """See `threading.Event`; returns at once."""
        self.set()
        return True
