"""Replies that try to be taken for what they do not say (red_team.yaml): none is, by the reader or by intake."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from crm_workflows.domain.mail.parse import read_message
from crm_workflows.domain.mail.reply import read_reply
from crm_workflows.domain.records import InboundMail
from crm_workflows.engine.mail_in import intake
from crm_workflows.testing import MemoryStore
from tests.domain.mail.mails import HEAD
from tests.engine.toy_bodies import gated
from tests.engine.toys import HEAD as HEAD_OF
from tests.engine.toys import office_of, start, toy

FILE = Path(__file__).with_name("red_team.yaml")


class Tricky(NamedTuple):
    """One reply, what is expected of it and why."""

    text: str
    form: str
    headers: str
    expect: str
    because: str


def listed() -> Iterator[Tricky]:
    """Every reply of the file, with its unseen characters."""
    for group in yaml.safe_load(FILE.read_text("utf-8")):
        above = f"{group['below']}\n" if "below" in group else ""
        for reply in group["replies"]:
            text = above + re.sub(r"\{u([0-9a-f]{4})\}", lambda found: chr(int(found[1], 16)), reply)
            yield Tricky(text, group.get("form", "plain"), group.get("headers", ""), group["expect"], group["because"])


def raw_of(reply: Tricky, head: bytes = HEAD) -> bytes:
    """The reply as the bytes of a mail."""
    top = f"{reply.headers}\r\n".encode() if reply.headers else b""
    return top + head + _body(reply.text, reply.form)


def _body(text: str, form: str) -> bytes:
    charsets = {"gbk": ("gb2312", "gb18030"), "utf-16": ("utf-16", "utf-16")}
    told, codec = charsets.get(form, ("utf-8", "utf-8"))
    if form == "flat":
        text = text.replace("\n", " ")
    if form == "forwarded":
        return _inside(MIMEMessage(_message(text)))
    if form in ("both", "differing", "quoted-printable"):
        return _versions(text, form)
    kind = "html" if form == "html" else "plain"
    flowed = "; format=flowed" if form == "flowed" else ""
    head = f"Content-Type: text/{kind}; charset={told}{flowed}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return head.encode() + text.encode(codec)


def _inside(part: Any) -> bytes:
    whole = MIMEMultipart()
    whole.attach(part)
    return whole.as_bytes()


def _message(text: str) -> EmailMessage:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "approvals@crm.example.com", "请审批"
    inner.set_content(text)
    return inner


def _versions(text: str, form: str) -> bytes:
    made = EmailMessage()
    plain, _, other = text.partition(" || ")
    made.set_content(plain, cte="quoted-printable" if form == "quoted-printable" else None)
    if form != "quoted-printable":
        made.add_alternative(f"<p>{other or plain}</p>", subtype="html")
    return made.as_bytes()


def read(reply: Tricky) -> str:
    """What the reader makes of it."""
    mail = read_message(raw_of(reply))
    if mail.is_automatic:
        return "automatic"
    reading = read_reply(mail.text, ("Li Lei",))
    return reading.kind if reading.decides else "nothing"


LISTED = tuple(listed())


@pytest.mark.parametrize("reply", LISTED, ids=lambda reply: ascii(reply.text)[:60])
def test_a_tricky_reply_is_taken_for_no_more_than_it_says(reply: Tricky) -> None:
    assert read(reply) == reply.expect, reply.because


def test_intake_records_no_decision_from_any_of_them() -> None:
    office = office_of(MemoryStore(), toy(gated))
    code = start(office)
    asking = office.asking(code)
    to = f"approvals+{office.token(asking)}@yongchang.example"
    for n, reply in enumerate(LISTED):
        head = f"From: {HEAD_OF}\r\nTo: {to}\r\nMessage-ID: <tricky-{n}@x>\r\nMIME-Version: 1.0\r\n".encode()
        if reply.expect in ("nothing", "automatic"):
            intake.take_in(office.engine, raw_of(reply, head), "test", asking.recipient)
    with office.engine.store.read() as reader:
        taken = reader.find(InboundMail)
    assert office.view(code)["decisions"] == []
    assert {mail.status for mail in taken} == {"unclear", "automatic"}
    assert len(taken) > 500


def test_the_list_is_long_enough_and_holds_every_kind() -> None:
    assert len({reply[:3] for reply in LISTED}) >= 200
    assert {reply.expect for reply in LISTED} == {"nothing", "automatic", "approve", "reject"}
    forms = {"plain", "html", "gbk", "utf-16", "quoted-printable", "flowed", "flat", "forwarded", "differing"}
    assert {reply.form for reply in LISTED} == forms
