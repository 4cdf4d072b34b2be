"""Wake-ups between processes by LISTEN and NOTIFY. Hints only: one that is lost costs a poll, never a case."""

import logging
import threading
import uuid
from collections.abc import Callable
from typing import Any, Final

import psycopg
from psycopg.pq import ExecStatus

from crm_workflows.adapters.bell import Bell

CHANNEL: Final = "crmw_ready"
LISTEN_AGAIN_SECONDS: Final = 1.0
LOG: Final = logging.getLogger(__name__)

Connect = Callable[[], "psycopg.Connection[Any]"]


class PostgresWakeups:
    """One connection listens in a thread of its own, from the first `wait` on; another one notifies."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._bell = Bell()
        self._me = uuid.uuid4().hex
        self._closing = threading.Event()
        self._is_listening = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._speaker: psycopg.Connection[Any] | None = None

    def wake(self) -> None:
        """Ring here and everywhere else."""
        self._bell.ring()
        with self._lock:
            try:
                self._notify()
            except psycopg.Error as error:
                # What was committed stays committed: those who poll will find it.
                LOG.warning("a wake-up could not be sent: %s", type(error).__name__)
                self._speaker = None

    def _notify(self) -> None:
        if self._speaker is None or self._speaker.closed:
            self._speaker = self._connect()
            # A notification takes PostgreSQL's one notify lock to its commit, so that commit must not wait for a disk.
            self._speaker.execute("SET synchronous_commit = off")
        speaker = self._speaker.pgconn
        while (last := speaker.get_result()) is not None:
            if last.status != ExecStatus.TUPLES_OK:
                raise psycopg.OperationalError("the last wake-up was refused")
        # Nobody waits for the answer: it is read before the next one, and a hint that is lost costs a poll.
        speaker.send_query_params(b"SELECT pg_notify($1, $2)", [CHANNEL.encode(), self._me.encode()])
        speaker.flush()

    def wait(self, seconds: float) -> bool:
        """Whether it rang since this thread last waited, waiting so long for it."""
        self._listen_from_now_on()
        return self._bell.heard(seconds)

    def _listen_from_now_on(self) -> None:
        if self._is_listening.is_set():
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="crmw-listen", daemon=True)
                self._thread.start()
        self._is_listening.wait(LISTEN_AGAIN_SECONDS)

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                with self._connect() as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    if self._is_listening.is_set():
                        self._bell.ring()  # Something may have happened while the connection was lost.
                    self._is_listening.set()
                    self._hear(connection)
            except psycopg.Error as error:
                LOG.warning("lost the connection for wake-ups: %s", type(error).__name__)
                self._closing.wait(LISTEN_AGAIN_SECONDS)

    def _hear(self, connection: "psycopg.Connection[Any]") -> None:
        while not self._closing.is_set():
            for notification in connection.notifies(timeout=LISTEN_AGAIN_SECONDS, stop_after=1):
                if notification.payload != self._me:
                    self._bell.ring()

    def close(self) -> None:
        """Stop listening; the thread ends by the notification it gets."""
        self._closing.set()
        if self._thread is not None:
            self.wake()
            self._thread.join(2 * LISTEN_AGAIN_SECONDS)
        if self._speaker is not None:
            self._speaker.close()
