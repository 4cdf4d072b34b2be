"""A way over TCP to a server on a Unix socket that can be cut: nothing passes any more, and nobody is told.

That is what a pulled cable looks like to both ends, apart from their own keepalives. It must not look into what passes.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CHUNK = 65_536


class Way:
    """One machine's way to the server; `port` on loopback is where it begins."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="way", daemon=True)
        self._thread.start()
        making = asyncio.start_server(self._carry, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(making, self._loop).result(10)
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """From now on nothing passes, in either direction, also on connections that there are."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def mend(self) -> None:
        """Everything passes again, also what was held up."""
        self._loop.call_soon_threadsafe(self._open.set)

    def close(self) -> None:
        """End it with all its connections."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # the end of the test
            await self._carried(reader, writer)

    async def _carried(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        try:
            there = await asyncio.open_unix_connection(str(self._socket))
        except OSError:  # the server is down: so is the connection
            writer.close()
            return
        await asyncio.gather(self._pass_on(reader, there[1]), self._pass_on(there[0], writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while some := await reader.read(CHUNK):
                await self._open.wait()
                writer.write(some)
                await writer.drain()
        await self._open.wait()
        writer.close()

    async def _end(self) -> None:
        self._server.close()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def ways(socket: Path, count: int) -> Iterator[list[Way]]:
    """So many ways to one server."""
    made = [Way(socket) for _ in range(count)]
    try:
        yield made
    finally:
        for way in made:
            way.close()
