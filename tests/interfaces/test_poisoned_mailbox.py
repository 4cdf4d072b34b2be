"""A real Dovecot with mails that hurt the reader, or are too large: the poller goes on behind them."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from imapclient import IMAPClient

from crm_workflows.adapters.apart import InAChild
from crm_workflows.bootstrap import Office
from crm_workflows.domain.mail.parse import LARGEST
from crm_workflows.domain.records import Blob, CaseRow, InboundMail, Message, Watermark
from crm_workflows.engine.mail_in import intake
from crm_workflows.interfaces.up.imap import Imap, imap_roles
from tests.domain.mail.test_limits import HEAVY
from tests.interfaces.dovecot_world import connect, owner, user

__all__ = ["connect", "owner", "user"]
pytestmark = pytest.mark.needs_dovecot
BY_TIME, BY_MEMORY = HEAVY["html of open tags"], HEAVY["base64 of 20 MB"]


@pytest.fixture
def child() -> Iterator[InAChild]:
    """Too little time for the one and too little memory for the other; a mail as people write it needs neither."""
    with closing(InAChild(seconds=0.8, megabytes=256)) as made:
        yield made


def complaint(n: int) -> bytes:
    """A mail that opens a case."""
    mail = EmailMessage()
    mail["From"], mail["To"] = f"c{n}@a{n}.example", "complaints@yongchang.example"
    mail["Subject"], mail["Message-ID"] = f"投诉 {n}", f"<{n}@a{n}.example>"
    mail.set_content("密封件漏水，请尽快处理。\n")
    return mail.as_bytes()


def looks_in(office: Office, child: InAChild) -> Imap:
    """The role that polls, in a process that reads strangers' mails there."""
    engine = replace(office.engine, apart=child)
    return imap_roles(replace(office, engine=engine))[0]


def rows(office: Office, record: type, **where: Any) -> list[Any]:
    with office.store.read() as reader:
        return reader.find(record, **where)


def test_mails_that_kill_the_reader_are_set_aside_as_they_came_and_those_between_and_behind_open_cases(
    connect: Callable[..., Office], owner: IMAPClient, user: str, child: InAChild
) -> None:
    office = connect(user, complaints_address="complaints@yongchang.example")
    role = looks_in(office, child)
    role.look()
    for raw in (complaint(1), BY_TIME, complaint(2), BY_MEMORY, complaint(3)):
        owner.append("INBOX", raw)
    role.look()
    intake.process_new(office.engine)
    found = rows(office, InboundMail, order=("size",))
    assert [mail.status for mail in found] == ["applied"] * 3 + ["unreadable"] * 2
    assert all("too long or too much memory" in mail.why for mail in found[3:])
    assert [rows(office, Blob, sha256=mail.sha256)[0].content for mail in found[3:]] == [BY_TIME, BY_MEMORY]
    assert len(rows(office, CaseRow)) == 3
    notices = [mail for mail in rows(office, Message, template="mail_unread") if mail.next_at <= office.clock.now()]
    assert len(notices) == 1, "of the second the admins hear within the hour"

    again = connect(user, complaints_address="complaints@yongchang.example")
    looks_in(again, child).look()
    intake.process_new(again.engine)
    assert [(w.uid, len(rows(again, InboundMail))) for w in rows(again, Watermark)] == [(5, 5)]


def test_what_is_over_the_limit_is_not_fetched_and_the_next_mail_is(
    connect: Callable[..., Office], owner: IMAPClient, user: str, child: InAChild
) -> None:
    office = connect(user, complaints_address="complaints@yongchang.example")
    role = looks_in(office, child)
    role.look()
    owner.append("INBOX", complaint(1) + b"x" * LARGEST)
    owner.append("INBOX", complaint(2))
    role.look()
    intake.process_new(office.engine)
    large, small = rows(office, InboundMail, order=("size",), descending=True)
    assert (large.status, large.sha256, large.message_id) == ("unreadable", "", "<1@a1.example>")
    assert small.status == "applied"
