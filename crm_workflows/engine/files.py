"""Files in memory on their way in or out. It must not judge whether a file is wanted."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class File:
    """A file as handed in: the name as the sender gave it, without any path."""

    filename: str
    media_type: str
    content: bytes
    kind: str | None = None
    """The kind of paper that the sender chose for it; None leaves it to the name."""


def sha256_of(content: bytes) -> str:
    """The hexadecimal SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()
