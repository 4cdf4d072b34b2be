"""What a reply was understood to say. It must not decide what follows: entitlement and effect are the engine's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ReadingKind = Literal[
    "approve",
    "uphold",
    "change",
    "reject",
    "send_back",
    "delegate",
    "add_approver",
    "ask",
    "undo",
    "remind",
    "recall",
    "copy",
    "digest",
    "unclear",
    "empty",
]


Scope = Literal["numbers", "all", "rest"]


@dataclass(frozen=True, slots=True)
class DigestItem:
    """One part of an answer to a digest: `1-5 同意` (G-10); `numbers` are the items' numbers as shown in the mail.

    With scope `all` it is about all but these numbers, with `rest` about all that no other part names. `why` says what
    is not understood where the kind is `unclear`.
    """

    numbers: tuple[int, ...]
    kind: ReadingKind
    target: str | None
    comment: str
    scope: Scope = "numbers"
    why: str = ""


@dataclass(frozen=True, slots=True)
class DigestReading:
    """What an answer to a digest says of each number that it names: never two things, `unclear` where in doubt.

    `unknown` are numbers that the digest does not have. `why` ("中文 / English") where nothing at all could be read.
    `stops` where the reader wants no more digests.
    """

    by_number: Mapping[int, DigestItem]
    unknown: tuple[int, ...] = ()
    why: str = ""
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer on the first visible line.

    `target` is a rule (`SV-4`) for send_back, a name or address as written for delegate, add_approver and copy, and for
    an ask that names somebody by `@`, the new value for change; else None.
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
