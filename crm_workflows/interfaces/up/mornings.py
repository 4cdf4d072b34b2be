"""The role that makes the digest of each morning when it is due (G-10). It must not choose what stands in it."""

import threading
from typing import Final

from crm_workflows.bootstrap import Office
from crm_workflows.engine.digests.digests import make_due

EVERY_SECONDS: Final = 5.0
"""Of real time; a digest comes at most so much late."""


class Mornings:
    """Looks whose morning it is; one look-up by key while all are made."""

    name = "digests"

    def __init__(self, office: Office) -> None:
        self._office = office

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; raises what the store raises, and goes on with what is not made yet afterwards."""
        while not stop.is_set():
            make_due(self._office.engine)
            stop.wait(EVERY_SECONDS)
