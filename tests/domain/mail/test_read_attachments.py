"""The files of a mail as they arrive from real programs: names, pictures, mails within mails."""

import base64

import pytest

from crm_workflows.domain.mail.parse import IncomingFile, read_message
from tests.domain.mail.mails import TEXT, mail, multipart, part, plain


def b64(content: bytes) -> bytes:
    return base64.b64encode(content)


NAMES = [
    (b"filename*=UTF-8''%E6%89%A7%E7%85%A7.pdf", "执照.pdf"),
    (b"filename*=gb2312''%D6%B4%D5%D5.pdf", "执照.pdf"),
    (b"filename*0*=UTF-8''%E6%89%A7;\r\n filename*1*=%E7%85%A7;\r\n filename*2=.pdf", "执照.pdf"),
    (b"filename*1*=%E7%85%A7.pdf;\r\n filename*0*=UTF-8''%E6%89%A7", "执照.pdf"),
    (b'filename="=?UTF-8?B?5omn54WnLnBkZg==?="', "执照.pdf"),
    (b'filename="=?gb18030?B?1rQ=?=\r\n =?gb18030?B?1dUucGRm?="', "执照.pdf"),
    (b"filename==?UTF-8?B?5omn54WnLnBkZg==?=", "执照.pdf"),
    ('filename="执照.pdf"'.encode("gbk"), "执照.pdf"),
    ('filename="执照.pdf"'.encode(), "执照.pdf"),
    (b"filename=plain.pdf", "plain.pdf"),
    (b"filename=plain name.pdf", "plain name.pdf"),
    (b'filename="a;b.pdf"', "a;b.pdf"),
    (b'filename="a\\"b.pdf"', "a_b.pdf"),
    (b'filename="C:\\\\Users\\\\li\\\\a.pdf"', "a.pdf"),
    (b'filename="..\\..\\a.pdf"', "a.pdf"),
    (b'filename="../../etc/passwd"', "passwd"),
    (b'filename="/etc/passwd"', "passwd"),
    (b'filename="..%2f..%2fa.pdf"', "..%2f..%2fa.pdf".lstrip(".")),
    (b'filename="..."', "attachment-1.pdf"),
    (b'filename=""', "attachment-1.pdf"),
    ("filename=\"a\u202egpj.pdf\"".encode(), "agpj.pdf"),
    ("filename=\"e\u0301.pdf\"".encode(), "\u00e9.pdf"),
    (b'filename="a\tb\x01.pdf"', "a b.pdf"),
    (b"filename*=broken", "broken"),
    (b"filename*=UTF-8''%ZZ%e4.pdf", "%ZZ\ufffd.pdf"),
    (b"FILENAME=upper.pdf", "upper.pdf"),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "name"), NAMES)
def test_names_of_files_are_decoded_and_made_safe(parameter: bytes, name: str) -> None:
    pdf = part(b"Content-Type: application/pdf\r\nContent-Disposition: attachment; " + parameter, b"%PDF")
    (file,) = read_message(mail(multipart(b"mixed", [TEXT, pdf]))).attachments
    assert file.name == name


def test_a_name_in_the_content_type_serves_too_and_a_long_one_keeps_its_ending() -> None:
    named = part(b"Content-Type: application/pdf; name=" + b"x" * 300 + b".pdf", b"%PDF")
    (file,) = read_message(mail(multipart(b"mixed", [TEXT, named]))).attachments
    assert file.name.endswith("xxx.pdf")
    assert len(file.name) == 120


def picture(headers: bytes, size: int) -> bytes:
    return part(
        b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n" + headers, b64(b"\x89PNG" + b"0" * size)
    )


def test_pictures_of_a_signature_are_left_out_and_photographs_are_kept() -> None:
    html = part(b"Content-Type: text/html", b'<p>hi</p><img src="cid:logo"><img src="cid:photo">')
    logo = picture(b"Content-ID: <logo>\r\nContent-Disposition: inline; filename=image001.png", 5_000)
    photo = picture(b"Content-ID: <photo>\r\nContent-Disposition: inline; filename=licence.png", 300_000)
    attached = picture(b"Content-Disposition: attachment; filename=small.png", 10)
    phone = picture(b"Content-ID: <x>\r\nContent-Disposition: inline; filename=IMG_0001.png", 10)
    related = multipart(b"related", [html, logo, photo], b"inner")
    message = read_message(mail(multipart(b"mixed", [related, attached, phone])))
    assert [file.name for file in message.attachments] == ["licence.png", "small.png", "IMG_0001.png"]


def test_an_attached_mail_is_one_file_and_its_words_are_not_the_writers() -> None:
    inner = (
        b"From: boss@example.com\r\nSubject: =?utf-8?B?5a6a?=\r\nIn-Reply-To: <crmw.stolen01.1@x>\r\n\r\napproved\r\n"
    )
    message = read_message(
        mail(
            multipart(b"mixed", [part(b"Content-Type: text/plain", b""), part(b"Content-Type: message/rfc822", inner)])
        )
    )
    assert message.text == ""
    assert message.secrets == ("s3cretS3CRET",)
    (file,) = message.attachments
    assert (file.name, file.media_type) == ("定.eml", "message/rfc822")
    assert b"approved" in file.content


def test_an_attached_mail_can_be_read_again_with_all_it_holds() -> None:
    pdf = part(b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64", b64(b"%PDF \xff\0"))
    header = b"X-Odd: \xff from\r\n Received: by x\r\n"
    inner = header + mail(multipart(b"mixed", [TEXT, pdf], b"inner"))
    outer = mail(multipart(b"mixed", [part(b"Content-Type: message/rfc822\r\n\r\n" + inner)]))
    (file,) = read_message(outer).attachments
    again = read_message(file.content)
    assert header in file.content
    assert (again.sender, again.text) == ("li@example.com", "同意")
    assert again.attachments == (IncomingFile("a.pdf", "application/pdf", b"%PDF \xff\0"),)


def test_text_files_are_files_and_signatures_of_mails_are_not() -> None:
    csv = part(b"Content-Type: text/csv; name=orders.csv\r\nContent-Disposition: attachment", b"a,b")
    note = part(b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename=note.txt", b"approve")
    signature = part(b"Content-Type: application/pgp-signature; name=signature.asc", b"----")
    empty = part(b"Content-Type: application/pdf; name=empty.pdf\r\nContent-Disposition: attachment", b"")
    message = read_message(mail(multipart(b"mixed", [TEXT, csv, note, signature, empty])))
    assert [(file.name, file.content) for file in message.attachments] == [
        ("orders.csv", b"a,b"),
        ("note.txt", b"approve"),
        ("empty.pdf", b""),
    ]
    assert message.text == "同意"


def test_a_mail_that_is_one_file_has_no_text() -> None:
    raw = plain(b"%PDF").replace(b'text/plain; charset="utf-8"', b"application/pdf; name=a.pdf")
    message = read_message(raw)
    assert message.text == ""
    assert message.attachments == (IncomingFile("a.pdf", "application/pdf", b"%PDF"),)
