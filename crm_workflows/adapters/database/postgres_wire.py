"""A cursor that talks to PostgreSQL by libpq's pipeline: what need not be waited for travels with what must be.

psycopg's own cursor costs more time on the hot path than the server takes, also in its pipeline
(docs/performance.md). It must not know records, and not begin or end transactions by itself.
"""

import hashlib
import select
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

MOST_PREPARED: Final = 1_000
"""Statements that a connection keeps prepared on the server; further ones are parsed anew each time."""
DONE: Final = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
HANDED_OVER: Final = ""
"""Among what is under way, the end of what was handed over together; no statement has this text."""

Load = Callable[[bytes], Any]


def _text(value: bytes) -> str:
    return value.decode()


def _instant(value: bytes) -> datetime:
    return datetime.fromisoformat(value.decode())


LOADERS: Final[dict[int, Load]] = {
    16: b"t".__eq__,  # boolean
    17: lambda value: bytes.fromhex(value[2:].decode()),  # bytea
    20: int,  # bigint
    21: int,
    23: int,
    1184: _instant,  # timestamptz, in the session's zone, which is UTC
}
"""By type on the server; all else is text. Also json, whose text is read by whoever knows the column."""


class WireCursor:
    """One at a time on a connection; parameters are $1, $2, …, their types what the server makes of their places."""

    def __init__(self, connection: "psycopg.Connection[Any]", prepared: dict[str, bytes]) -> None:
        """`prepared` belongs to the connection: its statements that the server knows, by text."""
        self._pg = connection.pgconn
        self._prepared = prepared
        self._waiting: list[tuple[str, list[bytes | None], list[int] | None]] = []
        self._under_way: list[str | None] = []
        """Of each statement that was handed over and not heard of, its text where it is prepared on the way."""
        self._new: dict[str, bytes] = {}
        """The names of those, by text."""
        self._result: Any = None
        self.results: list[Any] = []
        """The results of the last journey, that of `execute` last."""

    def later(self, text: str, values: Sequence[Any] = ()) -> None:
        """Send this with the next `execute`, which raises what the server says to it."""
        formats = [int(type(value) is bytes) for value in values] if bytes in map(type, values) else None
        self._waiting.append((text, _encoded(values), formats))

    def forget(self, since: str | None = None) -> bool:
        """Send nothing of what waits, or nothing from the statement `since` on; whether that one waited still."""
        while self._waiting:
            text, _, _ = self._waiting.pop()
            if text == since:
                return True
        return False

    def execute(self, text: str, values: Sequence[Any] = ()) -> "WireCursor":
        """Send all that waits, and then this; returns itself, with the rows of this."""
        self.later(text, values)
        self.send()
        return self

    def send(self) -> None:
        """Send all that waits. Raises the first error; the server has done nothing that came behind it."""
        if not self._waiting and not self._under_way:
            return
        try:
            self._queue_all()
            self._pg.pipeline_sync()
            self._flush()
            self.results, failed = self._take()
            self._pg.exit_pipeline_mode()
        except BaseException:
            self._pg.finish()  # Answers that nobody has heard would be taken for those to the next statement.
            raise
        if failed is not None:
            raise failed
        self._result = self.results[-1]

    def hand_over(self) -> None:
        """Let the server work on what waits, of which `send` hears; only within a transaction.

        To the server it is at an end, so that from then on it counts how long a transaction waits for a process that
        may have been stopped. After an error it takes up the next again, and refuses all but the transaction's end.
        """
        if not self._waiting:
            return
        try:
            self._queue_all()
            self._pg.pipeline_sync()  # What the network does not take yet goes with the next.
            self._under_way.append(HANDED_OVER)
        except BaseException:
            self._pg.finish()
            raise

    def rows_of(self, result: Any) -> list[tuple[Any, ...]]:
        """The rows of one result."""
        columns = [(n, LOADERS.get(result.ftype(n), _text)) for n in range(result.nfields)]
        get = result.get_value
        return [
            tuple(None if (value := get(row, n)) is None else load(value) for n, load in columns)
            for row in range(result.ntuples)
        ]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row of the last statement."""
        return self.rows_of(self._result)

    def fetchone(self) -> tuple[Any, ...] | None:
        """Its first row."""
        return next(iter(self.rows_of(self._result)), None)

    @property
    def rowcount(self) -> int:
        """How many rows the last statement has changed."""
        return int(self._result.command_tuples or 0)

    def _queue_all(self) -> None:
        if not self._under_way:
            self._pg.enter_pipeline_mode()
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            self._under_way.append(self._queue(*one))

    def _queue(self, text: str, values: list[bytes | None], formats: list[int] | None) -> str | None:
        """Put one statement on its way; returns its text where it is prepared on the way."""
        name = self._prepared.get(text) or self._new.get(text)
        prepares = None
        if name is None and len(self._prepared) + len(self._new) < MOST_PREPARED:
            name = self._new[text] = _name_of(text)
            self._pg.send_prepare(name, text.encode())
            prepares = text
        if name is None:
            self._pg.send_query_params(text.encode(), values, param_formats=formats)
        else:
            self._pg.send_query_prepared(name, values, param_formats=formats)
        return prepares

    def _take(self) -> tuple[list[Any], Exception | None]:
        """One result for each statement, and the error of the first that failed."""
        steps, self._under_way = self._under_way, []
        new, self._new = self._new, {}
        found: list[Any] = []
        failed: Exception | None = None
        for prepares in steps:
            if prepares == HANDED_OVER:
                self._next()
                continue
            if prepares is not None:
                made = self._next()
                failed = failed or self._error(made)
                if made.status in DONE:
                    self._prepared[prepares] = new[prepares]
            result = self._next()
            failed = failed or self._error(result)
            found.append(result)
        while self._next().status != ExecStatus.PIPELINE_SYNC:
            pass
        return found, failed

    def _error(self, result: Any) -> Exception | None:
        return None if result.status in DONE else error_from_result(result)

    def _next(self) -> Any:
        """The next result: in a pipeline each statement's is followed by nothing, once."""
        while True:
            while self._pg.is_busy():
                _wait(self._pg.socket, select.POLLIN)
                self._pg.consume_input()
            result = self._pg.get_result()
            if result is not None:
                return result
            if self._pg.status != psycopg.pq.ConnStatus.OK:
                raise psycopg.OperationalError("the connection to the server was lost")

    def _flush(self) -> None:
        """Hand everything to the network, hearing meanwhile what the server says: it may not listen before."""
        while self._pg.flush():
            if _wait(self._pg.socket, select.POLLIN | select.POLLOUT) & select.POLLIN:
                self._pg.consume_input()


def _name_of(text: str) -> bytes:
    """Its own for each text: a number could be that of another, where of two only the second could be prepared."""
    return b"crmw" + hashlib.sha256(text.encode()).hexdigest()[:32].encode()


def _encoded(values: Sequence[Any]) -> list[bytes | None]:
    """As the server reads them; a case has some three hundred, nearly all texts and NULLs."""
    return [
        value.encode()
        if type(value) is str and "\0" not in value
        else None
        if value is None
        else _encoded_rarely(value)
        for value in values
    ]


def _encoded_rarely(value: Any) -> bytes:
    if type(value) is int:
        return b"%d" % value
    if isinstance(value, str):
        if "\0" in value:  # libpq would end the text there.
            raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
        return value.encode()
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, datetime):
        return value.isoformat().encode()
    if isinstance(value, list):
        return b"{%s}" % b",".join(map(_element, value))
    return str(value).encode()


def _element(value: Any) -> bytes:
    """One element of an array's text."""
    return b'"%s"' % _encoded_rarely(value).replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def _wait(socket: int, events: int) -> int:
    """Wait without holding up other threads, of which one may hold the lock that the server waits for."""
    waits = select.poll()
    waits.register(socket, events)
    return waits.poll()[0][1]
