"""The embedded mail server, spoken to over real sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crm_workflows.adapters.mail.smtp_listener import LARGEST, Envelope, LoopbackMailServer
from crm_workflows.domain.errors import ConfigurationError, MailTrouble

WAIT = 10  # seconds; long enough for a busy machine, never waited for


class Client:
    """Speaks SMTP line by line, so that a test can see and break every step."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), WAIT)
        self._file = self.socket.makefile("rb")
        self.greeting = self.reply()

    def reply(self) -> str:
        """The next reply, all its lines; an empty string when the server hung up."""
        lines: list[str] = []
        while True:
            line = self._file.readline().decode()
            lines.append(line.rstrip())
            if line[3:4] != "-":
                return "\n".join(lines)

    def say(self, line: str) -> str:
        self.socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def begin(self, sender: str = "li@example.com", *recipients: str) -> None:
        """Everything before the text of a mail."""
        assert self.say("EHLO test").startswith("250")
        assert self.say(f"MAIL FROM:<{sender}>").startswith("250")
        for recipient in recipients or ("approvals+s3cret@crm.example.com",):
            assert self.say(f"RCPT TO:<{recipient}>").startswith("250")
        assert self.say("DATA").startswith("354")

    def send(self, data: bytes) -> None:
        """The text of a mail and the dot that ends it, without waiting for the reply."""
        self.socket.sendall(data + b"\r\n.\r\n")

    def close(self) -> None:
        self._file.close()
        self.socket.close()


