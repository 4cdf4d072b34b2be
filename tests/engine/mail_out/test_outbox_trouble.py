"""A server in trouble and a server that refuses: who waits, who fails, who is told (contract, outbox)."""

import pytest

from crm_workflows.domain.text import in_language
from crm_workflows.engine.mail_out.outbox import back_off
from crm_workflows.engine.mail_out.outbox_notices import trouble_since
from crm_workflows.engine.mail_out.outbox_ports import MessageRefused, RecipientRefused, ServerTrouble
from crm_workflows.testing import MemoryStore
from tests.engine.mail_out.sending_world import DOWN, NO_SUCH_USER, fill_one, notices, world
from tests.outbox_world import (
    ADMIN,
    APPROVER,
    MONDAY,
    OWNER,
    TOKEN,
    SpeedClock,
    World,
    all_mails,
    fill,
    message,
    stored,
)

__all__ = ["world"]
pytestmark = pytest.mark.breaks_invariants(
    "many mails of one request, put in by hand", "effects once", "times once and never early"
)
GREYLISTED = ServerTrouble(451, "4.7.1 greylisted", only_this_mail=True)


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
        assert trouble_since(reader) is None


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
        assert trouble_since(reader) == MONDAY
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
