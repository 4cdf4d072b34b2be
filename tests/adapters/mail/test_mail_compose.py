"""The bytes of a mail: the same every time, readable by any parser, with nothing in them that a user could forge."""

import email
import email.policy
from dataclasses import replace
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_workflows.adapters.mail.mail_compose import Composer, ascii_address
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.engine.mail_out.outbox_ports import Attachment, Rendered
from tests.outbox_world import APPROVER, MONDAY, TOKEN, message

COMPOSER = Composer("客户关系管理 <crm@example.com>", "reply.example.com")
RENDERED = Rendered(
    "[SV-2026-00001] 供应商认定：青岛海纳精密机械有限公司",
    f"王芳，您好：\n\n同意\n\nhttp://crm.example.com/r/{TOKEN}\n",
    f'<!DOCTYPE html><html lang="zh-CN"><body><p>同意</p><a href="http://crm.example.com/r/{TOKEN}">x</a></body></html>',
)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120)


def compose(rendered: Rendered = RENDERED, *attachments: Attachment, **changes: Any) -> bytes:
    row = message(**{k: v for k, v in changes.items() if k in ("in_reply_to", "context", "request", "identity")})
    return COMPOSER.compose(
        row, rendered, attachments, secret=changes.get("secret", TOKEN),
        is_answerable=changes.get("is_answerable", True), at=MONDAY, to=changes.get("to", APPROVER),
    )  # fmt: skip


def parsed(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def test_carries_what_the_contract_asks_for() -> None:
    mail = parsed(compose(in_reply_to="<answer@mail.example>"))
    assert {name: str(mail[name]) for name in mail if name not in ("Content-Type", "MIME-Version")} == {
        "From": "客户关系管理 <crm@example.com>",
        "To": "王芳 <wang.fang@example.com>",
        "Subject": "[SV-2026-00001] 供应商认定：青岛海纳精密机械有限公司",
        "Reply-To": f"approvals+{TOKEN}@reply.example.com",
        "Message-ID": f"<crmw.{TOKEN}.m1@crm.example.com>",
        "Date": "Mon, 02 Mar 2026 01:00:00 +0000",
        "References": "<SV-2026-00001@reply.example.com> <answer@mail.example>",
        "In-Reply-To": "<answer@mail.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "X-CRM-Case": "SV-2026-00001",
        "X-CRM-Request": "SV-2026-00001-R1",
    }


def test_text_and_html_are_alternatives_and_read_back_exactly() -> None:
    mail = parsed(compose())
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == RENDERED.text
    assert html.get_content().replace("\r\n", "\n").strip() == RENDERED.html


def test_the_same_mail_is_the_same_bytes_and_another_mail_has_other_boundaries() -> None:
    file = Attachment("合同.pdf", "application/pdf", b"%PDF" * 1000)
    assert compose(RENDERED, file) == compose(RENDERED, file)
    boundaries = {parsed(compose(identity=name)).get_boundary() for name in ("m1", "m2")}
    assert len(boundaries) == 2


def test_travels_over_the_oldest_relays() -> None:
    content = compose(RENDERED, Attachment("大.bin", "application/octet-stream", bytes(range(256)) * 100))
    assert max(content) < 128
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


@given(subject=TEXT, name=TEXT)
def test_any_title_and_name_read_back_and_add_no_header(subject: str, name: str) -> None:
    shown = " ".join(f"[SV-2026-00001] {subject}".split())
    context = {"case": {"case": "SV-2026-00001"}, "to_name": name}
    content = compose(Rendered(shown, "x\n", "<p>x</p>"), context=context)
    mail = parsed(content)
    assert " ".join(mail["Subject"].split()) == shown
    assert sorted(mail.keys()) == sorted(parsed(compose()).keys())
    assert mail["To"].addresses[0].addr_spec == APPROVER
    old = email.message_from_bytes(content)
    assert "".join(str(make_header(decode_header(str(old["Subject"])))).split()) == "".join(shown.split())


@pytest.mark.parametrize("text", ["x\r\nBcc: all@example.com", "x\nBcc: all@example.com"])
def test_a_line_break_in_a_name_is_no_new_header(text: str) -> None:
    mail = parsed(compose(context={"to_name": text}))
    assert mail["Bcc"] is None


@given(
    body=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85"), max_size=300
    )
)
def test_any_text_reads_back(body: str) -> None:
    expected = "".join(line + "\n" for line in body.split("\n")) if body else "\n"
    plain = parsed(compose(Rendered("s", body, "<p>x</p>"))).get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == expected.rstrip("\n")


