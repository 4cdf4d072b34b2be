"""Opens the product for one command. It must not start anything that outlives it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crm_workflows.bootstrap import Office, open_office
from crm_workflows.engine.ports import StretchSummary
from crm_workflows.interfaces.addresses import LOOPBACK, published
from crm_workflows.settings import Settings

if TYPE_CHECKING:
    from crm_workflows.adapters.prefect_tracking import Tracking

MIRROR_SECONDS = 2.0
"""Longest that a command waits at its end for Prefect to be told what it did."""


@contextmanager
def opened(settings: Settings) -> Iterator[Office]:
    """The office, whose listener tells Prefect of stretches where a server is known; closed at the end."""
    listener = _TellsPrefect(settings)
    office = open_office(settings, listener, lambda: prefect_api(settings) is None)
    try:
        yield office
    finally:
        listener.close()
        office.close()


def prefect_api(settings: Settings) -> tuple[str, bool] | None:
    """The address of the Prefect server in use and whether it is ours; None when nothing is to be tracked."""
    if settings.tracking == "off":
        return None
    given = os.environ.get("PREFECT_API_URL")
    if given:
        return given, False
    ports = published(settings.home)
    return (f"http://{LOOPBACK}:{ports.prefect}/api", True) if ports and ports.prefect else None


def tracking_for(settings: Settings) -> "Tracking":
    """The way to Prefect by the settings; imports Prefect."""
    from crm_workflows.adapters.prefect_environment import PrefectAddress
    from crm_workflows.adapters.prefect_tracking import Tracking, TrackingMode

    found = prefect_api(settings)
    return Tracking(PrefectAddress(*found) if found else None, TrackingMode(settings.tracking))


class _TellsPrefect:
    """A listener that brings Prefect in when there is first something to tell: most commands have nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tracking: Tracking | None = None

    def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
        if prefect_api(self._settings) is None:
            return
        if self._tracking is None:
            self._tracking = tracking_for(self._settings)
        self._tracking.stretch_done(code, process, summary)

    def close(self) -> None:
        if self._tracking is not None:
            self._tracking.close(MIRROR_SECONDS)
