"""A mail's bytes as they arrive from real programs, and what is understood of them."""

import base64
from datetime import UTC, datetime

import pytest

from crm_workflows.domain.mail import words
from crm_workflows.domain.mail.parse import IncomingFile, read_message
from crm_workflows.domain.mail.reply import read_reply
from tests.domain.mail.mails import TEXT, mail, multipart, part, plain


def b64(content: bytes) -> bytes:
    return base64.b64encode(content)


def test_the_headers_are_read() -> None:
    raw = plain(
        "同意", b"In-Reply-To: <crmw.fromINREPLYTO1.42@crm.example.com>", b"References: <crmw.root0000.1@x> <other@y>"
    )
    message = read_message(raw)
    assert message.message_id == "<answer-1@example.com>"
    assert (message.sender, message.sender_name) == ("li@example.com", "Li Lei")
    assert message.subject == "Re: [SV-2026-00042]"
    assert message.date == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    assert message.in_reply_to == "<crmw.fromINREPLYTO1.42@crm.example.com>"
    assert message.references == ("<crmw.root0000.1@x>", "<other@y>")
    assert message.text == "同意"
    assert (message.is_automatic, message.is_bounce, message.attachments) == (False, False, ())


def test_secrets_come_from_address_answered_mail_and_conversation_best_first() -> None:
    raw = plain(
        "x",
        b"Delivered-To: approvals+s3cretS3CRET@crm.example.com",
        b'Cc: "x" <Approvals+otherSecret@crm.example.com>, someone+else@example.com',
        b"In-Reply-To: <crmw.answered1.9@crm.example.com>",
        b"References: <crmw.oldest11.1@x>\r\n <crmw.newest11.2@x>",
    )
    message = read_message(raw)
    assert message.secrets == ("s3cretS3CRET", "otherSecret", "answered1", "newest11", "oldest11")
    assert "someone+else@example.com" in message.recipients


@pytest.mark.parametrize(
    "header",
    [
        b"In-Reply-To: <crmw.short.1@x>",
        b"In-Reply-To: <xcrmw.s3cretS3CRET2.1@x>",
        b"In-Reply-To: crmw.s3cretS3CRET2.1@x",
        b"Subject: approvals+s3cretS3CRET2@x <crmw.s3cretS3CRET2.1@x>",
        b"X-Other: <crmw.s3cretS3CRET2.1@x>",
        b"Cc: notapprovals+s3cretS3CRET2@x",
        b"Reply-To: approvals+s3cretS3CRET2@x",
    ],
)
def test_a_secret_counts_only_where_we_put_it(header: bytes) -> None:
    assert read_message(plain("x", header)).secrets == ("s3cretS3CRET",)


@pytest.mark.parametrize(
    "charset", [b"gb2312", b"GBK", b"gb18030", b"x-gbk", b"cp936", b"us-ascii", b"iso-8859-99", b""]
)
def test_chinese_is_read_whatever_its_charset_is_called(charset: bytes) -> None:
    said = "驳回 没有㙍執照"  # 㙍 is in GB18030 only, 執 not in GB2312
    assert read_message(plain(said.encode("gb18030"), charset=charset)).text == said


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "big5", "shift_jis", "euc-kr", "iso-2022-jp", "hz"])
def test_other_charsets_are_read(charset: str) -> None:
    said = "日本" if charset in ("shift_jis", "euc-kr", "iso-2022-jp") else "同意"
    encoded = b"Content-Transfer-Encoding: base64"
    assert read_message(plain(b64(said.encode(charset)), encoded, charset=charset.encode())).text == said


@pytest.mark.parametrize(
    "charset", [b"punycode", b"idna", b"rot13", b"unicode_escape", b"zip", b"undefined", b"\xff", b"x" * 500]
)
def test_a_charset_that_is_none_does_no_harm(charset: bytes) -> None:
    assert read_message(plain("同意", charset=charset)).text == "同意"


