"""One pass of the sender after another: what each one leaves behind for the next, for other senders and for people."""

import json
import threading
from datetime import datetime
from typing import Any

import pytest

from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import CaseRow, Message, Meta
from crm_workflows.engine.mail_out.outbox_claim import Claim
from crm_workflows.engine.mail_out.outbox_notices import EPISODE, trouble_since
from crm_workflows.engine.mail_out.outbox_ports import Ambiguous, Outcome, RecipientRefused, Rendered, ServerTrouble
from crm_workflows.testing import MemoryStore
from tests.outbox_world import ADMIN, APPROVER, CASE, MONDAY, OWNER, World, all_mails, fill, message, stored

pytestmark = pytest.mark.breaks_invariants("many mails of one request, put in by hand", "effects once")

DOWN = ServerTrouble(421, "4.3.2 not now")
GREYLISTED = ServerTrouble(451, "4.7.1 greylisted", only_this_mail=True)
NO_SUCH_USER = RecipientRefused(550, "5.1.1 No such user")


@pytest.fixture
def world() -> World:
    """One approval request is queued."""
    made = World(MemoryStore())
    fill(made.store, message())
    return made


def put(world: World, *rows: object) -> None:
    with world.store.write() as tx:
        tx.insert(*rows)


def trouble(world: World) -> datetime | None:
    with world.store.read() as reader:
        return trouble_since(reader)


# --- the server comes back ---------------------------------------------------------------------------------------


def test_a_sender_started_anew_ends_the_trouble_that_the_last_one_noted(world: World) -> None:
    world.server.answers = [DOWN]
    world.run()
    assert trouble(world) == MONDAY
    world.clock.pass_real(5)
    world.new_sender().send_due()
    assert trouble(world) is None


@pytest.mark.parametrize("answer", [NO_SUCH_USER, GREYLISTED], ids=["refused", "deferred"])
def test_a_server_that_speaks_of_one_mail_only_is_back_and_takes_the_others_at_once(
    world: World, answer: Outcome
) -> None:
    put(world, message("m2"), message("m3"))
    world.server.answers = [DOWN, answer]
    world.run()
    world.clock.pass_real(2)
    assert world.run() == 1, "one mail asks whether the server is back"
    assert world.run() >= 2, "and the others need not wait"
    assert {stored(world.store, one).status for one in ("m2", "m3")} == {"sent"}


def test_one_mail_asks_whether_the_server_is_back_and_all_others_follow(world: World) -> None:
    put(world, message("m2"), message("m3"))
    world.server.answers = [DOWN]
    world.run()
    world.clock.pass_real(2)
    assert [world.run() for _ in range(2)] == [1, 3], "the notice to the admin is among them"


def test_the_eleventh_attempt_without_an_answer_is_the_first_to_wait_longer(world: World) -> None:
    put(world, Meta(EPISODE, json.dumps({"since": MONDAY.isoformat()})))
    world.server.answers = [Ambiguous("lost")] * 12
    waits = []
    for _ in range(12):
        world.run()
        mail = stored(world.store)
        assert mail.next_at is not None
        waits.append((mail.next_at - world.clock.now()).total_seconds())
        world.clock.at = mail.next_at
    assert waits[7:] == [256.0, 300.0, 300.0, 2048.0, 3600.0]


def test_the_hour_without_a_notice_begins_with_the_last_that_was_sent_and_ends_with_it(world: World) -> None:
    told = []
    for at in (0, 3600, 3600 + 1800, 3600 + 3599, 3600 + 3600):
        world.clock.at = MONDAY
        world.clock.pass_real(at)
        put(world, message(f"at{at}", next_at=world.clock.now()))
        world.server.answers = [DOWN]
        world.new_sender().send_due()
        told.append(len(all_mails(world.store, template="mail_trouble")))
        world.clock.pass_real(0.5)
        world.new_sender().send_due()
        assert trouble(world) is None
    assert told == [1, 2, 2, 2, 3]


# --- between senders ---------------------------------------------------------------------------------------------


def test_a_new_sender_asks_at_once_for_what_is_due(world: World) -> None:
    assert world.sender.seconds_to_next(5.0) == 0.0


