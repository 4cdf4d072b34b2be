"""Mails to one domain kept apart, and mails that may have arrived looked up before a second copy is sent."""

import pytest

from crm_workflows.domain.errors import ConfigurationError, MailTrouble
from crm_workflows.domain.records import Message
from crm_workflows.engine.mail_out.outbox_ports import Ambiguous
from crm_workflows.engine.ports import Store
from crm_workflows.settings import Settings
from crm_workflows.testing import MemoryStore
from tests.outbox_world import MONDAY, TOKEN, SpeedClock, World, all_mails, fill, message, stored

pytestmark = pytest.mark.breaks_invariants("many mails of one kind, put in by hand", "effects once")


def notices(*to: str) -> list[Message]:
    """A mail to each, in that order."""
    made = []
    for n, address in enumerate(to):
        made.append(message(f"n{n:03}", "case_opened", address, request=None))
    return made


def paced(store: Store, *to: str, speed: float = 1.0, **per_minute: int) -> World:
    world = World(store, clock=SpeedClock(speed), per_minute={k.replace("_", "."): n for k, n in per_minute.items()})
    fill(store, *notices(*to))
    return world


def taken(world: World, domain: str) -> int:
    return sum(to.endswith(f"@{domain}") for to, _ in world.server.taken)


def test_no_minute_brings_more_to_a_domain_than_it_takes_and_the_others_do_not_wait() -> None:
    """A minute by the clock on the wall, however fast that of the company goes."""
    world = paced(MemoryStore(), *["a@qq.com"] * 30, *["b@else.example"] * 30, speed=3600.0, qq_com=20)
    arrived = []
    for _ in range(120):
        world.run()
        arrived.append(taken(world, "qq.com"))
        world.clock.pass_real(1.0)
    assert taken(world, "else.example") == 30
    assert arrived[8] <= 3, "they begin one after the other, not twenty at once"
    assert max(arrived[n + 60] - arrived[n] for n in range(60)) <= 20
    assert arrived[-1] == 30, "and none is forgotten"


def test_a_mail_held_back_is_asked_for_at_its_own_time(store: Store) -> None:
    """Fifty held back would else be written again at each of fifty times."""
    world = paced(store, *["a@qq.com"] * 10, qq_com=60)
    world.run()
    waits = sorted((row.next_at - MONDAY).total_seconds() for row in all_mails(store) if row.next_at is not None)
    assert waits == [float(n) for n in range(1, 10)]
    assert all(row.attempts == 0 and row.error is None for row in all_mails(store, status="queued"))


def test_each_pass_spreads_anew_what_is_held_back() -> None:
    world = paced(MemoryStore(), *["a@qq.com"] * 3, qq_com=60)
    world.run()
    world.clock.pass_real(1.0)
    world.run()
    with world.store.write() as tx:
        tx.insert(message("late", "case_opened", "a@qq.com", request=None, next_at=world.clock.now()))
    world.run()
    waits = [row.next_at for row in all_mails(world.store, status="queued") if row.id == "late"]
    assert waits == [world.clock.after_real(1.0)], "the first that this pass holds back waits for one gap"


def test_two_senders_share_one_limit(store: Store) -> None:
    world = paced(store, *["a@qq.com"] * 4, qq_com=1)
    other = world.new_sender()
    world.run()
    for _ in range(58):
        world.clock.pass_real(1.0)
        other.send_due()
        world.run()
    assert len(world.server.taken) == 1
    world.clock.pass_real(2.0)
    other.send_due()
    world.run()
    assert len(world.server.taken) == 2


def test_a_star_stands_for_every_other_domain() -> None:
    world = World(MemoryStore(), per_minute={"*": 6, "fast.example": 600})
    fill(world.store, *notices("a@x.example", "b@x.example", "c@y.example", "d@fast.example"))
    world.run()
    assert sorted(to for to, _ in world.server.taken) == ["a@x.example", "c@y.example", "d@fast.example"]


