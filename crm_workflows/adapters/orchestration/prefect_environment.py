"""How our processes meet Prefect: environment before its import, settings of the threads that talk to it.

It must not import prefect when it is imported itself, since the environment has to be ready before that.
"""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

REQUEST_SECONDS: Final = 5.0
"""Longest wait for one answer of the server in a background thread; nobody's work hangs on it."""

_ALWAYS: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # Without this a flow called while no server is set would start a hidden one, with a database of its own.
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
}


@dataclass(frozen=True)
class PrefectAddress:
    """Where a Prefect server answers: `api_url` ends in `/api`; `ours` when `crmw up` started it itself."""

    api_url: str
    ours: bool = False

    @property
    def page(self) -> str:
        """The address of its pages for people."""
        return self.api_url.removesuffix("/").removesuffix("/api")


def prepare_environment(home: Path, api_url: str | None) -> None:
    """Set defaults in `os.environ`; call it before anything imports prefect, flows included.

    What is already set stays. With a server of the company's own (`api_url`) the user's Prefect profile, which may
    hold the key to it, is left alone; otherwise Prefect keeps its files under our home.
    """
    for name, value in _ALWAYS.items():
        os.environ.setdefault(name, value)
    if api_url:
        os.environ["PREFECT_API_URL"] = api_url
    else:
        os.environ.setdefault("PREFECT_HOME", str(home / "prefect"))
        Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)


def thread_settings(
    address: PrefectAddress, *, retries: int, request_seconds: float = REQUEST_SECONDS
) -> dict[Any, Any]:
    """What `prefect.settings.temporary_settings` needs in a thread of ours that talks to the server.

    No heartbeat (its thread keeps every flow up to a second), no logs to the API (what people need stands in states;
    a log line may hold personal data), and few retries, each of which waits 2 s and more.
    """
    from prefect import settings

    chosen: dict[Any, Any] = {
        settings.PREFECT_API_URL: address.api_url,
        settings.PREFECT_API_REQUEST_TIMEOUT: request_seconds,
        settings.PREFECT_CLIENT_MAX_RETRIES: retries,
        settings.PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        settings.PREFECT_LOGGING_TO_API_ENABLED: False,
        # It would need the server when the thread starts; a server too old for this client says so in its answers.
        settings.PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False,
    }
    if address.ours:
        # Our own server asks for no such token: one request fewer at each new connection.
        chosen[settings.PREFECT_CLIENT_CSRF_SUPPORT_ENABLED] = False
    return chosen


def keep_quiet(address: PrefectAddress) -> None:
    """Stop Prefect from writing to stderr, where a command prints one sentence, and from insisting on lost events.

    Its log records still reach whatever handlers the process has. Events, of which task runs are made, go to `address`
    from now on; one that the server does not take is dropped after one new connection instead of ten, since Prefect
    waits for all of them at the end of the process.
    """
    from prefect.events.clients import PrefectEventsClient
    from prefect.events.worker import EventsWorker, emit_events_to_cloud
    from prefect.logging.handlers import PrefectConsoleHandler

    for logger in (logging.getLogger(), logging.getLogger("prefect")):
        for handler in list(logger.handlers):
            if isinstance(handler, PrefectConsoleHandler):
                logger.removeHandler(handler)
    for name in ("prefect._internal", "prefect._internal.concurrency"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        # "Finished in state Waiting(…)" names people; a log must not.
        logging.getLogger(name).setLevel(logging.WARNING)
    # Without any handler Python itself would print what Prefect warns of.
    logging.getLogger("prefect").addHandler(logging.NullHandler())
    if not emit_events_to_cloud():
        EventsWorker.set_client_override(PrefectEventsClient, api_url=address.api_url, reconnection_attempts=1)
