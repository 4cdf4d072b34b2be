"""Fetching mail from a real Dovecot: each mail once, in order, as it is, by every kind of security."""

import socket
from collections.abc import Iterator

import pytest
from imapclient import IMAPClient

from crm_workflows.adapters.mail.imap_mailbox import FetchedMail, ImapMailbox
from crm_workflows.domain.text import in_language
from tests.adapters.mail.imap_world import BIG, mailbox, settings, trouble_of, user
from tests.dovecot import CHINESE_PASSWORD, PASSWORD, USER_WITH_CHINESE_PASSWORD, Dovecot

__all__ = ["mailbox", "user"]


@pytest.fixture
def owner(dovecot: Dovecot, user: str) -> Iterator[IMAPClient]:
    """The owner's own mail program, beside ours."""
    client = IMAPClient("127.0.0.1", dovecot.port, ssl=False)
    client.login(user, PASSWORD)
    yield client
    client.logout()


def put(owner: IMAPClient, *bodies: str, folder: str = "INBOX") -> None:
    for body in bodies:
        owner.append(folder, f"Subject: {body}\r\n\r\n{body}\r\n".encode())


def bodies(mails: list[FetchedMail]) -> list[str]:
    return [(mail.raw or b"").decode().split("\r\n\r\n")[1].strip() for mail in mails]


def test_new_mails_come_once_in_order_and_as_they_are(mailbox: ImapMailbox, owner: IMAPClient) -> None:
    assert list(mailbox.fetch_new(None, BIG)) == []
    put(owner, "一", "二")
    first = list(mailbox.fetch_new(None, BIG))
    assert [(mail.uid, mail.raw, mail.size) for mail in first] == [
        (1, "Subject: 一\r\n\r\n一\r\n".encode(), 21),
        (2, "Subject: 二\r\n\r\n二\r\n".encode(), 21),
    ]
    watermark = (first[-1].uidvalidity, first[-1].uid)
    assert list(mailbox.fetch_new(watermark, BIG)) == [], "the server repeats the last mail here"
    put(owner, "三")
    assert bodies(list(mailbox.fetch_new(watermark, BIG))) == ["三"]


def test_nothing_is_marked_as_seen(mailbox: ImapMailbox, owner: IMAPClient) -> None:
    put(owner, "unread")
    assert bodies(list(mailbox.fetch_new(None, BIG))) == ["unread"]
    mailbox.check()
    owner.select_folder("INBOX")
    assert owner.get_flags([1])[1] == (b"\\Recent",), "not even the mark of a first look was taken"


def test_deleted_mails_leave_gaps_that_do_no_harm(mailbox: ImapMailbox, owner: IMAPClient) -> None:
    put(owner, "a", "b", "c", "d")
    owner.select_folder("INBOX")
    owner.delete_messages([2, 4])
    owner.expunge()
    assert bodies(list(mailbox.fetch_new(None, BIG))) == ["a", "c"]
    uidvalidity = next(mailbox.fetch_new(None, BIG)).uidvalidity
    assert list(mailbox.fetch_new((uidvalidity, 4), BIG)) == []
    assert list(mailbox.fetch_new((uidvalidity, 4000), BIG)) == []


def test_a_folder_made_anew_is_read_from_its_start(dovecot: Dovecot, user: str, owner: IMAPClient) -> None:
    mailbox = ImapMailbox(settings(dovecot, user, folder="答复"))
    owner.create_folder("答复")
    put(owner, "old 1", "old 2", folder="答复")
    old = list(mailbox.fetch_new(None, BIG))
    owner.delete_folder("答复")
    owner.create_folder("答复")
    put(owner, "new", folder="答复")
    (new,) = mailbox.fetch_new((old[-1].uidvalidity, old[-1].uid), BIG)
    assert bodies([new]) == ["new"]
    assert new.uidvalidity != old[-1].uidvalidity


def test_a_mail_over_the_limit_is_reported_but_not_fetched(mailbox: ImapMailbox, owner: IMAPClient) -> None:
    put(owner, "small", "x" * 5000, "small too")
    mails = list(mailbox.fetch_new(None, limit=1000))
    assert [mail.raw is None for mail in mails] == [False, True, False]
    assert mails[1].size > 10_000
    assert mails[1].head == b"Subject: " + b"x" * 5000 + b"\r\n\r\n"


def test_by_its_headers_a_mail_over_the_limit_may_be_fetched_all_the_same(
    mailbox: ImapMailbox, owner: IMAPClient
) -> None:
    put(owner, "x" * 5000, "y" * 5000, "z" * 9000)
    mails = list(mailbox.fetch_new(None, 1000, limit_for=lambda head: 1000 if b"x" in head else 15_000))
    assert [mail.raw is None for mail in mails] == [True, False, True]


