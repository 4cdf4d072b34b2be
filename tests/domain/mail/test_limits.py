"""Mails made to hurt the reader: each is refused or read in moments; none raises anything but UnreadableMail."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm_workflows.domain.errors import Refused
from crm_workflows.domain.mail.parse import LARGEST, UnreadableMail, read_message
from crm_workflows.domain.mail.reply import read_reply
from crm_workflows.domain.text import in_language
from tests.domain.mail.mails import HEAD, TEXT, mail, multipart, plain

NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (level, level) for level in range(5000)
)

REFUSED = {
    "200 000 parts": mail(multipart(b"mixed", [b"\r\nx"] * 200_000)),
    "201 parts": mail(multipart(b"mixed", [TEXT] * 201)),
    "deep nesting": HEAD + NESTED,
    "nested mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 5000,
    "many headers": b"X-A: b\r\n" * 100_000 + HEAD + b"\r\nx",
    "long header": b"Subject: " + b"x" * 200_000 + b"\r\n" + HEAD + b"\r\nx",
    "folded header": b"Subject: a\r\n" + b" b\r\n" * 100_000 + HEAD + b"\r\nx",
    "long content type": HEAD + b"Content-Type: text/plain" + b"; a=b" * 50_000 + b"\r\n\r\nx",
    "too large": HEAD + b"\r\n" + b"x" * LARGEST,
}

HEAVY = {
    "2 MB of one line": plain(b"On " * 700_000),
    "2 MB of lines": plain(b"On 1 Jan 2026 <\n" * 130_000),
    "html of comments": plain(b"<!--" * 500_000).replace(b"text/plain", b"text/html"),
    "html of open tags": plain(b"<div>" * 400_000).replace(b"text/plain", b"text/html"),
    "html of closing tags": plain(b"<div>" * 400 + b"</p></x>" * 200_000).replace(b"text/plain", b"text/html"),
    "html of quotes": plain(b'<a "' * 500_000).replace(b"text/plain", b"text/html"),
    "html of entities": plain(b"&amp" * 500_000).replace(b"text/plain", b"text/html"),
    "html of rules": plain(
        b"<style>" + b".a%d .b,.x{display:none}" * 40_000 + b"</style>" + b"<p class=y id=z>" * 60_000
    ).replace(b"text/plain", b"text/html"),
    "html of selectors": plain(b"<style>" + b"[a*=b] > " * 100_000 + b"{display:none}</style><p a=x>").replace(
        b"text/plain", b"text/html"
    ),
    "html of css comments": plain(b"<style>" + b"/*" * 500_000).replace(b"text/plain", b"text/html"),
    "html of attributes": plain(b"<p " + b"a='" * 300_000 + b">").replace(b"text/plain", b"text/html"),
    "html of open values": plain(b"<p a='" * 200_000 + b'<p a="x>' * 200_001).replace(b"text/plain", b"text/html"),
    "encoded words": plain("x", b"Subject: " + b"=?utf-8?B?5ZCM?= " * 5000),
    "open encoded words": plain("x", b"Subject: " + b"=?utf-8?B?" * 9000),
    "semicolons": plain("x").replace(b"charset", b";" * 9000 + b"charset"),
    "open quotes": plain("x").replace(b"charset", b'";' * 4000 + b"charset"),
    "boundaries of a sort": HEAD + b'Content-Type: multipart/mixed; boundary="-"\r\n\r\n' + b"--\n---\r\n" * 19,
    "many recipients": plain("x", b"Cc: " + b"a@b.cc, " * 12_000),
    "many references": plain("x", b"References: " + b"<a@b> " * 16_000),
    "brackets": plain("x", b"References: " + b"<" * 90_000),
    "comments in From": plain("x").replace(b"Li Lei", b"(" * 90_000),
    "punycode": plain(b"a-" * 500_000, charset=b"punycode"),
    "attached punycode": HEAD
    + b"Content-Type: message/rfc822\r\n\r\n"
    + plain(b"\xff" + b"a-" * 300_000, charset=b"punycode"),
    "base64 of 20 MB": plain(b"QUFB" * 5_000_000, b"Content-Transfer-Encoding: base64"),
}


@pytest.mark.parametrize("hostile", REFUSED)
def test_a_mail_beyond_the_limits_is_refused_at_once(hostile: str) -> None:
    began = time.perf_counter()
    with pytest.raises(UnreadableMail) as refused:
        read_message(REFUSED[hostile])
    assert time.perf_counter() - began < 10
    assert isinstance(refused.value, Refused)
    assert in_language(refused.value.message, "zh") != in_language(refused.value.message, "en")


@pytest.mark.parametrize("hostile", HEAVY)
def test_a_heavy_mail_is_read_in_moments(hostile: str) -> None:
    began = time.perf_counter()
    read_reply(read_message(HEAVY[hostile]).text)
    assert time.perf_counter() - began < 15, "about 1 s is usual here; a quadratic rule takes minutes"


def test_two_hundred_parts_and_twenty_levels_are_read() -> None:
    assert read_message(mail(multipart(b"mixed", [TEXT] * 199))).text.startswith("同意\n同意")
    body = TEXT
    for level in range(19):
        body = multipart(b"mixed", [body], b"level%d" % level)
    assert read_message(mail(body)).text == "同意"


WORDS = st.sampled_from(
    [
        b"From: ",
        b"To: ",
        b"Content-Type: ",
        b"multipart/mixed",
        b"multipart/alternative",
        b"message/rfc822",
        b"text/html",
        b"text/plain",
        b"; boundary=b",
        b"; charset=gb2312",
        b"; name*0*=UTF-8''%E6",
        b'; name="',
        b"\r\n",
        b"\r\n\r\n",
        b"--b\r\n",
        b"--b--",
        b"\n",
        b"\r",
        b"Content-Transfer-Encoding: base64",
        b"Content-Disposition: attachment; filename=",
        b"=?utf-8?Q?=E5?=",
        b"=?gb2312?B?",
        b"?=",
        b"<",
        b">",
        b"@",
        b",",
        b'"',
        b"(",
        b"Date: ",
        b"Subject: ",
        b"References: ",
        b"message/delivery-status",
        b"multipart/report",
        b"Auto-Submitted: ",
        b"\xff\xfe",
        "同意".encode(),
        b"\0",
        b" ",
        b"a",
        b"Content-ID: <x>",
        b"image/png",
        b"Return-Path: <>",
        b"quoted-printable",
        b"=",
        b"x-uuencode",
        b"begin 644 a\r\n",
    ]
)


@given(st.lists(WORDS | st.binary(max_size=8), max_size=60).map(b"".join))
@example(b"Message-ID: <\xff\0@x>\r\nSubject: =?utf-8?Q?=00?= \0\r\nFrom: \0 <a@b>\r\nTo: \0@x\r\n\r\n\0")
@example(b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-")
@example(b"Content-Type: text/html\r\n\r\n&#0;&#xD800;\0")
@example(b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n--b")
@example(b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff")
@example(b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n\xff")
@example(b"Content-Type: text/plain; charset*0*=\xff''x; charset*=%\r\n\r\n\xff")
def test_whatever_the_bytes_reading_returns_what_a_database_can_hold(raw: bytes) -> None:
    message = read_message(raw)
    told = [
        message.message_id,
        message.in_reply_to,
        *message.references,
        message.subject,
        message.sender or "",
        message.text,
    ]
    told += [message.sender_name, *message.recipients, *message.secrets]
    told += [text for file in message.attachments for text in (file.name, file.media_type)]
    if message.bounce:
        told += [message.bounce.action, *message.bounce.recipients, message.bounce.message_id, message.bounce.status]
    reading = read_reply(message.text)
    for text in (*told, reading.comment, reading.target or ""):
        assert "\0" not in text
        assert text.encode("utf-8").decode("utf-8") == text
