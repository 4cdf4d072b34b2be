"""Complaint mails as the world sends them, made by a seed: every program, every charset, every defect."""

import base64
import random
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP

from tests.office import COMPLAINTS

WORDS = (
    "密封件漏水，请尽快处理。",
    "The pump is leaking since Monday.",
    "收到的货少两件。",
    "Привет, помпа сломана",
    "🤬💧",
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
LARGE = 20_000_000


def fuzzed(seed: int, many: int, large: int = 2) -> Iterator[bytes]:
    """So many mails, each of another sender; `large` of them have 20 MB."""
    chance = random.Random(seed)
    for n in range(many):
        kind = chance.choice(KINDS) if n >= len(KINDS) else KINDS[n]
        yield _broken(chance, kind(chance, n)) if n % 5 == 4 else kind(chance, n)
    for n in range(large):
        yield _large(chance, many + n)


def _head(chance: random.Random, n: int) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = chance.choice(
        [f"客户{n} <c{n}@a{n}.example>", f"c{n}@a{n}.example", f'"C, {n}" <c{n}@a{n}.example>']
    )
    mail["To"] = chance.choice([COMPLAINTS, f"投诉 <{COMPLAINTS.upper()}>", f"other@x.example, {COMPLAINTS}"])
    mail["Subject"] = chance.choice(
        ["", "投诉", "complaint " * 60, "Re: Re: 转发：投诉", f"[SV-2026-0000{n % 9 + 1}] ?"]
    )
    mail["Message-ID"] = f"<{n}.fuzz@a{n}.example>"
    mail["Date"] = chance.choice(["Mon, 02 Mar 2026 09:00:00 +0800", "no date", "Mon, 31 Feb 2026 99:00:00 +9999"])
    return mail


def _plain(chance: random.Random, n: int) -> bytes:
    mail = _head(chance, n)
    mail.set_content(chance.choice(WORDS) + "\n" + "-- \nSent from my phone", cte=chance.choice(["base64", "8bit"]))
    return mail.as_bytes()


def _html(chance: random.Random, n: int) -> bytes:
    mail = _head(chance, n)
    mail.set_content(f"<style>p{{}}</style><p>{chance.choice(WORDS)}&nbsp;<br><script>x()</script>", subtype="html")
    return mail.as_bytes()


def _image_only(chance: random.Random, n: int) -> bytes:
    mail = _head(chance, n)
    mail.set_content(PNG, maintype="image", subtype="png")
    return mail.as_bytes()


def _gbk(chance: random.Random, n: int) -> bytes:
    name = chance.choice(["gbk", "gb2312", "gb18030", "unknown-8bit", "utf-7x"])
    head = f"From: c{n}@a{n}.example\r\nTo: {COMPLAINTS}\r\nMessage-ID: <{n}.fuzz@a{n}.example>\r\n".encode()
    subject = b"Subject: " + "投诉".encode("gbk") + b"\r\n"
    body = "漏水，请处理。".encode("gbk")
    return head + subject + f"Content-Type: text/plain; charset={name}\r\n\r\n".encode() + body


def _without_subject(chance: random.Random, n: int) -> bytes:
    mail = _head(chance, n)
    del mail["Subject"]
    del mail["Date"]
    if chance.random() < 0.5:
        del mail["Message-ID"]
    mail.set_content("")
    return mail.as_bytes()


def _strange_sender(chance: random.Random, n: int) -> bytes:
    mail = _plain(chance, n)
    first = mail.index(b"From: ")
    end = mail.index(b"\r\n", first)
    sender = chance.choice(
        [f"a{n}@x.example, b@x.example", f"a@b.example <c{n}@x.example>", "nobody", f"c{n}@host", ""]
    )
    return mail[:first] + f"From: {sender}".encode() + mail[end:]


def _large(chance: random.Random, n: int) -> bytes:
    """A photograph for every line of the complaint, put together by hand: EmailMessage takes its time."""
    head = f"From: c{n}@a{n}.example\r\nTo: {COMPLAINTS}\r\nMessage-ID: <{n}.fuzz@a{n}.example>\r\n"
    head += 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nsee photograph\r\n--b\r\n'
    head += "Content-Type: image/jpeg; name=photo.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    line = base64.b64encode(b"\xff\xd8\xff" + chance.randbytes(54)) + b"\r\n"
    return head.encode() + line * (LARGE // len(line)) + b"--b--\r\n"


def _with_file(chance: random.Random, n: int) -> bytes:
    mail = _head(chance, n)
    mail.set_content(chance.choice(WORDS))
    names = ["../../etc/passwd", "照片.png", "winmail.dat", "a" * 300 + ".pdf", "x\u202egnp.exe", ""]
    mail.add_attachment(PNG, maintype="application", subtype="octet-stream", filename=chance.choice(names))
    return mail.as_bytes()


def _automatic(chance: random.Random, n: int) -> bytes:
    mail = _head(chance, n)
    name, value = chance.choice(
        [("Auto-Submitted", "auto-replied"), ("Precedence", "auto_reply"), ("X-Autoreply", "yes")]
    )
    mail[name] = value
    mail.set_content("I am away")
    return mail.as_bytes()


def _forwarded(chance: random.Random, n: int) -> bytes:
    mail = _head(chance, n)
    mail.set_content(f"---------- 转发的邮件 ----------\n发件人：x@y.example\n主题：坏了\n\n{chance.choice(WORDS)}")
    return mail.as_bytes()


def _nested(chance: random.Random, n: int) -> bytes:
    depth = chance.choice([3, 30, 300])
    body = "Content-Type: text/plain\r\n\r\n漏水".encode()
    for level in range(depth):
        mark = f"b{level}"
        body = (
            f'Content-Type: multipart/mixed; boundary="{mark}"\r\n\r\n--{mark}\r\n'.encode()
            + body
            + f"\r\n--{mark}--".encode()
        )
    return f"From: c{n}@a{n}.example\r\nTo: {COMPLAINTS}\r\nMessage-ID: <{n}.fuzz@a{n}.example>\r\n".encode() + body


KINDS = (
    _plain, _html, _image_only, _gbk, _without_subject, _strange_sender, _with_file, _automatic, _forwarded, _nested,
)  # fmt: skip


def _broken(chance: random.Random, mail: bytes) -> bytes:
    """Cut off, or with bytes thrown in, behind its headers."""
    begin = mail.find(b"\r\n\r\n") + 4
    if chance.random() < 0.5:
        return mail[: chance.randrange(begin, len(mail) + 1)]
    at = chance.randrange(begin, len(mail) + 1)
    return mail[:at] + base64.b64encode(chance.randbytes(40)) + chance.randbytes(9) + mail[at:]
