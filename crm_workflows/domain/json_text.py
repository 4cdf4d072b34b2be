"""Writes JSON: the text of the standard library's encoder, without making that encoder anew for every value; and keeps
what is written already.

It must not read JSON, and not write what no JSON value is: TypeError as ever.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from json import encoder
from typing import Any

Encode = Callable[[Any], str]


@dataclass(slots=True)
class Written:
    """A JSON value as its text, in a row that is only to be stored: a store gives it back as the value."""

    text: str


def writer(*, sort_keys: bool = False, separators: tuple[str, str] = (", ", ": "), allow_nan: bool = True) -> Encode:
    """What `json.dumps` would write with these settings and any letter as it is.

    A value that holds itself raises RecursionError, where `json.dumps` raises ValueError.
    """
    plain = json.JSONEncoder(ensure_ascii=False, sort_keys=sort_keys, separators=separators, allow_nan=allow_nan)
    make: Any = getattr(encoder, "c_make_encoder", None)
    if make is None:  # An interpreter without it, such as PyPy.
        return plain.encode
    item, key = separators
    text: Callable[[str], str] = encoder.encode_basestring
    pieces = make(None, plain.default, text, None, key, item, sort_keys, False, allow_nan)

    def encode(value: Any) -> str:
        return text(value) if isinstance(value, str) else "".join(pieces(value, 0))

    return encode
