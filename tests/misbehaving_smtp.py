"""A real SMTP server on loopback that goes wrong on demand, as tests hold it; it runs in a process of its own.

One process serves a whole run of pytest and starts when it is first wanted. What a server has got is in a file before
it says so, so that a kill -9 loses none of it. This module must not speak SMTP: `misbehaving_server` does.
"""

import atexit
import json
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tests.certificate import Certificate

Phase = Literal["connect", "ehlo", "auth", "mail", "rcpt", "data", "half", "body", "quit"]
"""`half`: within the mail's data; `body`: after its last byte, where a server that goes has got the mail."""
ROOT = Path(__file__).parent.parent
NOTES = "notes"
"""The file in the folder of a server to which it writes what happens, a line of JSON each."""


@dataclass(frozen=True)
class Fault:
    """`does` is hang, drop, kill (-9, of the process), drip (letters, never a line) or a reply `550 5.1.1 No`."""

    number: int
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


class Gone(Exception):
    """The process of the servers is no more."""


class Process:
    """Where the servers run; it ends when its input does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = subprocess.Popen(
            [sys.executable, "-m", "tests.misbehaving_server"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True, start_new_session=True,
        )  # fmt: skip
        atexit.register(self.end)

    def ask(self, *command: object) -> Any:
        """Its answer to one command. Raises Gone."""
        out, answers = self._running.stdin, self._running.stdout
        assert out is not None
        assert answers is not None
        with self._lock:
            try:
                out.write(json.dumps(command) + "\n")
                out.flush()
                answer = answers.readline()
            except BrokenPipeError:
                answer = ""
        if not answer:
            raise Gone
        return json.loads(answer)

    def kill(self) -> None:
        """Kill -9."""
        self._running.kill()
        self._running.wait(10)

    def end(self) -> None:
        """Stop, and leave nothing behind."""
        with suppress(BrokenPipeError):
            self._running.communicate(timeout=10)
        atexit.unregister(self.end)


class _Shared:
    """The process that serves this run."""

    now: Process | None = None

    @classmethod
    def ask(cls, *command: object) -> Any:
        """Of the process that runs, or of a new one."""
        try:
            if cls.now is None:
                cls.now = Process()
            return cls.now.ask(*command)
        except Gone:
            assert cls.now is not None
            cls.now.end()
            cls.now = Process()
            return cls.now.ask(*command)


class Misbehaving:
    """One server as tests see it."""

    def __init__(self, folder: Path, options: dict[str, Any]) -> None:
        self._folder, self._options = folder, options
        self._faults: list[Fault] = []
        self._tokens: set[str] = set()
        self._seen = 0
        self._received: list[Received] = []
        self._greeted_as: list[str] = []
        self._commands: list[str] = []
        self._connections = 0
        self._struck: Counter[int] = Counter()
        self.port = 0
        self._open()

    # -- what it shall do ---------------------------------------------------------------------------------------------

    def goes_wrong(self, phase: Phase, does: str, times: int | None = None, only_to: str | None = None) -> None:
        """From now on."""
        fault = Fault(len(self._faults), phase, does, times, only_to)
        self._faults.append(fault)
        self._tell("fault", asdict(fault))

    def heal(self) -> None:
        """Behave from now on."""
        self._faults = [replace(fault, times=0) for fault in self._faults]
        self._tell("heal")

    @property
    def tokens(self) -> set[str]:
        """Access tokens that are good for XOAUTH2."""
        return self._tokens

    @tokens.setter
    def tokens(self, tokens: set[str]) -> None:
        self._tokens = tokens
        self._tell("tokens", sorted(tokens))

    def kill(self) -> None:
        """Kill -9 of the process that it runs in."""
        assert _Shared.now is not None
        _Shared.now.kill()

    def is_up(self) -> bool:
        """Whether its process has survived so far."""
        try:
            return _Shared.now is not None and bool(_Shared.now.ask("has", str(self._folder)))
        except Gone:
            return False

    def start_again(self) -> None:
        """After a kill, on the same port; what has not struck as often as told strikes on."""
        self._open()
        self._look()
        for fault in self._faults:
            left = None if fault.times is None else fault.times - self._struck[fault.number]
            self._tell("fault", asdict(replace(fault, times=left)))
        self._tell("tokens", sorted(self._tokens))

    def close(self) -> None:
        """Close the door and end every conversation, the hanging ones too."""
        if self.is_up():
            self._tell("close")
        self._look()

    def _open(self) -> None:
        self.port = int(_Shared.ask("open", str(self._folder), {**self._options, "port": self.port}))

    def _tell(self, what: str, *details: object) -> None:
        """A server that is dead learns of it when it starts again."""
        assert _Shared.now is not None
        with suppress(Gone):
            _Shared.now.ask(what, str(self._folder), *details)

    # -- what has happened --------------------------------------------------------------------------------------------

    @property
    def received(self) -> list[Received]:
        """One for each recipient, in the order of arrival."""
        return self._look()._received

    @property
    def connections(self) -> int:
        """How many there were."""
        return self._look()._connections

    @property
    def greeted_as(self) -> list[str]:
        """The names that clients gave."""
        return self._look()._greeted_as

    @property
    def commands(self) -> list[str]:
        """The phases that were come to."""
        return self._look()._commands

    def has_got_mail(self, seconds: float) -> bool:
        """Whether the first mail comes within that time."""
        pause = threading.Event()
        return any(self.received or pause.wait(0.02) for _ in range(int(seconds / 0.02)))

    def _look(self) -> "Misbehaving":
        """Read on in the notes."""
        notes = self._folder / NOTES
        if notes.exists():
            new = notes.read_bytes()[self._seen :]
            whole = new[: new.rfind(b"\n") + 1]
            self._seen += len(whole)
            for line in whole.splitlines():
                self._note(*json.loads(line))
        return self

    def _note(self, what: str, *details: Any) -> None:
        match what:
            case "connected":
                self._connections += 1
            case "greeted":
                self._greeted_as.append(details[0])
            case "phase":
                self._commands.append(details[0])
            case "struck":
                self._struck[details[0]] += 1
            case "mail":
                sender, recipients, name = details
                content = (self._folder / name).read_bytes()
                self._received += [Received(sender, to, content) for to in recipients]
            case _:
                raise AssertionError(f"a note that nobody can read: {what}")


@contextmanager
def misbehaving(
    *, tls: "Certificate | None" = None, implicit_tls: bool = False, login: bool = False, size: int | None = None
) -> Iterator[Misbehaving]:
    """Run it on a free loopback port; `login` asks for crm / right, `tls` offers STARTTLS, or TLS at once."""
    shown = [str(tls.public), str(tls.key)] if tls else None
    with tempfile.TemporaryDirectory(prefix="crmw-smtp-") as folder:
        options = {"tls": shown, "implicit_tls": implicit_tls, "login": login, "size": size}
        server = Misbehaving(Path(folder), options)
        try:
            yield server
        finally:
            server.close()
