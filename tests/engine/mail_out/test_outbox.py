"""From queued to sent: what the sender promises whatever server, template and process do (contract, outbox)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.records import Blob, Message, Meta, Request
from crm_workflows.domain.text import in_language
from crm_workflows.engine.mail_out import outbox_claim
from crm_workflows.engine.mail_out.outbox import back_off
from crm_workflows.engine.mail_out.outbox_claim import Claim
from crm_workflows.engine.mail_out.outbox_notices import EPISODE, trouble_since
from crm_workflows.engine.mail_out.outbox_ports import Ambiguous, MessageRefused, RecipientRefused, Sent, ServerTrouble
from crm_workflows.engine.ports import Transaction
from crm_workflows.testing import MemoryStore
from tests.engine.breaking import BreakingStore
from tests.outbox_world import (
    ADMIN,
    APPROVER,
    MONDAY,
    OWNER,
    REQUEST,
    TOKEN,
    SpeedClock,
    World,
    all_mails,
    fill,
    message,
    stored,
)

pytestmark = pytest.mark.breaks_invariants(
    "many mails of one request, put in by hand", "effects once", "times once and never early"
)

DOWN = ServerTrouble(421, "4.3.2 not now")
LOST = Ambiguous("connection closed")
GREYLISTED = ServerTrouble(451, "4.7.1 greylisted", only_this_mail=True)
NO_SUCH_USER = RecipientRefused(550, "5.1.1 No such user")


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def world() -> World:
    """One approval request is queued."""
    made = World(MemoryStore())
    fill(made.store, message())
    return made


def notices(world: World, template: str) -> list[Message]:
    return all_mails(world.store, template=template)


def test_a_queued_mail_is_sent_once(world: World) -> None:
    assert world.run(passes=3) == 1
    assert [to for to, _ in world.server.taken] == [APPROVER]
    row = stored(world.store)
    assert (row.status, row.sent_at, row.next_at, row.claimed_until, row.attempts) == ("sent", MONDAY, None, None, 1)
    assert row.subject == "[SV-2026-00001] x"
    assert row.template_hash == "hash of approval_request"


def test_the_exact_bytes_are_stored_as_sending_before_the_server_hears_of_them(world: World) -> None:
    seen: list[Message] = []
    world.server.meanwhile = lambda: seen.append(stored(world.store))
    world.run()
    assert (seen[0].status, seen[0].content) == ("sending", world.server.taken[0][1])


def test_no_transaction_is_open_while_the_server_is_spoken_to(world: World) -> None:
    def write_from_elsewhere() -> None:
        thread = threading.Thread(target=lambda: fill_meta(world), daemon=True)
        thread.start()
        thread.join(5)
        assert not thread.is_alive(), "another writer had to wait for the mail server"

    world.server.meanwhile = write_from_elsewhere
    assert world.run() == 1


def fill_meta(world: World) -> None:
    with world.store.write() as tx:
        tx.insert(Meta("somebody", "else"))


def test_the_secret_is_in_the_mail_but_not_in_the_archive(world: World) -> None:
    world.run()
    content = world.server.taken[0][1]
    assert f"<crmw.{TOKEN}.m1@crm.example.com>".encode() in content
    assert f"approval_request {TOKEN} True".encode() in content
    kept = stored(world.store).content
    assert kept is not None
    assert TOKEN.encode() not in kept
    assert len(kept) == len(content)


def test_an_escalation_never_carries_the_secret_of_the_person_asked(world: World) -> None:
    fill_one(world, message("m2", "escalation", to=OWNER))
    world.run()
    [content] = [c for to, c in world.server.taken if to == OWNER]
    assert TOKEN.encode() not in content
    assert b"<crmw.0.m2@" in content


def test_a_mail_of_no_request_carries_no_secret(world: World) -> None:
    fill_one(world, message("m2", "announcement", to=OWNER, request=None))
    world.run()
    [content] = [c for to, c in world.server.taken if to == OWNER]
    assert b"<crmw.0.m2@" in content
    assert b"announcement None" in content


def test_a_notice_to_somebody_who_was_asked_offers_no_answer(world: World) -> None:
    fill_one(world, message("m2", "decision_notice"))
    world.run()
    [content] = [c for _, c in world.server.taken if b".m2@" in c]
    assert f"<crmw.{TOKEN}.m2@".encode() in content
    assert b"False [] decision_notice None" in content


def fill_one(world: World, *rows: object) -> None:
    with world.store.write() as tx:
        tx.insert(*rows)


def test_attachments_go_along(world: World) -> None:
    attached = [{"sha256": "a" * 64, "filename": "申请.pdf", "media_type": "application/pdf"}]
    fill_one(world, Blob("a" * 64, b"%PDF"), message("m2", attachments=attached))
    world.run()
    assert any("['申请.pdf']".encode() in content for _, content in world.server.taken)


def test_on_staging_every_mail_goes_to_one_address(world: World) -> None:
    world.redirect_to = "staging@example.com"
    world.sender = world.new_sender()
    world.run()
    [(to, content)] = world.server.taken
    assert to == "staging@example.com"
    assert b"To: staging@example.com" in content
    assert stored(world.store).recipient == APPROVER


# --- trouble of the server ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [1.0, 3600.0])
def test_waits_double_from_two_real_seconds_whatever_clock_the_cases_live_by(speed: float) -> None:
    world = World(MemoryStore(), clock=SpeedClock(speed), retry_max=10.0)
    fill(world.store, message())
    world.server.answers = [DOWN] * 6
    waits = []
    for _ in range(6):
        world.run()
        assert world.run() == 0, "tried again before its time"
        waits.append(world.sender.seconds_to_next(1000.0))
        world.clock.pass_real(waits[-1])
    assert waits == pytest.approx([2.0, 4.0, 8.0, 10.0, 10.0, 10.0])


def test_back_off_never_overflows() -> None:
    assert [back_off(n, 300.0) for n in (0, 1, 2, 3, 9, 10_000)] == [2.0, 2.0, 4.0, 8.0, 300.0, 300.0]


def test_trouble_of_the_server_never_fails_a_mail(world: World) -> None:
    world.server.answers = [DOWN] * 40
    world.run_for(40 * 300, step=10)
    assert stored(world.store).status == "sent"
    assert len([to for to, _ in world.server.taken if to == APPROVER]) == 1
    assert world.wording.rendered == 2, "the mail and the notice to the admin, each rendered once"


def test_while_the_server_is_down_only_one_mail_at_a_time_knocks(world: World) -> None:
    fill_one(world, *(message(f"n{n}") for n in range(30)))
    world.server.answers = [DOWN] * 3
    world.run()
    assert len(world.server.asked) == 1
    world.clock.pass_real(2)
    world.run(passes=3)
    assert len(world.server.asked) == 2
    world.clock.pass_real(4)
    world.run(passes=3)
    world.clock.pass_real(8)
    world.run(passes=4)
    assert len([row for row in all_mails(world.store, status="sent") if row.template == "approval_request"]) >= 29


def test_mails_that_did_not_get_their_turn_can_be_taken_at_once_by_another_sender(world: World) -> None:
    fill_one(world, message("n1"), message("n2"))
    world.server.answers = [DOWN]
    world.run()
    assert world.new_sender().send_due() >= 2


def test_an_admin_is_told_once_per_episode(world: World) -> None:
    world.server.answers = [DOWN] * 5
    world.run_for(120)
    [told] = notices(world, "mail_trouble")
    assert (told.recipient, told.language, told.status) == (ADMIN, "en", "sent")
    assert "421" in told.context["why"]
    with world.store.read() as reader:
        assert trouble_since(reader.get(Meta, EPISODE)) is None


def test_a_new_episode_is_told_again_but_not_within_the_hour(world: World) -> None:
    world.server.answers = [DOWN]
    world.run_for(10)
    fill_one(world, message("m2", next_at=world.clock.now()))
    world.server.answers = [DOWN]
    world.run_for(10)
    assert len(notices(world, "mail_trouble")) == 1
    world.clock.pass_real(3600)
    fill_one(world, message("m3", next_at=world.clock.now()))
    world.server.answers = [DOWN]
    world.run_for(10)
    assert len(notices(world, "mail_trouble")) == 2


def test_the_trouble_is_known_while_it_lasts(world: World) -> None:
    world.server.answers = [DOWN] * 100
    world.run_for(100)
    with world.store.read() as reader:
        assert trouble_since(reader.get(Meta, EPISODE)) == MONDAY
    waiting = stored(world.store)
    assert waiting.status == "queued"
    assert in_language(waiting.error or "", "zh").startswith("邮件服务器暂时没有收下邮件（421")


def test_a_deferred_mail_waits_alone_and_an_admin_hears_only_if_it_goes_on(world: World) -> None:
    fill_one(world, message("m2"))
    world.server.answers = [GREYLISTED]
    assert world.run() == 2
    assert [row.status for row in all_mails(world.store)] == ["queued", "sent"]
    world.clock.pass_real(2)
    world.server.answers = [GREYLISTED]
    world.run()
    assert len(notices(world, "mail_trouble")) == 1
    world.run_for(10)
    assert {row.status for row in all_mails(world.store)} == {"sent"}


# --- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [NO_SUCH_USER, MessageRefused(554, "5.7.1 spam")])
def test_a_refused_mail_fails_and_owner_and_admin_hear_why_once(
    world: World, refusal: RecipientRefused | MessageRefused
) -> None:
    world.server.answers = [refusal]
    world.run(passes=3)
    row = stored(world.store)
    assert (row.status, row.next_at, row.attempts) == ("failed", None, 1)
    assert str(refusal.code) in (row.error or "")
    told = notices(world, "mail_failed")
    assert sorted(notice.recipient for notice in told) == [ADMIN, OWNER]
    assert {notice.status for notice in told} == {"sent"}
    assert {notice.context["to"] for notice in told} == {APPROVER}
    assert {notice.context["message"] for notice in told} == {"m1"}
    assert TOKEN not in str(told)


def test_no_notice_is_ever_about_a_notice(world: World) -> None:
    world.server.answers = [NO_SUCH_USER] * 50
    world.run_for(20)
    assert sorted(row.template for row in all_mails(world.store, status="failed")) == [
        "approval_request", "mail_failed", "mail_failed",
    ]  # fmt: skip


def test_a_refused_recipient_does_not_hold_up_the_next(world: World) -> None:
    fill_one(world, message("m2"))
    world.server.answers = [NO_SUCH_USER]
    world.run()
    assert stored(world.store, "m2").status == "sent"


# --- not knowing -------------------------------------------------------------------------------------------------


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


# --- the sender dies ---------------------------------------------------------------------------------------------


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


# --- mails that cannot be made -----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [AuthorMistake("第 3 行有误 / line 3 is wrong"), RuntimeError("a bug")])
def test_a_mail_that_cannot_be_rendered_is_shown_to_a_person_and_holds_up_nobody(
    world: World, error: Exception
) -> None:
    fill_one(world, message("m2"))
    world.wording.error = error
    world.run()
    world.wording.error = None
    assert [row.status for row in (stored(world.store), stored(world.store, "m2"))] == ["failed", "failed"]
    assert (stored(world.store).error or "").count(" / ") == 1
    assert len(notices(world, "mail_failed")) == 4
    world.run()
    assert {to for to, _ in world.server.taken} == {OWNER, ADMIN}


def test_a_lost_attachment_fails_the_mail_with_a_remedy(world: World) -> None:
    lost = [{"sha256": "b" * 64, "filename": "合同.pdf", "media_type": "application/pdf"}]
    fill_one(world, message("m2", attachments=lost))
    world.run()
    row = stored(world.store, "m2")
    assert row.status == "failed"
    assert "合同.pdf" in (row.error or "")
    assert "crmw mail resend m2" in (row.error or "")


def test_a_secret_of_an_earlier_revision_is_masked_too(world: World) -> None:
    world.server.answers = [LOST]
    world.run()
    with world.store.write() as tx:
        tx.update(Request, (REQUEST,), revision=2)
    world.run_for(5)
    kept = stored(world.store).content
    assert kept is not None
    assert TOKEN.encode() not in kept
