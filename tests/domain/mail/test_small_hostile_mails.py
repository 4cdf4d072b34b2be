"""Mails up to the size that is read without a child: the worst that a fuzzer finds takes a second and little memory.

It repeats, blocks and mixes what the readers look for (quotes, signatures, tags, styles, numbers, encoded words), keeps
what took longest and changes that. `make soak` prints the worst with its seed.
"""

import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from crm_workflows.adapters.apart import SMALL
from crm_workflows.domain.mail.digest_forms import read_with_forms
from crm_workflows.domain.mail.incoming import UnreadableMail
from crm_workflows.domain.mail.parse import read_message
from crm_workflows.domain.mail.reply import read_reply

LISTED = (
    "On |On 1 Jan 2026, a <a@b.c> wrote:\n|> |>|<|-----Original Message-----\n|From: a\nSent: b\nTo: c\n|发件人："
    "|写道：|wrote:|在 2026年3月2日，|a écrit :\n|-- \n|____\n|此致\n|敬礼\n|Best regards\n|Sent from my |同意|驳回 "
    "|approve |reject |转 |@张三 |if |如果|?|？|1-9 |1,2,|1，|、|①|all |其余 |1.|#|*|_|=|%|[|](|(|\\|\"|'|http://|a@b."
    "|\u200b|\u202e|é|Ａ|：|;|　|\t| |\n|\r|\x0b|\u2028|begin 644 a\n|=?utf-8?B?|?=|<div>|</div>|</p></x>|<p a='"
    '|<a "|<span class=x>|<table><td>|<li>|<br>|<blockquote>|<!--|-->|<style>|</style>|.a{|}|/*|*/|{display:none}'
    "|[a*=b] > |.a .b,|@media{|url(|&amp|&nbsp;|x"
)
WORDS = LISTED.split("|")
HEADERS = (b"Subject", b"From", b"To", b"References", b"Authentication-Results", b"Auto-Submitted", b"Date")
Recipe = tuple[str, tuple[str, ...]]


def body_of(recipe: Recipe) -> str:
    """64 KB of these words: one after the other again and again, each in a block, or the last behind the others."""
    shape, words = recipe
    if shape == "repeated":
        return "".join(words) * (SMALL // len("".join(words).encode()) + 1)
    each = SMALL // len(words) if shape == "blocks" else SMALL
    last = [words[-1]] if shape == "behind" else words
    return "".join(words[:-1] if shape == "behind" else ()) + "".join(w * (each // len(w.encode())) for w in last)


def mails(body: str) -> Iterator[bytes]:
    """Mails that carry it as text, as HTML and in each header."""
    for kind in (b"plain", b"html"):
        head = b"From: a@b.c\r\nContent-Type: text/%s; charset=utf-8\r\n\r\n" % kind
        yield (head + body.encode())[:SMALL]
    folded = body.replace("\r", "").replace("\n", "\n ").encode()[: SMALL - 100]
    yield from (name + b": " + folded + b"\r\n\r\nx" for name in HEADERS)
    yield b"Content-Type: %s\r\nContent-Disposition: %s\r\n\r\nx" % (folded[:9000], folded[:9000])


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    with suppress(UnreadableMail):
        work()
    return time.process_time() - began


def worst_of(recipe: Recipe) -> float:
    """The longest that one of the readers takes over one of the mails, in seconds of the processor."""
    longest = 0.0
    for n, raw in enumerate(mails(body_of(recipe))):
        longest = max(longest, seconds(lambda raw=raw: read_message(raw)))  # type: ignore[misc]
        if n < 2:
            text = read_message(raw).text
            longest = max(longest, seconds(lambda text=text: read_reply(text, ["Li"])))  # type: ignore[misc]
            longest = max(longest, seconds(lambda text=text: read_with_forms(text, 50, ["Li"], (1, 2))))  # type: ignore[misc]
    return longest


def recipes(chance: random.Random, best: list[tuple[float, Recipe]]) -> Recipe:
    """A new one, or one of the worst so far with a word changed."""
    shape = chance.choice(("repeated", "blocks", "behind"))
    if best and chance.random() < 0.5:
        shape, words = chance.choice(best)[1]
        at = chance.randrange(len(words) + 1)
        return shape, (*words[:at], chance.choice(WORDS), *words[at + chance.randrange(2) :])[:6]
    return shape, tuple(chance.choices(WORDS, k=chance.randint(1, 4)))


@pytest.mark.parametrize(("seed", "many"), [(20261122, 1), pytest.param(1, 120, marks=pytest.mark.soak)])
def test_no_small_mail_takes_long_or_much_memory(seed: int, many: int, capsys: pytest.CaptureFixture[str]) -> None:
    chance, best = random.Random(seed), list[tuple[float, Recipe]]()
    for _ in range(many):
        recipe = recipes(chance, best)
        best = sorted([(worst_of(recipe), recipe), *best], reverse=True)[:8]
    tracemalloc.start()
    worst_of(best[0][1])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with capsys.disabled():
        print(f"\nseed {seed}, {many} recipes: {best[0][0]:.2f} s, {peak / 1e6:.0f} MB at worst, by {best[0][1]}")  # noqa: T201
    assert best[0][0] < 3
    assert peak < 100_000_000
