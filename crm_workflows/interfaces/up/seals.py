"""The role that seals the record every few minutes (G-7). It must not check it."""

import threading
from typing import Final

from crm_workflows.bootstrap import Office
from crm_workflows.engine.record.sealing import seal

EVERY_SECONDS: Final = 300.0


class Sealing:
    """A checkpoint over what has changed; nothing is written while nothing changes."""

    name = "sealing"

    def __init__(self, office: Office) -> None:
        self._office = office

    def run(self, stop: threading.Event) -> None:
        """Seal until told to stop; raises what the store raises."""
        while not stop.is_set():
            while seal(self._office.engine) is not None:
                pass
            stop.wait(EVERY_SECONDS)
