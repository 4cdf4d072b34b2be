"""The words in a file that somebody handed in, as far as they stand there as text (G-7).

It is called where it may be killed. It must not judge what the words mean, nor read pictures.
"""

import html
import io
import re
import zipfile
from typing import Final

from crm_workflows.domain.mail.decoding import decode_bytes

MOST: Final = 20_000_000
"""Bytes of all parts together that are unpacked."""
_PACKED: Final = b"PK\x03\x04"
_NO_TEXT: Final = (
    b"%PDF",
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"\xd0\xcf\x11\xe0",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
)
_PARTS: Final = (".xml", ".txt", ".csv", ".html")
_NEW_LINE: Final = re.compile(r"</(?:w:p|a:p|text:p|si|row|c|p|td|tr|div)>|<(?:br|w:br|w:tab)[^>]{0,200}>")
_TAG: Final = re.compile(r"<[^<>]{0,20000}>")


def words_in(content: bytes) -> str | None:
    """The words of a text, a page or a document of Word, Excel and the like; None for what cannot be looked into."""
    if content.startswith(_PACKED):
        return _unpacked(content)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if content.startswith(_NO_TEXT) or b"\0" in content[:1000]:
        return None
    text = decode_bytes(content[:MOST])
    return f"{text}\n{_without_tags(text)}" if "<" in text else text


def _unpacked(content: bytes) -> str | None:
    found, room = [], MOST
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part in archive.infolist():
                if part.filename.lower().endswith(_PARTS) and room > 0:
                    with archive.open(part) as stream:
                        raw = stream.read(room)
                    room -= len(raw)
                    found.append(_without_tags(raw.decode("utf-8", errors="replace")))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        return None
    return "\n".join(found) if found and room > 0 else None


def _without_tags(text: str) -> str:
    """One word may stand in several pieces, each in tags of its own."""
    return html.unescape(_TAG.sub("", _NEW_LINE.sub("\n", text)))
