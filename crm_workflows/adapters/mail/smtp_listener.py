"""The embedded mail server of the local default: takes any mail on loopback and hands it on, by aiosmtpd.

A mail is acknowledged only after it was handed on and stored. It must not listen beyond loopback, look up names, read
mails or keep them.
"""

import asyncio
import ipaddress
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from aiosmtpd.smtp import SMTP

from crm_workflows.adapters.files import said_with_reason
from crm_workflows.domain.errors import ConfigurationError, MailTrouble

LARGEST: Final = 30_000_000  # bytes, advertised by SIZE (RFC 1870)
_LONGEST_LINE: Final = 1_000_000  # bytes; senders break the 998 of RFC 5322, and here no mail is to be lost over it
_IDLE: Final = 120.0  # seconds after which a silent client is let go
_GRACE: Final = 20.0  # seconds that stopping waits for mails being handed on
_START: Final = 10.0  # seconds
_WORKERS: Final = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail as it was handed in: `mail_from` is empty for the null sender of automatic mail (RFC 5321 §4.5.5)."""

    mail_from: str
    recipients: tuple[str, ...]
    data: bytes


class LoopbackMailServer:
    """Calls `on_message` in a thread for every mail, and answers only when it has returned.

    What `on_message` returns is the SMTP reply ("550 5.1.1 no such mailbox"); None is "250". When it raises, the client
    hears 451 and will try again. It may be called several times at once, and twice with the same mail.
    """

    def __init__(self, host: str, port: int, on_message: Callable[[Envelope], str | None]) -> None:
        self.host = _loopback(host)
        self._wanted_port = port
        self._on_message = on_message
        self._running: _Running | None = None

    @property
    def port(self) -> int:
        """The port listened on; 0 asks for a free one, known once started."""
        return self._running.port if self._running else self._wanted_port

    def start(self) -> None:
        """Listen; returns when mail can be handed in. Raises MailTrouble when the port cannot be had."""
        if self._running is None:
            self._running = _Running(self.host, self._wanted_port, self._on_message)

    def stop(self) -> None:
        """Take no more mails and wait for those being handed on; a second call does nothing."""
        running, self._running = self._running, None
        if running is not None:
            running.end()


class _Running:
    """One life of the server: its thread, event loop and connections."""

    def __init__(self, host: str, port: int, on_message: Callable[[Envelope], str | None]) -> None:
        # aiosmtpd writes addresses and commands to these logs.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self._on_message = on_message
        self._connections: set[_Session] = set()
        self._deliveries: dict[_Session, asyncio.Future[None]] = {}
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="mail-in")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail-server", daemon=True)
        self._thread.start()
        try:
            opened = asyncio.run_coroutine_threadsafe(self._open(host, port), self._loop)
            self._server = opened.result(_START)
        except OSError as error:
            self._end_loop()
            zh = f"邮件端口 {host}:{port} 无法使用（{{}}），请换一个（crmw up --smtp-port）"
            en = f"The mail port {host}:{port} cannot be used ({{}}); choose another one (crmw up --smtp-port)"
            raise MailTrouble(said_with_reason(zh, en, error)) from error
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _open(self, host: str, port: int) -> asyncio.Server:
        return await self._loop.create_server(lambda: _Session(self), host, port)

    def end(self) -> None:
        """Close the door, let mails under way be finished, hang up."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(_GRACE + _START)
        self._end_loop()

    async def _close(self) -> None:
        self._server.close()
        if self._deliveries:
            await asyncio.wait(list(self._deliveries.values()), timeout=_GRACE)
        for session in list(self._connections):
            session.hang_up()
        await asyncio.sleep(0)

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START)
        self._workers.shutdown(wait=False, cancel_futures=True)
        if not self._thread.is_alive():
            self._loop.close()

    def opened(self, session: "_Session") -> None:
        """A client connected."""
        self._connections.add(session)

    def closed(self, session: "_Session") -> None:
        """A client is gone."""
        self._connections.discard(session)

    def answered(self, session: "_Session") -> None:
        """A client has got its reply to a mail, or is gone."""
        delivery = self._deliveries.pop(session, None)
        if delivery is not None:
            delivery.set_result(None)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002  aiosmtpd's
        """Called by aiosmtpd with a whole mail."""
        self._deliveries[server] = self._loop.create_future()
        sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
        mail = Envelope(sender, tuple(envelope.rcpt_tos), bytes(envelope.content or b""))
        try:
            reply = await self._loop.run_in_executor(self._workers, self._on_message, mail)
        except Exception:
            # Whatever went wrong, the client must keep the mail: that is what 451 says.
            log.exception("a mail could not be taken in; its sender was asked to try again")
            return "451 4.3.0 not stored, please try again"
        return reply or "250 2.0.0 stored"


class _Session(SMTP):
    """One client."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, running: _Running) -> None:
        self._running = running
        super().__init__(
            running,
            hostname="localhost",  # else it is looked up
            ident="crm-workflows",
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            timeout=_IDLE,
        )

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  named by aiosmtpd
        """Take one mail; afterwards its reply has been written."""
        try:
            await super().smtp_DATA(arg)
        finally:
            self._running.answered(self)

    def connection_made(self, transport: Any) -> None:
        """Called by asyncio."""
        super().connection_made(transport)
        self._running.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Called by asyncio."""
        self._running.closed(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        """Close the connection after what was written to it."""
        if self.transport is not None:
            self.transport.close()


def _loopback(host: str) -> str:
    """The numeric loopback address for `host`; raises ConfigurationError for anything that others could reach."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ConfigurationError(
            [
                (
                    f"内置邮件服务只能监听本机地址，不能是 {host}；请用 127.0.0.1 / "
                    f"The embedded mail server listens on loopback only, not on {host}; use 127.0.0.1"
                )
            ]
        )
    return host
