"""Tells our own Prefect server of a finished stretch without Prefect, whose import would cost a command two seconds.

It must not be used for a server that is not ours: how to sign in there is Prefect's business. Like the mirror it may
drop what it cannot tell, and must never fail the work.
"""

import http.client
import json
import logging
import threading
import time
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

from crm_workflows.adapters.orchestration.prefect_words import RunDescription, ending, stretch_run, this_worker
from crm_workflows.engine.ports import StretchSummary

BUSY_PAUSE: Final = 0.05
"""Seconds until a server whose SQLite was busy is asked again: it has rolled back, so that nothing happens twice."""

log = logging.getLogger(__name__)


class NotTold(Exception):
    """The server did not take the run."""


class Notes:
    """Stretches to be told of when the command is done. For one thread."""

    def __init__(self, api_url: str) -> None:
        """`api_url` ends in `/api`."""
        parts = urlsplit(api_url)
        self._host, self._path = parts.netloc, parts.path.rstrip("/")
        self._kept: list[tuple[RunDescription, StretchSummary]] = []

    def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
        """The `CommitListener`: keep it until `close`."""
        self._kept.append((stretch_run(process, code, summary.performed), summary))

    def close(self, seconds: float) -> None:
        """Tell what is kept, for at most about `seconds`; the rest is dropped."""
        until = time.monotonic() + seconds
        connection = http.client.HTTPConnection(self._host, timeout=seconds)
        try:
            while self._kept:
                self._tell(connection, *self._kept[0], until)
                self._kept.pop(0)
        except (OSError, http.client.HTTPException, ValueError, KeyError, NotTold) as error:
            log.debug("Prefect was not told of %d stretches", len(self._kept), exc_info=error)
        finally:
            connection.close()

    def _tell(
        self, connection: http.client.HTTPConnection, wanted: RunDescription, summary: StretchSummary, until: float
    ) -> None:
        def ask(method: str, path: str, body: Any = None, missing: Any = None) -> Any:
            return self._asked(connection, method, path, body, missing, until)

        # Without a deployment (nobody serves this process) the run is shown all the same, only without *Retry*.
        deployment = ask("GET", f"/deployments/name/{quote(wanted.deployment or '')}", missing={"id": None})["id"]
        kind, name, message = ending(summary)
        run = {
            "flow_id": ask("POST", "/flows/", {"name": wanted.flow})["id"],
            "deployment_id": deployment,
            "name": wanted.name,
            "parameters": wanted.parameters,
            "context": this_worker(),
            "tags": list(wanted.tags),
            "state": {"type": kind, "name": name, "message": message},
        }
        ask("POST", "/flow_runs/", run)

    def _asked(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: Any, missing: Any, until: float
    ) -> Any:
        """What the server answers, also after having been busy; `missing` where it knows of no such thing."""
        content = None if body is None else json.dumps(body).encode()
        while True:
            connection.request(method, f"{self._path}{path}", content, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
            if answer.status == HTTPStatus.NOT_FOUND and missing is not None:
                return missing
            if answer.status in (HTTPStatus.OK, HTTPStatus.CREATED):
                return json.loads(said)
            if answer.status != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() >= until:
                raise NotTold(f"{method} {path} was answered {answer.status}")
            threading.Event().wait(BUSY_PAUSE)
