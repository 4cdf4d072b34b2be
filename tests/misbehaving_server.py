"""The program behind `misbehaving_smtp`: SMTP servers that go wrong at any phase, as often as told.

It reads a command a line from its input, as a list in JSON, answers each by a line, and ends with its input. It must
not be clever.
"""

# ruff: noqa: N802 - aiosmtpd finds its commands by these names
import asyncio
import json
import logging
import os
import signal
import ssl
import sys
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.misbehaving_smtp import NOTES, Fault, Phase

KEEPS_SILENT: Final = ("hang", "drop", "drip", "kill")


class Plan:
    """What one server shall do, and the notes that it takes of what happens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []
        self.tokens: set[str] = set()
        self.conversations: set[_Conversation] = set()
        self.door: asyncio.Server | None = None
        self._mails = len(list(folder.glob("*.eml")))

    def note(self, what: str, *details: object) -> None:
        """On disk when this returns, as far as the death of this process goes."""
        with (self.folder / NOTES).open("ab", buffering=0) as notes:
            notes.write(json.dumps([what, *details]).encode() + b"\n")

    def keep(self, envelope: Envelope) -> None:
        """A mail that is here in full."""
        self._mails += 1
        name = f"{self._mails}.eml"
        (self.folder / name).write_bytes(envelope.original_content or b"")
        self.note("mail", str(envelope.mail_from), [str(to) for to in envelope.rcpt_tos], name)

    def take(self, phase: Phase, recipient: str | None) -> str | None:
        """What to do now, counted down."""
        for n, fault in enumerate(self.faults):
            fits = fault.only_to is None or fault.only_to == recipient
            if fault.phase == phase and fits and fault.times != 0:
                self.faults[n] = replace(fault, times=None if fault.times is None else fault.times - 1)
                self.note("struck", fault.number)
                return fault.does
        return None

    def close(self) -> None:
        """Nobody comes in any more, and whoever is here is thrown out."""
        if self.door is not None:
            self.door.close()
        for one in self.conversations:
            one.hang_up()


class _Conversation(SMTP):
    def __init__(self, plan: Plan, **options: Any) -> None:
        super().__init__(_Handler(plan), hostname="mail.test", ident="Misbehaving", **options)
        self.plan = plan
        self.greeted = False

    def connection_made(self, transport: Any) -> None:
        self.plan.conversations.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.plan.conversations.discard(self)
        super().connection_lost(error)

    async def push(self, status: Any) -> None:
        if not self.greeted:
            self.greeted = True
            self.plan.note("connected")
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
        self.plan.note("phase", phase)
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
        elif does == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif does == "drop":
            self.hang_up()
            # What came before, the end of a short mail say, must not be taken: this ends with the connection.
            await asyncio.Event().wait()
        else:
            await super().push(does)
            if does.startswith("421") or (does.startswith("554") and self.session and not self.session.host_name):
                assert self.transport is not None
                self.transport.close()

    def hang_up(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def smtp_EHLO(self, hostname: str) -> None:
        self.plan.note("greeted", hostname)
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
    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    async def handle_DATA(self, server: _Conversation, session: Session, envelope: Envelope) -> str:
        self.plan.note("phase", "body")
        does = self.plan.take("body", server.recipient())
        if does is None or does in KEEPS_SILENT:
            self.plan.keep(envelope)
        if does in KEEPS_SILENT:
            await server.do(str(does))
        return does or "250 taken"

    async def auth_XOAUTH2(self, server: _Conversation, arguments: list[str]) -> AuthResult:
        """As the large providers do: what was wrong comes as a challenge, and only its answer ends the login."""
        said = b64decode(arguments[1]).decode()
        if said in {f"user=crm\x01auth=Bearer {token}\x01\x01" for token in self.plan.tokens}:
            return AuthResult(success=True)
        await server.challenge_auth(b'{"status":"401","schemes":"bearer"}')
        return AuthResult(success=False, handled=False, message="535 5.7.8 bad token")


def _login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    ok = (data.login, data.password) == (b"crm", b"right")
    return AuthResult(success=ok, handled=False, message=None if ok else "535 5.7.8 wrong name or password")


def _served(tls: list[str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    return context


async def _open(
    plan: Plan, *, port: int, tls: list[str] | None, implicit_tls: bool, login: bool, size: int | None
) -> int:
    loop = asyncio.get_running_loop()
    context = _served(tls) if tls else None
    options: dict[str, Any] = {"loop": loop, "data_size_limit": size or 33_554_432, "timeout": 60}
    if context and not implicit_tls:
        options["tls_context"] = context
    if login:
        options |= {"authenticator": _login, "auth_required": True, "auth_require_tls": False}
    at_once = context if implicit_tls else None
    plan.door = await loop.create_server(lambda: _Conversation(plan, **options), "127.0.0.1", port, ssl=at_once)
    return int(plan.door.sockets[0].getsockname()[1])


class Servers:
    """Those that run here, by their folders; each method is a command."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}

    async def open(self, folder: str, options: dict[str, Any]) -> int:
        """Answers the port."""
        self._plans[folder] = Plan(Path(folder))
        return await _open(self._plans[folder], **options)

    async def has(self, folder: str) -> bool:
        """Whether it was opened here."""
        return folder in self._plans

    async def fault(self, folder: str, fault: dict[str, Any]) -> None:
        """One more."""
        self._plans[folder].faults.append(Fault(**fault))

    async def heal(self, folder: str) -> None:
        """No fault any more."""
        self._plans[folder].faults.clear()

    async def tokens(self, folder: str, tokens: list[str]) -> None:
        """Those that are good from now on."""
        self._plans[folder].tokens = set(tokens)

    async def close(self, folder: str) -> None:
        """For good."""
        self._plans.pop(folder).close()


async def main() -> None:
    """Obey until there is nobody to obey."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # that a login without TLS is allowed here is no news
    servers = Servers()
    while line := await asyncio.to_thread(sys.stdin.readline):
        what, *details = json.loads(line)
        print(json.dumps(await getattr(servers, what)(*details)), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    asyncio.run(main())
