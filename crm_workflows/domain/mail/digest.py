"""Reads the answer to a digest: `1-5 同意, 6 驳回 无执照`, `全部同意`, one a line or in one line (G-10).

What is not understood leaves its own items undecided and no others, but doubt that names no item holds for all that is
approved. It must not know the items, only their numbers, and decides nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from crm_workflows.domain.mail import digest_words as d
from crm_workflows.domain.mail import grammar, words
from crm_workflows.domain.mail.doubt import is_doubtful
from crm_workflows.domain.mail.reading import DigestItem, Reading, ReadingKind, Scope

MOST_ITEMS: Final = 200
LONGEST: Final = 20_000
"""Characters of an answer that is looked at; nobody writes more."""
READ: Final = "按编号读出的答复 / An answer by numbers"
NOT_UNDERSTOOD: Final = "按编号的答复没有读懂 / The answer by numbers was not understood"
TWICE: Final = "同一编号有两个答复，或编号范围不对 / A number is answered twice, or a range is wrong"
NAMED_AGAIN: Final = "别处又提到这个编号，不能确定 / This number is named elsewhere too, so it is not certain"
_STRUCK_OUT: Final = words.clean_line(words.STRUCK_OUT)


@dataclass(frozen=True, slots=True)
class _Token:
    """One decision word of a line with the numbers before it; without a word it only names numbers."""

    start: int
    end: int
    word: str
    scope: Scope = "numbers"
    listed: str = ""


def read_digest(line: str, rest: Sequence[str]) -> Reading | None:
    """The answer by numbers that begins on the cleaned first `line`; None when the line is not one.

    For whoever does not know how many items there are: one part that is not understood makes the whole unclear.
    """
    if not d.ITEM.match(line):
        return None
    items, free = items_of([line, *rest])
    unclear = next((item for item in items if item.kind == "unclear"), None)
    if unclear is not None:
        return grammar.unclear(line, rest, unclear.why)
    answered = [number for item in items for number in item.numbers]
    if len(set(answered)) != len(answered) or len(answered) > MOST_ITEMS or any(i.scope != "numbers" for i in items):
        return grammar.unclear(line, rest, TWICE)
    return Reading("digest", None, "\n".join(free).strip(), READ, tuple(items))


def items_of(lines: Sequence[str]) -> tuple[list[DigestItem], list[str]]:
    """The parts of an answer, and its lines that are none; no parts where the first line is not an answer."""
    cleaned = [_without_bullet(words.clean_line(line[: words.LONGEST_LINE])) for line in lines]
    begin = next((at for at, line in enumerate(cleaned) if not is_greeting(line)), len(cleaned))
    if sum(map(len, lines)) > LONGEST or begin == len(cleaned) or not is_answer(cleaned[begin]):
        return [], list(lines)
    if any(_STRUCK_OUT in line for line in cleaned):
        return [DigestItem((), "unclear", None, "", "all", grammar.STRUCK_OUT)], []
    items: list[DigestItem] = []
    free = [at for at in range(begin, len(lines)) if not is_answer(cleaned[at])]
    for at in range(begin, len(lines)):
        if at not in free:
            below = next((later for later in range(at + 1, len(lines)) if later not in free), len(lines))
            items += _of_line(cleaned[at], lines[at + 1 : below])
    said = [lines[at] for at in free]
    items += [_unclear(named, NAMED_AGAIN, line) for line in said if (named := _mentioned(words.clean_line(line)))]
    return _doubted(items, said), said


def is_answer(line: str) -> bool:
    """Whether a cleaned line speaks of items by number, of all or of the rest."""
    if d.ITEM.match(line) or d.ALL.match(line) or d.REST.match(line) or d.EXCEPT_FIRST.match(line):
        return True
    if d.APPROVED_LIST.fullmatch(line):
        return True
    return bool(d.STARTS_WITH_NUMBER.match(line)) and not _counts(line)


def _counts(line: str) -> bool:
    """Whether a cleaned line begins by counting days, money or things."""
    number = d.STARTS_WITH_NUMBER.match(line)
    return bool(number and d.COUNTS_SOMETHING.match(line, number.end()))


def _doubted(items: Sequence[DigestItem], free: Sequence[str]) -> list[DigestItem]:
    """What is approved is unclear where a line beside it could take it back, limit it or make it conditional.

    What is approved without naming it is unclear where anything but courtesies stands beside it: a note that no list
    knows ("the pumps smell") may be about any one of them, which would be decided all the same.
    """
    doubtful = next((line for line in free if is_doubtful(line) or _counts(words.clean_line(line))), None)
    note = doubtful or next((line for line in free if not is_greeting(words.clean_line(line))), None)
    if note is None:
        return list(items)
    held = [item for item in items if item.kind == "approve" and (doubtful is not None or item.scope != "numbers")]
    why = grammar.why_doubtful(note)
    return [replace(item, kind="unclear", why=why) if item in held else item for item in items]


def _of_line(line: str, below: Sequence[str]) -> list[DigestItem]:
    """The parts of one line; `below` are the lines that go on with its last part."""
    alone = d.APPROVED_LIST.fullmatch(line)
    if alone:
        return [_numbered(alone["numbers"], "approve", None, "")]
    first = d.EXCEPT_FIRST.match(line)
    tokens = list(_tokens(line, first.end() if first else 0))
    found: list[DigestItem] = []
    for index, token in enumerate(tokens):
        is_last = index + 1 == len(tokens)
        said = line[token.end : len(line) if is_last else tokens[index + 1].start]
        before = line[tokens[index - 1].end : token.start] if index else ""
        parts = _of_token(token, said, before, below if is_last else ())
        if parts is None:
            return _spoilt(line, tokens)
        found += parts
    if first and found:
        found[0] = replace(found[0], scope="all", numbers=_numbers(first["numbers"]))
    return found if not words.is_question(line) else _spoilt(line, tokens)


def _tokens(line: str, start: int) -> Iterator[_Token]:
    """The decision words of a line in order: at its start, then wherever a number and a word stand apart."""
    whole = next((m for m in (d.ALL.match(line, start), d.REST.match(line, start)) if m), None)
    item = d.ITEM.match(line, start)
    if whole:
        yield _broad(whole, "all" if d.ALL.match(line, start) else "rest")
        end = whole.end()
    elif item:
        yield _Token(start, item.end("word"), item["word"], listed=item["numbers"])
        end = item.end("word")
    else:
        number = d.STARTS_WITH_NUMBER.match(line, start)
        if number is None:
            return
        yield _Token(start, number.end(), "", listed=number["numbers"])
        end = number.end()
    while True:
        rest, within = d.REST_WITHIN.search(line, end), d.ITEM.match(line, end) or d.WITHIN.search(line, end)
        if within and (rest is None or within.start() < rest.start()):
            yield _Token(within.start(), within.end("word"), within["word"], listed=within["numbers"])
            end = within.end("word")
        elif rest:
            yield _broad(rest, "rest")
            end = rest.end()
        else:
            return


def _broad(found: re.Match[str], scope: Scope) -> _Token:
    word = next(value for name, value in found.groupdict().items() if name.startswith("word") and value)
    return _Token(found.start(), found.end(), word, scope)


def _of_token(token: _Token, said: str, before: str, below: Sequence[str]) -> list[DigestItem] | None:
    """What one decision word says; None where it makes the whole line unclear. `before` is what stands before it."""
    if not token.word:
        return None
    is_reason = bool(words.without_courtesies(before))
    if is_reason and d.LEADS_ON.search(before.rstrip()):
        return None
    listed, doubtful = token.listed, ""
    if is_reason and token.scope == "numbers":
        # Numbers behind a reason may still belong to it; only the one beside the word certainly does not.
        doubtful, listed = _last_of(listed)
    excepted = d.EXCEPT.match(said) if token.scope == "all" else None
    left = said[excepted.end() :] if excepted else said
    reading = _read(token.word, left, below)
    if reading is None:
        return None
    if token.scope != "numbers":
        numbers = _numbers(excepted["numbers"]) if excepted else ()
        made = DigestItem(numbers, reading.kind, reading.target, reading.comment, token.scope, _why(reading))
        return [made]
    made = _numbered(listed, reading.kind, reading.target, reading.comment, _why(reading))
    return [made, *([_unclear(_numbers(doubtful), NAMED_AGAIN, said)] if doubtful else [])]


def _read(word: str, said: str, below: Sequence[str]) -> Reading | None:
    """The reading of a word and what follows it; `unclear` where only a reason is missing, None for anything else."""
    told = said.strip(words.SEPARATORS)
    if re.fullmatch(d.YES, word, re.IGNORECASE):
        is_clean = not words.without_courtesies(said) and ".." not in said and "。。" not in said
        return Reading("approve", None, "", READ) if is_clean else None
    command = word + said.rstrip(words.SEPARATORS)
    if word.lower() == "no":
        if told and (d.NO_OBJECTION.match(said) or not d.NO_WITH_REASON.match(said)):
            return Reading("unclear", None, told, NOT_UNDERSTOOD)
        command = f"reject: {told}".rstrip(": ")
    reading = grammar.read_line(command, below)
    decided: tuple[ReadingKind, ...] = ("reject", "send_back")
    if reading.kind in decided or reading.why == grammar.NEEDS_REASON:
        return reading
    return None


def _spoilt(line: str, tokens: Sequence[_Token]) -> list[DigestItem]:
    """Every number of a line that is not understood is unclear, and so is what it says of all or of the rest."""
    named = {number for token in tokens for number in _numbers(token.listed)} | set(_mentioned(line))
    broad = [DigestItem((), "unclear", None, line, t.scope, NOT_UNDERSTOOD) for t in tokens if t.scope != "numbers"]
    return [*broad, _unclear(tuple(sorted(named)), NOT_UNDERSTOOD, line)]


def _numbered(listed: str, kind: ReadingKind, target: str | None, comment: str, why: str = "") -> DigestItem:
    numbers = _numbers(listed)
    if not numbers or len(set(numbers)) != len(numbers):
        return _unclear(tuple(map(int, re.findall(r"\d+", listed))), TWICE, comment)
    return DigestItem(numbers, kind, target, comment, why=why)


def _unclear(numbers: tuple[int, ...], why: str, comment: str) -> DigestItem:
    return DigestItem(numbers, "unclear", None, comment, why=why)


def _why(reading: Reading) -> str:
    return reading.why if reading.kind == "unclear" else ""


def _last_of(listed: str) -> tuple[str, str]:
    """A list of numbers before its last one, and that one."""
    last = list(re.finditer(d.RANGE, listed))[-1]
    return listed[: last.start()], listed[last.start() :]


def _numbers(written: str) -> tuple[int, ...]:
    """The numbers of "1-3、5"; empty when a range runs backwards, starts at 0 or is too long to be meant."""
    numbers: list[int] = []
    for part in re.finditer(d.RANGE, written):
        bounds = [int(bound) for bound in re.findall(r"\d+", part.group())]
        if bounds[0] < 1 or bounds[-1] < bounds[0] or bounds[-1] > MOST_ITEMS:
            return ()
        numbers.extend(range(bounds[0], bounds[-1] + 1))
    return tuple(numbers)


def _mentioned(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(found) for found in d.MENTIONED.findall(text)} - {0}))


def _without_bullet(line: str) -> str:
    bullet = d.BULLET.match(line)
    return line[bullet.end() :] if bullet else line


def is_greeting(line: str) -> bool:
    """A line of nothing but listed greetings and courtesies."""
    while line:
        found = words.LEAD.match(line)
        shorter = line[found.end() :] if found else words.without_courtesies(line)
        if shorter == line:
            return False
        line = shorter
    return True
