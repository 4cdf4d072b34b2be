"""The role that looks at all open cases every night, erases what is due and reports each month (G-5, G-7, RP-1)."""

import threading
from typing import Final

from crm_workflows.bootstrap import Office
from crm_workflows.business.figures import monthly
from crm_workflows.engine.erasing import clearing, erasure, retention
from crm_workflows.engine.record.checkup import check_up

EVERY_SECONDS: Final = 60.0
"""Of real time; look and report come at most so much late."""


class Nightly:
    """Looks whether a new day has begun; one look-up by key while it has not."""

    name = "nightly"

    def __init__(self, office: Office) -> None:
        self._office = office

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; raises what the store raises, and looks again afterwards."""
        while not stop.is_set():
            if check_up(self._office.engine):
                retention.erase(self._office.engine)
                erasure.finish(self._office.engine)
                clearing.clear(self._office.engine, by_night=True)
            monthly.make_due(self._office.engine)
            stop.wait(EVERY_SECONDS)
