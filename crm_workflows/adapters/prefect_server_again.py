"""Repeats inside the Prefect server what its SQLite was too busy for, so that nobody outside meets a 503.

Our own client asks again by itself (`prefect_client`); Prefect's pages, its command line with a plain client, and
scripts do not: with two of them at once every fifth start of a run was refused (3.8.8). It must not import anything of
Prefect or of ours: it runs in the server's process.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

BUSY: Final = 503
WAITS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""Seconds between attempts. The server answers 503 after it has rolled back: nothing is carried out twice."""


class AskedAgain:
    """An ASGI application around another one: an answer of 503 is thrown away and asked for again."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request; websockets and the server's own start pass untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _all_of(receive)
        for seconds in WAITS:
            if await self._answered(scope, _Replayed(body, receive), send):
                return
            await asyncio.sleep(seconds)
        await self._app(scope, _Replayed(body, receive), send)

    async def _answered(self, scope: Message, receive: Receive, send: Send) -> bool:
        """Pass the answer on, unless it is that the server is busy."""
        busy = False

        async def passing(message: Message) -> None:
            nonlocal busy
            if message["type"] == "http.response.start":
                busy = message["status"] == BUSY
            if not busy:
                await send(message)

        # Handlers leave notes in the scope; each attempt begins without those of the one before.
        try:
            await self._app(dict(scope), receive, passing)
        except Exception:
            # Starlette raises again what it has answered with a 503.
            if not busy:
                raise
        return not busy


class _Replayed:
    """What a request sent, once more; then whatever still comes, such as its end."""

    def __init__(self, messages: list[Message], receive: Receive) -> None:
        self._left = list(messages)
        self._receive = receive

    async def __call__(self) -> Message:
        return self._left.pop(0) if self._left else await self._receive()


async def _all_of(receive: Receive) -> list[Message]:
    """The whole body, which is small: Prefect's pages and clients send documents of some kilobytes."""
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body"):
        messages.append(await receive())
    return messages
