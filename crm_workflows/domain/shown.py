"""What a request shows to the person who answers it: facts and attachments, with a fingerprint (G-6). No IO."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


@dataclass(frozen=True, slots=True)
class Fact:
    """One deciding fact; `label` is bilingual, `value` is data and shown as it is."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file shown with a request, kept as a blob under its SHA-256."""

    filename: str
    media_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Facts in the order in which they are read, then the files."""

    facts: tuple[Fact, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON document that `from_json` reads back to an equal value."""
        return {
            "facts": [{"label": fact.label, "value": fact.value} for fact in self.facts],
            "attachments": [
                {"filename": file.filename, "media_type": file.media_type, "sha256": file.sha256}
                for file in self.attachments
            ],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Shown":
        """Read back what `to_json` wrote; an empty document shows nothing."""
        facts = tuple(Fact(**fact) for fact in document.get("facts", ()))
        return cls(facts, tuple(Attachment(**file) for file in document.get("attachments", ())))

    def fingerprint(self) -> str:
        """SHA-256 over facts and attachment hashes; equal for what reads equal."""
        return hashlib.sha256(CANONICAL(self.to_json()).encode()).hexdigest()
