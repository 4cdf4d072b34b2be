"""How an instant is written wherever its text is sorted, hashed or signed. It must not know what it is for."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

KEPT: Final = 256
"""Texts that are not made anew: the rows and links of a stretch share few instants."""


def stamp(at: datetime) -> str:
    """In UTC with microseconds, always 32 characters, so that texts sort as instants do.

    Instants that are equal are the same text, whatever their zones. ValueError without zone: it could mean any time.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    # Converted before it is looked up: the two hours of a night that has one twice are equal in their own zone.
    return _text(at if at.tzinfo is UTC else at.astimezone(UTC))


@lru_cache(maxsize=KEPT)
def _text(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
