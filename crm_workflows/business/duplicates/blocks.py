"""Strings that names share which are alike: by them the few are found that are worth comparing. It judges nothing.

Every way in which `likeness` finds two names alike leaves one here; whoever adds a way there adds its block.
"""

from collections.abc import Iterator
from typing import Final

from crm_workflows.business.duplicates.company_name import CompanyName
from crm_workflows.business.duplicates.writing import blurred, by_eye

LONG, SHORT = ">", "<"
"""Before what a name may be shortened to, and before what a name that may be short is made of."""
SHORTEST_SLIP: Final = 5
"""Letters of a Latin trade name in which one slip leaves the first three or the last three as they are."""
SHORT_FORM: Final = range(2, 6)
"""Characters of a short form."""


def blocks_of(name: CompanyName, initials: tuple[str, ...]) -> Iterator[str]:
    """Letters, sounds, beginning, what it is taken for by eye and by ear, what it is and may be shortened to."""
    yield from (f"#{name.text}", name.trade_sound, name.core_sound, *initials)
    if name.is_chinese:
        yield f"={name.core[:2]}"
        yield f"~{by_eye(name.trade)}"
        yield f"-{' '.join(blurred(name.spoken[: len(name.trade)]))}"
        yield from _short_forms(name)
    elif len(name.trade_sound) >= SHORTEST_SLIP:
        yield from (f"^{name.trade_sound[:3]}", f"{name.trade_sound[-3:]}$")


def _short_forms(name: CompanyName) -> Iterator[str]:
    """Two first characters of its parts, one of them that of the trade name: 苏 and 澄 of 苏州澄岚."""
    parts, trade = [part.removeprefix("第") for part in name.segments], name.trade.removeprefix("第")
    for n, first in enumerate(parts):
        for second in parts[n + 1 :]:
            if trade in (first, second) and first and second:
                yield f"{LONG}{first[0]}{second[0]}"
    if not name.business and not name.places and len(name.core) in SHORT_FORM:
        yield from (f"{SHORT}{name.core[0]}{other}" for other in name.core[1:])


def sought(name: CompanyName) -> frozenset[str]:
    """Of which every name that is alike has one block: a short form looks for long ones, else they are the same."""
    return frozenset(_other_side(block) for block in name.blocks)


def _other_side(block: str) -> str:
    return {LONG: SHORT, SHORT: LONG}.get(block[:1], block[:1]) + block[1:]
