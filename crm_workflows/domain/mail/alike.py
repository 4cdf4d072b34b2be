"""Whether an address only looks like one we know: another alphabet, a digit for a letter, a domain one letter off.

It must not judge whose an address is; two of our own people may have addresses as near as that.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

from rapidfuzz.distance import OSA

# What a reader takes for the letter below it, in the type that mail programs use.
_SEEN: Final = str.maketrans(
    "аеорсухіјѕԁһӏԛԝвкмнтαορνικτυχ01ｌ|",
    "aeopcyxijsdhlqwbkmhtaopviktyxolll",
)
_TOGETHER: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def looks_like(address: str, known: Iterable[str]) -> str:
    """The first known address that a reader could take this one for; empty where there is none or it is known."""
    address, others = address.lower(), [one.lower() for one in known]
    if address in others:
        return ""
    return next((other for other in others if _is_near(address, other)), "")


def _is_near(address: str, other: str) -> bool:
    if _seen(address) == _seen(other):
        return True
    local, _, domain = address.rpartition("@")
    other_local, _, other_domain = other.rpartition("@")
    # A name one letter off at our own domain is a colleague's; one at a strange domain is not.
    return domain != other_domain and _seen(local) == _seen(other_local) and OSA.distance(domain, other_domain) == 1


def _seen(address: str) -> str:
    """An address as it looks: without accents, in one alphabet, pairs of letters as the one they look like."""
    local, _, domain = address.rpartition("@")
    text = f"{local}@{'.'.join(_unpacked(label) for label in domain.split('.'))}"
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).translate(_SEEN)
    for pair, one in _TOGETHER:
        plain = plain.replace(pair, one)
    return plain


def _unpacked(label: str) -> str:
    """A label of a domain in its own alphabet (RFC 3492)."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
