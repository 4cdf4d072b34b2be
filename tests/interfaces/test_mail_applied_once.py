"""Papers sent once, delivered thrice into two folders, fetched by two processes that die: taken once.

A real Dovecot, in a process of its own, holds the mails; every schedule is drawn from a seed.
"""

import random
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from imapclient import IMAPClient

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.schema import migrate
from crm_workflows.domain.records import Document, InboundMail
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.ports import Store
from crm_workflows.interfaces.up.imap import Imap
from crm_workflows.settings import Mailbox, Settings
from tests.dovecot import PASSWORD, Dovecot
from tests.office import Office, documents

pytestmark = pytest.mark.needs_dovecot
SUPPLIER: Final = "gu.wanqing@chenglan.example"
FOLDERS: Final = ("INBOX", "垃圾邮件")
SCHEDULES: Final = 100
STEPS: Final = 16
OTHERS: Final = 4
"""Mails that come once, of which none may be passed over."""


class Killed(BaseException):
    """A process dies here."""


class Dying:
    """A process's way to the database, which ends now and then right before or right after a commit."""

    def __init__(self, inner: Store, rng: random.Random) -> None:
        self.inner, self.rng = inner, rng
        self.odds = 0.0

    @contextmanager
    def write(self) -> Iterator[Any]:
        before, after = self.rng.random() < self.odds, self.rng.random() < self.odds
        with self.inner.write() as tx:
            yield tx
            if before:
                raise Killed
        if after:
            raise Killed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Process:
    """One of two that look into the mailbox and take in what is stored."""

    def __init__(self, url: str, mailbox: Mailbox, rng: random.Random) -> None:
        self.store = Dying(open_store(url), rng)
        self.office = Office(self.store)
        parts = SimpleNamespace(
            store=self.store, engine=self.office.engine, clock=self.office.clock, settings=Settings()
        )
        self.imap = Imap(parts, "imap", mailbox)  # type: ignore[arg-type]

    def look(self) -> None:
        self.imap.look()

    def take_in(self) -> None:
        intake.process_new(self.office.engine)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "crm.db"
    migrate(f"sqlite:///{path}")
    return path


def play(dovecot: Dovecot, url: str, rng: random.Random) -> None:
    user = f"u{uuid.uuid4().hex[:12]}"
    mailbox = Mailbox(
        host="127.0.0.1", port=dovecot.port, user=user, password=PASSWORD, security="none", folder=r"INBOX,\Junk"
    )
    with ExitStack() as stack:
        two = [Process(url, mailbox, rng) for _ in range(2)]
        for one in two:
            stack.enter_context(closing(one.store.inner))
        client = stack.enter_context(IMAPClient("127.0.0.1", dovecot.port, ssl=False))
        client.login(user, PASSWORD)
        office = two[0].office
        code = office.start()
        asked = next(mail for mail in office.mails("documents_request") if mail.recipient == SUPPLIER)
        papers = office.reply_bytes(asked, "附件请查收", files=documents())
        two[0].look()
        copies = [(folder, b"Received: by way %d\r\n" % n + papers) for folder in FOLDERS for n in range(3)]
        copies += [(rng.choice(FOLDERS), b"From: x@else.example\r\nSubject: %d\r\n\r\nx" % n) for n in range(OTHERS)]
        rng.shuffle(copies)
        act(two, copies, client, rng)
        for one in two:
            one.store.odds = 0.0
            one.look()
            one.take_in()
        check(office, code)


def act(two: list[Process], copies: list[tuple[str, bytes]], client: IMAPClient, rng: random.Random) -> None:
    def deliver() -> None:
        for folder, raw in copies[:2]:
            client.append(folder, raw)
        del copies[:2]

    def take_in_at_once() -> None:
        for one in two:
            one.store.odds = 0.0
        threads = [threading.Thread(target=one.take_in) for one in two]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    for _ in range(STEPS):
        one = rng.choice(two)
        one.store.odds = 0.2
        does: Callable[[], None] = rng.choice([deliver, one.look, one.take_in, one.look, take_in_at_once])
        with suppress(Killed):
            does()
    while copies:
        deliver()


def check(office: Office, code: str) -> None:
    with office.engine.store.read() as reader:
        received = sorted((row.status, row.subject, row.case) for row in reader.find(InboundMail))
        taken = [(paper.kind, paper.sha256) for paper in reader.find(Document, case=code) if paper.problem is None]
    others = [("refused", str(n), None) for n in range(OTHERS)]
    assert received == [("applied", f"Re: [{code}]", code), *others], "none is lost, and copies are one"
    assert len(taken) == len(set(taken)) > 3
    assert len(office.mails("documents_received")) == 1
    assert office.waiting(code)["gate"] == "papers_check"
    office.check_invariants()


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_papers_are_taken_once_whatever_the_mail_and_the_processes_do(
    dovecot: Dovecot, empty: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seed = request.config.getoption("--seed") or random.randrange(2**32)
    sys.stdout.write(f"seed of the schedules: {seed}\n")
    for n in range(SCHEDULES):
        path = tmp_path / f"{n}.db"
        path.write_bytes(empty.read_bytes())
        play(dovecot, f"sqlite:///{path}?timeout=30", random.Random(f"{seed}/{n}"))
