"""The role that lets the times of what is open follow the working calendar (G-4). It must not count them itself.

`crmw calendar apply` moves them at once. This is for what that could not: it was killed on the way, another process
opened something by the calendar of a moment before, or an update brought the holidays of another year.
"""

import threading
from importlib import metadata
from typing import Final

from crm_workflows.adapters.configuration.staff import FRESH_SECONDS
from crm_workflows.bootstrap import Office
from crm_workflows.domain.records import ConfigVersion, Meta
from crm_workflows.engine.requests import retiming

FOLLOWED: Final = "calendar_followed"
"""The key in `meta` of the calendar by which the times of everything open have been counted."""
EVERY_SECONDS: Final = 10.0


class CalendarFollowed:
    """Looks for another calendar; two look-ups by key while there is none."""

    name = "calendar"

    def __init__(self, office: Office) -> None:
        self._office = office

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; raises what the store raises, and begins anew afterwards, which does no harm."""
        while not stop.is_set():
            now = self._in_force()
            # After that time nobody opens anything by the calendar of before.
            if now != self._followed() and not stop.wait(2 * FRESH_SECONDS):
                self._office.staff.forget()
                retiming.follow(self._office.engine)
                self._note(now)
            stop.wait(EVERY_SECONDS)

    def _in_force(self) -> str:
        """The version of the file, and of the package from which the holidays come."""
        with self._office.store.read() as reader:
            versions = reader.columns(ConfigVersion, "version", kind="calendar")
        return f"{versions[-1][0]} {metadata.version('holidays')}"

    def _followed(self) -> str | None:
        with self._office.store.read() as reader:
            held = reader.get(Meta, FOLLOWED)
        return held.value if held is not None else None

    def _note(self, followed: str) -> None:
        with self._office.store.write() as tx:
            tx.put(Meta(FOLLOWED, followed))
