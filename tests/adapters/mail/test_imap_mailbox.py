"""Fetching mail from a real Dovecot, and from servers that misbehave in ways Dovecot never would."""

import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from imapclient import IMAPClient

from crm_workflows.adapters.mail.imap_mailbox import FetchedMail, ImapMailbox, ImapSettings
from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.text import in_language
from tests.dovecot import CHINESE_PASSWORD, PASSWORD, USER_WITH_CHINESE_PASSWORD, Dovecot, running_dovecot

BIG = 1_000_000


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture
def user() -> str:
    """Somebody whose mailbox nobody has used."""
    return f"u{uuid.uuid4().hex[:12]}"


@pytest.fixture
def owner(dovecot: Dovecot, user: str) -> Iterator[IMAPClient]:
    """The owner's own mail program, beside ours."""
    client = IMAPClient("127.0.0.1", dovecot.port, ssl=False)
    client.login(user, PASSWORD)
    yield client
    client.logout()


@pytest.fixture
def mailbox(dovecot: Dovecot, user: str) -> ImapMailbox:
    return ImapMailbox(settings(dovecot, user))


def settings(dovecot: Dovecot, user: str, **changed: object) -> ImapSettings:
    values: dict[str, object] = {"host": "127.0.0.1", "port": dovecot.port, "user": user, "password": PASSWORD}
    return ImapSettings(**{**values, "security": "none", "timeout": 10.0, **changed})  # type: ignore[arg-type]


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


def test_many_mails_are_fetched_in_order(mailbox: ImapMailbox, owner: IMAPClient) -> None:
    put(owner, *(f"mail {number}" for number in range(450)))
    assert bodies(list(mailbox.fetch_new(None, BIG))) == [f"mail {number}" for number in range(450)]


def test_a_caller_may_stop_in_the_middle(mailbox: ImapMailbox, owner: IMAPClient, dovecot: Dovecot, user: str) -> None:
    put(owner, "a", "b", "c")
    fetching = mailbox.fetch_new(None, BIG)
    assert next(fetching).uid == 1
    fetching.close()
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


def trouble_of(wrong: ImapSettings) -> str:
    """The sentence of the trouble that fetching has; it never tells the password."""
    with pytest.raises(MailTrouble) as trouble:
        list(ImapMailbox(wrong).fetch_new(None, BIG))
    sentence = trouble.value.message
    assert in_language(sentence, "zh") != in_language(sentence, "en")
    assert f"{wrong.host}:{wrong.port}" in sentence
    assert "\n" not in sentence
    assert wrong.password not in sentence
    return sentence


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


@contextmanager
def misbehaving(behave: Callable[[socket.socket], None]) -> Iterator[ImapSettings]:
    """A server of one connection that does what the test says."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        yield ImapSettings("127.0.0.1", port, "li", "s3cret", security="none", timeout=0.5)
        thread.join(10)


def script(*replies: bytes) -> Callable[[socket.socket], None]:
    """Greets, then answers each command with the next reply, `%s` standing for the command's tag; then hangs up."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        waiting = iter(replies)
        for line in connection.makefile("rb"):
            tag, command = line.split()[:2]
            capability = b"* CAPABILITY IMAP4rev1\r\n%s OK done\r\n" if command == b"CAPABILITY" else None
            reply = capability or next(waiting, None)
            if reply is None:
                return
            connection.sendall(reply.replace(b"%s", tag))

    return behave


def stops_in_a_mail(connection: socket.socket) -> None:
    """Keeps the connection and sends no more."""
    connection.settimeout(10)
    script(LOGIN, SELECT, SEARCH, SIZES, b"* 1 FETCH (UID 1 BODY[] {500}\r\nhalf", b"")(connection)


LOGIN = b"%s OK [CAPABILITY IMAP4rev1] in\r\n"
SELECT = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n%s OK done\r\n"
SEARCH = b"* SEARCH 1\r\n%s OK done\r\n"
SIZES = b"* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n%s OK done\r\n"
LOGOUT = b"* BYE\r\n%s OK bye\r\n"