def test_bytes_that_fit_no_charset_stay_visible() -> None:
    message = read_message(plain(b"\xe5\x90\x8c\xff\xff \xe6\x84\x8f", charset=b"utf-8"))
    assert "\ufffd" in message.text
    assert read_reply(message.text).kind == "unclear"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"quoted-printable", b"=E5=90=8C=\r\n=E6=84=8F"),
        (b"BASE64", b64("同意".encode())),
        (b"8bit", "同意".encode()),
        (b"strange", "同意".encode()),
    ],
)
def test_transfer_encodings(encoding: bytes, body: bytes) -> None:
    assert read_message(plain(body, b"Content-Transfer-Encoding: " + encoding)).text == "同意"


def test_a_broken_base64_body_is_not_fatal() -> None:
    assert isinstance(read_message(plain(b"5ZCM5o=!!!\xff", b"Content-Transfer-Encoding: base64")).text, str)


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        (b"Subject: =?gb2312?B?tPC4tA==?=", "答复"),
        (b"Subject: =?UTF-8?Q?=E7=AD=94=E5=A4=8D?= x", "答复 x"),
        (b"Subject: =?gbk?B?tPA=?=\r\n =?gbk?B?uLQ=?=", "答复"),
        (b"Subject: =?utf-8?B?562U5Q==?= =?utf-8?B?pI0=?=", "答复"),
        ("Subject: 答复".encode("gbk"), "答复"),
        ("Subject: 答复".encode(), "答复"),
        (b"Subject: =?utf-8?B?55?=", "\ufffd"),
        (b"Subject: =?nonsense?B?eA==?=", "x"),
        (b"Subject: =?utf-8?X?eA==?=", "=?utf-8?X?eA==?="),
        (b"Subject:", ""),
    ],
)
def test_subjects_are_decoded(header: bytes, subject: str) -> None:
    assert read_message(plain("x", header)).subject == subject


def test_qq_mail_with_entities_in_plain_text() -> None:
    rule = "------------------"
    quoted = f'{rule}&nbsp;原始邮件&nbsp;{rule}\r\n发件人:&nbsp;"x"&nbsp;&lt;a@b.c&gt;\r\n驳回'
    body = f"同意，谢谢&nbsp;\r\n&nbsp;\r\n{quoted}"
    assert read_reply(read_message(plain(body)).text).kind == "approve"


def test_entities_that_a_person_typed_are_left_alone() -> None:
    assert read_message(plain("a &lt; b &amp; c")).text == "a &lt; b &amp; c"


def versions(said: str, html: str) -> str:
    """The text read from a mail of a plain and an HTML version."""
    flat = part(b"Content-Type: text/plain; charset=utf-8", said)
    rich = part(b"Content-Type: text/html; charset=utf-8", html)
    return read_message(mail(multipart(b"alternative", [flat, rich]))).text


QUOTED = "\n\n2026年3月2日 a@b.c 写道：\n> 请审批\n> 驳回"


@pytest.mark.parametrize(
    ("said", "html"),
    [
        ("*同意*", "<b>同意</b>"),
        ("同意" + QUOTED, "<p>同意</p><blockquote>请审批</blockquote>"),
        ("同意\n请审批\n驳回", "<p>同意</p><blockquote>请审批<br>驳回</blockquote>"),
        ("同意" + QUOTED, "<p>同意</p><p>2026年3月2日 a@b.c 写道：</p><p>请审批</p><p>驳回</p>"),
        ("同意", "<img src=x>"),
    ],
)
def test_of_two_versions_the_plain_one_is_taken(said: str, html: str) -> None:
    assert versions(said, html) == said


