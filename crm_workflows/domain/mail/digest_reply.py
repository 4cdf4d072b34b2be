"""Reads a whole reply to a digest: for each number what is said of it, one thing or nothing that decides (G-10).

It must not know what the numbers stand for, nor who may decide it.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from crm_workflows.domain.mail import digest, digest_words, grammar, words
from crm_workflows.domain.mail.doubt import is_blank
from crm_workflows.domain.mail.reading import DigestItem, DigestReading, ReadingKind
from crm_workflows.domain.mail.reply import NOTHING
from crm_workflows.domain.mail.signature import without_signature
from crm_workflows.domain.mail.visible_text import split_reply
from crm_workflows.domain.text import bilingual

HOW: Final = bilingual(
    "第一行须写编号和决定，例如“1 同意”，或写“全部同意”",
    "the first line must name a number and a decision, such as “1 approve”, or say “approve all”",
)
_DECIDED: Final[tuple[ReadingKind, ...]] = ("approve", "reject", "send_back")


def read_digest_reply(text: str, count: int, signed: Collection[str] = ()) -> DigestReading:
    """What the body of a mail says of the items 1 to `count`; `text` is the whole decoded body, quotes and all.

    `signed` are the names by which the writer may sign, where they are known. Only the writer's own text is read, and
    only if it begins with an answer. Where there is one item a decision needs no number.
    """
    written = [line.strip() for line in split_reply(text).own.split("\n")]
    while written and is_blank(written[0]):
        written.pop(0)
    if not written:
        return DigestReading({}, why=NOTHING)
    if digest_words.STOP.fullmatch(words.clean_line(written[0][: words.LONGEST_LINE])):
        return DigestReading({}, stops=True)
    below = without_signature(written[1:], signed)
    lines = [line for line in (written[0], *below) if not is_blank(line)]
    items, _ = digest.items_of(lines)
    if not items and count == 1:
        items = _about_the_one(lines)
    return settled(items, count) if items else DigestReading({}, why=HOW)


def settled(items: Iterable[DigestItem], count: int) -> DigestReading:
    """One answer for each number from 1 to `count` that any part is about; two different ones are unclear."""
    items = list(items)
    named = {number for item in items if item.scope == "numbers" for number in item.numbers}
    said: dict[int, list[DigestItem]] = {}
    # "The others agree" may speak of other people; only beside a number it speaks of the other items.
    lone = [item for item in items if item.scope == "rest" and not named]
    items = [replace(item, kind="unclear", why=HOW) if item in lone else item for item in items]
    for item in items:
        for number in _meant(item, named, count):
            said.setdefault(number, []).append(item)
    unknown = tuple(sorted(number for number in named if number > count))
    lost = [item for item in items if item.scope == "numbers" and any(n > count for n in item.numbers)]
    by_number = {number: _one(about, lost) for number, about in sorted(said.items())}
    return DigestReading(by_number, unknown)


def _meant(item: DigestItem, named: set[int], count: int) -> list[int]:
    """The numbers, of those there are, that a part is about."""
    if item.scope == "numbers":
        return [number for number in item.numbers if 1 <= number <= count]
    taken = set(item.numbers) | (named if item.scope == "rest" else set())
    return [number for number in range(1, count + 1) if number not in taken]


def _one(about: list[DigestItem], lost: list[DigestItem]) -> DigestItem:
    """What holds of all that is said of one number. A list that names what is not there is not to be trusted."""
    first = next((item for item in about if item.kind == "unclear"), about[0])
    if first.kind == "unclear":
        return first
    agree = all(item.kind == "approve" for item in about)
    if len(about) > 1 and not agree:
        return DigestItem((), "unclear", None, first.comment, why=digest.TWICE)
    if any(item in lost for item in about):
        return DigestItem((), "unclear", None, first.comment, why=digest.TWICE)
    return first


def _about_the_one(lines: list[str]) -> list[DigestItem]:
    """The answer to a digest of one item, in the words of a single request."""
    line, *rest = lines
    found = grammar.read_line(words.clean_line(line[: words.LONGEST_LINE]), rest)
    if found.kind not in _DECIDED or len(line) > words.LONGEST_LINE:
        return []
    return [DigestItem((1,), found.kind, found.target, found.comment)]