BROKEN: dict[str, tuple[Callable[[socket.socket], None], str]] = {
    "says nothing": (lambda connection: connection.recv(1), "did not answer in time"),
    "hangs up at once": (lambda connection: None, ""),
    "greets with rubbish": (lambda connection: connection.sendall(b"\x00\xff rubbish\r\n"), ""),
    "greets with BYE": (
        lambda connection: connection.sendall(b"* BYE too many connections\r\n"),
        "too many connections",
    ),
    "drops after login": (script(LOGIN), ""),
    "refuses login": (script(b"%s NO [AUTHENTICATIONFAILED] no\r\n", LOGOUT), "refuses the login"),
    "refuses the folder": (script(LOGIN, b"%s NO SELECT Unsafe Login\r\n", LOGOUT), "Unsafe Login"),
    "has no UIDVALIDITY": (script(LOGIN, b"* 1 EXISTS\r\n%s OK done\r\n", LOGOUT), "states no UIDVALIDITY"),
    "drops while searching": (script(LOGIN, SELECT), ""),
    "answers rubbish": (script(LOGIN, SELECT, b"* SEARCH one two\r\n%s OK\r\n", LOGOUT), ""),
    "cannot fetch": (script(LOGIN, SELECT, SEARCH, b"%s NO gone\r\n", LOGOUT), "gone"),
    "answers no size": (script(LOGIN, SELECT, SEARCH, b"* 1 FETCH (UID 1)\r\n%s OK\r\n", LOGOUT), ""),
    "drops in a mail": (script(LOGIN, SELECT, SEARCH, SIZES, b"* 1 FETCH (UID 1 BODY[] {500}\r\nhalf"), ""),
    "stops in a mail": (stops_in_a_mail, "did not answer in time"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_server_that_misbehaves_is_trouble(how: str) -> None:
    behave, words = BROKEN[how]
    with misbehaving(behave) as settings:
        assert words in trouble_of(settings)


def test_starttls_that_the_server_does_not_offer_is_trouble_and_no_password_is_sent() -> None:
    heard: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        connection.sendall(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        while said := connection.recv(4096):
            heard.append(said)
            tag = said.split(b" ")[0]
            capability = b"* CAPABILITY IMAP4rev1\r\n" if b"CAPABILITY" in said else b""
            connection.sendall(capability + b"%s %s done\r\n" % (tag, b"OK" if capability else b"BAD"))

    with misbehaving(behave) as plain:
        wanted = ImapSettings(plain.host, plain.port, plain.user, plain.password, security="starttls", timeout=2)
        assert "encryption" in trouble_of(wanted)
    assert b"s3cret" not in b"".join(heard)


def test_a_mail_larger_than_the_server_said_is_still_kept_out() -> None:
    mail = b"* 1 FETCH (UID 1 BODY[] {12}\r\n1234\r\n\r\n9012)\r\n%s OK done\r\n"
    with misbehaving(script(LOGIN, SELECT, SEARCH, SIZES, mail, LOGOUT)) as settings:
        assert list(ImapMailbox(settings).fetch_new(None, limit=10)) == [FetchedMail(1, 7, 12, None, b"1234\r\n\r\n")]


def test_a_mail_that_somebody_deletes_meanwhile_is_passed_over() -> None:
    found = b"* SEARCH 1 2\r\n%s OK done\r\n"
    sizes = b"* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n* 2 FETCH (UID 2 RFC822.SIZE 5)\r\n%s OK done\r\n"
    mail = b"* 2 FETCH (UID 2 BODY[] {5}\r\n12345)\r\n%s OK done\r\n"
    with misbehaving(script(LOGIN, SELECT, found, sizes, b"%s OK nothing\r\n", mail, LOGOUT)) as settings:
        assert list(ImapMailbox(settings).fetch_new(None, BIG)) == [FetchedMail(2, 7, 5, b"12345")]