@pytest.mark.parametrize(
    ("said", "html"),
    [
        ("同意", "<p>不同意</p>"),
        ("同意", "<p>驳回 无执照</p>"),
        ("同意", "<p>不批准</p>"),
        ("同意", "<p>同意</p><p>但价格要降</p>"),
        ("同意", "<s>同意</s>"),
        ("同意", "<p hidden>同意</p>"),
        ("同意", "<p hidden>同意</p><p>Hello</p>"),
        ("同意" + QUOTED, "<blockquote>请审批</blockquote>"),
        ("不同意 缺执照", "<p>同意</p><p>谢谢</p>"),
        ("先放一放", "<p>同意</p><p>谢谢</p>"),
        ("退回 SV-3 缺年报", "<p>退回 SV-4 缺年报</p>"),
        ("转 张三", "<p>转 李四</p>"),
    ],
)
def test_two_versions_that_answer_differently_are_asked_back_with_both(said: str, html: str) -> None:
    text = versions(said, html)
    reading = read_reply(text)
    assert (reading.kind, reading.why) == ("unclear", words.TWO_VERSIONS)
    assert said.split("\n")[0] in text.split("\n")[1:]


@pytest.mark.parametrize(
    ("delsp", "body", "kind", "comment"),
    [
        (b"; delsp=yes", "Approved \r\nwhen hell freezes", "unclear", None),
        (b"; DelSp=Yes", "同意 \r\n个头", "unclear", None),
        (b"", "Approved \r\nwhen hell freezes", "unclear", None),
        (b"; delsp=yes", "Approved\r\nPlease go ahead  \r\nthis week", "approve", "Please go ahead this week"),
        (b"; delsp=yes", "驳回 没有营业 \r\n执照", "reject", "没有营业执照"),
        (b"", "Approved\r\n-- \r\nLi Lei", "approve", ""),
        (b"", "Approved \r\n-- \r\nLi Lei", "approve", ""),
        (b"", "Approved \r\n> reject \r\n> no licence", "approve", ""),
        (b"", " Approved\r\n", "approve", ""),
    ],
)
def test_a_soft_line_break_ends_no_line(delsp: bytes, body: str, kind: str, comment: str | None) -> None:
    raw = plain(body).replace(b'charset="utf-8"', b"charset=utf-8; format=flowed" + delsp)
    reading = read_reply(read_message(raw).text)
    assert reading.kind == kind, reading.why
    assert comment is None or reading.comment == comment


@pytest.mark.parametrize("said", ["", "   \r\n ", "驳回 没有执照 谢谢 李雷"])
def test_an_empty_or_flattened_plain_version_gives_way_to_the_rich_one(said: str) -> None:
    flat = part(b"Content-Type: text/plain; charset=utf-8", said)
    rich = part(b"Content-Type: text/html; charset=utf-8", "<div>驳回 没有执照</div><div>谢谢</div><div>李雷</div>")
    reading = read_reply(read_message(mail(multipart(b"alternative", [flat, rich]))).text)
    assert (reading.kind, reading.comment) == ("reject", "没有执照")


def test_an_html_only_mail_with_its_quote() -> None:
    html = (
        "<html><head><style>p{}</style></head><body><p>同意&nbsp;</p><blockquote><p>驳回</p></blockquote></body></html>"
    )
    raw = plain(html).replace(b"text/plain", b"text/html")
    assert read_reply(read_message(raw).text).kind == "approve"


def test_text_split_around_an_attachment_is_one_text() -> None:
    more = part(b"Content-Type: text/plain; charset=utf-8", "附上执照")
    pdf = part(b"Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: inline; filename=a.pdf", b"%PDF")
    message = read_message(mail(multipart(b"mixed", [TEXT, pdf, more])))
    assert message.text == "同意\n附上执照"
    assert message.attachments == (IncomingFile("a.pdf", "application/pdf", b"%PDF"),)


@pytest.mark.parametrize("date", [b"", b"garbage", b"Mon, 99 Foo 2026 99:99:99 +9999", b"Mon, 2 Mar 2026", b"\xff\xfe"])
def test_an_unreadable_date_is_none_and_nothing_worse(date: bytes) -> None:
    assert read_message(plain("x").replace(b"Mon, 02 Mar 2026 09:00:00 +0800", date)).date is None
