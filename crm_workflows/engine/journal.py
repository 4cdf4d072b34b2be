"""The visible journal of a case: what the procedure has learnt and still holds. It must not write.

A send-back is a truncating replay: `back` to a rule cuts the stack at the first entry labelled with that rule. What
lies before the cut stays; entries of steps marked `once` are kept aside and taken up again when their turn comes.

An amendment of the subject begins a round too, but cuts nothing: its entries take the place of those they revise
(decision 0020).
"""

from dataclasses import dataclass, field

from crm_workflows.domain.errors import ProcedureChanged
from crm_workflows.domain.records import JournalEntry, Json
from crm_workflows.domain.rules import carries_out

STEP, OPEN, OUTCOME, BACK = "step", "open", "outcome", "back"
CUT = "cut"
"""In the value of a send-back: the key before which it cuts, where that is not the first of its rule."""
AMENDED = "amended"
"""In the value of an entry that notes an amendment: it stands beside the stack, no replay comes by it."""
IN_PLACE, BEHIND = "in_place", "behind"
"""In the value of an entry that revises: it takes the place of the one with its key, or comes behind the named key."""
AFTER = "after"
"""In the value of a `back`: the cut is behind the entry with that key, not at a rule."""


@dataclass
class VisibleJournal:
    """The stack that a replay reads in order, and the outcomes of requests by key."""

    stack: list[JournalEntry] = field(default_factory=list)
    outcomes: dict[str, Json] = field(default_factory=dict)
    kept: dict[str, JournalEntry] = field(default_factory=dict)
    earlier: dict[str, Json] = field(default_factory=dict)
    """Latest superseded outcome by key: prefill of forms after a send-back."""
    undone: list[tuple[str, Json]] = field(default_factory=list)
    """Every outcome by key that a send-back has cut away, or another answer on what was amended has replaced."""
    backs: list[JournalEntry] = field(default_factory=list)
    amendments: list[JournalEntry] = field(default_factory=list)
    reopened: set[str] = field(default_factory=set)
    """Keys of decided gates that are asked again: their old outcome stands until they are answered."""
    overturned: str | None = None
    """A key asked again whose new answer is not a yes: what was built on the old one is to be cut away."""
    round: int = 1
    position: int = 0

    def read(self, entry: JournalEntry) -> None:
        """Take in the next entry, in the order of `n`."""
        if entry.kind == BACK:
            self._cut(entry)
        elif entry.kind == OUTCOME:
            self._learn(entry)
        elif isinstance(entry.value, dict) and AMENDED in entry.value:
            self.amendments.append(entry)
            self.round = entry.round
        elif isinstance(entry.value, dict) and (IN_PLACE in entry.value or BEHIND in entry.value):
            self._revise(entry)
        else:
            self.stack.append(entry)
            self.kept.pop(entry.key, None)

    def _learn(self, entry: JournalEntry) -> None:
        if entry.key not in self.reopened:
            self.outcomes.setdefault(entry.key, entry.value)
            return
        self.reopened.remove(entry.key)
        self.undone.append((entry.key, self.outcomes[entry.key]))
        self.outcomes[entry.key] = entry.value
        if (entry.value or {}).get("decision") not in ("approve", "send_back"):
            self.overturned = entry.key

    def _revise(self, entry: JournalEntry) -> None:
        behind = entry.value.get(BEHIND)
        if behind is None:
            self.stack[self.place_of(entry.key)] = entry
        else:
            self.stack.insert(self.place_of(behind) + 1, entry)
            self.outcomes[entry.key] = {"decision": "approve", "by": None, "at": entry.at.isoformat()}
        if entry.kind == OPEN and entry.key in self.outcomes:
            self.reopened.add(entry.key)

    def place_of(self, key: str) -> int:
        """Where the entry with that key stands in the stack; raises StopIteration where there is none."""
        return next(i for i, entry in enumerate(self.stack) if entry.key == key)

    def _cut(self, entry: JournalEntry) -> None:
        after = entry.value.get(AFTER)
        at = self.place_of(after) + 1 if after else self.index_of(entry.rule, entry.value.get(CUT))
        self.overturned = None
        removed = self.stack[at:] if at is not None else []
        self.stack = self.stack[:at] if at is not None else self.stack
        for old in removed:
            if old.kind == STEP and isinstance(old.value, dict) and old.value.get("once"):
                self.kept[old.key] = old
            self.reopened.discard(old.key)
            if old.key in self.outcomes:
                self.earlier[old.key] = self.outcomes.pop(old.key)
                self.undone.append((old.key, self.earlier[old.key]))
        self.backs.append(entry)
        self.round = entry.round

    def index_of(self, rule: str, key: str | None = None) -> int | None:
        """Where the first entry labelled with `rule`, or that with `key`, stands; None if the case has not come by."""
        found = (i for i, entry in enumerate(self.stack) if (entry.key == key if key else entry.rule == rule))
        return next(found, None)

    @carries_out("G-8")
    def next(self, kind: str, key: str) -> JournalEntry | None:
        """The entry at the point the replay has reached, None at its end.

        Raises ProcedureChanged when another key stands there: the code no longer matches what the case went through.
        """
        if self.position >= len(self.stack):
            return None
        entry = self.stack[self.position]
        if (entry.kind, entry.key) != (kind, key):
            raise ProcedureChanged(
                f"case {entry.case} went through {entry.key} where the procedure now has {key}; "
                "put the procedure back as it was, or move the case deliberately"
            )
        self.position += 1
        return entry

    def comes_next(self, base: str) -> bool:
        """Whether an entry of this rule and name stands where the replay has come to: who was asked stays asked.

        An amount that is amended downwards lets nobody out who has approved already, or is about to.
        """
        return self.position < len(self.stack) and self.stack[self.position].key.partition("#")[0] == base

    def append(self, entry: JournalEntry) -> None:
        """A new entry of the running attempt; the replay stands behind it."""
        self.stack.append(entry)
        self.position = len(self.stack)

    def check_used_up(self) -> None:
        """Raise ProcedureChanged when entries are left over where the procedure waits or ends."""
        if self.position < len(self.stack):
            entry = self.stack[self.position]
            raise ProcedureChanged(
                f"case {entry.case} has already gone through {entry.key}, which the procedure no longer reaches; "
                "put the procedure back as it was, or move the case deliberately"
            )


def visible(entries: list[JournalEntry]) -> VisibleJournal:
    """The visible journal after all entries, given in the order of `n`."""
    journal = VisibleJournal()
    for entry in entries:
        journal.read(entry)
    return journal