def test_many_mails_are_fetched_in_order(mailbox: ImapMailbox, owner: IMAPClient) -> None:
    put(owner, *(f"mail {number}" for number in range(450)))
    assert bodies(list(mailbox.fetch_new(None, BIG))) == [f"mail {number}" for number in range(450)]


def test_a_caller_may_stop_in_the_middle(mailbox: ImapMailbox, owner: IMAPClient, dovecot: Dovecot, user: str) -> None:
    put(owner, "a", "b", "c")
    for mail in mailbox.fetch_new(None, BIG):
        assert mail.uid == 1
        break
    assert f"imap({user})" in dovecot.log.read_text()
    assert bodies(list(mailbox.fetch_new(None, BIG))) == ["a", "b", "c"]


def test_newest_skips_what_was_there_before(mailbox: ImapMailbox, owner: IMAPClient) -> None:
    assert mailbox.newest()[1] == 0
    put(owner, "history")
    watermark = mailbox.newest()
    put(owner, "answer")
    assert bodies(list(mailbox.fetch_new(watermark, BIG))) == ["answer"]


def test_we_name_ourselves_before_opening_the_folder(mailbox: ImapMailbox, dovecot: Dovecot, user: str) -> None:
    list(mailbox.fetch_new(None, BIG))
    said = [line for line in dovecot.log.read_text().splitlines() if f"imap({user})" in line and "ID sent" in line]
    assert len(said) == 1
    assert "name=crm-workflows" in said[0]


@pytest.mark.parametrize("security", ["none", "starttls", "ssl"])
def test_every_kind_of_security(
    security: str, dovecot: Dovecot, user: str, owner: IMAPClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    put(owner, "a")
    port = dovecot.tls_port if security == "ssl" else dovecot.port
    mailbox = ImapMailbox(settings(dovecot, user, security=security, port=port))
    assert bodies(list(mailbox.fetch_new(None, BIG))) == ["a"]


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_certificate_nobody_vouches_for_is_not_trusted(security: str, dovecot: Dovecot, user: str) -> None:
    port = dovecot.tls_port if security == "ssl" else dovecot.port
    trouble = trouble_of(settings(dovecot, user, security=security, port=port))
    assert "its encryption is not trusted" in trouble
    assert "certificate" in trouble


def test_a_password_in_chinese(dovecot: Dovecot) -> None:
    chinese = settings(dovecot, USER_WITH_CHINESE_PASSWORD, password=CHINESE_PASSWORD)
    assert ImapMailbox(chinese).newest()[1] == 0
    assert "refuses the login" in trouble_of(settings(dovecot, USER_WITH_CHINESE_PASSWORD, password="错"))


def test_a_wrong_password_is_trouble(dovecot: Dovecot, user: str) -> None:
    assert "refuses the login" in trouble_of(settings(dovecot, user, password="wr0ng"))


def test_a_folder_that_is_not_there_is_trouble(dovecot: Dovecot, user: str) -> None:
    assert "Mailbox doesn't exist" in trouble_of(settings(dovecot, user, folder="Nowhere"))


def test_nobody_listening_is_trouble(dovecot: Dovecot, user: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert "cannot be reached" in trouble_of(settings(dovecot, user, port=unused.getsockname()[1]))


def test_the_password_is_not_in_what_is_printed_of_the_settings(dovecot: Dovecot, user: str) -> None:
    assert PASSWORD not in repr(settings(dovecot, user))


def test_check_says_what_was_found(mailbox: ImapMailbox, owner: IMAPClient, user: str) -> None:
    empty = [in_language(line, "en") for line in mailbox.check()]
    assert empty[0].startswith("Logged in at 127.0.0.1:")
    assert empty[0].endswith(f"as {user} (unencrypted)")
    assert empty[1] == "The folder INBOX holds 0 mails"
    assert "ID command" in empty[2]
    assert "no authentication results" in empty[3]
    put(owner, "a")
    owner.append("INBOX", b"Authentication-Results: mx.example.com; dkim=pass\r\nSubject: b\r\n\r\nb\r\n")
    found = [in_language(line, "en") for line in mailbox.check()]
    assert found[1] == "The folder INBOX holds 2 mails"
    assert found[3] == "Of the newest 2 mails these servers checked the sender: mx.example.com (1)"
    assert all(in_language(line, "zh") != in_language(line, "en") for line in mailbox.check())
