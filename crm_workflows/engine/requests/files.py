"""Files and mails in memory on their way in or out, and by what they are known. It must not judge whether they are
wanted."""

import hashlib
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """A file as handed in: the name as the sender gave it, without any path."""

    filename: str
    media_type: str
    content: bytes
    kind: str | None = None
    """The kind of paper that the sender chose for it; None leaves it to the name."""


def mail_identity(message_id: str, sender: str, raw: bytes) -> str:
    """The same for every copy of a mail: copies from two mailboxes differ in the headers of their ways, not in these.

    A mail without Message-ID is only itself. The record names a mail by it, so that no other can stand in its place.
    """
    body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1] if message_id else raw
    plain = b"\n".join(line.rstrip() for line in body.splitlines()).strip()
    said = f"{message_id}|{sender}|{sha256_of(plain)}"
    return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:20]


def sha256_of(content: bytes) -> str:
    """The hexadecimal SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()
