"""Reads the answer to a digest: `1-5 同意, 6 驳回 无执照` (G-10). It must not know the items, only their numbers."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from crm_workflows.domain.mail import grammar, words
from crm_workflows.domain.mail.doubt import is_doubtful
from crm_workflows.domain.mail.reading import DigestItem, Reading, ReadingKind

_MOST_ITEMS: Final = 200
_RANGE = r"\d{1,3}(?: ?[-~–—至到] ?\d{1,3})?"
_ITEM = re.compile(
    rf"(?<![^\s,;。.、])(?P<numbers>{_RANGE}(?: ?[,、&和] ?{_RANGE})*) ?[.:)号项]? ?"
    r"(?P<word>不同意|同意|批准|通过|通過|驳回|駁回|拒绝|拒絕|退回|(?:approved?|reject(?:ed)?|send back)(?![a-z]))",
    re.IGNORECASE,
)
_STARTS_LIKE_ITEM = re.compile(r"\d{1,3}(?!\d)")
_NOT_UNDERSTOOD: Final = "按编号的答复没有读懂 / The answer by numbers was not understood"
_TWICE: Final = "同一编号有两个答复，或编号范围不对 / A number is answered twice, or a range is wrong"
_READ: Final = "按编号读出的答复 / An answer by numbers"


def read_digest(line: str, rest: Sequence[str]) -> Reading | None:
    """The answer by numbers that begins on the cleaned first `line`; None when the line is not one.

    Lines of `rest` that begin with a number belong to it. One part that is not understood makes the whole unclear.
    """
    if not _ITEM.match(line):
        return None
    numbered = [line, *(cleaned for cleaned in map(words.clean_line, rest) if _STARTS_LIKE_ITEM.match(cleaned))]
    items: list[DigestItem] = []
    for answer in numbered:
        found = list(_items(answer)) if _ITEM.match(answer) and not words.is_question(answer) else [None]
        for item in found:
            if item is None:
                return grammar.unclear(line, rest, _NOT_UNDERSTOOD)
            items.append(item)
    answered = [number for item in items for number in item.numbers]
    if len(set(answered)) != len(answered) or not all(item.numbers for item in items) or len(answered) > _MOST_ITEMS:
        return grammar.unclear(line, rest, _TWICE)
    others = [text for text in rest if not _STARTS_LIKE_ITEM.match(words.clean_line(text))]
    doubtful = next(filter(is_doubtful, others), None)
    if doubtful is not None and any(item.kind == "approve" for item in items):
        return grammar.unclear(line, rest, grammar.why_doubtful(doubtful))
    return Reading("digest", None, "\n".join(others).strip(), _READ, tuple(items))


def _items(answer: str) -> Iterator[DigestItem | None]:
    found = list(_ITEM.finditer(answer))
    for index, match in enumerate(found):
        end = found[index + 1].start() if index + 1 < len(found) else len(answer)
        said = answer[match.end("word") : end].strip(words.SEPARATORS)
        reading = grammar.read_line(f"{match['word']} {said}".strip(), ())
        decided: tuple[ReadingKind, ...] = ("approve", "reject", "send_back")
        if reading.kind not in decided:
            yield None
        else:
            yield DigestItem(_numbers(match["numbers"]), reading.kind, reading.target, reading.comment)


def _numbers(written: str) -> tuple[int, ...]:
    """The numbers of "1-3、5"; empty when a range runs backwards, starts at 0 or is too long to be meant."""
    numbers: list[int] = []
    for part in re.split(r"[,、&和]", written):
        bounds = [int(bound) for bound in re.findall(r"\d+", part)]
        if bounds[0] < 1 or bounds[-1] < bounds[0]:
            return ()
        numbers.extend(range(bounds[0], bounds[-1] + 1))
    return tuple(numbers)
