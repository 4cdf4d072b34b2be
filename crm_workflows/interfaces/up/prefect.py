"""The role that keeps Prefect beside the product: its server, the tracking, the desk for starts.

No work may wait for it.
"""

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
from crm_workflows.adapters.orchestration.prefect_server import PrefectServer
from crm_workflows.engine.ports import StretchSummary
from crm_workflows.interfaces.opening import prefect_api

if TYPE_CHECKING:
    from crm_workflows.adapters.orchestration.prefect_desk import ProcessDesk
    from crm_workflows.adapters.orchestration.prefect_tracking import Tracking
    from crm_workflows.bootstrap import Office
    from crm_workflows.settings import Settings

CLOSE_SECONDS: Final = 2.0
LOOK_SECONDS: Final = 1.0
KEPT_BACK: Final = 1000

log = logging.getLogger(__name__)


class LateTracking:
    """The engine's listener until Prefect's client, which takes two seconds to import, is there; then the tracking."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tracking: Tracking | None = None
        self._waiting: deque[tuple[str, str, StretchSummary]] = deque(maxlen=KEPT_BACK)

    def tracking(self) -> "Tracking | None":
        """The tracking once it is there."""
        return self._tracking

    def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
        """See `CommitListener`; what happens before the tracking is there is told when it is."""
        with self._lock:
            if self._tracking is None:
                self._waiting.append((code, process, summary))
                return
        self._tracking.stretch_done(code, process, summary)

    def arrived(self, tracking: "Tracking") -> None:
        """From now on this is the tracking."""
        with self._lock:
            self._tracking = tracking
            waiting, self._waiting = list(self._waiting), deque(maxlen=KEPT_BACK)
        for code, process, summary in waiting:
            tracking.stretch_done(code, process, summary)


class Prefect:
    """The picture of the work in Prefect; `server` is ours to keep up, None where the company has one."""

    name = "prefect"

    def __init__(
        self, settings: "Settings", late: LateTracking, address: PrefectAddress, server: PrefectServer | None
    ) -> None:
        self.address = address
        self._server = server
        self._settings = settings
        self._late = late
        self._office: Office | None = None
        self._public_url = ""
        self._desk: ProcessDesk | None = None
        self._closing = threading.Lock()
        self._closed = False

    @property
    def own_port(self) -> int | None:
        """The port of our own server."""
        return urlsplit(self.address.api_url).port if self._server is not None else None

    def serve(self, office: "Office", public_url: str) -> None:
        """What runs asked for in Prefect work on; to be told before the role runs."""
        self._office, self._public_url = office, public_url

    def begin(self) -> None:
        """Start our own server, which needs some seconds of its own; returns at once."""
        if self._server is not None:
            self._server.start()

    def run(self, stop: threading.Event) -> None:
        """Keep it up until told to stop."""
        self.begin()
        try:
            self._bring_in()
            while not stop.wait(LOOK_SECONDS):
                if self._server is not None and not self._server.is_running:
                    log.warning("the Prefect server has ended; it is started again")
                    return
        finally:
            if stop.is_set():
                self.close()

    def _bring_in(self) -> None:
        from crm_workflows.adapters.orchestration.prefect_tracking import Tracking, TrackingMode
        from crm_workflows.interfaces.prefect_entry import desk_of

        if self._late.tracking() is None:
            self._late.arrived(Tracking(self.address, TrackingMode(self._settings.tracking)))
        if self._desk is None and self._office is not None:
            self._desk = desk_of(self._office, self.address, self._public_url)
            self._desk.start()

    def close(self) -> None:
        """First what people asked for, then the rest of the picture, then the server itself; once.

        Also for a server that was begun and whose role never ran: told to stop so early, nobody else would end it.
        """
        with self._closing:
            if self._closed:
                return
            self._closed = True
            if self._desk is not None:
                self._desk.close(CLOSE_SECONDS)
            tracking = self._late.tracking()
            if tracking is not None:
                tracking.close(CLOSE_SECONDS)
            if self._server is not None:
                self._server.stop()


def prefect_beside(settings: "Settings", late: LateTracking) -> Prefect:
    """For `crmw up`: the company's server by PREFECT_API_URL, else one of our own."""
    found = prefect_api(settings)
    if found is not None and not found[1]:
        return Prefect(settings, late, PrefectAddress(*found), None)
    server = PrefectServer(settings.home / "prefect")
    return Prefect(settings, late, server.address, server)


def prefect_found(settings: "Settings", late: LateTracking) -> Prefect | None:
    """For `crmw worker`: the server in use, if there is one."""
    found = prefect_api(settings)
    return Prefect(settings, late, PrefectAddress(*found), None) if found is not None else None
