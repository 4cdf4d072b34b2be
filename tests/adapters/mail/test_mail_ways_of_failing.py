"""A mail server that fails in 29 ways: nothing is lost, and every copy of a mail is the same bytes.

`make test` takes each way once or twice, each time with three mails; `make soak` a hundred times with another seed.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import pytest

from crm_workflows.adapters.mail.mail_out import SmtpTransport
from crm_workflows.engine.mail_out import outbox_desk
from crm_workflows.testing import MemoryStore
from tests.certificate import Certificate, certificate_in
from tests.misbehaving_smtp import Misbehaving, Phase, misbehaving
from tests.outbox_world import ADMIN, APPROVER, OWNER, Bytes, World, all_mails, fill, message

SUPPLIER: Final = "sales@supplier.example"
FIRST: Final = {"m1": APPROVER, "m2": OWNER, "m3": SUPPLIER}
PATIENCE: Final = 0.2
"""Seconds for an answer of a server that hangs; behind a heavy load a good answer may come too late."""
MOST_PASSES: Final = 60


@dataclass(frozen=True)
class Way:
    """`does` as in `misbehaving_smtp`; where `fails`, the mails it strikes cannot be delivered, else all arrive."""

    phase: Phase
    does: str
    fails: bool = False
    only_to: str | None = None

    def __str__(self) -> str:
        return f"{self.phase} {self.does[:12]}" + (" one of several" if self.only_to else "")


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
)


class LongMails(Bytes):
    """Mails longer than what is sent at once, so that a server can go in the middle of one."""

    def compose(self, *arguments: object, **options: object) -> bytes:
        head = super().compose(*arguments, **options)  # type: ignore[arg-type]
        return head + b"\r\n" + b".dots and lines\r\n" * 20_000


def transport(server: Misbehaving, **options: object) -> SmtpTransport:
    given = {"security": "none", "sender": "crm@example.com", "ehlo": "x", "user": "crm", "password": "right"}
    return SmtpTransport("127.0.0.1", server.port, **(given | {"seconds": PATIENCE} | options))  # type: ignore[arg-type]


def queued(composer: Bytes) -> World:
    """Three mails to three people, in a store of its own."""
    world = World(MemoryStore(), composer=composer)
    notices = [message(n, "case_opened", FIRST[n], request=None) for n in ("m2", "m3")]
    fill(world.store, message("m1"), *notices)
    return world


def let_it_run(world: World, rng: random.Random) -> None:
    """Pass after pass until nothing waits, as after a restart now and then."""
    for _ in range(MOST_PASSES):
        if rng.random() < 0.2:
            world.sender = world.new_sender()
        world.run()
        if not all_mails(world.store, status=["queued", "sending", "uncertain"]):
            return
        world.clock.pass_real(rng.uniform(1.0, 12.0))
    raise AssertionError([(row.id, row.status, row.error) for row in all_mails(world.store)])


def check(world: World, server: Misbehaving, failing: set[str]) -> None:
    """Every mail arrived or is listed as given up; and what arrived twice is the same bytes."""
    rows = {row.id: row for row in all_mails(world.store)}
    assert {name for name, row in rows.items() if row.status == "failed"} == failing
    with world.store.read() as reader:
        assert {dead.id for dead in outbox_desk.dead(reader)} == failing
    told = {row.recipient for row in rows.values() if row.template == "mail_failed"}
    assert told == ({OWNER, ADMIN} if failing else set())
    copies: dict[bytes, set[bytes]] = {}
    for mail in server.received:
        copies.setdefault(mail.content.partition(b"\r\n")[0], set()).add(mail.content)
    assert len(copies) == len(rows) - len(failing), "each that did not fail has arrived, and no other"
    assert all(len(same) == 1 for same in copies.values()), "copies differ"


def strike(way: Way, rng: random.Random) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(misbehaving(login=True))
        world = queued(LongMails() if way.phase == "half" else Bytes())
        world.server = transport(server)
        stack.callback(world.server.close)
        world.sender = world.new_sender()
        server.goes_wrong(way.phase, way.does, None if way.fails else rng.randint(1, 3), way.only_to)
        let_it_run(world, rng)
        check(world, server, {"m3"} if way.fails else set())


def times(request: pytest.FixtureRequest, how_often: int) -> Iterator[random.Random]:
    seed = request.config.getoption("--seed") or random.randrange(2**32)
    sys.stdout.write(f"\nseed {seed}\n")
    for n in range(how_often):
        yield random.Random(f"{seed}/{n}")


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_nothing_is_lost_and_every_copy_is_the_same(way: Way) -> None:
    for n in range(1 if way.does in ("hang", "drip") else 2):
        strike(way, random.Random(n))


@pytest.mark.soak
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_nothing_is_lost_a_hundred_times(way: Way, request: pytest.FixtureRequest) -> None:
    for rng in times(request, 100):
        strike(way, rng)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_in(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("how_often", [1, pytest.param(100, marks=pytest.mark.soak)])
@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_certificate_put_right_lets_everything_arrive(
    security: str, how_often: int, certificate: Certificate, request: pytest.FixtureRequest
) -> None:
    for rng in times(request, how_often):
        with misbehaving(tls=certificate.served(), implicit_tls=security == "ssl") as server:
            world = queued(Bytes())
            no_login = {"security": security, "user": "", "password": "", "seconds": 5.0}
            world.server = transport(server, **no_login)
            world.sender = world.new_sender()
            for _ in range(rng.randint(1, 4)):
                world.run()
                world.clock.pass_real(20)
            assert server.received == []
            world.server = transport(server, **no_login, trusted=certificate.trusted())
            world.sender = world.new_sender()
            let_it_run(world, rng)
            world.server.close()
            check(world, server, set())
