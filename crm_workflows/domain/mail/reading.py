"""What a reply was understood to say. It must not decide what follows: entitlement and effect are the engine's."""

from dataclasses import dataclass
from typing import Literal

ReadingKind = Literal[
    "approve",
    "reject",
    "send_back",
    "delegate",
    "add_approver",
    "ask",
    "undo",
    "digest",
    "unclear",
    "empty",
]


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One part of an answer to a digest: `1-5 同意` (G-10); `numbers` are the items' numbers as shown in the mail."""

    numbers: tuple[int, ...]
    kind: ReadingKind
    target: str | None
    comment: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer on the first visible line.

    `target` is a rule (`SV-4`) for send_back, a name or address as written for delegate and add_approver, else None.
    `comment` is the reason, the question or what else was said. `why` ("中文 / English") says how it was read, and for
    `unclear` what is missing, in words that can go into the mail that asks back. `items` only for a digest.
    """

    kind: ReadingKind
    target: str | None
    comment: str
    why: str
    items: tuple[DigestItem, ...] = ()
    place: str = "beside"
    """For add_approver: before, after or beside whoever writes."""

    @property
    def decides(self) -> bool:
        """True for the readings that would decide or move a request."""
        return self.kind not in ("unclear", "empty")
