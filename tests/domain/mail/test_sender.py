"""One plain mailbox or none: what a From header may look like before a decision rests on it."""

import pytest

from crm_workflows.domain.mail.parse import read_message
from crm_workflows.domain.mail.sender import read_sender
from crm_workflows.domain.text import in_language

READ = [
    ("li@example.com", "li@example.com", ""),
    ("<li@example.com>", "li@example.com", ""),
    ("Li Lei <li@example.com>", "li@example.com", "Li Lei"),
    ("Li Lei <LI@Example.COM>", "li@example.com", "Li Lei"),
    ('"Li, Lei" <li@example.com>', "li@example.com", "Li, Lei"),
    ('"Li \\"Lee\\" Lei" <li@example.com>', "li@example.com", 'Li "Lee" Lei'),
    ('"李雷"<li@example.com>', "li@example.com", "李雷"),
    ("李雷（市场部） <li@example.com>", "li@example.com", "李雷（市场部）"),
    ("=?utf-8?B?5p2O6Zu3?= <li@example.com>", "li@example.com", "李雷"),
    ('"=?gb2312?B?wO7A1w==?=" <li@example.com>', "li@example.com", "李雷"),
    ("Li\r\n Lei\r\n\t<li@example.com>", "li@example.com", "Li Lei"),
    ("li@example.com (Li Lei)", "li@example.com", ""),
    ("li@example.com <li@example.com>", "li@example.com", "li@example.com"),
    ('"li@example.com" <LI@example.com>', "li@example.com", "li@example.com"),
    ("Li. Lei <li.lei+crm@mail.example.co.uk>", "li.lei+crm@mail.example.co.uk", "Li. Lei"),
    ("用户 <用户@例子.公司>", "用户@例子.公司", "用户"),
    ("demo@localhost", "demo@localhost", ""),
]

REFUSED = [
    "",
    "   ",
    "li@example.com <evil@x.com>",
    '"li@example.com" <evil@x.com>',
    "'li@example.com' via Group <group@x.com>",
    "=?utf-8?Q?li=40example.com?= <evil@x.com>",
    '"Li Lei <li@example.com>" <evil@x.com>',
    "Li Lei <li@example.com> <evil@x.com>",
    "<li@example.com><evil@x.com>",
    "li@example.com, evil@x.com",
    "Li, Lei <li@example.com>",
    "evil@x.com; li@example.com",
    "Group: li@example.com;",
    "Li <li@example.com",
    "Li li@example.com>",
    "Li <li@example.com> evil",
    "Li <li@example.com>evil@x.com",
    "<@evil.com:li@example.com>",
    "li@example.com@evil.com",
    "li@(evil.com)example.com",
    "li(x)@example.com",
    "<li@example.com(>@evil.com)",
    "(li@example.com",
    "li@example.com)",
    '"li@example.com <evil@x.com>',
    '"li lei"@example.com',
    "li @example.com",
    "li@example.com\x00",
    "li@exa\x00mple.com",
    "li@example.com\nBcc: x@y.z",
    "li\u200b@example.com",
    "Li\u202emoc.live <li@example.com>",
    "li@example..com",
    ".li@example.com",
    "li@-example.com",
    "li@example.com.",
    "li",
    "@example.com",
    "li@",
    "=?utf-8?Q?li?=@example.com",
    "MAILER-DAEMON",
    "<>",
    "x" * 3000 + " <li@example.com>",
]


@pytest.mark.parametrize(("header", "address", "name"), READ)
def test_one_plain_mailbox_is_read(header: str, address: str, name: str) -> None:
    sender = read_sender([header])
    assert (sender.address, sender.name, sender.problem) == (address, name, "")


@pytest.mark.parametrize("header", REFUSED)
def test_anything_else_is_refused_with_its_cause(header: str) -> None:
    sender = read_sender([header])
    assert sender.address is None
    assert in_language(sender.problem, "zh") != in_language(sender.problem, "en")


def test_no_header_and_two_headers_are_refused() -> None:
    assert read_sender([]).address is None
    assert read_sender(["li@example.com", "li@example.com"]).address is None


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ("From: 李雷 <li@example.com>\r\n".encode("gbk"), "li@example.com"),
        ("From: 李雷 <li@example.com>\r\n".encode(), "li@example.com"),
        (b"from: li@example.com\r\n", "li@example.com"),
        (b"From: li@example.com\r\nFROM: evil@x.com\r\n", None),
        (b"Sender: li@example.com\r\n", None),
        (b"From : li@example.com\r\n", None),
        (b"X: y\r\n From: li@example.com\r\n", None),
        (b"From: li@example.com\r\n,evil@x.com\r\n", "li@example.com"),
        (b"From: \xff\xfe <li@example.com>\r\n", "li@example.com"),
    ],
)
def test_the_header_is_found_as_it_stands_in_the_mail(headers: bytes, address: str | None) -> None:
    assert read_message(headers + b"Subject: x\r\n\r\n\xcd\xac\xd2\xe2").sender == address
