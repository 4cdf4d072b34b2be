"""What the verbs of a procedure give back to it. It must not do anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_workflows.engine.decisions.changing import Value
from crm_workflows.engine.requests.asking import Contact


@dataclass(frozen=True)
class Approval:
    """How a gate was decided; `by` is None when it was silence."""

    decision: str
    by: str | None
    comment: str = ""
    changed: Mapping[str, Value] = field(default_factory=dict)
    """What was approved lower than asked for, by name."""

    def lowered(self, **names: str) -> dict[str, Any]:
        """What was approved lower, by the names that the procedure has for it: `lowered(limit="credit_limit")`."""
        return {own: self.changed[name] for own, name in names.items() if name in self.changed}

    @property
    def approved(self) -> bool:
        return self.decision == "approve"

    @property
    def rejected(self) -> bool:
        return not self.approved


@dataclass(frozen=True)
class CollectedPaper:
    """A document that was taken for a kind."""

    kind: str
    filename: str
    media_type: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Collected:
    """What a collection of documents brought; `lapsed` when time ran out first."""

    papers: tuple[CollectedPaper, ...]
    lapsed: bool = False

    def of_kind(self, kind: str) -> CollectedPaper | None:
        """The document taken for that kind."""
        return next((paper for paper in self.papers if paper.kind == kind), None)


@dataclass(frozen=True)
class Outcome:
    """How a procedure ended; `reason` is bilingual, `comment` what a person wrote."""

    outcome: str
    reason: str = ""
    comment: str = ""
    notify: tuple[Contact, ...] = ()
