"""`crmw mail check` against a real SMTP server and a real Dovecot, well and badly set up: what it says to change."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from crm_workflows.domain.text import in_language
from crm_workflows.engine.mail_in import intake
from crm_workflows.interfaces.mail_check import findings_of
from crm_workflows.interfaces.mail_check.advice import remedy
from crm_workflows.interfaces.mail_check.finding import Finding
from crm_workflows.interfaces.mail_check.probe import Probe
from crm_workflows.interfaces.mail_check.received import findings_in
from crm_workflows.settings import Mailbox, Settings
from crm_workflows.testing import MemoryStore
from tests.adapters.mail.test_sender_check import names, signed
from tests.certificate import certificate_in
from tests.dovecot import PASSWORD, Dovecot
from tests.misbehaving_smtp import Misbehaving, Received, misbehaving
from tests.office import Office

AR = "Authentication-Results:"
RESULTS = f"{AR} mx.test; spf=pass smtp.mailfrom=crm@yongchang.example; dkim=pass; dmarc=pass\r\n"
INSIDE = Mailbox(host="127.0.0.1")
OUR_MAIL = "From: crm@x.example\r\nTo: approvals+1@x.example\r\nSubject: check\r\n\r\ntest\r\n"
Arrives = Callable[[Received], tuple[str, bytes] | None]
"""Into which folder a mail comes, and with what bytes; None for one that is lost."""


@pytest.fixture
def smtp() -> Iterator[Misbehaving]:
    with misbehaving() as server:
        yield server


def settings_of(smtp_port: int, imap_port: int, **changed: Any) -> Settings:
    values: dict[str, Any] = {
        "smtp_host": "127.0.0.1", "smtp_port": smtp_port, "smtp_security": "none", "smtp_timeout": 5.0,
        "mail_from": "永昌 <crm@yongchang.example>", "imap_host": "127.0.0.1", "imap_port": imap_port,
        "imap_security": "none", "imap_user": f"u{uuid.uuid4().hex[:12]}", "imap_password": PASSWORD,
    }  # fmt: skip
    return Settings(_env_file=None, **{**values, **changed})


def round_trip(smtp: Misbehaving, dovecot: Dovecot, arrives: Arrives, **changed: Any) -> dict[str, Finding]:
    """What the probe finds where mails arrive so; the last finding of each kind, those that fail first."""
    settings = settings_of(smtp.port, dovecot.port, **changed)
    there: list[Received] = []

    def pause(_seconds: float) -> bool:
        with IMAPClient("127.0.0.1", dovecot.port, ssl=False) as client:
            client.login(settings.imap_user, PASSWORD)
            for mail in smtp.received[len(there) :]:
                there.append(mail)
                came = arrives(mail)
                if came:
                    client.append(*came)
        return False

    found = Probe(settings, 4.0, pause).findings()
    return {one.what: one for one in sorted(found, key=lambda one: not one.ok)}


def plainly(mail: Received) -> tuple[str, bytes]:
    return "INBOX", RESULTS.encode() + mail.content


def said(one: Finding) -> str:
    return f"{in_language(one.says, 'en')} → {in_language(one.remedy, 'en')}"


def test_a_mail_that_comes_back_to_us_as_it_left_is_all_well(smtp: Misbehaving, dovecot: Dovecot) -> None:
    found = round_trip(smtp, dovecot, plainly)
    assert all(one.ok and not one.remedy for one in found.values())
    assert "arrived in INBOX" in said(found["arrived"])
    first, *others = (mail.recipient for mail in smtp.received)
    assert first.startswith("approvals+")
    assert others == ["crm@yongchang.example", "complaints@yongchang.example"]


def test_reports_and_complaints_that_come_into_no_mailbox_are_told(smtp: Misbehaving, dovecot: Dovecot) -> None:
    found = round_trip(smtp, dovecot, lambda mail: plainly(mail) if "approvals" in mail.recipient else None)
    assert not found["returns"].ok
    assert "reports of undelivered mail (crm@yongchang.example) have not come" in said(found["returns"])
    assert found["complaints"].ok, "not every company takes complaints by mail"
    assert "CRMW_COMPLAINTS_ADDRESS" in said(found["complaints"])


def test_a_check_that_arrives_where_complaints_do_bothers_nobody(smtp: Misbehaving, dovecot: Dovecot) -> None:
    round_trip(smtp, dovecot, plainly)
    office = Office(MemoryStore())
    for mail in smtp.received:
        intake.take_in(office.engine, plainly(mail)[1], "INBOX")
    assert office.mails() == []


def test_an_address_at_a_public_provider_that_may_be_somebody_elses_gets_no_mail(
    smtp: Misbehaving, dovecot: Dovecot
) -> None:
    personal = {"mail_from": "yongchang@163.com", "reply_domain": "163.com", "reply_to": "plain"}
    found = round_trip(smtp, dovecot, plainly, **personal)
    assert [mail.recipient for mail in smtp.received] == ["yongchang@163.com"]
    assert "complaints@163.com is at a public provider" in said(found["complaints"])


def test_a_plus_address_that_is_refused_or_lost_is_told_from_a_mailbox_that_is_not_there(
    smtp: Misbehaving, dovecot: Dovecot
) -> None:
    smtp.goes_wrong("rcpt", "550 5.1.1 No such user", times=1)
    refused = round_trip(smtp, dovecot, plainly)
    assert "No such user" in said(refused["plus"])
    assert "set CRMW_REPLY_TO=plain" in said(refused["plus"])
    lost = round_trip(smtp, dovecot, lambda mail: None if "+" in mail.recipient else plainly(mail))
    assert "set CRMW_REPLY_TO=plain" in said(lost["plus"])
    nobody = round_trip(smtp, dovecot, lambda _mail: None)
    assert "there must be a mailbox or alias approvals@yongchang.example" in said(nobody["plus"])
    assert not nobody["arrived"].ok


def test_a_mail_that_comes_back_as_undeliverable_has_not_arrived(smtp: Misbehaving, dovecot: Dovecot) -> None:
    def comes_back(mail: Received) -> tuple[str, bytes]:
        return "INBOX", b"Subject: Undelivered Mail Returned to Sender\r\n\r\n" + mail.content

    found = round_trip(smtp, dovecot, comes_back, reply_to="plain")
    assert "came back" in said(found["arrived"])
    assert not found["arrived"].ok


def test_junk_is_looked_into_and_told(smtp: Misbehaving, dovecot: Dovecot) -> None:
    found = round_trip(smtp, dovecot, lambda mail: ("垃圾邮件", plainly(mail)[1]))
    assert "set CRMW_IMAP_FOLDER=INBOX,\\Junk" in said(found["arrived"])
    read = round_trip(smtp, dovecot, lambda mail: ("垃圾邮件", plainly(mail)[1]), imap_folder="INBOX,\\Junk")
    assert read["arrived"].ok, "whoever reads junk misses nothing"


def test_a_replaced_message_id_is_told(smtp: Misbehaving, dovecot: Dovecot) -> None:
    found = round_trip(smtp, dovecot, lambda mail: ("INBOX", plainly(mail)[1].replace(b"<crmw.check.", b"<changed.")))
    assert "do not set CRMW_REPLY_TO=plain" in said(found["sender"])


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        (f"{AR} mx; spf=softfail; dkim=none; dmarc=fail", ["SPF is softfail", "DKIM is none", "DMARC is fail"]),
        (f"{AR} mx; spf=pass; dkim=pass\r\n{AR} x; spf=fail", ["SPF passes", "DKIM passes"]),
        (f"{AR} mx; dkim=pass; dkim=fail", ["SPF has no result", "DKIM passes"]),
        ("X: y", ["no DKIM signature of our domain"]),
        ("DKIM-Signature: v=1; d=yongchang.example; s=x", ["there is a DKIM signature of our domain"]),
        ("DKIM-Signature: v=1; d=mail.yongchang.example; s=x", ["no DKIM signature of our domain"]),
        ("DKIM-Signature: v=1; d=provider.example; s=x", ["no DKIM signature of our domain"]),
    ],
)  # fmt: skip
def test_what_the_receiver_found_of_us_is_read_from_the_topmost_results(headers: str, says: list[str]) -> None:
    found = findings_in(f"Message-ID: <a@b>\r\n{headers}\r\n\r\n".encode(), "<a@b>", "crm@yongchang.example", INSIDE)
    assert len(found) == len(says)
    for one, wanted in zip(found, says, strict=True):
        assert wanted in said(one)
        assert bool(one.remedy) == (not one.ok or wanted.startswith("no DKIM"))


VOUCHED = "spf=pass smtp.mailfrom=crm@x.example; dkim=pass header.d=x.example"


@pytest.mark.parametrize(
    ("named", "headers", "ok", "says"),
    [
        ("", f"{AR} mx.google.com; {VOUCHED}", False, "→ set CRMW_IMAP_AUTHSERV_ID=mx.google.com"),
        ("", f"{AR} mx.google.com; spf=pass; dkim=none", False, "and switch DKIM signing on"),
        ("mx.google.com", f"{AR} mx.google.com; {VOUCHED}", True, "counts, as mx.google.com vouches"),
        ("mx.google.com", f"{AR} mx.google.com; dkim=pass header.d=sub.x.example", False, "→ switch DKIM signing on"),
        ("mx.else", f"{AR} mx.google.com; {VOUCHED}", False, "→ set CRMW_IMAP_AUTHSERV_ID=mx.google.com"),
        ("mx.else", f"{AR} {VOUCHED}", False, "leave out CRMW_IMAP_AUTHSERV_ID=mx.else"),
        ("", "X: y", False, "CRMW_IMAP_TRUST=internal fits only"),
        ("", "DKIM-Signature: v=1; d=mail.x.example; s=x", False, "no valid signature (DKIM) of x.example"),
    ],
)
def test_a_mailbox_in_which_no_answer_would_count_fails_with_the_setting_that_fits(
    named: str, headers: str, ok: bool, says: str
) -> None:
    found = outside(f"{headers}\r\nMessage-ID: <a@b>\r\n{OUR_MAIL}".encode(), authserv_id=named)
    assert found.ok == ok
    assert bool(found.remedy) != ok
    assert says in said(found)


def test_our_own_signature_makes_answers_count_and_open_trust_is_told() -> None:
    raw = signed(f"Message-ID: <a@b>\r\n{OUR_MAIL}".encode(), b"x.example")
    assert outside(raw).ok
    below = outside(signed(f"Message-ID: <a@b>\r\n{OUR_MAIL}".encode(), b"mail.x.example"))
    assert not below.ok, "intake takes no word of a domain below the sender's"
    assert "takes every sender's word" in said(outside(raw, trust="internal"))


def outside(raw: bytes, trust: Any = "authenticated", authserv_id: str = "") -> Finding:
    """What is said last of such a copy in a mailbox elsewhere."""
    mailbox = Mailbox(host="imap.example.com", user="crm", trust=trust, authserv_id=authserv_id)
    return findings_in(raw, "<a@b>", "crm@x.example", mailbox, names)[-1]


def test_wrong_ports_certificates_and_passwords_are_told_with_what_to_change(dovecot: Dovecot, tmp_path: Path) -> None:
    certificate = certificate_in(tmp_path)
    with misbehaving(login=True) as plain, misbehaving(tls=certificate, implicit_tls=True) as tls:
        cases: list[tuple[dict[str, Any], int, str]] = [
            ({"smtp_port": plain.port, "smtp_security": "ssl"}, 0, "port and CRMW_SMTP_SECURITY do not fit"),
            ({"smtp_port": plain.port, "smtp_security": "starttls"}, 0, "set CRMW_SMTP_SECURITY to ssl"),
            ({"smtp_port": tls.port, "smtp_security": "ssl"}, 0, "does not trust its certificate"),
            ({"smtp_port": plain.port, "smtp_user": "crm", "smtp_password": "x"}, 0, "check CRMW_SMTP_USER"),
            ({"imap_password": "wrong"}, 1, "check CRMW_IMAP_USER"),
            ({"imap_security": "ssl"}, 1, "port and CRMW_IMAP_SECURITY do not fit"),
            ({"imap_security": "ssl", "imap_port": dovecot.tls_port}, 1, "does not trust its certificate"),
            ({"imap_folder": "nowhere"}, 1, "check CRMW_IMAP_FOLDER"),
        ]
        for changed, at, advice in cases:
            ports = {"smtp_port": plain.port, "imap_port": dovecot.port}
            found = findings_of(settings_of(**{**ports, **changed}), 1)
            assert not found[at].ok, changed
            assert advice in said(found[at]), said(found[at])
            assert all(one.what in ("smtp", "imap", "links") for one in found), "nothing is sent where a server fails"


@pytest.mark.parametrize(
    ("way", "host", "text", "code", "advice"),
    [
        ("smtp", "smtp.qq.com", "Login Fail. Please enter your authorization code to login", 535, "authorisation code"),
        ("smtp", "smtp.exmail.qq.com", "authentication failed", 535, "docs/mail/qq-exmail.md"),
        ("imap", "imap.163.com", "it refuses the login: LOGIN Login error or password error", 0, "docs/mail/163.md"),
        ("imap", "imap.163.com", "it failed: SELECT Unsafe Login. Please contact kefu@188.com", 0, "NetEase"),
        ("smtp", "smtp.qiye.aliyun.com", "526 Authentication failure", 535, "docs/mail/aliyun.md"),
        ("smtp", "smtp.gmail.com", "5.7.8 Username and Password not accepted", 535, "app password"),
        ("smtp", "smtp.office365.com", "5.7.139 Authentication unsuccessful", 535, "takes no password"),
        ("smtp", "mail.example.com", "connection refused", 0, "check CRMW_SMTP_HOST"),
        ("smtp", "mail.example.com", "[Errno 111] Connection refused", 0, "nothing listens"),
        ("smtp", "mail.example.com", "[Errno -2] Name or service not known", 0, "no host of this name"),
        ("smtp", "10.0.0.1", "verify failed: certificate is not valid for '10.0.0.1'", 0, "is not for 10.0.0.1"),
        ("smtp", "mail.example.com", "5.7.1 sender address rejected", 553, "must be the account's"),
        ("smtp", "mail.example.com", "<crm@x.example>: Sender address rejected: not logged in", 553, "a login first"),
        ("smtp", "mail.example.com", "<x@y.example>: Relay access denied", 554, "set CRMW_SMTP_USER"),
        ("smtp", "mail.example.com", "SMTP AUTH extension not supported by server.", 0, "CRMW_SMTP_SECURITY"),
        ("imap", "mail.example.com", "it did not answer in time", 0, "firewall"),
    ],
)  # fmt: skip
def test_advice_fits_what_was_said_and_whose_server_it_is(
    way: Any, host: str, text: str, code: int, advice: str
) -> None:
    said_in_both = remedy(way, host, text, code)
    assert advice in in_language(said_in_both, "en")
    assert in_language(said_in_both, "zh") != in_language(said_in_both, "en")


def test_a_sender_that_is_refused_only_with_the_recipient_is_told(smtp: Misbehaving) -> None:
    settings = settings_of(smtp.port, 0, imap_host="")
    smtp.goes_wrong(
        "rcpt", "553 5.7.1 <crm@yongchang.example>: Sender address rejected: not owned by user crm", times=1
    )
    (refused, *_) = findings_of(settings, 0)
    assert (refused.what, refused.ok) == ("smtp", False)
    assert "must be the account's" in said(refused)
    smtp.goes_wrong("rcpt", "550 5.1.1 no such user")
    assert findings_of(settings, 0)[0].ok, "whether our own address is a mailbox is another question"