def test_a_mail_that_another_sender_took_meanwhile_is_left_alone_and_the_next_one_sent(world: World) -> None:
    put(world, message("m2"))
    original = world.wording.render

    def be_overtaken(mail: Message, **given: Any) -> Rendered:
        if mail.id == "m1":
            with world.store.write() as tx:
                tx.update(Message, ("m1",), claimed_until=world.clock.after_real(60))
        return original(mail, **given)  # type: ignore[no-any-return]

    world.wording.render = be_overtaken
    assert world.run() == 2
    assert [stored(world.store, one).status for one in ("m1", "m2")] == ["queued", "sent"]
    assert len(world.server.taken) == 1


def test_whoever_lost_a_mail_while_handing_it_over_writes_nothing_of_it(world: World) -> None:
    def be_overtaken() -> None:
        with world.store.write() as tx:
            tx.update(Message, ("m1",), claimed_until=world.clock.after_real(60))

    world.server.meanwhile = be_overtaken
    assert world.run() == 1
    assert stored(world.store).status == "sending"


def test_nothing_renews_a_claim_after_its_block(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    def end_slowly(_self: Claim, done: threading.Event) -> None:
        done.wait()
        threading.Event().wait(0.05)
        ended.append(threading.current_thread().daemon)

    monkeypatch.setattr(Claim, "_renew", end_slowly)
    with Claim(world.store, world.clock, 1).kept():
        assert ended == []
    assert ended == [True], "joined; and a thread that hangs could not keep the process alive"


def test_a_busy_database_is_told_to_the_loop_and_the_mail_stays(world: World) -> None:
    busy = StoreBusy("忙 / busy")
    world.wording.error = busy
    with pytest.raises(StoreBusy) as raised:
        world.run()
    assert raised.value is busy
    world.wording.error = None
    world.clock.pass_real(5)
    assert world.run() == 1
    assert stored(world.store).status == "sent"


def test_closing_leaves_the_server(world: World) -> None:
    world.server.answers = [DOWN]
    world.sender.close()
    assert world.server.answers == [], "the stand-in forgets what it was to answer when it is left"


# --- what people are told ----------------------------------------------------------------------------------------


def test_the_loop_is_woken_for_the_notices_of_a_mail_that_failed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[int] = []
    monkeypatch.setattr(world.store, "wake", lambda: woken.append(len(all_mails(world.store, template="mail_failed"))))
    world.server.answers = [NO_SUCH_USER]
    world.run()
    assert woken == [2], "once, when they can be found"


def failed_notice(world: World) -> Message:
    world.server.answers = [NO_SUCH_USER]
    world.run()
    return next(mail for mail in all_mails(world.store, template="mail_failed") if mail.recipient == ADMIN)


@pytest.mark.parametrize(
    ("subject", "field"),
    [
        ({"company": "x", "contact": {"name": "y", "email": APPROVER.upper()}}, "contact.email"),
        ({"email": APPROVER, "contact": {"email": APPROVER}}, "email"),
        ({"contact": {"email": OWNER}, "emails": [APPROVER]}, ""),
    ],
)
def test_the_notice_names_the_field_of_the_case_to_put_right(world: World, subject: object, field: str) -> None:
    with world.store.write() as tx:
        tx.update(CaseRow, (CASE,), subject=subject)
    told = failed_notice(world)
    assert told.context["field"] == field
    assert told.context["case"]["url_path"] == f"/cases/{CASE}"
    assert told.message_id.count("@") == told.message_id.count(">") == 1


def test_a_failed_mail_of_no_case_is_told_by_whom_it_went_to_and_what_it_was() -> None:
    world = World(MemoryStore())
    put(world, message("m1", "digest", case="DG-1", request=None))
    told = failed_notice(world)
    assert [mail.recipient for mail in all_mails(world.store, template="mail_failed")] == [ADMIN]
    part = told.context["case"]
    assert (part["case"], part["title"], part["url_path"], told.context["field"]) == ("", APPROVER, None, "")
    assert part["process"].startswith("每日待办"), "the title of its template"
