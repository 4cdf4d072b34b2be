"""`crmw mail check` against a real Postfix and a real Dovecot, each wrong setting in turn: what it says to change."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from crm_workflows.domain.text import in_language
from crm_workflows.interfaces.mail_check import findings_of
from crm_workflows.interfaces.mail_check.finding import Finding
from crm_workflows.interfaces.mail_check.probe import Probe
from crm_workflows.settings import Settings
from tests.dovecot import PASSWORD, Dovecot, free_port, running_dovecot
from tests.postfix import DOMAIN, Postfix, running_postfix

pytestmark = [pytest.mark.soak, pytest.mark.needs_dovecot]
OURS: Final = "approvals"
NOBODY: Final = 9
"""A port at which nothing listens; no mail in these tests goes outside."""
RESULTS: Final = f"Authentication-Results: mail.{DOMAIN}; spf=pass smtp.mailfrom=crm@{DOMAIN}; dkim=pass"
Wrong = Callable[[Postfix, Dovecot], dict[str, Any]]


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture(scope="module")
def postfix(dovecot: Dovecot) -> Iterator[Postfix]:
    with running_postfix(dovecot, (OURS, "wang.fang"), NOBODY) as server:
        yield server


def settings_of(postfix: Postfix, dovecot: Dovecot, **changed: Any) -> Settings:
    given: dict[str, Any] = {
        "smtp_host": "127.0.0.1", "smtp_port": postfix.port, "smtp_security": "starttls", "smtp_timeout": 3.0,
        "smtp_user": OURS, "smtp_password": PASSWORD, "mail_from": f"永昌 <crm@{DOMAIN}>",
        "imap_host": "127.0.0.1", "imap_port": dovecot.port, "imap_security": "none", "imap_user": OURS,
        "imap_password": PASSWORD,
    }  # fmt: skip
    return Settings(_env_file=None, **{**given, **changed})


def said(one: Finding) -> tuple[str, str]:
    """What a reader of either language gets, as one line."""
    zh, en = (f"{in_language(one.says, to)} → {in_language(one.remedy, to)}" for to in ("zh", "en"))
    return zh, en


def sent_and_found(settings: Settings, seconds: float = 5.0) -> dict[str, Finding]:
    """The finding of each kind, those that fail last; looked for twenty times a second."""
    found = Probe(settings, seconds * 40, lambda _: threading.Event().wait(0.05)).findings()
    return {one.what: one for one in sorted(found, key=lambda one: not one.ok)}


WRONG: Final[dict[str, tuple[Wrong, str, str]]] = {
    "a port where nothing listens": (lambda p, d: {"smtp_port": free_port()}, "smtp", "CRMW_SMTP_PORT"),
    "the port of the other security": (lambda p, d: {"smtp_port": p.tls_port}, "smtp", "CRMW_SMTP_SECURITY"),
    "TLS at once where it begins plainly": (lambda p, d: {"smtp_security": "ssl"}, "smtp", "CRMW_SMTP_SECURITY"),
    "no TLS where logins want it": (lambda p, d: {"smtp_security": "none"}, "smtp", "CRMW_SMTP_SECURITY"),
    "a name that the certificate has not": (lambda p, d: {"smtp_host": "localhost"}, "smtp", "CRMW_SMTP_HOST"),
    "a host that does not exist": (lambda p, d: {"smtp_host": "mail.nowhere.invalid"}, "smtp", "CRMW_SMTP_HOST"),
    "a wrong password": (lambda p, d: {"smtp_password": "x"}, "smtp", "CRMW_SMTP_USER"),
    "no login": (lambda p, d: {"smtp_user": "", "smtp_password": ""}, "smtp", "CRMW_SMTP_USER"),
    "another sender": (lambda p, d: {"mail_from": f"wang.fang@{DOMAIN}"}, "smtp", "CRMW_MAIL_FROM"),
    "an IMAP port where nothing listens": (lambda p, d: {"imap_port": free_port()}, "imap", "CRMW_IMAP_PORT"),
    "the IMAP port of TLS": (lambda p, d: {"imap_port": d.tls_port}, "imap", "CRMW_IMAP_SECURITY"),
    "IMAP with TLS where there is none": (lambda p, d: {"imap_security": "ssl"}, "imap", "CRMW_IMAP_SECURITY"),
    "a wrong password of the mailbox": (lambda p, d: {"imap_password": "x"}, "imap", "CRMW_IMAP_USER"),
    "a folder that is not there": (lambda p, d: {"imap_folder": "Answers"}, "imap", "CRMW_IMAP_FOLDER"),
}
"""The change of good settings, the check that fails, and the setting that both languages say to change."""


@pytest.mark.parametrize("what", WRONG)
def test_each_wrong_setting_is_told_with_the_one_to_change(
    postfix: Postfix, dovecot: Dovecot, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(postfix.certificate))
    change, check, setting = WRONG[what]
    found = findings_of(settings_of(postfix, dovecot, **change(postfix, dovecot)), 0)
    (failed,) = [one for one in found if not one.ok]
    assert failed.what == check
    for line in said(failed):
        assert setting in line.partition(" → ")[2], line
        assert "继续重试" not in line
        assert "keep trying" not in line, "a check tries once"


def test_a_certificate_that_this_machine_does_not_know_is_told(postfix: Postfix, dovecot: Dovecot) -> None:
    (failed,) = [one for one in findings_of(settings_of(postfix, dovecot), 0) if not one.ok]
    assert "does not trust its certificate" in said(failed)[1]


@pytest.fixture
def trusted(postfix: Postfix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(postfix.certificate))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_good_settings_are_all_well(postfix: Postfix, dovecot: Dovecot, security: str) -> None:
    port = {"starttls": postfix.port, "ssl": postfix.tls_port}[security]
    settings = settings_of(postfix, dovecot, smtp_port=port, smtp_security=security)
    assert [one for one in findings_of(settings, 0) if not one.ok] == []
    found = sent_and_found(settings)
    assert [said(one) for one in found.values() if not one.ok] == []
    assert "arrived in INBOX" in said(found["arrived"])[1]


def with_another_postfix(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch, users: tuple[str, ...], settings: dict[str, Any], **how: str
) -> dict[str, Finding]:
    """What comes of the round trip by a Postfix set up otherwise."""
    with running_postfix(dovecot, users, NOBODY, **how) as other:
        monkeypatch.setenv("SSL_CERT_FILE", str(other.certificate))
        return sent_and_found(settings_of(other, dovecot, **settings), 2.0)


def test_a_server_that_drops_plus_addresses_is_told_from_a_mailbox_that_is_not_there(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = with_another_postfix(dovecot, monkeypatch, (OURS,), {}, recipient_delimiter="")
    assert not dropped["plus"].ok
    assert all("CRMW_REPLY_TO=plain" in line for line in said(dropped["plus"]))
    assert dropped["arrived"].ok
    plain = with_another_postfix(dovecot, monkeypatch, (OURS,), {"reply_to": "plain"}, recipient_delimiter="")
    assert [said(one) for one in plain.values() if not one.ok] == [], "the remedy does it"
    absent = with_another_postfix(dovecot, monkeypatch, ("wang.fang",), {"smtp_user": "wang.fang"})
    assert all(f"approvals@{DOMAIN}" in line for line in said(absent["plus"]))


def test_without_a_name_whose_word_counts_no_answer_would_and_the_name_is_told(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(**settings: str) -> Finding:
        found = with_another_postfix(
            dovecot, monkeypatch, (OURS,), {"imap_trust": "authenticated", **settings}, stamps=RESULTS
        )
        return found["sender"]

    unnamed = judged()
    assert not unnamed.ok
    assert all(f"CRMW_IMAP_AUTHSERV_ID=mail.{DOMAIN}" in line for line in said(unnamed))
    assert judged(imap_authserv_id=f"mail.{DOMAIN}").ok, "the remedy does it"
