"""What is kept of the house: files, numbers, configuration, registers. They must not hold behaviour."""

from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from crm_workflows.domain.records.json import Json

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from crm_workflows.domain.records.quick import dataclass


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes by their SHA-256: documents, attachments and raw mails."""

    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Number:
    """The last number given out in a series, such as `case/SV/2026`."""

    series: str
    last: int


@dataclass(frozen=True, slots=True)
class ConfigVersion:
    """A version of people, policy or calendar; the highest version of a kind is in force."""

    kind: str
    version: int
    content: str
    applied_at: datetime
    applied_by: str
    changes: Json = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Meta:
    """One fact about this installation, such as the origin of a shifted clock."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class ProcedureSource:
    """The files of a procedure by their hash, so that a case goes on as it began when they have changed (G-8)."""

    source_hash: str
    files: Json
    """Path below the flows -> text."""
    seal: str
    """Made with the server key: what is not ours is never run."""
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """A case moved to another version or source, with what it had before: to go back to (G-8)."""

    case: str
    n: int
    at: datetime
    by: str
    before: Json
    """version, source_hash, policy"""
    after: Json
    journal_length: int
    journal_hash: str
    """SHA-256 of the journal as it stood: a move changes nothing of it."""
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """What one process of all does at a time, such as reading the mailbox: who does it, and its latest beat."""

    name: str
    holder: str
    """Empty when the last holder has left it."""
    beat: int
    """Grows with every sign of life, and when somebody takes over."""


@dataclass(frozen=True, slots=True)
class ImportRun:
    """A table that was taken in, or refused: by whom, which file, how far it is, and what became of its rows."""

    code: str
    kind: str
    file: str
    sha256: str
    by: str
    """An admin's address from the page, the account of the operating system from the command line."""
    channel: str
    began_at: datetime
    seen_at: datetime
    """When it was last heard of; one that has not ended and is silent was interrupted."""
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    is_written: bool = False
    problem: str = ""
    """Why it stopped, in one bilingual sentence; empty where it went through the whole file."""
    ended_at: datetime | None = None
