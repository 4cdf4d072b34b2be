"""A client of Prefect's API for one thread of ours. It must not decide what is told to Prefect, only how."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.context import SyncClientContext
from prefect.settings import temporary_settings

from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress, thread_settings

BUSY: Final = 503
WAITS: Final = (0.01, 0.02, 0.04, 0.08, 0.16)
"""Seconds between attempts; together well under the time in which a stretch gives its run up."""


class SoonAgain(httpx.BaseTransport):
    """Repeats a request that the server's SQLite was too busy for, after milliseconds.

    Prefect's client waits two seconds and more, even when told not to retry (3.8.8). The server answers 503 after it
    has rolled back, so that a repeated request is never carried out twice.
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self._never = threading.Event()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and send again while the answer is 503 and there are waits left."""
        for seconds in WAITS:
            response = self._inner.handle_request(request)
            if response.status_code != BUSY:
                return response
            response.close()
            self._never.wait(seconds)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


@contextlib.contextmanager
def connected(address: PrefectAddress, *, retries: int = 0) -> Iterator[SyncPrefectClient]:
    """Settings and one open client for this thread; Prefect's engine uses the same client inside the block.

    Connects nothing by itself, so that it also succeeds while the server is away.
    """
    with temporary_settings(thread_settings(address, retries=retries)), SyncClientContext() as context:
        _ask_again_soon(context.client)
        yield context.client


def _ask_again_soon(client: SyncPrefectClient) -> None:
    # Around what httpx has made, and not instead of it: TLS and proxies stay as Prefect and the environment say.
    inner = client._client
    inner._transport = SoonAgain(inner._transport)
    inner._mounts = {pattern: SoonAgain(made) if made else made for pattern, made in inner._mounts.items()}
