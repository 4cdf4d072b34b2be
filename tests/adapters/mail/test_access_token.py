"""Logging in with an access token in place of a password, out (SMTP) and in (IMAP), and tokens that have run out."""

import base64
import hashlib
import hmac
import json
import shlex
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crm_workflows.adapters.mail.access_token import AccessToken, token_from
from crm_workflows.adapters.mail.imap_mailbox import ImapMailbox, ImapSettings
from crm_workflows.adapters.mail.mail_out import SmtpTransport
from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.text import in_language
from crm_workflows.engine.mail_out.outbox_ports import Sent, ServerTrouble
from tests.dovecot import TOKEN_KEY, Dovecot
from tests.misbehaving_smtp import Misbehaving, misbehaving

TO = "wang.fang@example.com"
MAIL = b"Subject: hello\r\n\r\nhello\r\n"
PRINTS = """
import pathlib, sys
runs = pathlib.Path(sys.argv[1])
runs.open("a").write(".")
print(runs.with_suffix(".t").read_text())
"""
"""Notes that it ran, and prints the token that lies beside."""


class Company:
    """Renews tokens, and sees how often it was asked for one."""

    def __init__(self, folder: Path) -> None:
        self.runs, self.held = folder / "runs", folder / "runs.t"
        self.command = shlex.join([sys.executable, "-c", PRINTS, str(self.runs)])
        self.runs.touch()

    def renew(self, token: str) -> None:
        self.held.write_text(f"{token}\n")

    @property
    def asked(self) -> int:
        return len(self.runs.read_text())


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path)
    made.renew("first")
    return made


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with misbehaving(login=True) as running:
        running.tokens = {"first"}
        yield running


def transport(server: Misbehaving, token: AccessToken | None) -> SmtpTransport:
    return SmtpTransport(
        "127.0.0.1", server.port, security="none", sender="crm@example.com", ehlo="x", user="crm", token=token
    )


def test_mail_leaves_with_a_token_that_is_asked_for_once(server: Misbehaving, company: Company) -> None:
    with closing(transport(server, AccessToken(command=company.command))) as out:
        assert isinstance(out.deliver(TO, MAIL), Sent)
        out.close()
        assert isinstance(out.deliver(TO, MAIL), Sent)
    assert (server.connections, company.asked) == (2, 1)


def test_a_token_that_has_run_out_is_renewed_within_the_same_attempt(server: Misbehaving, company: Company) -> None:
    with closing(transport(server, AccessToken(command=company.command))) as out:
        out.deliver(TO, MAIL)
        out.close()
        server.tokens = {"second"}
        company.renew("second")
        assert isinstance(out.deliver(TO, MAIL), Sent)
    assert company.asked == 2


def test_a_token_that_nobody_renews_is_a_refused_login_and_no_endless_asking(
    server: Misbehaving, company: Company
) -> None:
    server.tokens = set()
    with closing(transport(server, AccessToken(command=company.command))) as out:
        assert out.deliver(TO, MAIL) == ServerTrouble(535, "5.7.8 bad token")
    assert (server.received, company.asked) == ([], 2)


def test_a_file_is_read_again_when_its_token_is_refused(server: Misbehaving, company: Company) -> None:
    with closing(transport(server, AccessToken(file=company.held))) as out:
        out.deliver(TO, MAIL)
        out.close()
        server.tokens = {"second"}
        company.renew("second")
        assert isinstance(out.deliver(TO, MAIL), Sent)


def test_no_token_to_be_had_is_trouble_that_is_told_and_repeated(server: Misbehaving, company: Company) -> None:
    company.held.unlink()
    with closing(transport(server, AccessToken(command=company.command))) as out:
        outcome = out.deliver(TO, MAIL)
        assert isinstance(outcome, ServerTrouble)
        assert "failed with exit status 1" in outcome.text
        company.renew("first")
        assert isinstance(out.deliver(TO, MAIL), Sent)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: AccessToken(command="crmw-no-such-program --token"), "cannot be run"),
        (lambda p: AccessToken(command="'"), "cannot be run"),
        (lambda p: AccessToken(command="false"), "exit status 1"),
        (lambda p: AccessToken(command="true"), "is no access token"),
        (lambda p: AccessToken(command="echo Error: please log in"), "is no access token"),
        (lambda p: AccessToken(file=p / "nowhere"), "cannot be read"),
    ],
)
def test_what_is_wrong_with_the_source_is_said_in_one_sentence(
    make: Callable[[Path], AccessToken], words: str, tmp_path: Path
) -> None:
    with pytest.raises(MailTrouble) as trouble:
        make(tmp_path).get()
    assert words in in_language(trouble.value.message, "en")
    assert in_language(trouble.value.message, "zh") != in_language(trouble.value.message, "en")
    assert "please log in" not in trouble.value.message, "what was printed may be a secret"


def test_without_either_setting_the_password_is_used() -> None:
    assert token_from("", None) is None


# -- in: a real Dovecot that checks signed tokens -----------------------------------------------------------------


def signed(user: str, until: int = 4_000_000_000) -> str:
    """A token as Dovecot checks it by itself: a JWT for that user (RFC 7519, HS256)."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"email": user, "sub": user, "iat": 1_600_000_000, "exp": until}]
    said = b".".join(_plain64(json.dumps(part).encode()) for part in parts)
    return (said + b"." + _plain64(hmac.digest(TOKEN_KEY, said, hashlib.sha256))).decode()


def _plain64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def test_a_mailbox_is_read_with_a_token_and_one_that_has_run_out_is_renewed(dovecot: Dovecot, company: Company) -> None:
    user = f"u{uuid.uuid4().hex[:12]}"
    token = AccessToken(command=company.command)
    mailbox = ImapMailbox(ImapSettings("127.0.0.1", dovecot.port, user, "", security="none", timeout=10.0, token=token))

    def refused() -> bool:
        with pytest.raises(MailTrouble) as trouble:
            mailbox.newest()
        return "refuses the login" in trouble.value.message

    company.renew(signed(user, until=1_700_000_000))
    assert refused(), "it has run out long since"
    company.renew(signed(user))
    assert mailbox.newest()[1] == 0
    company.renew(signed("somebody.else"))
    assert mailbox.newest()[1] == 0, "one that is good is not asked for again"
    assert token.is_renewed(signed(user))
    assert refused()
