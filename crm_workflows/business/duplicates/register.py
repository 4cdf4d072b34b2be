"""The names of a register, sorted by what like names share, for whoever looks up many. It judges and stores nothing."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from crm_workflows.business.duplicates.blocks import sought
from crm_workflows.business.duplicates.names import taken_apart
from crm_workflows.business.duplicates.search import Candidate, compared

AT_ONCE: Final = 20_000
"""Names that are sorted together, so that sorting a million takes little memory."""
PLACES: Final = 24
"""Bits for the place of a name: some 16 million names."""
HASHED: Final = (1 << (64 - PLACES)) - 1


class Names:
    """Many names, taken apart once (0.1 ms each); after that a look-up does not go through all. 250 bytes a name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: Final = list(names)
        self._sorted: Final = list(self._blocks())

    def _blocks(self) -> "Iterator[array[int]]":
        """Each block of each name as a number: its hash, then the place of the name."""
        numbered = enumerate(self._names)
        while some := list(islice(numbered, AT_ONCE)):
            # Not through the cache: so many names would only drive out those that are asked for.
            found = ((place, taken_apart.__wrapped__(name).blocks) for place, name in some)
            yield array("Q", sorted(_hash(block) << PLACES | place for place, blocks in found for block in blocks))

    def like(self, name: str) -> list[Candidate]:
        """As `candidates` among all of them."""
        places = {place for block in sought(taken_apart(name)) for place in self._with(_hash(block))}
        return compared(name, ((place, self._names[place]) for place in sorted(places)))

    def _with(self, wanted: int) -> Iterator[int]:
        for numbers in self._sorted:
            at = bisect_left(numbers, wanted << PLACES)
            while at < len(numbers) and numbers[at] >> PLACES == wanted:
                yield numbers[at] & ((1 << PLACES) - 1)
                at += 1


def _hash(block: str) -> int:
    """Two blocks may have one hash: names are compared afterwards."""
    return hash(block) & HASHED
