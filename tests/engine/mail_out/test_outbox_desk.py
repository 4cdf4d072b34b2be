"""What a person sees of mails that were given up, and how one is sent again (`crmw mail dead`, `crmw mail resend`)."""

import pytest

from crm_workflows.domain.errors import AuthorMistake, InvalidInput, NotFound
from crm_workflows.domain.records import Message
from crm_workflows.engine.mail_out import addresses
from crm_workflows.engine.mail_out.outbox_desk import dead, resend
from crm_workflows.engine.mail_out.outbox_ports import Ambiguous, RecipientRefused, ServerTrouble
from crm_workflows.engine.mail_out.outbox_secrets import true_message_id
from crm_workflows.testing import MemoryStore
from tests.outbox_world import APPROVER, KEY, MONDAY, TOKEN, World, all_mails, fill, message, stored


@pytest.fixture
def world() -> World:
    made = World(MemoryStore())
    fill(made.store, message())
    return made


def again(world: World, mail: str = "m1", to: str | None = None) -> str:
    with world.store.write() as tx:
        return resend(tx, mail, world.clock.now(), to).id


def test_a_mail_that_was_given_up_is_listed_with_its_reason(world: World) -> None:
    world.server.answers = [RecipientRefused(550, "5.1.1 / no such user")]
    world.run()
    with world.store.read() as reader:
        [found] = dead(reader)
    assert (found.id, found.case, found.template, found.to, found.at) == (
        "m1", "SV-2026-00001", "approval_request", APPROVER, MONDAY,
    )  # fmt: skip
    assert found.why.count(" / ") == 1, "the server's own slash must not split the label"


def test_sent_again_after_the_template_was_corrected(world: World) -> None:
    world.wording.error = AuthorMistake("错 / wrong")
    world.run()
    world.wording.error = None
    assert again(world) == "m1"
    row = stored(world.store)
    assert (row.status, row.attempts, row.error, row.next_at) == ("queued", 0, None, MONDAY)
    world.run()
    assert stored(world.store).status == "sent"
    with world.store.read() as reader:
        assert dead(reader) == []


def test_sent_again_to_a_corrected_address_with_the_secret_of_the_person_asked(world: World) -> None:
    world.server.answers = [RecipientRefused(550, "no")]
    world.run()
    again(world)
    with world.store.read() as reader:
        assert addresses.marked(reader) == [], "whoever sends it again says that mail can be sent there"
    again(world, to="wang.new@example.com")
    world.run()
    [content] = [c for to, c in world.server.taken if to == "wang.new@example.com"]
    assert TOKEN.encode() in content


def test_a_mail_that_arrived_is_sent_again_as_a_new_mail(world: World) -> None:
    world.run()
    first, second = again(world), again(world)
    assert (first, second) == ("m1-2", "m1-3")
    world.run()
    assert stored(world.store).status == "sent"
    copies = {content for _, content in world.server.taken}
    assert len(copies) == 3
    assert any(f"<crmw.{TOKEN}.m1-2@crm.example.com>".encode() in content for content in copies)


def test_a_waiting_mail_is_sent_at_once(world: World) -> None:
    world.server.answers = [ServerTrouble(451, "later", only_this_mail=True)]
    world.run()
    again(world)
    world.run()
    assert stored(world.store).status == "sent"


def test_a_mail_that_may_have_arrived_is_not_made_anew(world: World) -> None:
    world.server.answers = [Ambiguous("lost")]
    world.run()
    with pytest.raises(InvalidInput, match="under way"):
        again(world)
    assert stored(world.store).content is not None
    with world.store.write() as tx:
        tx.update(Message, ("m1",), status="sending")
    with pytest.raises(InvalidInput, match="under way"):
        again(world)


def test_an_unknown_mail_or_a_bad_address_is_refused_and_changes_nothing(world: World) -> None:
    with pytest.raises(NotFound):
        again(world, "m9")
    with pytest.raises(InvalidInput):
        again(world, to="nobody")
    assert [row.status for row in all_mails(world.store)] == ["queued"]


def test_the_message_id_as_sent_can_be_told_from_the_row(world: World) -> None:
    world.run()
    with world.store.read() as reader:
        told = true_message_id(reader, KEY, stored(world.store))
    assert told.encode() in world.server.taken[0][1]
