"""The attempt by which an amendment is carried through: a replay that revises in place what had shown the old (G-6).

It does nothing new: where the case would go on, the replay ends (`AtItsEnd`). It must not judge who may amend what.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crm_workflows.domain.elements import Element, Gate, Papers
from crm_workflows.domain.records import Assignee, JournalEntry, Json, Request
from crm_workflows.domain.shown import Change, Shown, changes
from crm_workflows.engine.decisions.amended import AMENDED_SINCE, REPLACED_BY
from crm_workflows.engine.decisions.changing import carried
from crm_workflows.engine.journal import BEHIND, IN_PLACE, OPEN
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests import asking
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.requests.sitting import Sitting
from crm_workflows.engine.running.attempt import Attempt
from crm_workflows.engine.running.rounds import withdraw_question
from crm_workflows.engine.steps import StepFunction


class AtItsEnd(BaseException):
    """The replay has used up the journal and would now do something new."""


@dataclass(kw_only=True)
class Revising(Attempt):
    """Replays under the amended subject and asks again where what was shown has changed."""

    tx: Transaction
    fields: Mapping[str, Change] = field(default_factory=dict)
    """The subject's amended fields, by path."""
    why: Mapping[str, str] = field(default_factory=dict)
    """`by` and `reason` of the amendment."""
    asked_again: list[str] = field(default_factory=list)
    """Ids of the requests opened."""
    mark: Json = field(default_factory=dict)
    old: Request | None = None
    """The open request that the next one takes the place of."""

    def begins_new(self) -> None:
        raise AtItsEnd

    def is_to_renew(self, step: StepFunction) -> bool:
        self.mark = {IN_PLACE: True}
        return step.after_amendment == "again"

    def is_to_ask(self, key: str, element: Element | None, shows: Json, who: object) -> bool:
        journal = self.journal
        if isinstance(element, Gate) and self._is_new_stage(key):
            self.mark = {BEHIND: journal.stack[journal.position - 1].key}
            self.besides = {AMENDED_SINCE: self._told((), [])}
            return True
        entry = self.met(OPEN, key)
        request = self._request(entry)
        if request is None or element is None:
            return False
        if isinstance(element, Papers):
            if request.status == "open":
                self._ask_elsewhere(request, element, shows, who)
            return False
        found = self._changed(request, shows) if self._is_still_to_judge(key, element) else ()
        if not found:
            return False
        self.mark, self.old = {IN_PLACE: True}, request if request.status == "open" else None
        self.besides = {AMENDED_SINCE: self._told(found, _said_yes(request))} | carried(request, shows)
        return True

    def record(self, kind: str, rule: str, key: str, value: Json) -> None:
        """In place of the entry that stands there; whoever was asked before on the old content is asked no more."""
        entry = JournalEntry(self.row.code, 0, self.journal.round, rule, key, kind, value | self.mark, self.now)
        self.ledger.journal(entry)
        self.journal.read(entry)
        if BEHIND in self.mark:
            self.journal.position += 1
        if kind == OPEN:
            self._put_in_its_place(value.get("request"))
        self.mark, self.besides = {}, {}

    def _put_in_its_place(self, request: str | None) -> None:
        if request:
            self.asked_again.append(request)
        if self.old is None:
            return
        self.ledger.update(
            Request, (self.old.id,), status="superseded", closed_at=self.now, outcome={REPLACED_BY: request},
            remind_at=None, escalate_at=None, lapse_at=None,
        )  # fmt: skip
        self.ledger.update_where(Assignee, {"request": self.old.id}, is_active=False)
        withdraw_question(self.ledger, self.old, self.now)
        self.old = None

    def _is_new_stage(self, key: str) -> bool:
        """A stage that the amended subject needs in the middle of what the case went through."""
        journal = self.journal
        is_inside = 0 < journal.position < len(journal.stack)
        return is_inside and all(entry.key != key for entry in journal.stack)

    def _is_still_to_judge(self, key: str, element: Element) -> bool:
        """A yes, or no answer yet: a no stands, and so does what somebody has filled in."""
        outcome = self.journal.outcomes.get(key)
        if not isinstance(element, Gate):
            return outcome is None
        is_material = not element.material or any(path.partition(".")[0] in element.material for path in self.fields)
        return is_material and (outcome is None or outcome.get("decision") == "approve")

    def _changed(self, request: Request, shows: Json) -> tuple[Change, ...]:
        """What the request would show otherwise; what only its limits or checks go by counts too."""
        found = changes(Shown.from_json(request.shows), Shown.from_json(shows))
        others = any(request.shows.get(name) != shows.get(name) for name in ("amount", "against"))
        return found or (tuple(self.fields.values()) if others else ())

    def _told(self, found: tuple[Change, ...], said_yes: list[str]) -> Json:
        """What the request tells of it: the amended fields, then what else reads otherwise because of them.

        `said_yes` may answer that they still do.
        """
        own = tuple(self.fields.values())
        more = (change for change in found if change.label not in {one.label for one in own})
        told = [as_told(change) for change in (*own, *more)]
        return {**self.why, "at": self.now.isoformat(), "changes": told, "said_yes": said_yes}

    def _request(self, entry: JournalEntry | None) -> Request | None:
        request = entry.value.get("request") if entry else None
        return self.tx.get(Request, request) if request else None

    def _ask_elsewhere(self, request: Request, papers: Papers, shows: Json, who: object) -> None:
        """An open collection goes on with what has come; whoever outside is asked now is told all of it."""
        kept = {name: value for name, value in request.shows.items() if name not in ("facts", "attachments")}
        request = replace(request, shows=shows | kept)
        self.ledger.update(Request, (request.id,), shows=request.shows)
        here = [a for a in self.tx.find(Assignee, request=request.id, is_active=True) if a.is_outside]
        if not isinstance(who, Contact) or not here or here[0].person == who.email:
            return
        for former in here:
            self.ledger.update(Assignee, (request.id, former.person), is_active=False)
        person = asking.outside_asked(who)
        before = self.tx.get(Assignee, request.id, who.email)
        if before is None:
            assignee = asking.assignee_of(self, request, person)
            self.ledger.add(assignee)
        else:
            assignee = replace(before, is_active=True)
            self.ledger.update(Assignee, (request.id, who.email), is_active=True)
        asking.queue_request(self, papers, request, assignee, [assignee], key=f"{request.id}/amended{self.now}")


def as_told(change: Change) -> list[Json]:
    """Before and after, as kept."""
    return [fact.to_json() if fact else None for fact in (change.before, change.after)]


def _said_yes(request: Request) -> list[str]:
    """Who approved on the old content."""
    if request.status == "decided":
        outcome = request.outcome or {}
        return [str(voice["by"]) for voice in outcome.get("voices", [outcome]) if voice.get("by")]
    sitting = Sitting.of(request)
    return [vote.by for vote in sitting.in_line(yes=True)] if sitting else []
