"""The parts of a mail and their headers, within limits and without the standard library's structured header parser.

That parser raises on malformed headers and loses raw 8-bit names, so headers are kept as they came and read here. It
must not interpret text.
"""

import re
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Any, Final, cast
from urllib.parse import unquote_to_bytes

from crm_workflows.domain.mail import decoding
from crm_workflows.domain.mail.incoming import UnreadableMail

MOST_PARTS: Final = 200
DEEPEST: Final = 20
MOST_HEADERS: Final = 1000  # of the mail and all its parts together
LONGEST_HEADER: Final = 100_000  # bytes
LONGEST_STRUCTURED: Final = 10_000  # bytes of a header whose parameters are read
_STRUCTURED: Final = frozenset({"content-type", "content-disposition", "content-transfer-encoding"})
_PARAMETER = re.compile(
    r";\s*(?P<name>[\w.!#$%&'*+^`{|}~-]{1,60})\s*=\s*(?P<value>\"(?:[^\"\\]|\\.){0,4000}\"|[^;]{0,4000})"
)


class _Tally:
    """How much of a mail has been read so far."""

    def __init__(self) -> None:
        self.parts = -1  # the parser makes one to try, and throws it away
        self.headers = 0


class Part(Message):
    """One part of a mail; counts itself while the mail is parsed, so that a hostile one is stopped in time."""

    _payload: object  # the standard library's own, which its type information leaves out

    def __init__(self, tally: _Tally, policy: Any) -> None:
        super().__init__(policy)
        self._tally = tally
        self.depth = 0
        tally.parts += 1
        if tally.parts > MOST_PARTS:
            raise UnreadableMail(
                f"邮件的部分超过 {MOST_PARTS} 个，没有读取 / The mail has more than {MOST_PARTS} parts"
            )

    def attach(self, payload: Any) -> None:
        """Called by the parser when a part begins inside this one."""
        payload.depth = self.depth + 1
        if payload.depth > DEEPEST:
            raise UnreadableMail(f"邮件嵌套超过 {DEEPEST} 层，没有读取 / The mail is nested more than {DEEPEST} deep")
        super().attach(payload)

    def set_raw(self, name: str, value: Any) -> None:
        """Called by the parser for every header."""
        self._tally.headers += 1
        longest = LONGEST_STRUCTURED if name.lower() in _STRUCTURED else LONGEST_HEADER
        if self._tally.headers > MOST_HEADERS or len(value) > longest:
            raise UnreadableMail("邮件头过多或过长，没有读取 / The mail has too many or too long headers")
        super().set_raw(name, value)

    def get_content_type(self) -> str:
        """Asked by the parser, whose own reading of malformed headers can raise."""
        return self.media_type()

    def get_boundary(self, failobj: Any = None) -> Any:
        """Asked by the parser, whose own reading of malformed headers can raise."""
        return self.parameter("content-type", "boundary").rstrip() or failobj

    def children(self) -> list["Part"]:
        """The parts directly inside, also of an attached mail; empty for a leaf."""
        return cast("list[Part]", self.get_payload()) if self.is_multipart() else []

    def raw_headers(self, name: str) -> list[str]:
        """All raw values of a header, 8-bit bytes as lone surrogates, folds kept."""
        return [str(value) for key, value in self.raw_items() if key.lower() == name]

    def header(self, name: str) -> str:
        """The first value of a header as readable text on one line, or an empty string."""
        values = self.raw_headers(name)
        return decoding.readable(values[0]).strip() if values else ""

    def media_type(self) -> str:
        """The media type in lower case; when malformed `text/plain` (RFC 2045 §5.2)."""
        value = self.header("content-type").partition(";")[0].strip().lower() or self.get_default_type()
        return value if re.fullmatch(r"[\w.+-]{1,80}/[\w.+-]{1,80}", value) else "text/plain"

    def disposition(self) -> str:
        """`attachment`, `inline` or an empty string."""
        return self.header("content-disposition").partition(";")[0].strip().lower()

    def parameter(self, header: str, name: str) -> str:
        """A parameter of a header with RFC 2231, RFC 2047 and bare 8-bit values decoded; empty when absent."""
        values = self.raw_headers(header)
        return _parameter(values[0], name) if values else ""

    def content(self) -> bytes:
        """The bytes of a leaf after its transfer encoding; of an attached mail, that mail."""
        children = self.children()
        if children:
            return b"\r\n".join(_as_bytes(child) for child in children)
        return decoding.decode_transfer(self.transferred(), self.header("content-transfer-encoding"))

    def transferred(self) -> bytes:
        """The bytes of a leaf as they were in the mail."""
        # `get_payload` would decode by whatever charset the mail names, and raise on malformed parameters.
        return str(self._payload or "").encode("utf-8", "surrogateescape")

    def text(self) -> str:
        """A leaf as text."""
        return decoding.decode_bytes(self.content(), self.parameter("content-type", "charset"))


def parse_parts(raw: bytes) -> Part:
    """The tree of parts of a mail; raises UnreadableMail beyond the limits."""
    tally = _Tally()

    def make(policy: Any = compat32) -> Part:
        return Part(tally, policy)

    return cast("Part", BytesParser(make, policy=compat32).parsebytes(raw))


def _as_bytes(part: Part) -> bytes:
    """An attached mail written out again, headers as they came; the standard library's generator raises on bad ones."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in part.raw_items())
    return headers.encode("utf-8", "surrogateescape") + b"\r\n" + _body_bytes(part)


def _body_bytes(part: Part) -> bytes:
    children = [_as_bytes(child) for child in part.children()]
    if not children:
        return part.transferred()
    if part.media_type().startswith("message/"):
        return b"\r\n".join(children)
    boundary = b"--" + str(part.get_boundary("")).encode("utf-8", "replace")
    return b"".join(boundary + b"\r\n" + child + b"\r\n" for child in children) + boundary + b"--\r\n"


def _parameter(raw: str, wanted: str) -> str:
    text = re.sub(r"[\r\n]+[ \t]*", " ", decoding.bytes_as_text(raw))
    plain = ""
    pieces: dict[int, tuple[str, bool]] = {}
    for found in _PARAMETER.finditer(text):
        name, value = found["name"].lower(), _unquoted(found["value"].strip())
        base, star, number = name.removesuffix("*").partition("*")
        if base != wanted:
            continue
        if not star and not name.endswith("*"):
            plain = plain or decoding.decode_words(value)
        elif len(number) < 4 and (number.isdecimal() or not number):
            pieces.setdefault(int(number or 0), (value, name.endswith("*")))
    return _joined(pieces) or plain


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231 pieces in order; the first names the charset, and a piece may be percent-encoded or not."""
    if not pieces:
        return ""
    charset, raw = "utf-8", b""
    for number, (value, extended) in sorted(pieces.items()):
        if number == 0 and extended and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw += unquote_to_bytes(value) if extended else value.encode("utf-8", "replace")
    return decoding.decode_bytes(raw, charset)


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        # Windows paths come unescaped; a backslash is dropped only before what it can escape.
        return re.sub(r"\\([\"\\])", r"\1", value[1:-1])
    return value
