"""Unclear replies written in the ways of other mail programs stay unclear, and broken mail is read or refused.

`make soak` reads 50 000 of them (ARGS="--seed=N" for the same again), `make test` a share; the seed is printed.
"""

import random
import sys
from base64 import encodebytes
from collections.abc import Callable
from email.message import EmailMessage
from html import escape

import pytest

from crm_workflows.domain.mail.doubt import is_readable
from crm_workflows.domain.mail.parse import UnreadableMail, read_message
from crm_workflows.domain.mail.reading import Reading
from crm_workflows.domain.mail.reply import read_reply
from crm_workflows.domain.mail.signature import without_signature
from crm_workflows.domain.mail.visible_text import split_reply
from tests.domain.mail.mails import HEAD
from tests.domain.mail.test_read_reply import APPROVALS, QUOTED_ONLY, UNCLEAR

SOAKED = 50_000
Text = Callable[[random.Random, str], str]

SIGNATURES = (
    "\n\n-- \n李雷\n采购部",
    "\n\n发自我的iPhone",
    "\n\nBest regards,\nApproved Buyers Ltd",
    "\n\n----\n同意公司",
)
QUOTES = (
    "\n\n在 2026年3月2日，crm 写道：\n> 同意 / approve\n> 驳回 / reject",
    "\n\nOn Mon, 2 Mar 2026 at 09:00, crm wrote:\n> reply with approve or reject\n>> approved",
    "\n\n------------------ 原始邮件 ------------------\n发件人: crm\n主题: 请审批\n\n同意",
    "\n\n-----Original Message-----\nFrom: crm\nSubject: approval\n\napprove",
)
INVISIBLE = ("\u200b", "\u2060", "\ufeff", "\u00ad", "\u200e")
SPACES = ("\u00a0", "\u3000", "\t", "  ")


def _invisible(draw: random.Random, text: str) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice(INVISIBLE) + text[at:]


def _full_width(_draw: random.Random, text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and c not in "<>&" else c for c in text)


DRESSED: tuple[Text, ...] = (
    _invisible,
    _full_width,
    lambda draw, text: text.replace(" ", draw.choice(SPACES)),
    lambda draw, text: "\n" * draw.randrange(1, 4) + text,
    lambda draw, text: draw.choice(SPACES) + text + draw.choice(SPACES),
    lambda _draw, text: text.upper(),
    lambda _draw, text: text.replace("\n", "\r\n"),
)
"""What a mail program or a writer's habit does to a text without changing what it says."""
BELOW: tuple[str, ...] = ("", *SIGNATURES, *QUOTES)
"""What a mail program sets below it."""


def _plain(draw: random.Random, text: str) -> bytes:
    charset = draw.choice(["utf-8", "gb18030", "utf-16"])
    coded = encodebytes(text.encode(charset))
    head = f'Content-Type: text/plain; charset="{charset}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return HEAD + head.encode() + coded


def _html(_draw: random.Random, text: str) -> bytes:
    lines = "".join(f"<div>{escape(line)}&nbsp;</div>" for line in text.split("\n"))
    head = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    return HEAD + head + f"<html><body>{lines}</body></html>".encode()


def _both(draw: random.Random, text: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "li@example.com", "approvals@crm.example.com", "<a@example.com>"
    mail.set_content(text, cte=draw.choice(["base64", "quoted-printable"]))
    mail.add_alternative("<br>".join(map(escape, text.split("\n"))), subtype="html")
    return mail.as_bytes()


ENVELOPES = (_plain, _html, _both)


def _dressed(draw: random.Random, text: str) -> bytes:
    for change in draw.sample(DRESSED, draw.randrange(1, 4)):
        text = change(draw, text)
    return draw.choice(ENVELOPES)(draw, text + draw.choice(BELOW))


def _broken(draw: random.Random, raw: bytes) -> bytes:
    """Bytes lost, doubled or exchanged, as on a bad way."""
    mail = bytearray(raw)
    for _ in range(draw.randrange(1, 9)):
        at, many = draw.randrange(len(mail)), draw.randrange(1, 40)
        match draw.randrange(4):
            case 0:
                mail[at] = draw.randrange(256)
            case 1:
                del mail[at : at + many]
            case 2:
                mail[at:at] = mail[at : at + many]
            case _:
                mail[at:at] = draw.choice([b"\0", b"\r", b"\n\n", b"=?gbk?B?", b"--b0undary--", b"<div>", b"\xff\xfe"])
        mail = mail or bytearray(b"\n")
    return bytes(mail)


def _read(raw: bytes) -> Reading | None:
    try:
        return read_reply(read_message(raw).text)
    except UnreadableMail:
        return None


def _has_lost_letters(raw: bytes) -> bool:
    """Below the answering line, in what the writer wrote and has not signed."""
    lines = [line for line in split_reply(read_message(raw).text).own.split("\n") if line.strip()]
    return not all(map(is_readable, without_signature(lines[1:], ())))


def _tried(seed: int, many: int) -> tuple[int, list[str]]:
    """How many broken mails could still be read, and what was taken for a decision that must not be."""
    draw = random.Random(seed)
    unclear = [*UNCLEAR, *QUOTED_ONLY]
    readable, false = 0, []
    for _ in range(many // 2):
        raw = _dressed(draw, draw.choice(unclear))
        reading = _read(raw)
        assert reading is not None, raw
        if reading.decides:
            false.append(f"{reading.kind}: {raw!r}")
        raw = _broken(draw, _dressed(draw, draw.choice([*unclear, *APPROVALS])))
        reading = _read(raw)
        readable += reading is not None
        if reading is not None and reading.kind == "approve" and _has_lost_letters(raw):
            false.append(f"approves although letters were lost: {raw!r}")
    return readable, false


def test_unclear_texts_stay_unclear_however_they_are_dressed() -> None:
    readable, false = _tried(20260302, 2_000)
    assert false == []
    assert readable > 900, "most broken mails are read all the same"


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_soak_mutated_replies(request: pytest.FixtureRequest) -> None:
    seed = request.config.getoption("--seed") or random.randrange(2**32)
    sys.stderr.write(f"--seed={seed}\n")
    readable, false = _tried(seed, SOAKED)
    sys.stderr.write(f"{SOAKED} mutated replies, --seed={seed}: {readable} of {SOAKED // 2} broken ones were read\n")
    assert false == []


def test_a_clear_text_that_is_dressed_is_still_clear() -> None:
    """So that the test above does not pass because nothing is ever read."""
    draw = random.Random(7)
    found = [_read(_dressed(draw, "同意")) for _ in range(200)]
    assert {reading.kind for reading in found if reading} == {"approve"}
