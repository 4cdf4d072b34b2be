"""Fetching mail from servers that misbehave in ways Dovecot never would."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from crm_workflows.adapters.mail.imap_mailbox import FetchedMail, ImapMailbox, ImapSettings
from crm_workflows.domain.errors import MailTrouble
from tests.adapters.mail.imap_world import BIG, trouble_of


@contextmanager
def misbehaving(*behaviour: Callable[[socket.socket], object]) -> Iterator[ImapSettings]:
    """A server of one connection, or several one after another, that does what the test says."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def serve() -> None:
            for behave in behaviour:
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
BROKEN: dict[str, tuple[Callable[[socket.socket], object], str]] = {
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


HEADERS = b"In-Reply-To: <a@b>\r\n\r\n"
LARGE = b"* 1 FETCH (UID 1 RFC822.SIZE 5000)\r\n* 2 FETCH (UID 2 RFC822.SIZE 5)\r\n%s OK done\r\n"
TWO = b"* SEARCH 1 2\r\n%s OK done\r\n"
SECOND = b"* 2 FETCH (UID 2 BODY[] {5}\r\n12345)\r\n%s OK done\r\n"
FIELDS = b"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (IN-REPLY-TO)] {%d}\r\n%s)\r\n%%s OK done\r\n" % (len(HEADERS), HEADERS)


@pytest.mark.parametrize("word", [b"NO", b"BAD"])
@pytest.mark.parametrize(("second", "head"), [(FIELDS, HEADERS), (b"%s NO nor that\r\n", b"")])
def test_where_no_part_of_the_headers_is_given_the_needed_ones_are_asked_for_and_the_next_mail_comes(
    word: bytes, second: bytes, head: bytes
) -> None:
    refused = b"%s " + word + b" partial fetch is not implemented\r\n"
    with misbehaving(script(LOGIN, SELECT, TWO, LARGE, refused, second, SECOND, LOGOUT)) as settings:
        large, small = ImapMailbox(settings).fetch_new(None, limit=1000)
    assert (large, small) == (FetchedMail(1, 7, 5000, None, head), FetchedMail(2, 7, 5, b"12345"))


def test_a_server_that_hangs_up_over_the_headers_is_trouble_and_no_mail_is_passed_over() -> None:
    with misbehaving(script(LOGIN, SELECT, TWO, LARGE)) as settings, pytest.raises(MailTrouble):
        list(ImapMailbox(settings).fetch_new(None, limit=1000))


def test_behind_a_mail_that_the_server_never_hands_out_the_next_comes_once_it_is_given_up() -> None:
    """As mail servers do with what they cannot convert; else it would keep all behind it out for ever."""
    sizes = LARGE.replace(b"5000", b"50")
    partial = b"* 1 FETCH (UID 1 BODY[HEADER]<0> {%d}\r\n%s)\r\n%%s OK done\r\n" % (len(HEADERS), HEADERS)
    said = (LOGIN, SELECT, TWO, sizes, b"%s NO message conversion failed\r\n")
    with misbehaving(script(*said, LOGOUT)) as settings, pytest.raises(MailTrouble, match="conversion failed"):
        list(ImapMailbox(settings).fetch_new(None, limit=1000))
    with misbehaving(script(*said, partial, SECOND, LOGOUT)) as settings:
        refused, small = ImapMailbox(settings).fetch_new(None, limit=1000, is_given_up=lambda uid: uid == 1)
    assert (refused, small) == (
        FetchedMail(1, 7, 50, None, HEADERS, is_refused=True),
        FetchedMail(2, 7, 5, b"12345"),
    )


@pytest.mark.parametrize(
    "last",
    [
        None,
        b"* BYE Internal error occurred\r\n",
        b"* 1 FETCH (UID 1 BODY[] {500}\r\nhalf",
        b'* 1 FETCH (UID 1 BODY[] "x\r\n%s OK x\r\n',
    ],
    ids=["hangs up", "says goodbye", "stops in it", "sends nonsense"],
)
def test_a_mail_that_costs_the_connection_each_time_is_given_up_too_and_the_next_look_brings_those_behind(
    last: bytes | None,
) -> None:
    """As Dovecot does with a mail that is damaged on its disk."""
    sizes = LARGE.replace(b"5000", b"50")
    partial = b"* 1 FETCH (UID 1 BODY[HEADER]<0> {%d}\r\n%s)\r\n%%s OK done\r\n" % (len(HEADERS), HEADERS)
    said = (LOGIN, SELECT, TWO, sizes, *([last] if last else []))
    with misbehaving(script(*said)) as settings, pytest.raises(MailTrouble):
        list(ImapMailbox(settings).fetch_new(None, limit=1000))
    with misbehaving(script(*said), script(LOGIN, SELECT, partial, LOGOUT)) as settings:
        found = list(ImapMailbox(settings).fetch_new(None, limit=1000, is_given_up=lambda uid: uid == 1))
    assert found == [FetchedMail(1, 7, 50, None, HEADERS, is_refused=True)]


def test_no_mail_is_given_up_while_the_server_lets_nobody_in() -> None:
    first = script(LOGIN, SELECT, TWO, LARGE.replace(b"5000", b"50"))
    with misbehaving(first, lambda connection: None) as settings, pytest.raises(MailTrouble):
        list(ImapMailbox(settings).fetch_new(None, limit=1000, is_given_up=lambda _: True))


def test_a_mail_whose_very_size_costs_the_connection_is_found_by_asking_one_by_one() -> None:
    found, size = b"* SEARCH 2\r\n%s OK done\r\n", b"* 2 FETCH (UID 2 RFC822.SIZE 5)\r\n%s OK done\r\n"
    looks = (script(LOGIN, SELECT, TWO), script(LOGIN, SELECT, TWO), script(LOGIN, SELECT))
    with misbehaving(*looks, script(LOGIN, SELECT, found, size, SECOND, LOGOUT)) as settings:
        mailbox = ImapMailbox(settings)
        with pytest.raises(MailTrouble):
            list(mailbox.fetch_new(None, limit=1000, is_given_up=lambda _: True))
        (refused,) = mailbox.fetch_new(None, limit=1000, is_given_up=lambda uid: uid == 1)
        (small,) = mailbox.fetch_new((7, 1), limit=1000)
    assert (refused, small) == (FetchedMail(1, 7, 0, None, is_refused=True), FetchedMail(2, 7, 5, b"12345"))
