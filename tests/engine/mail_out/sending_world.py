"""What servers say to a sender, and the world in which they say it."""

import pytest

from crm_workflows.domain.records import Message
from crm_workflows.engine.mail_out.outbox_ports import Ambiguous, RecipientRefused, ServerTrouble
from crm_workflows.testing import MemoryStore
from tests.outbox_world import World, all_mails, fill, message

DOWN = ServerTrouble(421, "4.3.2 not now")
LOST = Ambiguous("connection closed")
NO_SUCH_USER = RecipientRefused(550, "5.1.1 No such user")


@pytest.fixture
def world() -> World:
    """One approval request is queued."""
    made = World(MemoryStore())
    fill(made.store, message())
    return made


def notices(world: World, template: str) -> list[Message]:
    return all_mails(world.store, template=template)


def fill_one(world: World, *rows: object) -> None:
    with world.store.write() as tx:
        tx.insert(*rows)
