"""What one attempt at delivery tells of a server that behaves and of one that does not (contract, outbox)."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from crm_workflows.adapters.mail.mail_out import SmtpTransport
from crm_workflows.engine.mail_out.outbox_ports import Ambiguous, MessageRefused, RecipientRefused, Sent, ServerTrouble
from tests.certificate import Certificate, certificate_in
from tests.misbehaving_smtp import Misbehaving, Phase, misbehaving

TO = "wang.fang@example.com"
MAIL = b"Subject: hello\r\n\r\nfirst\r\n.\r\n..dots\r\n.leading\r\nlast\r\n"
LARGE = b"Subject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * 100_000
"""Larger than the buffers of both sides, so that the last byte cannot be under way when the server goes."""


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with misbehaving() as running:
        yield running


@pytest.fixture
def transport(server: Misbehaving) -> Iterator[SmtpTransport]:
    with closing(to(server)) as made:
        yield made


def to(server: Misbehaving, **options: Any) -> SmtpTransport:
    """A transport to that server which loses patience soon."""
    given = {"host": "127.0.0.1", "security": "none", "sender": "crm@example.com", "ehlo": "crm.example.com"}
    return SmtpTransport(port=server.port, **{**given, "seconds": 0.3, **options})


def test_a_mail_arrives_byte_for_byte(server: Misbehaving, transport: SmtpTransport) -> None:
    assert isinstance(transport.deliver(TO, MAIL), Sent)
    [mail] = server.received
    assert (mail.sender, mail.recipient, mail.content) == ("crm@example.com", TO, MAIL)
    assert server.greeted_as == ["crm.example.com"]


def test_the_next_mail_uses_the_same_connection(server: Misbehaving, transport: SmtpTransport) -> None:
    assert all(isinstance(transport.deliver(TO, MAIL), Sent) for _ in range(5))
    assert (server.connections, len(server.received)) == (1, 5)


def test_a_connection_is_given_up_after_fifty_mails(server: Misbehaving, transport: SmtpTransport) -> None:
    assert all(isinstance(transport.deliver(TO, MAIL), Sent) for _ in range(51))
    assert (server.connections, len(server.received)) == (2, 51)


@pytest.mark.parametrize("how", ["drop", "421 4.4.2 idle for too long", "451 4.7.1 once more please"])
def test_a_kept_connection_that_has_died_is_replaced_without_a_second_copy(
    server: Misbehaving, transport: SmtpTransport, how: str
) -> None:
    transport.deliver(TO, MAIL)
    server.goes_wrong("mail", how, times=1)
    assert isinstance(transport.deliver(TO, MAIL), Sent)
    assert (server.connections, len(server.received)) == (2, 2)


@pytest.mark.parametrize(
    "said", ["No such user", "<li@x.example>: refused: <c@x.example>: Sender address rejected: no"]
)
def test_an_unknown_recipient_is_refused_in_its_words(server: Misbehaving, transport: SmtpTransport, said: str) -> None:
    server.goes_wrong("rcpt", f"550 5.1.1 {said}", only_to=TO)
    assert transport.deliver(TO, MAIL) == RecipientRefused(550, f"5.1.1 {said}")
    assert isinstance(transport.deliver("other@example.com", MAIL), Sent)
    assert [mail.recipient for mail in server.received] == ["other@example.com"]


@pytest.mark.parametrize("phase", ["data", "body"])
def test_a_refused_mail_is_told_apart_from_a_refused_recipient(
    server: Misbehaving, transport: SmtpTransport, phase: Phase
) -> None:
    server.goes_wrong(phase, "554 5.7.1 looks like spam")
    assert transport.deliver(TO, MAIL) == MessageRefused(554, "5.7.1 looks like spam")
    assert server.received == []


@pytest.mark.parametrize("phase", ["rcpt", "data", "body"])
def test_a_deferred_mail_does_not_stop_the_others(server: Misbehaving, transport: SmtpTransport, phase: Phase) -> None:
    server.goes_wrong(phase, "451 4.7.1 greylisted", times=1)
    assert transport.deliver(TO, MAIL) == ServerTrouble(451, "4.7.1 greylisted", only_this_mail=True)
    assert server.received == []
    assert isinstance(transport.deliver(TO, MAIL), Sent)


@pytest.mark.parametrize(
    ("phase", "reply"),
    [
        ("connect", "421 4.3.2 not now"),
        ("connect", "554 5.3.2 no mail here"),
        ("ehlo", "421 4.3.2 closing"),
        ("mail", "451 4.3.0 disk full"),
        ("mail", "550 5.7.1 sender not allowed"),
        ("mail", "530 5.7.0 authentication required"),
        ("rcpt", "421 4.3.2 closing"),
        ("rcpt", "530 5.7.0 authentication required"),
        ("rcpt", "553 5.7.1 <crm@example.com>: Sender address rejected: not logged in"),
        ("rcpt", "553 5.7.1 <crm@example.com>: Sender address rejected: not owned by user li"),
        ("rcpt", "554 5.7.1 <unknown[192.0.2.9]>: Client host rejected: Access denied"),
        ("body", "421 4.3.2 closing"),
    ],
)
def test_a_server_in_trouble_never_costs_a_mail(
    server: Misbehaving, transport: SmtpTransport, phase: Phase, reply: str
) -> None:
    server.goes_wrong(phase, reply)
    outcome = transport.deliver(TO, MAIL)
    assert isinstance(outcome, ServerTrouble)
    # After a refused EHLO the library asks again with HELO, and then finds the connection closed.
    assert outcome.code == (0 if phase == "ehlo" else int(reply[:3]))
    assert not outcome.only_this_mail
    assert server.received == []
    server.heal()
    assert isinstance(transport.deliver(TO, MAIL), Sent)


@pytest.mark.parametrize("phase", ["connect", "ehlo", "mail", "rcpt", "data"])
@pytest.mark.parametrize("how", ["hang", "drop"])
def test_losing_the_server_before_the_mail_is_certain_and_repeatable(
    server: Misbehaving, transport: SmtpTransport, phase: Phase, how: str
) -> None:
    server.goes_wrong(phase, how)
    assert isinstance(transport.deliver(TO, MAIL), ServerTrouble)
    server.heal()
    assert isinstance(transport.deliver(TO, MAIL), Sent)
    assert len(server.received) == 1


@pytest.mark.parametrize("phase", ["connect", "mail", "body"])
def test_a_server_that_drags_out_its_answer_letter_by_letter_is_cut(server: Misbehaving, phase: Phase) -> None:
    server.goes_wrong(phase, "drip")
    with closing(to(server, seconds=0.1)) as transport:
        expected = Ambiguous if phase == "body" else ServerTrouble
        assert isinstance(transport.deliver(TO, MAIL), expected)


@pytest.mark.parametrize("how", ["hang", "drop"])
def test_losing_the_server_within_a_large_mail_is_certain(server: Misbehaving, how: str) -> None:
    server.goes_wrong("half", how)
    with closing(to(server)) as transport:
        assert isinstance(transport.deliver(TO, LARGE), ServerTrouble)
    assert server.received == []


@pytest.mark.parametrize("how", ["hang", "drop"])
def test_losing_the_server_after_the_last_byte_is_ambiguous_and_makes_one_copy(
    server: Misbehaving, transport: SmtpTransport, how: str
) -> None:
    server.goes_wrong("body", how)
    assert isinstance(transport.deliver(TO, MAIL), Ambiguous)
    assert len(server.received) == 1, "the transport must not send again by itself"
    assert server.connections == 1


def test_an_answer_that_is_no_answer_after_the_last_byte_is_ambiguous(
    server: Misbehaving, transport: SmtpTransport
) -> None:
    server.goes_wrong("body", "hello there")
    assert isinstance(transport.deliver(TO, MAIL), Ambiguous)


def test_a_large_mail_passes_although_it_takes_longer_than_one_answer_may(server: Misbehaving) -> None:
    with closing(to(server, seconds=5)) as transport:
        assert isinstance(transport.deliver(TO, LARGE), Sent)
    assert server.received[0].content == LARGE


def test_a_mail_above_the_announced_size_is_refused_without_sending_it() -> None:
    with misbehaving(size=1000) as server, closing(to(server)) as transport:
        outcome = transport.deliver(TO, LARGE)
        assert isinstance(outcome, MessageRefused)
        assert "1000" in outcome.text
        assert "data" not in server.commands


def test_nobody_listening_is_trouble_of_the_server() -> None:
    with misbehaving() as server:
        gone = to(server)
    assert isinstance(gone.deliver(TO, MAIL), ServerTrouble)


@pytest.mark.parametrize(
    "address", ["", "nobody", "a b@example.com", "王芳@example.com", "x@example.com\r\nRCPT TO:<y>"]
)
def test_an_address_that_is_none_is_refused_without_asking_the_server(
    server: Misbehaving, transport: SmtpTransport, address: str
) -> None:
    assert isinstance(transport.deliver(address, MAIL), RecipientRefused)
    assert server.connections == 0


def test_an_international_domain_travels_in_ascii(server: Misbehaving, transport: SmtpTransport) -> None:
    assert isinstance(transport.deliver("wang@例子.example", MAIL), Sent)
    assert server.received[0].recipient == "wang@xn--fsqu00a.example"


def test_a_polite_goodbye_does_not_wait_for_a_server_that_hangs(server: Misbehaving) -> None:
    transport = to(server)
    transport.deliver(TO, MAIL)
    server.goes_wrong("quit", "hang")
    transport.close()
    assert isinstance(transport.deliver(TO, MAIL), Sent), "a closed transport connects again"
    server.heal()
    transport.close()


def test_logs_in() -> None:
    with misbehaving(login=True) as server, closing(to(server, user="crm", password="right")) as transport:
        assert isinstance(transport.deliver(TO, MAIL), Sent)
        assert "auth" in server.commands


@pytest.mark.parametrize("password", ["wrong", "", "密码"])
def test_a_refused_login_is_trouble_and_asks_nobody_at_the_keyboard(
    password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("asked for a password"))
    with misbehaving(login=True) as server, closing(to(server, user="crm", password=password)) as transport:
        assert isinstance(transport.deliver(TO, MAIL), ServerTrouble)
        assert server.received == []


def test_a_login_refused_by_the_server_keeps_its_code() -> None:
    with misbehaving(login=True) as server, closing(to(server, user="crm", password="wrong")) as transport:
        outcome = transport.deliver(TO, MAIL)
        assert isinstance(outcome, ServerTrouble)
        assert outcome.code == 535


def test_a_server_without_login_is_trouble_when_a_login_is_set(server: Misbehaving) -> None:
    with closing(to(server, user="crm", password="right")) as transport:
        assert isinstance(transport.deliver(TO, MAIL), ServerTrouble)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_in(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_tls_with_a_certificate_that_is_trusted(certificate: Certificate, security: str) -> None:
    with (
        misbehaving(tls=certificate, implicit_tls=security == "ssl") as server,
        closing(to(server, security=security, trusted=certificate.trusted(), seconds=5)) as transport,
    ):
        assert isinstance(transport.deliver(TO, MAIL), Sent)
        assert isinstance(transport.deliver(TO, MAIL), Sent)
        assert server.connections == 1


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_certificate_nobody_vouches_for_gets_no_mail(certificate: Certificate, security: str) -> None:
    with (
        misbehaving(tls=certificate, implicit_tls=security == "ssl") as server,
        closing(to(server, security=security, seconds=5)) as transport,
    ):
        outcome = transport.deliver(TO, MAIL)
        assert isinstance(outcome, ServerTrouble)
        assert "certificate" in outcome.text.lower()
        assert server.received == []


def test_a_server_that_does_not_offer_tls_gets_no_mail_in_the_clear(server: Misbehaving) -> None:
    with closing(to(server, security="starttls")) as transport:
        assert isinstance(transport.deliver(TO, MAIL), ServerTrouble)
    assert server.received == []


def test_an_unverified_context_is_refused_at_once(server: Misbehaving) -> None:
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="verified"):
        to(server, trusted=unverified)


@pytest.mark.parametrize("call", ["send", "send_unsent", "_attempt_send"])
def test_yagmails_own_sending_cannot_be_reached(server: Misbehaving, transport: SmtpTransport, call: str) -> None:
    transport.deliver(TO, MAIL)
    inner = transport._connection
    assert inner is not None
    send: Callable[..., object] = getattr(inner, call)
    with pytest.raises(NotImplementedError):
        send([TO], "x")


def test_no_thread_is_left_behind(server: Misbehaving, transport: SmtpTransport) -> None:
    before = threading.active_count()
    for _ in range(3):
        transport.deliver(TO, MAIL)
    assert threading.active_count() <= before
