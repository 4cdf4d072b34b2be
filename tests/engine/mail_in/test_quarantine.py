"""Mail that poisons its reader: kept apart with one notice, while the mails behind it are taken in; then released."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.domain.errors import InvalidInput, NotFound
from crm_workflows.domain.mail.incoming import UnreadableMail
from crm_workflows.domain.mail.parse import read_message
from crm_workflows.domain.mail.reply import read_reply
from crm_workflows.domain.records import InboundMail, Watermark
from crm_workflows.engine.mail_in import intake, quarantine
from crm_workflows.testing import MemoryStore
from tests.engine.toy_bodies import gated
from tests.engine.toys import ADMIN, office_of, start, toy
from tests.office import Office

POISON = b"GIFT"


@pytest.fixture
def office() -> Office:
    """An office with a gate."""
    return office_of(MemoryStore(), toy(gated))


def poisoned_by(office: Office, poisoned: Callable[..., object], error: Exception) -> None:
    """From now on this function fails on what holds the poison."""

    def apart(work: Callable[..., Any], *args: Any) -> Any:
        if work is poisoned and (POISON in args[0] if isinstance(args[0], bytes) else POISON.decode() in args[0]):
            raise error
        return work(*args)

    office.engine = replace(office.engine, apart=apart)


def kept(office: Office) -> dict[str, str]:
    with office.engine.store.read() as reader:
        return {mail.id: mail.status for mail in reader.find(InboundMail)}


def reply(office: Office, code: str, text: str, n: int) -> str:
    return intake.take_in(office.engine, office.reply_bytes(office.asking(code), text, n=n), "test")


@pytest.mark.parametrize("function", [read_message, read_reply])
@pytest.mark.parametrize("error", [UnreadableMail("zu schwer / too heavy"), ValueError("Stolperstein")])
def test_a_mail_that_cannot_be_read_is_held_with_one_notice_and_the_next_one_decides(
    office: Office, function: Callable[..., object], error: Exception
) -> None:
    poisoned_by(office, function, error)
    code = start(office)
    first = reply(office, code, "驳回 GIFT", 1)
    intake.process_new(office.engine)
    intake.process_new(office.engine)
    assert kept(office) == {first: "unreadable"}
    assert len(office.mails("mail_unread", to=ADMIN)) == 1
    reply(office, code, "同意", 2)
    assert [d["decision"] for d in office.view(code)["decisions"]] == ["approve"]


def test_the_mailbox_is_read_on_behind_a_poisoned_mail(office: Office) -> None:
    poisoned_by(office, read_message, MemoryError())
    raw = office.reply_bytes(office.asking(start(office)), "GIFT")
    intake.store_mail(office.engine, raw, "imap", watermark=Watermark("imap", 1, 7))
    with office.engine.store.read() as reader:
        assert reader.get(Watermark, "imap") == Watermark("imap", 1, 7)


def test_a_released_mail_is_taken_in_as_if_it_had_just_come(office: Office) -> None:
    whole = office.engine
    poisoned_by(office, read_reply, UnreadableMail("zu schwer / too heavy"))
    code = start(office)
    held = reply(office, code, "驳回 GIFT", 1)
    office.engine = whole
    with whole.store.read() as reader:
        assert quarantine.kept(reader, held)[1].startswith(b"From:")
    with whole.store.write() as tx:
        quarantine.release(tx, held, "cli:admin")
    intake.process_new(whole)
    assert [(d["decision"], d["comment"]) for d in office.view(code)["decisions"]] == [("reject", "GIFT")]
    assert kept(office) == {held: "applied"}


def test_only_what_is_held_can_be_released(office: Office) -> None:
    done = reply(office, start(office), "同意", 1)
    with office.engine.store.write() as tx:
        with pytest.raises(InvalidInput, match="is not set aside"):
            quarantine.release(tx, done, "cli:admin")
        with pytest.raises(NotFound, match="no mail nope came in"):
            quarantine.release(tx, "nope", "cli:admin")
        tx.insert(InboundMail("big", "m", "", "", "", office.clock.now(), 1, "", status="refused"))
        with pytest.raises(InvalidInput, match="too large to be fetched"):
            quarantine.release(tx, "big", "cli:admin")
