"""What the writer of a reply wrote: quotes, signatures, client lines and banners are cut, line by line.

Every line is looked at a bounded number of times, so that 1 MB takes well under a second whatever it holds. It must not
guess: where quoted text is not marked as such, everything after its header is cut, and an answer hidden there is asked
for again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crm_workflows.domain.mail import markers

_LINE_ENDS = re.compile(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_ORNAMENT = re.compile(r"^[\s*_=~#—–―-]*$")
_FLATTENED: Final = ("原始邮件", "回复的原邮件", "转发邮件", "Original", "original message", "Original Message")
_MOST_LINES: Final = 5000  # of the writer's own; nobody writes more, and what follows is marked as left out
_WRAPPED_AT: Final = 60  # a quoted line this long may have been broken by a mail program without marking its rest


@dataclass(frozen=True, slots=True)
class Parts:
    """`own` is what the writer wrote, `forwarded` what they passed on without a word of their own; `own` decides."""

    own: str
    forwarded: str


def visible_text(text: str) -> str:
    """The text to show as the answer; of a mail that was only forwarded, what it forwards. See `split_reply`."""
    parts = split_reply(text)
    return parts.own or parts.forwarded


def split_reply(text: str) -> Parts:
    """Cut `text` (a decoded body) into the writer's own words and, where there are none, the mail they forwarded."""
    lines = [piece for line in _LINE_ENDS.split(text) for piece in _unflattened(line)]
    own, stopped_at = _own_lines(lines, _after_banner(lines))
    words = _tidy(own)
    forwarded = ""
    if not words and stopped_at < len(lines) and markers.is_forward(lines[stopped_at]):
        forwarded = _tidy(lines[_after_headers(lines, stopped_at + 1) :])
    return Parts(words, forwarded)


def _own_lines(lines: Sequence[str], start: int) -> tuple[list[str], int]:
    """The lines to keep, and the index of the line at which the rest was cut."""
    kept: list[str] = []
    something_said = False
    index = start
    while index < len(lines):
        line = lines[index]
        if not line.strip():
            kept.append("")
            index += 1
            continue
        if markers.is_quote(line):
            index = _after_quote(lines, index)
            continue
        attributed = markers.attribution_end(lines, index)
        if attributed:
            quoted = _quote_follows(lines, attributed)
            if not quoted:
                return kept, index
            index = quoted
            continue
        if _cuts(lines, index, something_said):
            return kept, index
        if len(kept) > _MOST_LINES:
            return [*kept, "[…]"], index
        if not markers.is_client_line(line):
            kept.append(line)
            something_said = something_said or not _ORNAMENT.match(line[:200])
        index += 1
    return kept, index


def _cuts(lines: Sequence[str], index: int, something_said: bool) -> bool:
    line = lines[index]
    if markers.is_delimiter(line) or markers.is_signature_rule(line) or markers.header_block_end(lines, index):
        return True
    return something_said and (markers.is_client_line(line) or markers.is_disclaimer(line))


def _after_quote(lines: Sequence[str], index: int) -> int:
    """The first line after a run of quoted ones, together with what a mail program wrapped out of it unmarked."""
    while index < len(lines):
        if not markers.is_quote(lines[index]):
            wrapped = len(lines[index - 1].rstrip()) >= _WRAPPED_AT and markers.bare(lines[index][:200])
            if not (wrapped and index + 1 < len(lines) and markers.is_quote(lines[index + 1])):
                break
        index += 1
    return index


def _quote_follows(lines: Sequence[str], index: int) -> int:
    """Where the marked quote below an attribution is over; 0 when what follows is not marked as quoted."""
    while index < len(lines) and not markers.bare(lines[index][:40]):
        index += 1
    if index == len(lines):
        return 0
    if markers.is_quote(lines[index]):
        return _after_quote(lines, index)
    start = index
    while index < len(lines) and lines[index].startswith("|"):
        index += 1
    return index if index > start else 0


def _after_banner(lines: Sequence[str]) -> int:
    """The first line after the warning of a mail gateway, which is a paragraph of its own above the text."""
    index = 0
    while index < len(lines) and _ORNAMENT.match(lines[index][:200]):
        index += 1
    if index == len(lines) or not markers.is_banner(lines[index]):
        return 0
    while index < len(lines) and lines[index].strip():
        index += 1
    return index


def _after_headers(lines: Sequence[str], index: int) -> int:
    """The first line of a forwarded mail's text: after its block of headers and one empty line."""
    while index < len(lines) and not lines[index].strip():
        index += 1
    while index < len(lines) and lines[index].strip():
        index += 1
    return index


def _unflattened(line: str) -> list[str]:
    """A line that QQ mail made of a whole mail, broken again before the mail it answers; else the line itself."""
    if len(line) < 10 or markers.is_quote(line):
        return [line]
    for words in _FLATTENED:
        at = line.find(words)
        if at > 0 and line[max(0, at - 60) : at].rstrip("* \xa0").endswith("---"):
            return _broken(line, len(line[:at].rstrip("* \xa0").rstrip("-")))
    for first, others in (
        ("发件人", ("收件人", "主题")),
        ("From:", ("Sent:", "Subject:")),
        ("From:", ("Date:", "Subject:")),
    ):
        at = line.find(first)
        if at > 0 and all(line.find(other, at) > 0 for other in others):
            return _broken(line, at)
    at = line.find("写道")
    if at > 0:
        opening = re.search(r"在\s?\d{4}", line[max(0, at - 200) : at])
        if opening:
            return _broken(line, max(0, at - 200) + opening.start(), at + 3)
    return [line]


def _broken(line: str, at: int, until: int = 0) -> list[str]:
    if not line[:at].strip():
        return [line]
    return [line[:at], *(["-----Original Message-----"] if not until else [line[at:until], line[until:]])]


def _tidy(lines: Sequence[str]) -> str:
    """Without outer empty lines, trailing space, and the rule that some programs draw above what they quote."""
    kept = [line.rstrip() for line in lines]
    while kept and _ORNAMENT.match(kept[-1][:200]):
        kept.pop()
    first = next((index for index, line in enumerate(kept) if markers.bare(line[:200])), len(kept))
    return "\n".join(kept[first:])
