"""The role that carries out recurring rounds of callbacks (CB-2), brings up reviews (ON-12), and begins the
first re-tiering and survey (RP-4, CB-8).

It must not choose customers.
"""

import threading
from typing import Final

from crm_workflows.bootstrap import Office
from crm_workflows.business import beginnings, calling, payments, rounds, wanted_reviews

EVERY_SECONDS: Final = 5.0
"""Of real time; a round comes at most so much late."""


class Rounds:
    """Looks for rounds, payments and reviews that are due; one index look-up each while there are none."""

    name = "rounds"

    def __init__(self, office: Office) -> None:
        self._office = office

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; raises what the store raises, and goes on with the same occurrence afterwards."""
        rounds.begin_morning(self._office.engine)
        while not stop.is_set():
            payments.act_on_overdue(self._office.engine)
            wanted_reviews.act_on_wanted(self._office.engine)
            calling.fire(self._office.engine)
            beginnings.make_due(self._office.engine)
            stop.wait(EVERY_SECONDS)
