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
    from crm_workflows.adapters.orchestration.prefect_note import Notes
    from crm_workflows.adapters.orchestration.prefect_tracking import Tracking

SIGNS_IN = "PREFECT_API_AUTH_STRING"
"""Where a server wants a password; how that is given to it is Prefect's business."""
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
    from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
    from crm_workflows.adapters.orchestration.prefect_tracking import Tracking, TrackingMode

    found = prefect_api(settings)
    return Tracking(PrefectAddress(*found) if found else None, TrackingMode(settings.tracking))


class _TellsPrefect:
    """A listener that brings in a way to Prefect when there is first something to tell: most commands have nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._way: Tracking | Notes | None = None

    def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
        found = prefect_api(self._settings)
        if found is None:
            return
        if self._way is None:
            self._way = self._way_to(*found)
        self._way.stretch_done(code, process, summary)

    def _way_to(self, api_url: str, ours: bool) -> "Tracking | Notes":
        if not ours or SIGNS_IN in os.environ:
            return tracking_for(self._settings)
        from crm_workflows.adapters.orchestration.prefect_note import Notes

        return Notes(api_url)

    def close(self) -> None:
        if self._way is not None:
            self._way.close(MIRROR_SECONDS)
