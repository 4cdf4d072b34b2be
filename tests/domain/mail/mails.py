"""Small mails for these tests, put together byte by byte so that they can be as wrong as real ones."""

from collections.abc import Sequence

HEAD = (
    b"From: Li Lei <li@example.com>\r\nTo: approvals+s3cretS3CRET@crm.example.com\r\nSubject: Re: [SV-2026-00042]\r\n"
    b"Message-ID: <answer-1@example.com>\r\nDate: Mon, 02 Mar 2026 09:00:00 +0800\r\nMIME-Version: 1.0\r\n"
)


def plain(body: bytes | str, *headers: bytes, charset: bytes = b"utf-8") -> bytes:
    """A mail of one text/plain part; `headers` come first, so that they can replace those of HEAD."""
    said = body.encode() if isinstance(body, str) else body
    lines = b"".join(header + b"\r\n" for header in headers)
    return lines + HEAD + b'Content-Type: text/plain; charset="' + charset + b'"\r\n\r\n' + said


def multipart(kind: bytes, parts: Sequence[bytes], boundary: bytes = b"b0undary") -> bytes:
    """The header line and body of a multipart; each of `parts` has its own headers."""
    inside = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        b"Content-Type: multipart/"
        + kind
        + b'; boundary="'
        + boundary
        + b'"\r\n\r\n'
        + inside
        + b"--"
        + boundary
        + b"--\r\n"
    )


def mail(body: bytes) -> bytes:
    """A whole mail from HEAD and what `multipart` made."""
    return HEAD + body


def part(headers: bytes, content: bytes | str = b"") -> bytes:
    """One part with its header lines, separated by CRLF."""
    return headers + b"\r\n\r\n" + (content.encode() if isinstance(content, str) else content)


TEXT = part(b"Content-Type: text/plain; charset=utf-8", "同意")
