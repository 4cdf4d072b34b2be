"""What a request shows to the person who answers it: facts and attachments, with a fingerprint (G-6). No IO."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from crm_workflows.domain.json_text import writer
from crm_workflows.domain.text import in_language, shown_in

CANONICAL: Final = writer(sort_keys=True)


@dataclass(frozen=True, slots=True)
class Fact:
    """One deciding fact; `label` is bilingual, `value` is what somebody typed and shown as it is.

    Where `value_en` is given, `value` is the Chinese form and `value_en` the English one: nothing typed is ever split.
    """

    label: str
    value: str
    value_en: str = ""

    @classmethod
    def of(cls, label: str, value: object) -> "Fact":
        """A fact of a form's value: yes or no, a date or money in either language, a text as it was typed."""
        chinese, english = shown_in(value, "zh"), shown_in(value, "en")
        return cls(label, chinese, english if english != chinese else "")

    @classmethod
    def named(cls, label: str, name: str) -> "Fact":
        """A fact whose value is ours: an authored label "中文 / English", such as that of a choice."""
        return cls(label, in_language(name, "zh"), in_language(name, "en"))

    def said(self, language: str) -> str:
        """The value for readers of that language."""
        return self.value_en if self.value_en and language == "en" else self.value

    def to_json(self) -> dict[str, str]:
        """As kept; a fact of one form only is written as it was before there were two."""
        return {"label": self.label, "value": self.value} | ({"value_en": self.value_en} if self.value_en else {})


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
            "facts": [fact.to_json() for fact in self.facts],
            "attachments": [
                {"filename": file.filename, "media_type": file.media_type, "sha256": file.sha256}
                for file in self.attachments
            ],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Shown":
        """Read back what `to_json` wrote; an empty document shows nothing."""
        return cls(tuple(Fact(**fact) for fact in document.get("facts", ())), attachments_in(document))

    def fingerprint(self) -> str:
        """SHA-256 over facts and attachment hashes; equal for what reads equal."""
        return hashlib.sha256(CANONICAL(self.to_json()).encode()).hexdigest()


def attachments_in(document: dict[str, Any]) -> tuple[Attachment, ...]:
    """The files alone of what `to_json` wrote."""
    return tuple(Attachment(**file) for file in document.get("attachments", ()))


ATTACHMENT: Final = "附件 / Attachment"


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody was shown before and is shown now, each as a fact of one label; None where it was or is absent."""

    before: Fact | None
    after: Fact | None

    @property
    def label(self) -> str:
        """The label of both."""
        fact = self.after or self.before
        return fact.label if fact else ""


def changes(before: Shown, after: Shown) -> tuple[Change, ...]:
    """What differs, in the order of `after`, then what is gone; files by name and hash (G-6).

    Facts are matched by label, those of one label in their order.
    """
    old, new = _by_label(_as_facts(before)), _by_label(_as_facts(after))
    pairs = (Change(old.get(key), new.get(key)) for key in dict.fromkeys([*new, *old]))
    return tuple(_readable(pair) for pair in pairs if pair.before != pair.after)


def _readable(change: Change) -> Change:
    """Files without the hashes by which they were told apart: one of the same name is called a new version."""
    if change.label != ATTACHMENT:
        return change
    before, after = (fact and Fact(fact.label, fact.value.rpartition(" ")[0]) for fact in (change.before, change.after))
    if before and after and before.value == after.value:
        after = Fact(after.label, f"{after.value}（新版本）", f"{after.value} (new version)")
    return Change(before, after)


def _as_facts(shown: Shown) -> list[Fact]:
    return [*shown.facts, *(Fact(ATTACHMENT, f"{file.filename} ({file.sha256[:12]})") for file in shown.attachments)]


def _by_label(facts: Iterable[Fact]) -> dict[tuple[str, int], Fact]:
    seen: dict[str, int] = defaultdict(int)
    found: dict[tuple[str, int], Fact] = {}
    for fact in facts:
        seen[fact.label] += 1
        found[fact.label, seen[fact.label]] = fact
    return found
