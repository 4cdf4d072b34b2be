"""Reads a reply to a digest in which forms are answered too: `1 已联系上 5 运行平稳`, each on a line of its own (CB-4).

Here only the words are told apart; what they fill in the form itself says. It must not guess: where anything else on
the line or beside it could bear on a form, that form is unclear.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from crm_workflows.domain.mail import digest, digest_reply, grammar, words
from crm_workflows.domain.mail import digest_words as d
from crm_workflows.domain.mail.doubt import is_blank
from crm_workflows.domain.mail.reading import DigestItem, DigestReading
from crm_workflows.domain.mail.signature import without_signature
from crm_workflows.domain.mail.visible_text import split_reply

_LINE: Final = re.compile(r"(?:第|编号|#|no\. ?)?(\d{1,3}) ?[号项]?[ .:、,)-]+(?=[^\d\s])(.+)", re.IGNORECASE)
_OTHER_ITEM: Final = re.compile(r"第 ?\d|\d ?[号项条]|#\d|\b(?:item|no\.) ?\d", re.IGNORECASE)
_STRUCK_OUT: Final = words.clean_line(words.STRUCK_OUT)


def read_with_forms(
    text: str, count: int, signed: Collection[str] = (), forms: Collection[int] = ()
) -> tuple[DigestReading, dict[int, str]]:
    """As `read_digest_reply`, and the words that answer each of the numbers in `forms`."""
    written = [line.strip() for line in split_reply(text).own.split("\n")]
    while written and is_blank(written[0]):
        written.pop(0)
    lines = [line for line in (*written[:1], *without_signature(written[1:], signed)) if line]
    said: dict[int, list[str]] = {}
    others: list[str] = []
    for line in lines:
        number, answer = _about_a_form(line, forms)
        if number:
            said.setdefault(number, []).append(answer)
        else:
            others.append(line)
    if not said or any(_STRUCK_OUT in words.clean_line(line) for line in lines) or _stops(lines[0]):
        return digest_reply.read_digest_reply(text, count, signed), {}
    items, free = digest.items_of(others)
    reading = digest_reply.settled(items, count) if items else DigestReading({})
    note = next((line for line in free if not digest.is_greeting(words.clean_line(line))), "")
    named = {number: item for number, item in reading.by_number.items() if number not in said}
    filled: dict[int, str] = {}
    for number, answers in said.items():
        other = reading.by_number.get(number)
        is_twice = len(answers) > 1 or (other is not None and other.scope == "numbers")
        if is_twice or note:
            why = digest.TWICE if is_twice else grammar.why_doubtful(note)
            named[number] = DigestItem((number,), "unclear", None, f"{number} {answers[0]}", why=why)
        else:
            filled[number] = answers[0]
    return replace(reading, by_number=dict(sorted(named.items()))), filled


def _about_a_form(line: str, forms: Collection[int]) -> tuple[int, str]:
    """The number and the words of a line that answers one form and nothing else; (0, "") for any other."""
    cleaned = words.clean_line(line[: words.LONGEST_LINE])
    found = _LINE.fullmatch(cleaned)
    if found is None or int(found[1]) not in forms or len(line) > words.LONGEST_LINE or d.ITEM.match(cleaned):
        return 0, ""
    answer = found[2]
    if d.WITHIN.search(answer) or d.REST_WITHIN.search(answer) or _OTHER_ITEM.search(answer):
        return 0, ""
    return int(found[1]), answer


def _stops(line: str) -> bool:
    return bool(d.STOP.fullmatch(words.clean_line(line[: words.LONGEST_LINE])))
