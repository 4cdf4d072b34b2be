"""A mail that a newer release beside this one has written: left to that one, and after an hour to a person."""

from dataclasses import replace

import pytest

from crm_workflows.adapters.mail.template_examples import EXAMPLES
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.records import Message
from crm_workflows.shipped import shipped
from crm_workflows.testing import MemoryStore
from tests.outbox_world import OWNER, World, fill, message, stored

pytestmark = pytest.mark.breaks_invariants("two mails of one request, put in by hand", "effects once")

KNOWN = EXAMPLES["approval_request"][0].model_dump(mode="json")
WRITTEN = {
    "a part": message(context=KNOWN | {"request": KNOWN["request"] | {"mood": "calm"}}),
    "all of it": replace(message(), template="word_of_tomorrow"),
}


@pytest.fixture
def world() -> World:
    renderer = Renderer(shipped("templates") / "emails", "https://crm.example", lambda _: "Asia/Shanghai")
    return World(MemoryStore(), wording=renderer)


@pytest.mark.parametrize("unknown", WRITTEN)
def test_a_mail_of_a_newer_release_is_left_to_it_for_an_hour_and_then_to_a_person(world: World, unknown: str) -> None:
    fill(world.store, WRITTEN[unknown], message("m2"))
    world.run_for(3590, step=10)
    assert [stored(world.store, one).status for one in ("m1", "m2")] == ["queued", "sent"]
    world.run_for(20, step=5)
    left = stored(world.store, "m1")
    assert left.status == "failed"
    assert "written by a newer release, which is to send it" in (left.error or "")
    with world.store.read() as reader:
        told = reader.find(Message, template="mail_failed")
    assert OWNER in {notice.recipient for notice in told}


def test_a_mail_that_is_wrong_in_itself_fails_at_once(world: World) -> None:
    wrong = KNOWN | {"mood": "calm", "request": None}
    fill(world.store, message(context=wrong))
    world.run()
    assert stored(world.store, "m1").status == "failed"
