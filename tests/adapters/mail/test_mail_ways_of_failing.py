"""A mail server that fails in 38 ways: nothing is lost, and every copy of a mail is the same bytes.

The server is a process of its own, and nine of the ways kill it. `make test` takes most ways once or twice, each time
with three mails, in memory; `make soak` all a hundred times with another seed, on SQLite, and two on PostgreSQL.
"""

import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.mail.mail_out import SmtpTransport
from crm_workflows.engine.mail_out import outbox_desk
from crm_workflows.engine.ports import Store
from crm_workflows.testing import MemoryStore
from tests.certificate import Certificate, certificate_in
from tests.misbehaving_smtp import Misbehaving, Phase, misbehaving
from tests.outbox_world import ADMIN, APPROVER, OWNER, Bytes, World, all_mails, fill, message
from tests.postgres import PostgresServer

SUPPLIER: Final = "sales@supplier.example"
FIRST: Final = {"m1": APPROVER, "m2": OWNER, "m3": SUPPLIER}
SHORT, LONG = 0.2, 20.0
"""Seconds for an answer, of a server that gives none and of any other; behind a heavy load an answer may be late."""
MOST_PASSES: Final = 60
Opens = Callable[[], Store]
"""Opens the same rows once more, as another process would."""


@dataclass(frozen=True)
class Way:
    """`does` as in `misbehaving_smtp`; where `fails`, the mails it strikes cannot be delivered, else all arrive."""

    phase: Phase
    does: str
    fails: bool = False
    only_to: str | None = None

    def __str__(self) -> str:
        return f"{self.phase} {self.does[:12]}" + (" one of several" if self.only_to else "")

    @property
    def is_silent(self) -> bool:
        """Whether only the sender's patience ends it."""
        return self.does in ("hang", "drip")

    @property
    def may_double(self) -> bool:
        """Whether a server that has the mail goes before it says so, or takes so long that this looks the same."""
        return self.is_silent or (self.phase == "body" and self.does in ("drop", "kill"))


WAYS: Final = (
    Way("connect", "drop"),
    Way("connect", "hang"),
    Way("connect", "drip"),
    Way("connect", "421 4.3.2 not now"),
    Way("connect", "554 5.3.2 no mail here"),
    Way("ehlo", "drop"),
    Way("ehlo", "hang"),
    Way("auth", "drop"),
    Way("auth", "hang"),
    Way("auth", "535 5.7.8 wrong name or password"),
    Way("auth", "454 4.7.0 login is broken"),
    Way("mail", "hang"),
    Way("mail", "452 4.3.1 disk full"),
    Way("rcpt", "hang"),
    Way("rcpt", "450 4.2.0 greylisted"),
    Way("rcpt", "550 5.1.1 no such user", fails=True, only_to=SUPPLIER),
    Way("rcpt", "drop"),
    Way("data", "drop"),
    Way("data", "hang"),
    Way("data", "451 4.3.0 later"),
    Way("half", "drop"),
    Way("half", "hang"),
    Way("body", "451 4.3.0 later"),
    Way("body", "554 5.7.1 looks like spam", fails=True, only_to=SUPPLIER),
    Way("body", "drop"),
    Way("body", "hang"),
    Way("body", "hello there"),
    *(Way(phase, "kill") for phase in get_args(Phase)),
)
KILLED_IN_SHORT: Final = ("half", "body")
"""To begin a process anew takes a third of a second."""


class LongMails(Bytes):
    """Mails longer than what is sent at once, so that a server can go in the middle of one."""

    def compose(self, *arguments: Any, **options: Any) -> bytes:
        head = super().compose(*arguments, **options)
        return head + b"\r\n" + b".dots and lines\r\n" * 20_000


def transport(server: Misbehaving, **options: Any) -> SmtpTransport:
    given = {"security": "none", "sender": "crm@example.com", "ehlo": "x", "user": "crm", "password": "right"}
    return SmtpTransport("127.0.0.1", server.port, **{**given, **options})


def in_memory() -> Opens:
    only = MemoryStore()
    return lambda: only


@contextmanager
def queued(opens: Opens, composer: Bytes) -> Iterator[World]:
    """Three mails to three people, in a store of its own."""
    with closing(opens()) as store:
        world = World(store, composer=composer)
        notices = [message(n, "case_opened", FIRST[n], request=None) for n in ("m2", "m3")]
        fill(world.store, message("m1"), *notices)
        yield world


