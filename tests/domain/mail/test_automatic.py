"""Mail that a machine wrote, and reports about ours; and the mail of people, which must not be taken for it."""

import pytest

from crm_workflows.domain.mail.parse import Bounce, read_message
from crm_workflows.domain.text import in_language
from tests.domain.mail.mails import HEAD, mail, multipart, part, plain

AUTOMATIC = [
    b"Auto-Submitted: auto-replied",
    b"Auto-Submitted: auto-generated",
    b"Auto-Submitted: auto-replied (vacation)",
    b"Auto-Submitted: AUTO-NOTIFIED; owner-email=x@y.z",
    b"Return-Path: <>",
    b"Precedence: bulk",
    b"Precedence: auto_reply",
    b"Precedence: Junk",
    b"Precedence: list",
    b"X-Autoreply: yes",
    b"X-Autorespond: Re: x",
    b"X-Failed-Recipients: x@y.z",
    b"Subject: =?utf-8?B?6Ieq5Yqo5Zue5aSNOiBbU1YtMjAyNi0wMDA0Ml0=?=",
    *(
        f"Subject: {subject}".encode()
        for subject in (
            "自动回复: [SV-2026-00042]",
            "自动答复：[SV-2026-00042] 请审批",
            "自動回覆: x",
            "【自动回复】x",
            "回复：自动回复：x",
            "Automatic reply: x",
            "Auto-Reply: x",
            "AutoReply: x",
            "Auto Response",
            "Re: Out of Office: x",
            "Out of the office until Monday",
            "Automatische Antwort: x",
            "Abwesenheitsnotiz: x",
            "Réponse automatique : x",
            "Respuesta automática: x",
            "Resposta automática: x",
            "Risposta automatica: x",
            "Automatisch antwoord: x",
            "自動返信: x",
            "Автоответ: x",
        )
    ),
    b"From: MAILER-DAEMON@example.com",
    b"From: Mail Delivery System <Mailer-Daemon@mx.example.com>",
    b"From: postmaster@qq.com",
    b"From: no-reply@example.com",
    b"From: DoNotReply <do_not_reply@example.com>",
    b"From: <>",
]

BY_PEOPLE = [
    b"Auto-Submitted: no",
    b"Auto-Submitted: No (really)",
    b"Return-Path: <li@example.com>",
    b"Precedence: normal",
    b"X-Auto-Response-Suppress: OOF, AutoReply",
    b"X-Mailer: Foxmail 7",
    *(
        f"Subject: {subject}".encode()
        for subject in (
            "Re: [SV-2026-00042] 自动回复系统采购",
            "Re: [SV-2026-00042] Out of office furniture",
            "回复：[SV-2026-00042] 供应商认定",
            "答复: 自动化设备",
            "Automatic machines for packing",
            "Automobile parts",
            "不在场的说明",
        )
    ),
    b"From: reply@example.com",
    b"From: noreen@example.com",
    b"From: postmann@example.com",
]


def replaced(header: bytes) -> bytes:
    """A plain mail in which `header` stands in place of the one of that name."""
    name = header.partition(b":")[0] + b":"
    kept = b"".join(line for line in HEAD.splitlines(keepends=True) if not line.startswith(name))
    return header + b"\r\n" + kept + b"\r\napproved\r\n"


@pytest.mark.parametrize("header", AUTOMATIC)
def test_mail_of_machines_is_known_with_the_sign_it_was_known_by(header: bytes) -> None:
    message = read_message(replaced(header))
    assert message.is_automatic
    assert in_language(message.why_automatic, "zh") != in_language(message.why_automatic, "en")


@pytest.mark.parametrize("header", BY_PEOPLE)
def test_mail_of_people_is_not(header: bytes) -> None:
    message = read_message(replaced(header))
    assert (message.is_automatic, message.why_automatic, message.bounce) == (False, "", None)


def test_the_sender_of_the_dialogue_counts_as_the_return_path() -> None:
    assert read_message(plain("x"), envelope_sender="").is_automatic
    assert not read_message(plain("x"), envelope_sender="li@example.com").is_automatic
    assert not read_message(plain("x"), envelope_sender=None).is_automatic


STATUS = (
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
    b"Final-Recipient: rfc822; wang@example.com\r\nAction: %s\r\nStatus: 5.1.1\r\n\r\n"
    b"Final-Recipient: rfc822; <zhao@example.com>\r\nAction: delayed\r\nStatus: 4.2.2\r\n"
)
RETURNED = b"Message-ID: <crmw.s3cretS3CRET.17@crm.example.com>\r\nSubject: [SV-2026-00042]\r\n"


@pytest.mark.parametrize("original", [b"message/rfc822", b"text/rfc822-headers"])
@pytest.mark.parametrize(
    ("stated", "action"), [(b"failed", "failed"), (b"Delayed", "delayed"), (b"delivered", "delayed")]
)
def test_a_delivery_report_names_recipients_and_our_mail(original: bytes, stated: bytes, action: str) -> None:
    parts = [
        part(b"Content-Type: text/plain", b"sorry"),
        STATUS % stated,
        part(b"Content-Type: " + original, RETURNED + b"\r\nx"),
    ]
    message = read_message(mail(multipart(b"report; report-type=delivery-status", parts)))
    expected = Bounce(
        action, ("wang@example.com", "zhao@example.com"), "<crmw.s3cretS3CRET.17@crm.example.com>", "5.1.1"
    )
    assert message.bounce == expected
    assert message.is_automatic


def test_a_bounce_in_plain_words_is_read_too() -> None:
    body = (
        "很抱歉，您的邮件被退回。\r\n<wang@example.com>:\r\n550 5.1.1 User unknown\r\n\r\n--- 原信 ---\r\n"
        "Message-ID: <crmw.s3cretS3CRET.17@crm.example.com>\r\nTo: wang@example.com\r\n"
    )
    raw = replaced(b"From: PostMaster <PostMaster@qq.com>").replace(b"Re: [SV-2026-00042]", "系统退信".encode())
    bounce = read_message(raw.replace(b"approved\r\n", body.encode())).bounce
    assert bounce == Bounce("failed", ("wang@example.com",), "<crmw.s3cretS3CRET.17@crm.example.com>", "5.1.1")


def test_a_read_receipt_is_automatic_but_no_bounce() -> None:
    parts = [
        part(b"Content-Type: text/plain", b"read"),
        part(b"Content-Type: message/disposition-notification", b"Disposition: manual; displayed"),
    ]
    message = read_message(mail(multipart(b"report; report-type=disposition-notification", parts)))
    assert (message.is_automatic, message.is_bounce) == (True, False)


def test_a_person_who_forwards_a_bounce_is_still_a_person() -> None:
    report = multipart(b"report", [part(b"Content-Type: text/plain", b"x"), STATUS % b"failed"], b"inner")
    forwarded = part(
        b"Content-Type: message/rfc822", b"From: MAILER-DAEMON@x\r\nAuto-Submitted: auto-replied\r\n" + report
    )
    message = read_message(mail(multipart(b"mixed", [part(b"Content-Type: text/plain", b"see"), forwarded])))
    assert (message.is_automatic, message.bounce) == (False, None)
