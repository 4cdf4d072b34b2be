"""Checkpoints: heads of audit chains under a signature, so that an outsider can check the record. Nothing is stored.

A chain alone shows that one link was altered; whoever rewrites all of a chain is found by a checkpoint that was made
before, and whoever has the server key as well by a checkpoint that had left the house (G-7).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from crm_workflows.domain.audit import CANONICAL
from crm_workflows.domain.instants import stamp
from crm_workflows.domain.records import Checkpoint
from crm_workflows.domain.text import bilingual

Head = tuple[str, int, str]
"""(case, length of its chain, hash of its last link)"""
IsSeal = Callable[[str, bytes, str], bool]
"""(public key, content, signature)"""


def content_of(n: int, at: datetime, heads: Any, previous: str, public_key: str) -> bytes:
    """What is hashed and signed: a canonical JSON list in UTF-8, the time in UTC with microseconds."""
    return CANONICAL([n, stamp(at), heads, previous, public_key]).encode()


def made(
    n: int, at: datetime, heads: Sequence[Head], previous: str, public_key: str, seal: Callable[[bytes], str]
) -> Checkpoint:
    """The next checkpoint; `previous` is the hash of the one before, empty for the first, which is 1."""
    listed = [list(head) for head in sorted(heads)]
    content = content_of(n, at, listed, previous, public_key)
    return Checkpoint(n, at, listed, previous, public_key, hashlib.sha256(content).hexdigest(), seal(content))


def first_fault(checkpoints: Iterable[Checkpoint], public_key: str, is_seal: IsSeal) -> str | None:
    """One sentence about the first checkpoint that does not hold, None when all do; given in the order of `n`."""
    previous = ""
    for count, checkpoint in enumerate(checkpoints, start=1):
        c = checkpoint
        content = content_of(c.n, c.at, c.heads, c.previous, c.public_key)
        is_next = c.n == count and c.previous == previous and c.hash == hashlib.sha256(content).hexdigest()
        if not is_next:
            return bilingual(
                f"检查点 {count} 与前一检查点不衔接，已被改动或缺失",
                f"checkpoint {count} does not follow the one before it; it was altered or is missing",
            )
        if c.public_key != public_key or not is_seal(c.public_key, content, c.signature):
            return bilingual(
                f"检查点 {c.n} 不是由本安装的密钥签署",
                f"checkpoint {c.n} was not signed by the key of this installation",
            )
        previous = c.hash
    return None
