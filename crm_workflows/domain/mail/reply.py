"""Reads the answer in a reply by a strict grammar of two languages over its first visible line.

Only that line decides; anything not in the grammar is *unclear* and is asked back. The lines below it are comment or
reason, and can only make an approval doubtful, never make one. It must not guess, and not know who may decide what.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from crm_workflows.domain.mail import digest, grammar, words
from crm_workflows.domain.mail.doubt import is_blank
from crm_workflows.domain.mail.reading import Reading
from crm_workflows.domain.mail.signature import without_signature
from crm_workflows.domain.mail.visible_text import split_reply

_ONLY_FORWARDED: Final = "只有转发的内容，没有本人的答复 / There is only forwarded text, no answer of the writer's own"
NOTHING: Final = "没有本人写的文字 / There are no words of the writer's own"
_TOO_LONG: Final = "第一行过长，不像一个答复 / The first line is too long for an answer"


def first_line(visible: str) -> str:
    """The first line of visible text with anything to see on it, stripped; empty when there is none."""
    return next((line.strip() for line in visible.split("\n") if words.clean_line(line[: words.LONGEST_LINE])), "")


def read_reply(text: str, signed: Collection[str] = ()) -> Reading:
    """What the body of a mail answers; `text` is the whole decoded body, quotes and all.

    `signed` are the names by which the writer may sign, where they are known: a signature is no comment.
    """
    parts = split_reply(text)
    written = parts.own.split("\n")
    first = next((at for at, line in enumerate(written) if not is_blank(line)), None)
    if first is None:
        return Reading("empty", None, "", _ONLY_FORWARDED if parts.forwarded else NOTHING)
    line = words.clean_line(written[first][: words.LONGEST_LINE])
    below = without_signature(written[first + 1 :], signed)
    rest = [following.strip() for following in below if _says_something(following)]
    if len(written[first]) > words.LONGEST_LINE:
        return grammar.unclear(written[first], rest, _TOO_LONG)
    found = digest.read_digest(line, rest) or grammar.read_line(line, rest)
    return replace(found, comment=_as_written(found, written[first].strip(), rest))


def _says_something(line: str) -> bool:
    return words.is_ruled(line) or not is_blank(line)


def _as_written(found: Reading, line: str, rest: Sequence[str]) -> str:
    """The comment with the writer's own punctuation, which the grammar reads in a normalised form."""
    if found.kind == "unclear":
        return "\n".join([line, *rest])
    said, _, below = found.comment.partition("\n")
    return "\n".join(part for part in (words.as_written(line, said), below) if part)
