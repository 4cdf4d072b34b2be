"""From the bytes of a mail to text, whatever its charset is called; no byte is dropped silently.

It must not know about whole mails. Only charsets on the list are used: Python knows codecs (punycode) that a hostile
mail could name to make reading slow.
"""

import base64
import binascii
import codecs
import quopri
import re
from typing import Final

# What calls itself one of these is often written in the larger set that contains it.
_WIDER: Final = {"gb2312": "gb18030", "gbk": "gb18030", "ascii": "utf-8", "iso8859-1": "cp1252", "big5": "big5hkscs"}
_KNOWN: Final = re.compile(
    r"utf-(?:8|8-sig|16|16-le|16-be|32|32-le|32-be|7)|gb18030|hz|big5|big5hkscs|cp\d{3,4}|iso8859-\d{1,2}|koi8-[rut]|"
    r"euc_(?:jp|kr)|shift_jis(?:x0213|_2004)?|iso2022_(?:jp\w*|kr)|johab|tis-620|mac-\w+|ptcp154"
)
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_ENCODED_WORD: Final = re.compile(
    r"=\?([\w.:+-]{1,40})(?:\*[\w-]{0,20})?\?([bq])\?([^?\s]{0,8000}| *[^?]{0,200})\?=", re.IGNORECASE
)


def charset_codec(name: str) -> str | None:
    """The Python codec for a charset's name in a mail, widened where senders use it loosely; None when unknown."""
    try:
        codec = codecs.lookup(name.strip(" \"'").lower().removeprefix("x-")[:40]).name
    except (LookupError, ValueError):
        return None
    codec = _WIDER.get(codec, codec)
    return codec if _KNOWN.fullmatch(codec) else None


def decode_bytes(raw: bytes, charset: str = "") -> str:
    """Text of `raw`; bytes that fit neither the named charset nor UTF-8 nor GB18030 show as U+FFFD."""
    named = charset_codec(charset) if charset else None
    for codec in (named, "utf-8", "gb18030"):
        if codec is None:
            continue
        try:
            return storable(raw.decode(codec))
        except UnicodeError:
            continue
    return storable(raw.decode(named or "utf-8", "replace"))


def bytes_as_text(value: str) -> str:
    """A raw header value, with the 8-bit bytes that the parser keeps as lone surrogates read as UTF-8 or GB18030."""
    if any("\udc80" <= char <= "\udcff" for char in value):
        return decode_bytes(value.encode("utf-8", "surrogateescape"))
    return storable(value)


def storable(text: str) -> str:
    """`text` with what neither UTF-8 nor PostgreSQL can hold (lone surrogates, NUL) as U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def readable(value: str) -> str:
    """A header's raw value as text on one line, with RFC 2047 words decoded; bare 8-bit bytes as UTF-8 or GB18030."""
    return decode_words(re.sub(r"[\r\n]+[ \t]*", " ", bytes_as_text(value)))


def decode_words(text: str) -> str:
    """`text` with its RFC 2047 words decoded; a character split between two words is put together again."""
    out: list[str] = []
    pending, pending_charset, last_end = b"", "", 0
    for found in _ENCODED_WORD.finditer(text):
        between = text[last_end : found.start()]
        charset = found[1]
        if pending_charset and (between.strip() or charset.lower() != pending_charset.lower()):
            out.append(decode_bytes(pending, pending_charset))
            pending = b""
        if between.strip() or not pending_charset:
            out.append(between)
        pending, pending_charset = pending + _word_bytes(found[2], found[3]), charset
        last_end = found.end()
    if pending_charset:
        out.append(decode_bytes(pending, pending_charset))
    return "".join([*out, text[last_end:]])


def decode_transfer(raw: bytes, encoding: str) -> bytes:
    """The bytes behind a Content-Transfer-Encoding (RFC 2045 §6); damaged or unknown ones give what can be had."""
    name = encoding.partition(";")[0].strip().lower()
    if name == "base64":
        return _from_base64(raw)
    if name == "quoted-printable":
        return quopri.decodestring(raw)
    if name in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _from_uu(raw)
    return raw


def _from_base64(raw: bytes) -> bytes:
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return base64.b64decode(kept + b"=" * (-len(kept) % 4))


def _from_uu(raw: bytes) -> bytes:
    out: list[bytes] = []
    for line in raw.splitlines():
        if line.startswith(b"begin ") or line in (b"", b"`", b"end"):
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            return raw
    return b"".join(out)


def _word_bytes(encoding: str, said: str) -> bytes:
    raw = said.encode("utf-8", "replace")
    return quopri.decodestring(raw, header=True) if encoding.lower() == "q" else _from_base64(raw)
