"""Several machines on one PostgreSQL: each a `crmw worker` with a way of its own, people who answer, a mail server.

Machines are killed, stopped, cut off; the server is killed and started again. What must hold afterwards stands here.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.bootstrap import Office as Opened
from crm_workflows.bootstrap import open_office
from crm_workflows.domain.errors import Refused, StoreBusy
from crm_workflows.domain.records import CaseRow, Message, Supplier
from crm_workflows.engine.ports import Store, StretchSummary
from crm_workflows.engine.running import opening
from crm_workflows.settings import Settings
from tests.invariants import broken
from tests.machines.network import Cable, Way
from tests.misbehaving_smtp import Misbehaving, misbehaving
from tests.office import Office, application, credit_code
from tests.postgres import PostgresServer
from tests.upper import environment

BEGAN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SECRET = "k" * 43
PATIENCE = 90.0
STARTED = "the worker runs"
MOST_COPIES = 4
"""One, and one more for each machine or server that was lost while it handed the mail over."""


def soon(look: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What `look` finds, once it finds anything; a database that is busy or away counts as nothing."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.1)):
        try:
            found = look()
        except StoreBusy:
            found = None
        if found:
            return found
        pause.wait(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")


class Server:
    """A PostgreSQL of its own, that can be killed."""

    def __init__(self, folder: Path) -> None:
        self._server = PostgresServer(folder)
        self.name = self._server.database()
        self._pid_file = folder / "postmaster.pid"
        self.socket = self._socket()

    def url(self, way: Way | None = None) -> str:
        """The address of the database: directly, or by a machine's way."""
        if way is None:
            return self._server.address(self.name)
        return f"postgresql://postgres@{way.host}:{way.port}/{self.name}"

    def _socket(self) -> Path:
        info = self._server._server.get_postmaster_info()
        assert info.socket_dir is not None
        return Path(info.socket_dir) / f".s.PGSQL.{info.port}"

    def kill(self) -> None:
        """Kill -9 of the whole server, as when its machine loses power."""
        postmaster = int(self._pid_file.read_text("ascii").splitlines()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text("ascii").split()
        pids = [postmaster, *map(int, children)]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # PostgreSQL takes a process for alive, and will not start beside it, until it is buried.
        soon(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "the server is dead")

    def start(self) -> None:
        """Up again, with what was committed."""
        self._server._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop and delete it."""
        self._server.leave()


@dataclass
class Machine:
    """One `crmw worker` that reaches the database by a way of its own."""

    way: Way
    home: Path
    env: dict[str, str]
    inside: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to work; returns at once."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "out.txt").open("ab") as out:
            self.process = subprocess.Popen(
                [*self.inside, sys.executable, "-m", "crm_workflows.interfaces.cli", "worker"],
                env=self.env, cwd=self.home, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def signal(self, number: int) -> None:
        """Kill it (SIGKILL), stop it (SIGSTOP), let it go on (SIGCONT)."""
        assert self.process is not None
        self.process.send_signal(number)

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return (self.home / "logs" / "worker.log").read_text("utf-8")

    @property
    def has_started(self) -> bool:
        """Whether it has said that it works."""
        return STARTED in (self.home / "out.txt").read_text("utf-8")

    def end(self) -> None:
        """Kill it, whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)