class Inbox:
    """Keeps what the server hands on; can be told to block, answer or fail."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.threads: set[str] = set()
        self.answer: str | None = None
        self.fails = False
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def take(self, mail: Envelope) -> str | None:
        self.threads.add(threading.current_thread().name)
        self.entered.set()
        assert self.go_on.wait(WAIT)
        if self.fails:
            raise OSError("disk full")
        self.mails.append(mail)
        return self.answer


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[LoopbackMailServer]:
    listening = LoopbackMailServer("localhost", 0, inbox.take)
    listening.start()
    yield listening
    inbox.go_on.set()
    listening.stop()


@contextmanager
def connected(server: LoopbackMailServer) -> Iterator[Client]:
    client = Client(server.port)
    try:
        yield client
    finally:
        client.close()


def test_a_mail_is_handed_on_as_it_came(server: LoopbackMailServer, inbox: Inbox) -> None:
    text = b"Subject: \xe5\x90\x8c\xe6\x84\x8f\r\n\r\n..dot\r\n\xff\xfe bytes"
    with connected(server) as client:
        client.begin("li@example.com", "a@crm.example.com", "b@crm.example.com")
        client.send(text.replace(b"\r\n..", b"\r\n..."))
        assert client.reply().startswith("250")
    assert inbox.mails == [Envelope("li@example.com", ("a@crm.example.com", "b@crm.example.com"), text + b"\r\n")]


def test_automatic_mail_has_an_empty_sender(server: LoopbackMailServer, inbox: Inbox) -> None:
    with connected(server) as client:
        client.begin("")
        client.send(b"\r\nx")
        assert client.reply().startswith("250")
    assert inbox.mails[0].mail_from == ""


def test_it_is_acknowledged_only_after_it_was_taken(server: LoopbackMailServer, inbox: Inbox) -> None:
    inbox.go_on.clear()
    with connected(server) as client:
        client.begin()
        client.send(b"\r\nx")
        assert inbox.entered.wait(WAIT)
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        client.socket.settimeout(WAIT)
        inbox.go_on.set()
        assert client.socket.recv(3) == b"250"


def test_a_mail_that_could_not_be_taken_is_asked_for_again(server: LoopbackMailServer, inbox: Inbox) -> None:
    inbox.fails = True
    with connected(server) as client:
        client.begin()
        client.send(b"\r\nx")
        assert client.reply().startswith("451")
        inbox.fails = False
        client.begin()
        client.send(b"\r\nx")
        assert client.reply().startswith("250")
    assert len(inbox.mails) == 1


def test_the_taker_may_answer_itself(server: LoopbackMailServer, inbox: Inbox) -> None:
    inbox.answer = "550 5.1.1 no such mailbox"
    with connected(server) as client:
        client.begin()
        client.send(b"\r\nx")
        assert client.reply() == "550 5.1.1 no such mailbox"


def test_mails_are_taken_beside_each_other_and_off_the_network_thread(server: LoopbackMailServer, inbox: Inbox) -> None:
    inbox.go_on.clear()
    with connected(server) as first, connected(server) as second:
        first.begin()
        first.send(b"\r\nfirst")
        assert inbox.entered.wait(WAIT)
        inbox.entered.clear()
        second.begin()
        second.send(b"\r\nsecond")
        assert inbox.entered.wait(WAIT)
        inbox.go_on.set()
        assert (first.reply()[:3], second.reply()[:3]) == ("250", "250")
    assert all(name.startswith("mail-in") for name in inbox.threads)


def test_the_size_limit_is_advertised_and_kept(server: LoopbackMailServer, inbox: Inbox) -> None:
    with connected(server) as client:
        assert f"SIZE {LARGEST}" in client.say("EHLO test")
        assert client.say(f"MAIL FROM:<li@example.com> SIZE={LARGEST + 1}").startswith("552")
        client.begin()
        client.send(b"x" * 990 + b"\r\n" + (b"y" * 990 + b"\r\n") * (LARGEST // 992 + 1))
        assert client.reply().startswith("552")
    assert inbox.mails == []


def test_a_long_line_is_no_reason_to_lose_a_mail(server: LoopbackMailServer, inbox: Inbox) -> None:
    with connected(server) as client:
        client.begin()
        client.send(b"\r\n" + b"x" * 200_000)
        assert client.reply().startswith("250")
    assert inbox.mails[0].data.endswith(b"xxx\r\n")


def test_a_bare_line_feed_before_a_dot_ends_nothing(server: LoopbackMailServer, inbox: Inbox) -> None:
    """Else a second mail could be smuggled in behind the first, with a sender of its own."""
    with connected(server) as client:
        client.begin()
        client.send(b"\r\nx\n.\nMAIL FROM:<evil@example.com>\n.\r\nx")
        assert client.reply().startswith("250")
    assert len(inbox.mails) == 1


def test_a_client_that_leaves_in_the_middle_harms_nobody(server: LoopbackMailServer, inbox: Inbox) -> None:
    with connected(server) as client:
        client.begin()
        client.socket.sendall(b"Subject: half")
    with connected(server) as other:
        other.begin()
        other.send(b"\r\nwhole")
        assert other.reply().startswith("250")
    assert [mail.data for mail in inbox.mails] == [b"\r\nwhole\r\n"]


def test_stopping_waits_for_the_mail_being_taken_and_answers_it(server: LoopbackMailServer, inbox: Inbox) -> None:
    inbox.go_on.clear()
    with connected(server) as client:
        client.begin()
        client.send(b"\r\nx")
        assert inbox.entered.wait(WAIT)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        stopping.join(0.2)
        assert stopping.is_alive()
        inbox.go_on.set()
        assert client.reply().startswith("250")
        stopping.join(WAIT)
        assert not stopping.is_alive()
        assert client.reply() == ""


def test_after_stopping_nobody_listens_and_it_can_start_again(inbox: Inbox) -> None:
    listening = LoopbackMailServer("127.0.0.1", 0, inbox.take)
    listening.stop()
    listening.start()
    listening.start()
    port = listening.port
    listening.stop()
    listening.stop()
    with pytest.raises(OSError, match="refused"):
        Client(port)
    listening.start()
    with connected(listening) as client:
        assert client.greeting.startswith("220 localhost")
    listening.stop()


def test_a_port_in_use_is_trouble_with_one_sentence(server: LoopbackMailServer, inbox: Inbox) -> None:
    second = LoopbackMailServer("127.0.0.1", server.port, inbox.take)
    with pytest.raises(MailTrouble, match=f"The mail port 127.0.0.1:{server.port} cannot be used"):
        second.start()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", "", "127.0.0.1.example.com", "10.0.0.1"])
def test_it_refuses_to_listen_beyond_loopback(host: str, inbox: Inbox) -> None:
    with pytest.raises(ConfigurationError, match="loopback only"):
        LoopbackMailServer(host, 0, inbox.take)
