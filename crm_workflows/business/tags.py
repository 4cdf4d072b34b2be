"""Tags of customers (CB-2): how they are written, kept and asked for. It must not read rows.

They are kept in small letters between bars, in order, so that one of them is found as `|tag|`.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from crm_workflows.domain.text import bilingual

APART: Final = re.compile(r"[,，、;；|\n]+")
TAG: Final = re.compile(r"[^\W_](?:[^\W_]|[ .+&-])*")
LONGEST, MOST = 30, 20


def kept(written: str) -> str | None:
    """Tags as people write them, apart by commas, as they are kept; None for none. ValueError with a
    label for what is no tag, see `one`."""
    found = sorted({one(part) for part in APART.split(written) if part.strip()})
    if len(found) > MOST:
        raise ValueError(bilingual(f"标签最多 {MOST} 个", f"{MOST} tags at most"))
    return f"|{'|'.join(found)}|" if found else None


def one(written: str) -> str:
    """One tag as it is kept; ValueError for what is none: letters, digits, blanks, `.`, `+`, `&` and `-`."""
    tag = " ".join(unicodedata.normalize("NFKC", written).casefold().split())
    if not TAG.fullmatch(tag) or len(tag) > LONGEST:
        zh = f"标签“{written.strip()[:LONGEST]}”只能含文字、数字和连字符，最多 {LONGEST} 个字"
        en = f"the tag {written.strip()[:LONGEST]!r} may have letters, digits and hyphens, {LONGEST} characters at most"
        raise ValueError(bilingual(zh, en))
    return tag


def of(column: str | None) -> tuple[str, ...]:
    """The tags that a customer has."""
    return tuple(filter(None, (column or "").split("|")))


def listed(column: str | None) -> str:
    """The same on one line, as `kept` takes them."""
    return "、".join(of(column))


def among(columns: Iterable[str | None]) -> list[str]:
    """Every tag that anybody has, in order."""
    return sorted({tag for column in columns for tag in of(column)})
