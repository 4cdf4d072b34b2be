"""How an instant is written wherever its text is sorted, hashed or signed. It must not know what it is for."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

KEPT: Final = 256
"""Texts that are not made anew: the rows and links of a stretch share few instants."""


def in_utc(at: datetime) -> datetime:
    """The same instant in UTC; ValueError for one without zone, which could mean any time."""
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC)


@lru_cache(maxsize=KEPT)
def stamp(at: datetime) -> str:
    """In UTC with microseconds, always 32 characters, so that texts sort as instants do; ValueError without zone.

    Instants that are equal are the same text, whatever their zones.
    """
    return in_utc(at).isoformat(timespec="microseconds")
