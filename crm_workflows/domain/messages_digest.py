"""What the digest of a morning and the answer to a reply to it need to know (G-10). It must not hold wording."""

from typing import Final

from pydantic import AwareDatetime

from crm_workflows.domain.message_parts import Fact, Frozen, Mail

DIGEST: Final = "digest"
OF_DIGESTS: Final = frozenset([DIGEST, "digest_answer"])
"""Messages about a digest: their row names it in the place of a case, and the secret they carry is the digest's."""


class DigestPart(Frozen):
    """One numbered item of a digest; labels: `process`, `title`, `why_you`, `held`, `reply_with`."""

    number: int
    request: str
    rule: str
    title: str
    case: str
    case_title: str
    process: str
    requester_name: str = ""
    why_you: str = ""
    facts: tuple[Fact, ...] = ()
    files: tuple[str, ...] = ()
    """Names of the files that its own page shows."""
    due_at: AwareDatetime | None = None
    is_overdue: bool = False
    held: str = ""
    """Why no word decides it; empty where one does."""
    reply_with: str = ""
    """How one line behind its number answers its form, a label; empty where none does."""


class Digest(Mail):
    """Lists in the morning what waits for one person, to be answered by numbers or as a whole (G-10)."""

    person: str
    """For whom it was made, whose secret this mail carries."""
    items: tuple[DigestPart, ...]
    made_at: AwareDatetime
    more: int = 0
    """How many wait besides those listed."""


class DigestResult(Frozen):
    """What became of one numbered item; labels: `title`, `said`."""

    number: int
    title: str
    case: str
    case_title: str
    said: str
    read: str = ""
    """What was written of it, where that is not clear."""
    is_applied: bool = False
    is_unclear: bool = False


class CellFinding(Frozen):
    """What is wrong with one cell of a workbook that came back; labels: `heading`, `what`, `remedy`.

    `row` and `column` as spreadsheets show them, `column` empty where the row as a whole is meant.
    """

    sheet: str
    row: int
    column: str
    heading: str
    value: str
    what: str
    remedy: str


class DigestAnswer(Mail):
    """Says for each item of a digest what became of the answer to it; labels: `reason`.

    `reason` where nothing at all was taken from the mail, `written_by` where somebody else wrote it in the reader's
    place. `left` are the numbers that still wait and were not answered.
    """

    person: str = ""
    """For whom the digest was made; empty where the reader is somebody else, who gets no secret."""
    made_at: AwareDatetime
    results: tuple[DigestResult, ...] = ()
    reason: str = ""
    written_by: str = ""
    left: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()
    cells: tuple[CellFinding, ...] = ()
    """What to mend in the workbook that came with the answer."""
    has_stopped: bool = False
