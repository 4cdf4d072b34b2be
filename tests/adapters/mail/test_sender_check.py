"""Signatures of mail that we check ourselves (DKIM), with name servers of our own: what holds, and what does not."""

import functools

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from crm_workflows.adapters.apart import InAChild
from crm_workflows.adapters.mail import sender_check
from crm_workflows.adapters.mail.sender_check import SenderCheck
from crm_workflows.domain.mail.incoming import UnreadableMail
from crm_workflows.domain.mail.parse import read_message
from crm_workflows.settings import Mailbox, Settings
from tests.adapters import apart_work

BOX = "imap:approvals@imap.example"
OUTSIDE = f"{BOX}/INBOX"
MAIL = (
    b"From: Li <li@yongchang.example>\r\nTo: approvals+s3cretS3CRET@crm.example\r\nSubject: Re: [SV-2026-00042]\r\n"
    b"Message-ID: <1@yongchang.example>\r\nIn-Reply-To: <crmw.x@crm.example>\r\n\r\n\xe5\x90\x8c\xe6\x84\x8f\r\n"
)
SIGNED = [b"from", b"to", b"subject", b"message-id"]


@functools.cache
def key() -> tuple[bytes, bytes]:
    """A private key, and the record that publishes its other half."""
    made = rsa.generate_private_key(65537, 1024)
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, b"v=DKIM1; k=rsa; p=" + b"".join(public.split(b"\n")[1:-2])


def signed(mail: bytes = MAIL, domain: bytes = b"yongchang.example", **how: object) -> bytes:
    how = {"include_headers": SIGNED} | how
    return bytes(dkim.sign(mail, b"s1", domain, key()[0], **how)) + mail


def names(name: bytes, timeout: float = 0) -> bytes | None:
    """The same record for each domain."""
    return key()[1] if b"._domainkey." in name and b"unknown" not in name else None


def known(raw: bytes, lookup: sender_check.Lookup = names) -> tuple[bool, str]:
    check = SenderCheck({BOX: ()}, lookup)
    found = check(raw, read_message(raw), OUTSIDE)
    assert found.method == "dkim"
    assert bool(found.why) != found.passed
    return found.passed, found.by


def test_a_signature_of_the_sender_s_domain_holds() -> None:
    assert known(signed()) == (True, "yongchang.example")
    below = MAIL.replace(b"li@yongchang", b"li@mail.yongchang")
    assert known(signed(below)) == (True, "yongchang.example")


def test_of_several_signatures_one_is_enough() -> None:
    assert known(signed(signed(), b"list.example")) == (True, "yongchang.example")


@pytest.mark.parametrize(
    ("what", "raw"),
    [
        ("none", MAIL),
        ("another domain's", signed(domain=b"evil.example")),
        ("one whose domain only ends alike", signed(domain=b"notyongchang.example")),
        ("of a body that was changed", signed().replace(b"\xe5\x90\x8c\xe6\x84\x8f", b"approve")),
        ("of a sender who was changed", signed().replace(b"From: Li", b"From: Wang")),
        ("one that leaves To open", signed(include_headers=[b"from", b"subject"])),
        ("one of the beginning only", signed(length=True) + b"PS\r\n"),
        ("one whose key is not published", signed(domain=b"unknown.example")),
        ("one that is cut", signed()[40:]),
        ("one full of nonsense", b"DKIM-Signature: v=1; a=rsa-sha256; d=\xff; s=; h=from; bh=!; b=!\r\n" + MAIL),
    ],
)
def test_no_other_signature_does(what: str, raw: bytes) -> None:
    assert known(raw) == (False, ""), what


def test_a_second_sender_below_the_signed_one_decides_nothing() -> None:
    raw = b"From: boss@yongchang.example\r\n" + signed()
    assert read_message(raw).sender is None


def test_without_name_servers_nobody_is_known() -> None:
    assert known(signed(), lambda _name, timeout=0: None) == (False, "")


def test_the_mailbox_says_what_is_asked_of_a_sender() -> None:
    def never(*_: object, **__: object) -> bytes:
        raise AssertionError("no name server is asked")

    mail = read_message(MAIL)
    assert SenderCheck({BOX: None}, never)(MAIL, mail, OUTSIDE).passed
    assert SenderCheck({}, never)(MAIL, mail, "embedded").method == "internal"
    by_server = SenderCheck({"imap:other@imap.example": None, BOX: ("mx.example",)}, never)
    assert not by_server(MAIL, mail, f"{BOX}/[Gmail]/Spam").passed
    told = b"Authentication-Results: mx.example; dmarc=pass header.from=yongchang.example\r\n" + MAIL
    assert by_server(told, read_message(told), OUTSIDE).passed


def test_a_mailbox_that_nobody_names_any_more_is_asked_for_signatures() -> None:
    check = SenderCheck({BOX: None}, names)
    elsewhere = "imap:former@imap.example/INBOX"
    assert not check(MAIL, read_message(MAIL), elsewhere).passed
    assert check(signed(), read_message(signed()), elsewhere).passed


def test_only_a_mailbox_on_this_machine_is_internal_unless_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [Mailbox(host=host).is_internal for host in ("127.0.0.1", "localhost", "imap.example")] == [
        True,
        True,
        False,
    ]
    assert Mailbox(host="imap.example", trust="internal").is_internal
    assert not Mailbox(host="127.0.0.1", trust="authenticated").is_internal
    monkeypatch.setenv("CRMW_IMAP2_HOST", "imap.example")
    monkeypatch.setenv("CRMW_IMAP2_AUTHSERV_ID", "mx.example, mx2.example")
    (second,) = Settings.load().mailboxes
    assert (second.is_internal, second.servers) == (False, ("mx.example", "mx2.example"))


def test_a_signature_that_keeps_its_checker_busy_is_given_up() -> None:
    blanks = (
        b"DKIM-Signature: v=1; a=rsa-sha256; d=yongchang.example; s=s1; h=from:to:subject; bh=A; b=A" + b" " * 60_000
    )
    raw = blanks + b"!\r\n" + MAIL
    apart = InAChild(seconds=1)
    with pytest.raises(UnreadableMail, match="took too long"):
        SenderCheck({BOX: ()}, apart_work.nowhere, apart)(raw, read_message(raw), OUTSIDE)
    apart.close()