@pytest.mark.parametrize(
    "name",
    [
        "认定申请书（第2版）.pdf",
        "a.pdf",
        "很长" * 100 + ".xlsx",
        'quo"te\\.pdf',
        "line\nbreak.pdf",
        "../../etc/passwd",
        "",
    ],
)
def test_attachments_keep_name_type_and_content(name: str) -> None:
    mail = parsed(compose(RENDERED, Attachment(name, "application/pdf", b"\x00\xff%PDF")))
    [part] = mail.iter_attachments()
    shown = part.get_filename()
    assert shown
    assert len(shown) <= 91
    assert "\n" not in shown
    assert "/" not in shown
    assert shown[-4:] == (name[-4:] if "." in name[-6:-1] else shown[-4:])
    assert (part.get_content_type(), part.get_content()) == ("application/pdf", b"\x00\xff%PDF")
    if len(name) < 30 and "." in name and not set(name) & set('"\\\n/'):
        assert shown == name


@pytest.mark.parametrize(
    "media_type", ["", "x", "text/html\r\nBcc: a@b.c", "message/rfc822", "multipart/mixed", "image/*"]
)
def test_a_strange_media_type_becomes_plain_bytes(media_type: str) -> None:
    mail = parsed(compose(RENDERED, Attachment("a.bin", media_type, b"abc")))
    [part] = mail.iter_attachments()
    assert part.get_content() == b"abc"
    assert mail["Bcc"] is None


@pytest.mark.parametrize("size", [60, 200, 800])
def test_long_identifiers_are_not_encoded_or_broken(size: int) -> None:
    answered = f"<{'x' * size}@mail.example>"
    raw = compose(in_reply_to=answered)
    assert b"In-Reply-To: " + answered.encode() in raw
    assert raw.count(answered.encode()) == 2, "References must name it as it is, not as an encoded word"
    assert parsed(raw)["References"].split() == ["<SV-2026-00001@reply.example.com>", answered]


@pytest.mark.parametrize("hostile", ["<a@b>\r\nBcc: all@example.com", "<a b@c>", "<王@x>", "", "<" + "x" * 2000 + ">"])
def test_a_foreign_message_id_that_is_none_is_left_out(hostile: str) -> None:
    mail = parsed(compose(in_reply_to=hostile))
    assert (mail["In-Reply-To"], mail["Bcc"]) == (None, None)


def test_a_foreign_message_id_without_brackets_gets_them() -> None:
    assert parsed(compose(in_reply_to="a@b"))["In-Reply-To"] == "<a@b>"


def test_nothing_to_answer_means_no_secret_in_the_reply_address() -> None:
    assert parsed(compose(is_answerable=False))["Reply-To"] == "approvals@reply.example.com"


def test_a_provider_that_drops_plus_addresses_gets_the_plain_one() -> None:
    composer = Composer("crm@example.com", "example.com", plain_reply_to=True)
    content = composer.compose(message(), RENDERED, [], secret=TOKEN, is_answerable=True, at=MONDAY, to=APPROVER)
    assert parsed(content)["Reply-To"] == "crm@example.com"
    assert TOKEN in parsed(content)["Message-ID"]


def test_a_redirected_mail_says_for_whom_it_was() -> None:
    mail = parsed(compose(to="staging@example.com"))
    assert (mail["To"], mail["X-CRM-Original-To"]) == ("staging@example.com", APPROVER)


