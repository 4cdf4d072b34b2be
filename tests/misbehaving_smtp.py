"""A real SMTP server on loopback that goes wrong on demand, at any phase, as often as told. It must not be clever."""

# ruff: noqa: N802 - aiosmtpd finds its commands by these names
import asyncio
import ssl
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

Phase = Literal["connect", "ehlo", "auth", "mail", "rcpt", "data", "half", "body", "quit"]
"""`half`: within the mail's data; `body`: after its last byte, where a server that hangs or drops has got the mail."""


@dataclass
class Fault:
    """`does` is hang, drop, drip (endless letters, never a line) or a reply such as `550 5.1.1 No such user`."""

    phase: Phase
    does: str
    times: int | None = None
    """How often; None: until healed."""
    only_to: str | None = None
    """Only for this recipient, for the phases from rcpt on."""


@dataclass(frozen=True)
class Received:
    """A mail that the server has in full, whether it said so or not."""

    sender: str
    recipient: str
    content: bytes


@dataclass
class Misbehaving:
    """The server as tests see it."""

    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    greeted_as: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    """Access tokens that are good for XOAUTH2."""
    got_mail: threading.Event = field(default_factory=threading.Event)
    """Set once the first mail is here in full."""

    def goes_wrong(self, phase: Phase, does: str, times: int | None = None, only_to: str | None = None) -> None:
        """From now on."""
        self.faults.append(Fault(phase, does, times, only_to))

    def heal(self) -> None:
        """Behave from now on."""
        self.faults.clear()

    def take(self, phase: Phase, recipient: str | None) -> str | None:
        """What to do now, counted down."""
        for fault in self.faults:
            fits = fault.only_to is None or fault.only_to == recipient
            if fault.phase == phase and fits and fault.times != 0:
                fault.times = None if fault.times is None else fault.times - 1
                return fault.does
        return None


class _Server(SMTP):
    def __init__(self, plan: Misbehaving, **options: Any) -> None:
        super().__init__(_Handler(plan), hostname="mail.test", ident="Misbehaving", **options)
        self.plan = plan
        self.greeted = False

    async def push(self, status: Any) -> None:
        if not self.greeted:
            self.greeted = True
            self.plan.connections += 1
            if await self.wrong("connect"):
                return
        await super().push(status)
        if str(status).startswith("354") and (does := self.plan.take("half", self.recipient())):
            await self._reader.readexactly(40)
            await self.do(does)

    def recipient(self) -> str | None:
        to = self.envelope.rcpt_tos if self.envelope else []
        return str(to[-1]) if to else None

    async def wrong(self, phase: Phase, recipient: str | None = None) -> bool:
        self.plan.commands.append(phase)
        does = self.plan.take(phase, recipient or self.recipient())
        if does is None:
            return False
        await self.do(does)
        return True

    async def do(self, does: str) -> None:
        if does == "hang":
            await asyncio.Event().wait()
        elif does == "drip":
            while self.transport is not None and not self.transport.is_closing():
                self._writer.write(b"2")
                await asyncio.sleep(0.02)
        elif does == "drop":
            assert self.transport is not None
            self.transport.abort()
        else:
            await super().push(does)
            if does.startswith("421") or (does.startswith("554") and self.session and not self.session.host_name):
                assert self.transport is not None
                self.transport.close()

    async def smtp_EHLO(self, hostname: str) -> None:
        self.plan.greeted_as.append(hostname)
        if not await self.wrong("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_AUTH(self, arg: str) -> None:
        if not await self.wrong("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        if not await self.wrong("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        address = (arg or "").partition("<")[2].partition(">")[0]
        if not await self.wrong("rcpt", address):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if not await self.wrong("data"):
            await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str) -> None:
        if not await self.wrong("quit"):
            await super().smtp_QUIT(arg)


class _Handler:
    def __init__(self, plan: Misbehaving) -> None:
        self.plan = plan

    async def handle_DATA(self, server: _Server, session: Session, envelope: Envelope) -> str:
        self.plan.commands.append("body")
        does = self.plan.take("body", server.recipient())
        if does is None or does in ("hang", "drop", "drip"):
            content = envelope.original_content or b""
            self.plan.received += [Received(str(envelope.mail_from), str(to), content) for to in envelope.rcpt_tos]
            self.plan.got_mail.set()
        if does in ("hang", "drop", "drip"):
            await server.do(str(does))
        return does or "250 taken"

    async def auth_XOAUTH2(self, server: _Server, arguments: list[str]) -> AuthResult:
        """As the large providers do: what was wrong comes as a challenge, and only its answer ends the login."""
        said = b64decode(arguments[1]).decode()
        if said in {f"user=crm\x01auth=Bearer {token}\x01\x01" for token in self.plan.tokens}:
            return AuthResult(success=True)
        await server.challenge_auth(b'{"status":"401","schemes":"bearer"}')
        return AuthResult(success=False, handled=False, message="535 5.7.8 bad token")


def _login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    ok = (data.login, data.password) == (b"crm", b"right")
    return AuthResult(success=ok, handled=False, message=None if ok else "535 5.7.8 wrong name or password")


@contextmanager
def misbehaving(
    *, tls: ssl.SSLContext | None = None, implicit_tls: bool = False, login: bool = False, size: int | None = None
) -> Iterator[Misbehaving]:
    """Run it on a free loopback port; `login` asks for crm / right, `tls` offers STARTTLS, or TLS at once."""
    plan = Misbehaving()
    loop = asyncio.new_event_loop()
    options: dict[str, Any] = {"loop": loop, "data_size_limit": size or 33_554_432, "timeout": 60}
    if tls and not implicit_tls:
        options["tls_context"] = tls
    if login:
        options |= {"authenticator": _login, "auth_required": True, "auth_require_tls": False}
    thread = threading.Thread(target=loop.run_forever, name="misbehaving-smtp", daemon=True)
    thread.start()
    making = loop.create_server(lambda: _Server(plan, **options), "127.0.0.1", 0, ssl=tls if implicit_tls else None)
    server = asyncio.run_coroutine_threadsafe(making, loop).result(10)
    plan.port = server.sockets[0].getsockname()[1]
    try:
        yield plan
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    """Close the door and end every conversation, the hanging ones too."""
    server.close()
    mine = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not mine]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
