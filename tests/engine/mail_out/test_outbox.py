"""From queued to sent: what the sender promises whatever server, template and process do (contract, outbox)."""

import threading

import pytest

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.records import Blob, Message, Meta, Request
from tests.engine.mail_out.sending_world import LOST, fill_one, notices, world
from tests.outbox_world import ADMIN, APPROVER, MONDAY, OWNER, REQUEST, TOKEN, World, message, stored

__all__ = ["world"]
pytestmark = pytest.mark.breaks_invariants(
    "many mails of one request, put in by hand", "effects once", "times once and never early"
)


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
