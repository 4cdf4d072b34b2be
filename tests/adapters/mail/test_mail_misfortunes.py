"""Two senders and a mail server, each a process of its own, that fail and are killed at random: nothing is lost.

`make soak ARGS="-k misfortunes --kills=200"`; what went on is drawn from a seed, how it meets is up to the machine.
"""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from textwrap import dedent
from typing import Final

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.engine.ports import Store
from tests.adapters.mail.test_mail_ways_of_failing import WAYS
from tests.misbehaving_smtp import ROOT, Misbehaving, misbehaving
from tests.outbox_world import APPROVER, all_mails, fill, message

AT_ONCE: Final = 5
"""Mails that are queued between two misfortunes."""
KILLS: Final = 20
UNTIL: Final = 240.0
"""Seconds in which everything must have arrived once nothing fails any more."""
SENDER: Final = dedent("""
    import sys
    from crm_workflows.adapters.clock import SystemClock
    from crm_workflows.adapters.database.opening import open_store
    from crm_workflows.adapters.mail.mail_out import SmtpTransport
    from crm_workflows.domain.errors import StoreBusy
    from tests.outbox_world import World

    store = open_store(sys.argv[1])
    transport = SmtpTransport(
        "127.0.0.1", int(sys.argv[2]), security="none", sender="crm@example.com", ehlo="x", user="crm",
        password="right", seconds=1.0,
    )
    world = World(store, clock=SystemClock(), server=transport, retry_max=0.5)
    while True:
        try:
            if not world.run():
                store.wait(0.05)
        except StoreBusy:
            store.wait(0.5)
""")


class Senders:
    """Two of them, started again when killed."""

    def __init__(self, url: str, port: int) -> None:
        self._arguments = [sys.executable, "-c", SENDER, url, str(port)]
        self._env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._running = [self._start(), self._start()]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._arguments, cwd=ROOT, env=self._env)

    def kill(self, which: int) -> None:
        """Kill -9, and begin anew."""
        self._end(which)
        self._running[which] = self._start()

    def _end(self, which: int) -> None:
        self._running[which].send_signal(signal.SIGKILL)
        self._running[which].wait(10)

    def close(self) -> None:
        """For good."""
        for which in range(2):
            self._end(which)


@contextmanager
def at_work(url: str, server: Misbehaving) -> Iterator[Senders]:
    with closing(Senders(url, server.port)) as senders:
        yield senders


def queue(store: Store, begin: int) -> None:
    with store.write() as tx:
        tx.insert(*(message(f"n{begin + n}", "case_opened", APPROVER, request=None) for n in range(AT_ONCE)))


def misfortunes(store: Store, senders: Senders, server: Misbehaving, rng: random.Random, kills: int) -> Counter[str]:
    """One after the other, each while the last may not be over yet and new mails are queued."""
    pause, met = threading.Event(), Counter[str]()
    ways = [way for way in WAYS if not way.fails]
    while met["senders killed"] < kills:
        if not server.is_up():
            met["servers killed"] += 1
            server.start_again()
        way = rng.choice(ways)
        server.goes_wrong(way.phase, way.does, times=rng.randint(1, 2))
        queue(store, AT_ONCE * met["ways"])
        met["ways"] += 1
        pause.wait(rng.uniform(0.0, 2.0))
        if rng.random() < 0.3:
            senders.kill(rng.randrange(2))
            met["senders killed"] += 1
    if not server.is_up():
        server.start_again()
    server.heal()
    return met


def all_sent(store: Store) -> bool:
    with suppress(StoreBusy):
        return not all_mails(store, status=["queued", "sending", "uncertain"])
    return False


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_misfortunes_of_senders_and_server_lose_nothing(sqlite_url: str, request: pytest.FixtureRequest) -> None:
    seed = request.config.getoption("--seed") or random.randrange(2**32)
    kills = request.config.getoption("--kills") or KILLS
    sys.stdout.write(f"\nseed {seed}\n")
    rng = random.Random(seed)
    pause = threading.Event()
    with misbehaving(login=True) as server, closing(open_store(sqlite_url)) as store:
        fill(store, message())
        with at_work(sqlite_url, server) as senders:
            met = misfortunes(store, senders, server, rng, kills)
            assert any(all_sent(store) or pause.wait(0.2) for _ in range(int(UNTIL / 0.2))), "not all were sent"
        rows = all_mails(store)
        copies = Counter(mail.content for mail in server.received)
    named = {content.partition(b"\r\n")[0] for content in copies}
    assert {row.status for row in rows} == {"sent"}
    assert len(named) == len(rows), "each has arrived, and no other"
    assert len(copies) == len(named), "copies differ"
    sys.stdout.write(f"{dict(met)}: {len(rows)} mails, {copies.total()} copies arrived\n")
