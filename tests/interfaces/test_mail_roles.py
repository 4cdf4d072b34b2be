"""The roles of mail in a process: the local server, a mailbox elsewhere, and what only this machine can follow."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from crm_workflows.adapters.mail.imap_mailbox import FetchedMail
from crm_workflows.adapters.mail.smtp_listener import Envelope
from crm_workflows.bootstrap import Office
from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.records import InboundMail, MailboxMail, Message, Watermark
from crm_workflows.interfaces import mailbox
from crm_workflows.interfaces.up.imap import ImapFolder
from crm_workflows.interfaces.up.mail_out import is_loopback
from crm_workflows.testing import ManualClock
from tests.interfaces.conftest import NOON, Opened, rows

MAIL = (
    b"From: x@else.example\r\nTo: a@b.example\r\nMessage-ID: <1@else.example>\r\n"
    b"Subject: =?utf-8?b?5L2g5aW9?=\r\n\r\nhi\r\n"
)


def test_the_local_server_keeps_every_mail_and_hands_answers_to_intake(opened: Opened) -> None:
    office = opened()
    assert mailbox.take(office, Envelope("x@else.example", ("gu@chenglan.example",), MAIL)) is None
    assert mailbox.take(office, Envelope("x@else.example", ("approvals+abc@localhost",), MAIL)) is None
    assert [m.status for m in rows(office, InboundMail)] == ["new"]
    latest, first = mailbox.LocalMailbox(office.store).list()
    assert (first.to, first.sender, first.subject, first.message_id) == (
        "gu@chenglan.example", "x@else.example", "你好", "<1@else.example>",
    )  # fmt: skip
    assert mailbox.LocalMailbox(office.store).get(latest.id) == MAIL
    assert [m.id for m in mailbox.LocalMailbox(office.store).list(to="GU@chenglan.example")] == [first.id]
    assert mailbox.LocalMailbox(office.store).get("nothing") is None


def test_a_mail_handed_in_twice_is_two_in_the_mailbox_and_one_answer(opened: Opened) -> None:
    office = opened()
    for _ in range(2):
        mailbox.take(office, Envelope("x@else.example", ("approvals@localhost",), MAIL))
    assert len(rows(office, MailboxMail)) == 2
    assert len(rows(office, InboundMail)) == 1


def test_beside_a_real_server_only_answers_are_taken(opened: Opened) -> None:
    office = opened(smtp_host="smtp.yongchang.example", reply_domain="yongchang.example")
    refused = mailbox.take(office, Envelope("x@else.example", ("gu@chenglan.example",), MAIL))
    assert refused is not None
    assert refused.startswith("550 ")
    assert mailbox.take(office, Envelope("", ("Approvals+abc@Yongchang.example",), MAIL)) is None
    assert (len(rows(office, MailboxMail)), len(rows(office, InboundMail))) == (0, 1)


def test_reports_about_our_mails_come_to_our_own_address(opened: Opened) -> None:
    office = opened(mail_from="永昌客户关系 <crm@yongchang.example>")
    assert office.engine.mail_domain == "yongchang.example"
    assert mailbox.answers_us(office, "crm@yongchang.example")
    assert mailbox.answers_us(office, "approvals+x@yongchang.example")
    assert not mailbox.answers_us(office, "approvals+x@else.example")
    assert not mailbox.answers_us(office, "wang.fang@yongchang.example")


class FakeMailbox:
    """An IMAP folder with these mails, which fails when it is told to."""

    def __init__(self, *mails: bytes | None) -> None:
        self.mails = [FetchedMail(n, 7, len(raw or b"") or 99_000_000, raw) for n, raw in enumerate(mails, start=1)]
        self.fails_after: int | None = None
        self.asked: list[tuple[int, int] | None] = []

    def newest(self) -> tuple[int, int]:
        return 7, max((mail.uid for mail in self.mails), default=0)

    def fetch_new(self, watermark: tuple[int, int] | None, limit: int, *more: object) -> Iterator[FetchedMail]:
        self.asked.append(watermark)
        for n, mail in enumerate(m for m in self.mails if watermark is None or m.uid > watermark[1]):
            if n == self.fails_after:
                raise MailTrouble("away")
            yield mail


def imap_of(office: Office, folder: FakeMailbox) -> ImapFolder:
    return ImapFolder(office, "imap:x", folder)  # type: ignore[arg-type]


def numbered(n: int) -> bytes:
    return MAIL.replace(b"<1@", b"<%d@" % n)


def test_a_mailbox_connected_first_is_read_from_now_on(opened: Opened) -> None:
    office, folder = opened(imap_host="imap.example"), FakeMailbox(numbered(1), numbered(2))
    role = imap_of(office, folder)
    assert role.look() == 0
    folder.mails.append(FetchedMail(3, 7, 10, numbered(3)))
    assert role.look() == 1
    assert [m.message_id for m in rows(office, InboundMail)] == ["<3@else.example>"]
    assert [(w.uid_validity, w.uid) for w in rows(office, Watermark)] == [(7, 3)]


def test_a_mailbox_connected_after_people_were_asked_is_read_from_its_beginning(opened: Opened) -> None:
    office, folder = opened(imap_host="imap.example"), FakeMailbox(numbered(1))
    with office.store.write() as tx:
        tx.insert(
            Message(
                "m", "SV-1", "request", "x@y.example", "zh", {}, "sent", "<m@x>", NOON, None, attempts=1, sent_at=NOON
            )
        )
    assert imap_of(office, folder).look() == 1


def test_what_came_before_a_failure_is_stored_and_not_fetched_again(opened: Opened) -> None:
    office, folder = opened(imap_host="imap.example"), FakeMailbox()
    role = imap_of(office, folder)
    role.look()
    folder.mails = [FetchedMail(n, 7, 10, numbered(n)) for n in (1, 2, 3)]
    folder.fails_after = 2
    with pytest.raises(MailTrouble):
        role.look()
    folder.fails_after = None
    assert role.look() == 1
    assert folder.asked[-1] == (7, 2)
    assert len(rows(office, InboundMail)) == 3


def test_a_mail_too_large_to_fetch_is_shown_and_passed(opened: Opened) -> None:
    office, folder = opened(imap_host="imap.example"), FakeMailbox()
    role = imap_of(office, folder)
    role.look()
    folder.mails = [FetchedMail(1, 7, 99_000_000, None), FetchedMail(2, 7, 10, numbered(2))]
    assert role.look() == 2
    large, small = sorted(rows(office, InboundMail), key=lambda m: -m.size)
    assert (large.status, large.size, small.status) == ("unreadable", 99_000_000, "new")
    assert [mail.context["mail"] for mail in rows(office, Message)] == [large.id], "an admin is told"
    assert role.look() == 0
    assert len(rows(office, Message)) == 1


def test_a_mail_that_the_server_refuses_holds_up_the_others_for_half_an_hour_and_is_then_set_aside(
    opened: Opened,
) -> None:
    office, folder = opened(imap_host="imap.example"), FakeMailbox()
    clock = ManualClock()
    office = replace(office, engine=replace(office.engine, clock=clock))
    role = imap_of(office, folder)
    role.look()
    assert not role._is_given_up(1)
    clock.move_to(clock.now() + timedelta(minutes=29))
    assert not role._is_given_up(1)
    clock.move_to(clock.now() + timedelta(minutes=1))
    assert (role._is_given_up(1), role._is_given_up(2)) == (True, False)
    clock.move_to(clock.now() + timedelta(hours=1))
    assert not role._is_given_up(2), "two connections may be lost by chance"
    folder.mails = [FetchedMail(1, 7, 50, None, b"Message-ID: <1@x>\r\n\r\n", is_refused=True)]
    assert role.look() == 1
    (kept,) = rows(office, InboundMail)
    assert (kept.status, kept.message_id) == ("unreadable", "<1@x>")
    assert "does not hand the mail out" in kept.why
    assert not role._is_given_up(2), "what came in shows that the server was well"


@pytest.mark.parametrize(
    ("url", "only_here"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000/", True),
        ("https://crm.yongchang.example", False),
        ("http://10.1.2.3", False),
    ],
)
def test_links_to_this_machine_are_known_as_such(url: str, *, only_here: bool) -> None:
    assert is_loopback(url) is only_here
