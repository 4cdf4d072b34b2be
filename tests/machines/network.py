"""Networks that can be cut: ways over TCP that let nothing pass, and machines with a cable of their own to pull.

A way that is cut still acknowledges what it gets, as a proxy that hangs does; behind a pulled cable nothing answers at
all. It must not look into what passes.
"""

import asyncio
import os
import shutil
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

CHUNK = 65_536


class Way:
    """One machine's way to a server, on a Unix socket or a port of loopback; it begins at `port` of `host`."""

    def __init__(self, to: Path | int, host: str = "127.0.0.1") -> None:
        self._to = to
        self.host = host
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="way", daemon=True)
        self._thread.start()
        making = asyncio.start_server(self._carry, host, 0)
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
            there = await self._connected()
        except OSError:  # the server is down: so is the connection
            writer.close()
            return
        await asyncio.gather(self._pass_on(reader, there[1]), self._pass_on(there[0], writer))

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._to, int):
            return await asyncio.open_connection("127.0.0.1", self._to)
        return await asyncio.open_unix_connection(str(self._to))

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


class Cable:
    """A network namespace that reaches this machine by one cable, which can be pulled. Only for root on Linux."""

    def __init__(self, number: int) -> None:
        self.name = f"crmw{os.getpid()}n{number}"
        self.host = f"10.231.{number}.1"
        self._here, there = f"cw{os.getpid() % 100_000}n{number}", f"cx{os.getpid() % 100_000}n{number}"
        ip("netns", "add", self.name)
        ip("link", "add", self._here, "type", "veth", "peer", "name", there, "netns", self.name)
        ip("addr", "add", f"{self.host}/30", "dev", self._here)
        ip("-n", self.name, "addr", "add", f"10.231.{number}.2/30", "dev", there)
        ip("-n", self.name, "link", "set", there, "up")
        ip("-n", self.name, "link", "set", "lo", "up")
        self.plug()

    @property
    def inside(self) -> list[str]:
        """What to put before a command that is to run at the other end."""
        return ["ip", "netns", "exec", self.name]

    def pull(self) -> None:
        """Nothing passes, and nothing answers."""
        ip("link", "set", self._here, "down")

    def plug(self) -> None:
        """Everything passes again."""
        ip("link", "set", self._here, "up")

    def close(self) -> None:
        """Take it away; the cable goes with its other end."""
        ip("netns", "del", self.name)


def ip(*words: str) -> None:
    """The command of that name, which must succeed."""
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


def may_lay_cables() -> bool:
    """Whether this process may make network namespaces."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    return subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False, timeout=20).returncode == 0