@pytest.mark.parametrize("text", [RENDERED.text, "plain English\n" * 5 + f"http://crm.example.com/r/{TOKEN}\n"])
def test_the_secret_is_masked_wherever_it_stood(text: str) -> None:
    file = Attachment("合同.pdf", "application/pdf", b"%PDF")
    content = compose(Rendered(RENDERED.subject, text, RENDERED.html), file)
    masked = COMPOSER.mask(content, TOKEN)
    mail = parsed(masked)
    assert TOKEN.encode() not in masked
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            assert TOKEN not in part.get_content()
            assert "*" * len(TOKEN) in part.get_content()
    assert mail["Subject"] == RENDERED.subject
    [kept] = mail.iter_attachments()
    assert (kept.get_filename(), kept.get_content()) == ("合同.pdf", b"%PDF")


@pytest.mark.parametrize(
    ("address", "travels"),
    [
        ("a@b.example", "a@b.example"),
        (" A.B+c@Example.COM ", "A.B+c@Example.COM"),
        ("a@公司.example", "a@xn--55qx5d.example"),
        ("crm@localhost", "crm@localhost"),
    ],
)
def test_addresses_travel_in_ascii(address: str, travels: str) -> None:
    assert ascii_address(address) == travels


@pytest.mark.parametrize(
    "address", ["", "@", "a@", "@b", "a", "王@b.example", "a@b@c", "a\n@b", "a@b..c", "x" * 65 + "@b", "a@b c"]
)
def test_what_is_no_address_is_refused_with_a_sentence(address: str) -> None:
    with pytest.raises(InvalidInput, match="correct it"):
        ascii_address(address)


@pytest.mark.parametrize(
    ("mail_from", "name"), [("crm@example.com", "永昌精密制造"), ("采购部 <crm@example.com>", "采购部")]
)
def test_the_company_is_the_sender_s_name_unless_the_settings_give_one(mail_from: str, name: str) -> None:
    composer = Composer(mail_from, "example.com")
    rendered = replace(RENDERED, sender="永昌精密制造")
    content = composer.compose(message(), rendered, (), secret=TOKEN, is_answerable=True, at=MONDAY, to=APPROVER)
    assert parsed(content)["From"].addresses == (Address(name, addr_spec="crm@example.com"),)


@pytest.mark.parametrize("stop", ["", f"http://crm.example.com/d/{TOKEN}/stop"])
def test_a_digest_says_how_to_end_digests_and_keeps_no_secret_in_the_archive(stop: str) -> None:
    row = replace(message(), template="digest", request=None)
    content = COMPOSER.compose(
        row, replace(RENDERED, stop=stop), [], secret=TOKEN, is_answerable=True, at=MONDAY, to=APPROVER
    )
    said = str(parsed(content)["List-Unsubscribe"])
    assert f"<mailto:approvals+{TOKEN}@reply.example.com?subject=unsubscribe&body=unsubscribe>" in said
    assert (f"<{stop}>" in said) == bool(stop)
    assert parsed(content)["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if stop else None)
    assert TOKEN.encode() not in COMPOSER.mask(content, TOKEN)
    assert "List-Unsubscribe" not in parsed(compose())


def test_a_picture_that_the_page_names_stands_in_it_and_any_other_is_attached() -> None:
    html = RENDERED.html.replace("<p>", '<img src="cid:figures.png"><p>')
    files = [Attachment("figures.png", "image/png", b"png"), Attachment("other.png", "image/png", b"other")]
    content = compose(replace(RENDERED, html=html), *files)
    assert content == compose(replace(RENDERED, html=html), *files), "every copy is the same"
    mail = parsed(content)
    related = next(part for part in mail.walk() if part.get_content_type() == "multipart/related")
    page, picture = related.iter_parts()
    assert page.get_content_type() == "text/html"
    assert (picture["Content-ID"], picture.get_content_disposition(), picture.get_content()) == (
        "<figures.png>", "inline", b"png",
    )  # fmt: skip
    assert [part.get_filename() for part in mail.iter_attachments()] == ["other.png"]
    boundaries = [part.get_boundary() for part in mail.walk() if part.is_multipart()]
    assert len(boundaries) == len(set(boundaries)) == 3