def test_what_is_redirected_counts_for_where_it_goes() -> None:
    world = World(MemoryStore(), per_minute={"test.example": 1}, redirect_to="all@test.example")
    fill(world.store, *notices("a@x.example", "b@y.example"))
    world.run()
    assert len(world.server.taken) == 1


def test_limits_are_read_from_one_setting(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMW_SMTP_PER_MINUTE", "QQ.com=30, *=120")
    assert Settings.load().mails_per_minute == {"qq.com": 30, "*": 120}
    monkeypatch.setenv("CRMW_SMTP_PER_MINUTE", "qq.com: 30")
    with pytest.raises(ConfigurationError, match="CRMW_SMTP_PER_MINUTE"):
        Settings.load()


# -- copies of what was sent ------------------------------------------------------------------------------------------


class Copies:
    """The Sent folder of a mail server, or one that cannot be opened."""

    def __init__(self, *held: str, away: bool = False) -> None:
        self.held, self.away, self.asked = held, away, []  # type: tuple[str, ...], bool, list[str]

    def holds(self, message_id: str) -> bool:
        self.asked.append(message_id)
        if self.away:
            raise MailTrouble("away")
        return message_id in self.held


SENT_AS = f"<crmw.{TOKEN}.m1@crm.example.com>"


def uncertain(copies: Copies) -> World:
    """A mail whose handing over ended without an answer, and time enough for the next try."""
    world = World(MemoryStore(), copies=copies)
    fill(world.store, message())
    world.server.answers = [Ambiguous("gone")]
    world.run()
    assert stored(world.store).status == "uncertain"
    assert copies.asked == [], "what was never handed over is not looked for"
    world.clock.pass_real(10)
    return world


def test_a_mail_that_the_server_kept_a_copy_of_is_not_sent_again_nor_holds_up_the_next() -> None:
    world = uncertain(Copies(SENT_AS))
    with world.store.write() as tx:
        tx.insert(message("later", "case_opened", "later@x.example", request=None, next_at=world.clock.now()))
    assert world.new_sender().send_due() == 3, "that mail, what an admin is told of the trouble, and the next"
    assert world.run(passes=2) == 0
    row = stored(world.store)
    assert (row.status, row.error, row.next_at) == ("sent", None, None)
    assert world.server.asked.count(row.recipient) == 1, "handed over once"
    assert TOKEN.encode() not in (row.content or b"")


@pytest.mark.parametrize("copies", [Copies("<another@x>"), Copies(away=True)], ids=["not there", "no answer"])
def test_without_a_copy_the_same_bytes_are_sent_again(copies: Copies) -> None:
    copies.asked.clear()
    world = uncertain(copies)
    world.run(passes=3)
    assert stored(world.store).status == "sent"
    assert copies.asked == [SENT_AS]
    assert world.server.asked.count(stored(world.store).recipient) == 2


def test_a_mail_whose_sender_died_while_handing_it_over_is_looked_for_too() -> None:
    world = World(MemoryStore(), copies=Copies(SENT_AS))
    fill(world.store, message())
    world.server.answers = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        world.run()
    world.clock.pass_real(5)
    assert world.new_sender().send_due() == 1
    assert stored(world.store).status == "sent"
    assert len(world.server.asked) == 1


def test_copies_that_cannot_be_looked_through_are_asked_for_once_in_a_pass() -> None:
    copies = Copies(away=True)
    world = World(MemoryStore(), copies=copies)
    old = [message(f"m{n}", "case_opened", f"a{n}@x.example", request=None) for n in range(5)]
    fill(world.store, *old)
    with world.store.write() as tx:
        for row in old:
            tx.update(Message, (row.id,), status="uncertain", content=b"Message-ID: <crmw.0.m@x>\r\n\r\n", attempts=1)
    world.run()
    assert len(copies.asked) == 1
    assert len(world.server.taken) == 5