@dataclass
class World:
    """The company: its database, its machines, its mail server, and its people in the test's own process."""

    server: Server
    folder: Path
    mail: Misbehaving
    settings: Settings
    opened: Opened
    office: Office
    stack: ExitStack
    machines: list[Machine] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def machine(self, cable: Cable | None = None, **more: str) -> Machine:
        """One more, not yet started, here or at the other end of a cable."""
        host = cable.host if cable else "127.0.0.1"
        way, mail = Way(self.server.socket, host), Way(self.mail.port, host)
        for one in (way, mail):
            self.stack.callback(one.close)
        home = self.folder / f"machine-{len(self.machines)}"
        env = environment(
            home, CRMW_DATABASE_URL=self.server.url(way), CRMW_SECRET_KEY=SECRET, CRMW_SMTP_HOST=host,
            CRMW_SMTP_PORT=str(mail.port), CRMW_SMTP_SECURITY="none", CRMW_MAIL_FROM="crm@yongchang.example",
            **more,
        )  # fmt: skip
        made = Machine(way, home, env, cable.inside if cable else [])
        self.machines.append(made)
        self.stack.callback(made.end)
        return made

    def open_cases(self, count: int) -> None:
        """Suppliers of quite different names ask at once; nobody has worked on any of them yet."""
        for n in range(len(self.cases), len(self.cases) + count):
            input_ = application(company=f"{NAMES[n % len(NAMES)]}{n}号有限公司", credit_code=credit_code(n))
            started = opening.start(self.opened.engine, "supplier-vetting", input_, requester=None, origin="cli")
            self.cases.append(started.code)

    def statuses(self) -> list[str]:
        """How the cases stand."""
        with self.opened.store.read() as reader:
            return [row.status for row in reader.find(CaseRow, code=self.cases)]

    @contextmanager
    def people_at_work(self) -> Iterator[None]:
        """People answer whatever every fourth case asks; in the rest nobody answers, and time decides."""
        thread = threading.Thread(target=self._work, name="people", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.over.set()
            thread.join(PATIENCE)

    def _work(self) -> None:
        while not self.over.wait(0.02):
            for code in self.cases[::4]:
                with suppress(StoreBusy, Refused):  # the database is away, or the matter settled: they try again
                    for item in self.office.view(code)["waiting_for"][:1]:
                        self.office.do(item)

    def settled(self) -> None:
        """Wait until every case is over and every mail is sent."""
        soon(lambda: set(self.statuses()) == {"closed"}, "all cases are over")
        soon(lambda: set(self._of(Message, "status")) == {"sent"}, "all mails are sent")

    def check(self) -> int:
        """Nothing is lost or doubled: rows, codes, mails; returns how many copies of mails there were."""
        assert broken(self.opened.store) == []
        with self.opened.store.read() as reader:
            ends = {row.code: row.outcome for row in reader.find(CaseRow, code=self.cases)}
        answered = set(self.cases[::4])
        assert {ends[code] for code in self.cases if code not in answered} == {"lapsed"}
        assert {ends[code] for code in answered} <= {"approved", "lapsed"}
        given = self._of(Supplier, "code")
        assert given == [f"S-CP-{n:04d}" for n in range(1, list(ends.values()).count("approved") + 1)]
        # A year of the company is over in little more than a minute: what was approved may be writing mails again.
        soon(lambda: len(self._taken()) == len(self._of(Message, "id")), "each mail was taken")
        taken = self._taken()
        for copies in taken.values():
            assert len(set(copies)) == 1, "copies of one mail differ"
            assert len(copies) <= MOST_COPIES
        return sum(len(copies) - 1 for copies in taken.values())

    def _taken(self) -> dict[bytes, list[bytes]]:
        """The mails that the server took, each with all its copies."""
        taken = defaultdict(list)
        for received in list(self.mail.received):
            taken[message_id(received.content)].append(received.content)
        return taken

    def _of(self, record: type[object], column: str) -> list[Any]:
        with self.opened.store.read() as reader:
            return [value for (value,) in reader.columns(record, column)]


class Elsewhere:
    """Somebody who wants to see new cases being worked on, so that whoever opens one leaves that to the machines."""

    def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
        """See `CommitListener`."""


NAMES = ("宏达", "澄岚", "博远", "金陵", "海川", "永固", "明珠", "天工", "瑞丰", "安泰", "凌云", "东禾")


def message_id(content: bytes) -> bytes:
    """Which mail these bytes are."""
    return next(line for line in content.splitlines() if line.lower().startswith(b"message-id:"))


@contextmanager
def opened_at(url: str) -> Iterator[Store]:
    """A store of the test's own, to look into."""
    with closing(open_store(url)) as store:
        yield store


@contextmanager
def world(folder: Path, speed: float) -> Iterator[World]:
    """Everything but the machines; `speed` seconds of the company pass in one."""
    with ExitStack() as stack:
        mail = stack.enter_context(misbehaving())
        pg = Path(tempfile.mkdtemp(prefix="crmw-machines-", dir=tempfile.gettempdir()))
        server = Server(pg)
        stack.callback(server.close)
        settings = Settings(
            home=folder / "people", database_url=server.url(), secret_key=SECRET, now=BEGAN, speed=speed,
            smtp_host="127.0.0.1", mail_from="crm@yongchang.example",
        )  # fmt: skip
        opened = stack.enter_context(closing(open_office(settings, Elsewhere())))
        opened.load_procedures()
        office = Office(opened.store)
        office.engine = opened.engine
        yield World(server, folder, mail, settings, opened, office, stack)
