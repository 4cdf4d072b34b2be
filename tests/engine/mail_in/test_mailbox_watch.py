"""Admins hear of a mailbox that cannot be read, once for a while of trouble, and of mails that belong to no case."""

from datetime import timedelta

import pytest

from crm_workflows.domain.records import Digest
from crm_workflows.engine.mail_in import mailbox_watch
from crm_workflows.engine.mail_out.outbox_ports import RecipientRefused, ServerTrouble
from crm_workflows.testing import MemoryStore
from tests.office import Office
from tests.outbox_world import ADMIN, MONDAY, World, all_mails, fill, message

BOX = "approvals@imap.example"
REFUSED = "收信服务器拒绝登录 / the mailbox server refuses the login"


@pytest.fixture
def office() -> Office:
    return Office(MemoryStore())


def fails(office: Office, *minutes: float) -> list[int]:
    """How many notices there are after looks that fail at these minutes from the beginning."""
    begin, told = office.clock.now(), []
    for minute in minutes:
        office.move_to(begin + timedelta(minutes=minute))
        mailbox_watch.away(office.engine, BOX, REFUSED)
        told.append(len(office.mails("mailbox_away")))
    return told


def shown(office: Office) -> list[mailbox_watch.Away]:
    with office.engine.store.read() as reader:
        return mailbox_watch.in_trouble(reader, [BOX, "another@imap.example"])


def test_admins_are_told_after_a_quarter_of_an_hour_and_once_a_day_while_it_lasts(office: Office) -> None:
    begin = office.clock.now()
    admins = len(office.engine.staff.directory().with_role("admin"))
    day = 24 * 60
    assert fails(office, 0, 5, 14.9, 15, 16, day, day + 14, day + 15, day + 16) == [
        *[0, 0, 0], *[admins] * 4, *[2 * admins] * 2
    ]  # fmt: skip
    first = office.mails("mailbox_away")[0]
    assert (first.context["mailbox"], first.context["why"]) == (BOX, REFUSED)
    assert first.context["since"] == begin.isoformat().replace("+00:00", "Z")
    assert [(one.since, one.why) for one in shown(office)] == [(begin, REFUSED)]


def test_one_good_look_ends_the_trouble_and_the_next_begins_anew(office: Office) -> None:
    mailbox_watch.well(office.engine, BOX)
    assert fails(office, 0, 10) == [0, 0]
    mailbox_watch.well(office.engine, BOX)
    assert shown(office) == []
    assert fails(office, 1, 10) == [0, 0], "twenty minutes since the first failure, but not of trouble"
    assert len(shown(office)) == 1


def test_what_is_shown_is_the_latest_cause(office: Office) -> None:
    fails(office, 0)
    mailbox_watch.away(office.engine, BOX, "连接不上 / it cannot be reached")
    assert [one.why for one in shown(office)] == ["连接不上 / it cannot be reached"]


# -- mails out that belong to no case ---------------------------------------------------------------------------------


def with_a_digest() -> World:
    world = World(MemoryStore())
    fill(world.store, message("d1", "digest", "wang.fang@example.com", case="D-2026-03-02-1", request=None))
    with world.store.write() as tx:
        tx.insert(Digest("D-2026-03-02-1", "wang.fang@example.com", "2026-03-02", MONDAY, [], "nonce", "hash"))
    return world


@pytest.mark.breaks_invariants("a digest put in by hand", "effects once")
def test_admins_hear_of_a_digest_that_is_refused() -> None:
    world = with_a_digest()
    world.server.answers = [RecipientRefused(550, "no such user")]
    world.run()
    (told,) = all_mails(world.store, template="mail_failed")
    assert (told.recipient, told.context["message"], told.context["case"]["case"]) == (ADMIN, "d1", "")
    assert told.context["case"]["process"] == "每日待办 / Morning digest"


@pytest.mark.breaks_invariants("a digest put in by hand", "effects once")
def test_trouble_that_begins_with_a_digest_is_told_as_well() -> None:
    world = with_a_digest()
    world.server.answers = [ServerTrouble(421, "later")]
    world.run()
    (told,) = all_mails(world.store, template="mail_trouble")
    assert (told.recipient, told.context["waiting"]) == (ADMIN, 1)
