"""Who a mail says it is from, read strictly: anything but one plain mailbox is refused with the cause.

The standard library reads `li@example.com <evil@x.com>` as li@example.com; a decision must not rest on that. It must
not judge whether the sender is who they say (authentication) or may decide.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crm_workflows.domain.mail.decoding import bytes_as_text, readable

_LONGEST: Final = 2000
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]{1,64}"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM}){{0,16}}@{_LABEL}(?:\.{_LABEL}){{0,10}}")
_LOOSE = re.compile(r"[^\s<>,;:\"()\[\]\\]{1,128}@[^\s<>,;:\"()\[\]\\]{1,255}")
# Control characters, and those that hide or turn text in what a person sees of the name.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")

_NONE: Final = "邮件没有写明发件人 / The mail does not say who sent it"
_SEVERAL: Final = "邮件写了不止一个发件人 / The mail names more than one sender"
_MALFORMED: Final = "发件人地址写法不规范 / The sender's address is not well formed"
_MISLEADING: Final = "发件人名称里写着另一个邮箱地址 / The sender's name holds a different address"


@dataclass(frozen=True, slots=True)
class Sender:
    """`address` in lower case, or None with the `problem` ("中文 / English"); `name` for display only."""

    address: str | None
    name: str
    problem: str


def read_sender(headers: Sequence[str]) -> Sender:
    """The one sender that the raw values of all From headers state (RFC 5322 §3.6.2, without groups and lists)."""
    raw = re.sub(r"\r?\n(?=[ \t])", "", bytes_as_text(headers[0])).strip() if headers else ""
    if not raw:
        return Sender(None, "", _NONE)
    if len(headers) > 1:
        return Sender(None, "", _SEVERAL)
    if len(raw) > _LONGEST or _UNSEEN.search(raw) or "\n" in raw or "\r" in raw:
        return Sender(None, "", _MALFORMED)
    return _read_mailbox(raw)


def _read_mailbox(raw: str) -> Sender:
    scanned = _scan(raw)
    if scanned is None:
        return Sender(None, "", _MALFORMED)
    plain, quoted = scanned
    if "," in plain or ";" in plain:
        return Sender(None, "", _SEVERAL)
    name, opening, rest = plain.partition("<")
    if not opening:
        return _sender(plain.strip(), "")
    address, closing, after = rest.partition(">")
    if not closing or after.strip() or "<" in address or ">" in name:
        return Sender(None, "", _MALFORMED)
    for said in quoted:
        name = name.replace("\0", said, 1)
    return _sender(address.strip(), name)


def _sender(address: str, name: str) -> Sender:
    shown = " ".join(readable(name).split())
    if not _ADDRESS.fullmatch(address) or "=?" in address or _UNSEEN.search(shown):
        return Sender(None, "", _MALFORMED)
    address = address.lower()
    others = {found.lower().strip(".'") for found in _LOOSE.findall(shown)} - {address}
    return Sender(None, shown, _MISLEADING) if others else Sender(address, shown, "")


def _scan(raw: str) -> tuple[str, list[str]] | None:
    """`raw` with each quoted string as one NUL and each comment as a space, and the quoted strings; None if unbalanced.

    A space where a comment stood makes an address with a comment inside malformed: readers disagree about those.
    """
    plain: list[str] = []
    quoted: list[str] = []
    depth, in_quotes, escaped = 0, False, False
    for char in raw:
        if escaped:
            escaped = False
        elif char == "\\" and (in_quotes or depth):
            escaped = True
            continue
        elif char == '"' and not depth:
            in_quotes = not in_quotes
            if in_quotes:
                quoted.append("")
                plain.append("\0")
            continue
        elif not in_quotes and char in "()":
            depth += 1 if char == "(" else -1
            if depth < 0:
                return None
            plain.append(" ")
            continue
        if in_quotes:
            quoted[-1] += char
        elif not depth:
            plain.append(char)
    return None if depth or in_quotes or escaped else ("".join(plain), quoted)


def addresses_in(headers: Sequence[str]) -> tuple[str, ...]:
    """Every address in the raw values of address headers, in order, each once, in the case it was written."""
    found = (address for value in headers for address in _LOOSE.findall(readable(value)))
    return tuple(dict.fromkeys(found))