def let_it_run(world: World, server: Misbehaving, opens: Opens, rng: random.Random) -> None:
    """Pass after pass until nothing waits; now and then the sender begins anew, and a server that died comes back."""
    with ExitStack() as opened:
        for _ in range(MOST_PASSES):
            if rng.random() < 0.2:
                world.store = opened.enter_context(closing(opens()))
                world.sender = world.new_sender()
            world.run()
            if not all_mails(world.store, status=["queued", "sending", "uncertain"]):
                return
            world.clock.pass_real(rng.uniform(1.0, 12.0))
            if rng.random() < 0.7 and not server.is_up():
                server.start_again()
    raise AssertionError([(row.id, row.status, row.error) for row in all_mails(world.store)])


def check(store: Store, server: Misbehaving, failing: set[str], *, may_double: bool) -> Counter[str]:
    """Every mail arrived or is listed as given up, and what arrived twice is the same bytes; how many there were."""
    rows = {row.id: row for row in all_mails(store)}
    assert {name for name, row in rows.items() if row.status == "failed"} == failing
    with store.read() as reader:
        assert {dead.id for dead in outbox_desk.dead(reader)} == failing
    told = {row.recipient for row in rows.values() if row.template == "mail_failed"}
    assert told == ({OWNER, ADMIN} if failing else set())
    copies = Counter(mail.content for mail in server.received)
    named = {content.partition(b"\r\n")[0] for content in copies}
    assert len(named) == len(rows) - len(failing), "each that did not fail has arrived, and no other"
    assert len(named) == len(copies), "copies differ"
    assert may_double or set(copies.values()) == {1}, "a server that certainly had not got the mail got it twice"
    return Counter(mails=len(rows), given_up=len(failing), copies_arrived=copies.total())


def strike(way: Way, rng: random.Random, opens: Opens) -> Counter[str]:
    composer = LongMails() if way.phase == "half" else Bytes()
    with misbehaving(login=True) as server, queued(opens, composer) as world:
        with closing(transport(server, seconds=SHORT if way.is_silent else LONG)) as world.server:
            world.sender = world.new_sender()
            server.goes_wrong(way.phase, way.does, None if way.fails else rng.randint(1, 3), way.only_to)
            let_it_run(world, server, opens, rng)
        with closing(opens()) as store:
            return check(store, server, {"m3"} if way.fails else set(), may_double=way.may_double)


def times(request: pytest.FixtureRequest, how_often: int) -> Iterator[random.Random]:
    seed = request.config.getoption("--seed") or random.randrange(2**32)
    sys.stdout.write(f"\nseed {seed}\n")
    for n in range(how_often):
        yield random.Random(f"{seed}/{n}")


@pytest.mark.parametrize("way", [w for w in WAYS if w.does != "kill" or w.phase in KILLED_IN_SHORT], ids=str)
def test_nothing_is_lost_and_every_copy_is_the_same(way: Way) -> None:
    for n in range(1 if way.is_silent or way.does == "kill" else 2):
        strike(way, random.Random(n), in_memory())


@pytest.mark.soak
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_nothing_is_lost_a_hundred_times(
    way: Way, sqlite_template: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seen: Counter[str] = Counter()
    for n, rng in enumerate(times(request, 100)):
        file = tmp_path / f"{n}.db"
        shutil.copy(sqlite_template, file)
        seen += strike(way, rng, partial(open_store, f"sqlite:///{file}?timeout=30"))
        file.unlink()
    sys.stdout.write(f"{way} on SQLite: {dict(seen)}\n")


@pytest.mark.soak
@pytest.mark.parametrize("way", [Way("body", "drop"), Way("body", "kill")], ids=str)
def test_nothing_is_lost_a_hundred_times_on_postgresql(
    way: Way, postgres: PostgresServer, request: pytest.FixtureRequest
) -> None:
    seen: Counter[str] = Counter()
    for rng in times(request, 100):
        with postgres.lent() as name:
            seen += strike(way, rng, partial(open_store, postgres.address(name)))
    sys.stdout.write(f"{way} on PostgreSQL: {dict(seen)}\n")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_in(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("how_often", [1, pytest.param(100, marks=pytest.mark.soak)])
@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_certificate_put_right_lets_everything_arrive(
    security: str, how_often: int, certificate: Certificate, request: pytest.FixtureRequest
) -> None:
    for rng in times(request, how_often):
        opens = in_memory()
        with (
            misbehaving(tls=certificate, implicit_tls=security == "ssl") as server,
            queued(opens, Bytes()) as world,
        ):
            no_login = {"security": security, "user": "", "password": "", "seconds": LONG}
            world.server = transport(server, **no_login)
            world.sender = world.new_sender()
            for _ in range(rng.randint(1, 4)):
                world.run()
                world.clock.pass_real(20)
            assert server.received == []
            with closing(transport(server, **no_login, trusted=certificate.trusted())) as world.server:
                world.sender = world.new_sender()
                let_it_run(world, server, opens, rng)
            check(world.store, server, set(), may_double=False)
