"""Senders that lose the server, their claim or their life: every copy of a mail is the same bytes (contract)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.records import Message
from crm_workflows.engine.mail_out import outbox_claim
from crm_workflows.engine.mail_out.outbox_claim import Claim
from crm_workflows.engine.mail_out.outbox_ports import Sent
from crm_workflows.engine.ports import Transaction
from tests.engine.breaking import BreakingStore
from tests.engine.mail_out.sending_world import DOWN, LOST, NO_SUCH_USER, notices, world
from tests.outbox_world import APPROVER, MONDAY, World, stored

__all__ = ["world"]
pytestmark = pytest.mark.breaks_invariants(
    "many mails of one request, put in by hand", "effects once", "times once and never early"
)


class Killed(BaseException):
    """The process dies here."""


def test_a_mail_that_may_have_arrived_is_sent_again_with_the_same_bytes(world: World) -> None:
    seen: list[bytes | None] = []
    world.server.meanwhile = lambda: seen.append(stored(world.store).content)
    world.server.answers = [LOST, LOST]
    world.run()
    assert stored(world.store).status == "uncertain"
    world.run_for(20)
    assert stored(world.store).status == "sent"
    assert len(set(seen[:3])) == 1
    assert world.server.taken[0][1] == seen[0]


def test_what_may_have_arrived_stays_uncertain_when_the_server_is_then_down(world: World) -> None:
    world.server.answers = [LOST] + [DOWN] * 9
    world.run_for(30)
    row = stored(world.store)
    assert row.attempts > 1
    assert row.status == "uncertain"


def test_copies_of_a_mail_that_never_gets_an_answer_become_rare(world: World) -> None:
    world.server.answers = [LOST] * 1000
    world.run_for(24 * 3600, step=60)
    assert len([to for to in world.server.asked if to == APPROVER]) < 40


def test_killed_while_sending_the_same_bytes_are_sent_by_whoever_comes_next(world: World) -> None:
    world.server.answers = [Killed()]
    with pytest.raises(Killed):
        world.run()
    left = stored(world.store)
    assert left.status == "sending"
    world.wording.error = AuthorMistake("the template was changed meanwhile")
    later = world.new_sender()
    assert later.send_due() == 0, "the dead sender's claim still holds"
    world.clock.pass_real(5)
    assert later.send_due() == 1
    assert world.server.taken == [(APPROVER, left.content)]
    assert stored(world.store).status == "sent"


def test_killed_before_anything_was_rendered_the_mail_is_sent_once(world: World) -> None:
    world.wording.error = None
    original = world.wording.render

    def die(*_: object, **__: object) -> None:
        world.wording.render = original
        raise Killed

    world.wording.render = die
    with pytest.raises(Killed):
        world.run()
    assert stored(world.store).status == "queued"
    world.clock.pass_real(5)
    assert world.new_sender().send_due() == 1
    assert len(world.server.taken) == 1


def test_a_sender_that_lost_its_claim_changes_nothing(world: World) -> None:
    other = world.new_sender()

    def be_overtaken() -> None:
        world.server.meanwhile = None
        with world.store.write() as tx:
            tx.update(Message, ("m1",), claimed_until=MONDAY)
        world.clock.pass_real(1)
        assert other.send_due() == 1

    world.server.meanwhile = be_overtaken
    world.server.answers = [Sent(), NO_SUCH_USER]
    world.run()
    assert stored(world.store).status == "sent"
    assert notices(world, "mail_failed") == []


def test_two_senders_never_take_the_same_mail(world: World) -> None:
    other = world.new_sender()
    waits = []

    def look() -> None:
        assert other.send_due() == 0, "taken twice"
        waits.append(other.seconds_to_next(5.0))

    world.server.meanwhile = look
    world.run()
    assert len(world.server.taken) == 1
    assert waits == [0.5], "the other sender should not ask for it again and again"
    assert other.seconds_to_next(5.0) == 5.0


def test_a_claim_lasts_from_when_the_database_was_had_however_long_that_took(world: World) -> None:
    """Two senders that began to wait at one instant each held the claim of the other, and sent a mail made twice."""
    claim = Claim(_Waited(world), world.clock, 1)
    assert [m.id for m in claim.messages] == ["m1"]
    assert stored(world.store).claimed_until == world.clock.after_real(outbox_claim.CLAIM_SECONDS)


class _Waited(BreakingStore):
    """A store whose lock others hold for six seconds."""

    def __init__(self, world: World) -> None:
        super().__init__(world.store)
        self._world = world

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        self._world.clock.pass_real(6)
        with super().write() as tx:
            yield tx


def test_a_claim_is_renewed_while_a_slow_server_keeps_us_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_claim, "CLAIM_SECONDS", 0.05)
    renewed = threading.Event()

    def be_slow() -> None:
        first = stored(world.store).claimed_until
        assert first is not None
        world.clock.at += timedelta(seconds=0.04)
        while not renewed.wait(0.01):
            now = stored(world.store).claimed_until
            if now is not None and now > first:
                renewed.set()

    world.server.meanwhile = be_slow
    assert world.run() == 1
    assert renewed.is_set()
    assert stored(world.store).status == "sent"
