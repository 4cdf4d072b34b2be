"""Store, wording, composer and transport together against a real server that goes wrong: what arrives, how often."""

import email
import email.policy
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.mail.mail_compose import Composer
from crm_workflows.adapters.mail.mail_out import SmtpTransport
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.records import Blob
from crm_workflows.engine.mail_out.outbox_ports import Outcome
from crm_workflows.engine.ports import Store
from crm_workflows.shipped import shipped
from tests.misbehaving_smtp import Misbehaving, Phase, misbehaving
from tests.outbox_world import ADMIN, APPROVER, OWNER, TOKEN, World, all_mails, fill, message, stored


class Killed(BaseException):
    """The process dies here."""


class DyingTransport:
    """Dies before or after the server was spoken to."""

    def __init__(self, inner: SmtpTransport, *, after: bool) -> None:
        self.inner, self.after = inner, after

    def deliver(self, recipient: str, content: bytes) -> Outcome:
        if self.after:
            self.inner.deliver(recipient, content)
        raise Killed

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with misbehaving() as running:
        yield running


def transport_to(server: Misbehaving, seconds: float = 20) -> SmtpTransport:
    """Waits for as long as a loaded machine may take, unless told."""
    return SmtpTransport("127.0.0.1", server.port, security="none", sender="crm@example.com", ehlo="x", seconds=seconds)


@pytest.fixture
def world(store: Store, server: Misbehaving) -> Iterator[World]:
    """Everything real but the clock; one approval request is queued."""
    with closing(transport_to(server)) as transport:
        made = World(
            store, server=transport, composer=Composer("CRM <crm@example.com>", "crm.example.com"),
            wording=Renderer(shipped("templates") / "emails", "http://crm.example.com", lambda _: "Asia/Shanghai"),
        )  # fmt: skip
        fill(store, message())
        yield made


def contents(server: Misbehaving, to: str = APPROVER) -> list[bytes]:
    return [mail.content for mail in server.received if mail.recipient == to]


@pytest.mark.breaks_invariants("a second mail of one request, put in by hand", "effects once")
def test_a_request_arrives_complete(world: World, server: Misbehaving) -> None:
    with world.store.write() as tx:
        file = {"sha256": "a" * 64, "filename": "认定申请书.pdf", "media_type": "application/pdf"}
        tx.insert(Blob("a" * 64, b"%PDF-1.7"), message("m2", to=OWNER, attachments=[file]))
    world.run()
    mail = email.message_from_bytes(contents(server)[0], policy=email.policy.default)
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert mail["Subject"] == "[SV-2026-00001] 供应商认定：青岛海纳精密机械有限公司"
    assert f"http://crm.example.com/r/{TOKEN}" in plain.get_content().splitlines()
    assert stored(world.store).subject == mail["Subject"]
    [part] = email.message_from_bytes(contents(server, OWNER)[0], policy=email.policy.default).iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("认定申请书.pdf", b"%PDF-1.7")


def test_after_a_drop_behind_the_last_byte_the_second_copy_is_identical(world: World, server: Misbehaving) -> None:
    server.goes_wrong("body", "drop", times=1)
    world.run()
    assert stored(world.store).status == "uncertain"
    world.run_for(10)
    first, second = contents(server)
    assert first == second
    assert stored(world.store).status == "sent"


@pytest.mark.parametrize(("after", "copies"), [(False, 1), (True, 2)])
def test_killed_around_the_handing_over_the_next_process_sends_the_committed_bytes(
    world: World, server: Misbehaving, open_again: Callable[[], Store], after: bool, copies: int
) -> None:
    transport = world.server
    world.server = DyingTransport(transport, after=after)
    with pytest.raises(Killed):
        world.new_sender().send_due()
    committed = stored(world.store).content
    world.clock.pass_real(5)
    with closing(open_again()) as other:
        next_process = World(other, clock=world.clock, server=transport, composer=world.composer, wording=world.wording)
        assert next_process.run() == 1
    assert contents(server) == [committed] * copies
    assert stored(world.store).status == "sent"


@pytest.mark.parametrize("phase", ["rcpt", "body"])
def test_a_refusal_for_good_fails_the_mail_and_tells_owner_and_admin(
    world: World, server: Misbehaving, phase: Phase
) -> None:
    server.goes_wrong(phase, "550 5.1.1 no", only_to=APPROVER)
    world.run(passes=3)
    assert stored(world.store).status == "failed"
    assert [len(contents(server, to)) for to in (APPROVER, OWNER, ADMIN)] == [0, 1, 1]
    for row in all_mails(world.store):
        assert TOKEN not in str(row)
        assert TOKEN.encode() not in (row.content or b"")


@pytest.mark.parametrize(
    ("phase", "does"),
    [
        ("connect", "421 4.3.2 not now"),
        ("connect", "554 5.3.2 closed"),
        ("connect", "hang"),
        ("mail", "451 4.3.0 disk full"),
        ("rcpt", "450 4.2.0 greylisted"),
        ("data", "451 4.3.0 later"),
        ("body", "451 4.3.0 later"),
        ("data", "drop"),
    ],
)
def test_when_the_server_recovers_everything_arrives_once_and_an_admin_was_told(
    world: World, server: Misbehaving, phase: Phase, does: str
) -> None:
    server.goes_wrong(phase, does)
    patient = world.server
    with closing(transport_to(server, 0.3)) as impatient:
        world.server = impatient if does == "hang" else patient
        world.sender = world.new_sender()
        world.run_for(4)
    assert stored(world.store).status == "queued"
    assert stored(world.store).error
    server.heal()
    world.server = patient
    world.sender = world.new_sender()
    world.run_for(20)
    assert {row.status for row in all_mails(world.store)} == {"sent"}
    assert [len(contents(server, to)) for to in (APPROVER, ADMIN)] == [1, 1]


SENDER = """
    import sys
    from crm_workflows.adapters.clock import SystemClock
    from crm_workflows.adapters.database.opening import open_store
    from tests.adapters.mail.test_mail_delivery import SmtpTransport
    from tests.outbox_world import World

    store = open_store(sys.argv[1])
    transport = SmtpTransport(
        "127.0.0.1", int(sys.argv[2]), security="none", sender="crm@example.com", ehlo="x", seconds=60
    )
    World(store, clock=SystemClock(), server=transport).run()
"""


def test_kill_minus_nine_while_the_server_keeps_us_waiting(sqlite_url: str, server: Misbehaving) -> None:
    with closing(open_store(sqlite_url)) as store:
        fill(store, message())
        server.goes_wrong("body", "hang", times=1)
        root = Path(__file__).parents[3]
        process = subprocess.Popen(
            [sys.executable, "-c", dedent(SENDER), sqlite_url, str(server.port)],
            cwd=root, env={**os.environ, "PYTHONPATH": str(root)},
        )  # fmt: skip
        try:
            assert server.has_got_mail(60), "the other process never sent"
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        assert stored(store).status == "sending"
        with closing(transport_to(server)) as transport:
            world = World(store, server=transport)
            claimed_until = stored(store).claimed_until
            assert claimed_until is not None
            world.clock.at = claimed_until
            assert world.run() == 1
        first, second = contents(server)
        assert first == second
        assert stored(store).status == "sent"
