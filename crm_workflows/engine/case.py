"""The verbs of a procedure: what the author of a rule book writes. It must not touch the database or the clock.

Every verb reads the journal first; only at its end does a verb do something new, and where an answer is still missing
it parks the case (`Parked`), which costs a row and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Generic, NoReturn, TypeVar

from crm_workflows.domain.approvers import Approver
from crm_workflows.domain.durations import Duration
from crm_workflows.domain.elements import Clock, Element, FormTask, Gate, Papers
from crm_workflows.domain.errors import AuthorMistake, RoundsUsedUp
from crm_workflows.domain.forms import Form, Subject
from crm_workflows.domain.listed import as_listed
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import JournalEntry, Json
from crm_workflows.domain.shown import Shown
from crm_workflows.domain.text import in_language
from crm_workflows.engine.decisions.changing import Value, lowered_by, values_of
from crm_workflows.engine.requests import asking, collecting, form_asking
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.requests.gates import Facing, is_needed, open_stage, told_of
from crm_workflows.engine.results import Approval, Collected, CollectedPaper, Outcome
from crm_workflows.engine.running import clocks, sending
from crm_workflows.engine.running.attempt import Attempt, Parked, SentBack
from crm_workflows.engine.running.reopening import REOPENS
from crm_workflows.engine.running.rounds import go_back

S = TypeVar("S", bound=Subject)
NO_TERM = asking.Term()


class Case(Generic[S]):
    """The running case as its procedure sees it."""

    def __init__(self, attempt: Attempt, subject: S) -> None:
        self._attempt = attempt
        self.subject = subject

    @property
    def code(self) -> str:
        """Such as `SV-2026-00042`."""
        return self._attempt.row.code

    @property
    def policy(self) -> Policy:
        """The policy as it was when the case was opened."""
        return self._attempt.policy

    def times_back_to(self, rule: str) -> int:
        """How often the story itself has gone back to a rule."""
        return len(self._own_backs(rule))

    def last_back_to(self, rule: str) -> datetime | None:
        """When the story itself last went back to a rule; None where it never has."""
        return max((entry.at for entry in self._own_backs(rule)), default=None)

    def approval(
        self,
        gate: Gate,
        *,
        shows: Shown | None = None,
        amount: Money | None = None,
        values: Mapping[str, Value | None] | None = None,
    ) -> Approval:
        """Have the gate decided, each stage after the one before; `amount` is what its limits are held against.

        `values` are those that the gate may approve lower (`may_change`); what it did so is in `changed`.
        """
        facing = Facing(self.subject, shows or Shown(), amount, values_of(gate, values or {}, amount))
        changed: dict[str, Value] = {}
        approval = Approval("approve", None)
        before: list[Json] = []
        for stage in gate.stages():
            name = stage.name or gate.name
            was_asked = self._attempt.journal.comes_next(f"{gate.rule}:{name}")
            if not (was_asked or is_needed(self._attempt, gate, stage, facing)):
                continue
            key = self._attempt.key(gate.rule, name)
            ask = partial(open_stage, self._attempt, gate, stage, key, facing, tuple(before))
            self._open(key, gate, facing.as_shown(), ask)
            outcome = self._wait_for(key)
            before += told_of(stage, outcome) if key not in self._attempt.journal.reopened else ()
            lowered = lowered_by(outcome, facing.values)
            changed |= lowered
            facing = facing.lowered(lowered)
            approval = Approval(outcome["decision"], outcome.get("by"), outcome.get("comment", ""), changed)
            if approval.rejected:
                break
        return approval

    def task(
        self,
        task: FormTask,
        *,
        shows: Shown | None = None,
        draft: Form | Mapping[str, Any] | None = None,
        against: Mapping[str, str] | None = None,
        until: datetime | None = None,
        from_: Contact | Approver | None = None,
    ) -> Any:
        """Have a person fill in the task's form; returns the validated form, None where it was not there by `until`.

        `draft` is filled in beforehand; `against` are facts that the form's validators compare with (`info.context`).
        `from_` is somebody outside, or which of those whom the task may ask are to be asked now.
        """
        key = self._open_task(task, shows, draft, against, asking.Term(until), from_)
        return self._filled_in(task, key, against)

    def open_task(
        self, task: FormTask, *, shows: Shown | None = None, from_: Contact | None = None
    ) -> Callable[[], Any]:
        """Ask for a form and go on; what is given back waits for the answer once it is called, as `task` does."""
        key = self._open_task(task, shows, who=from_)
        return partial(self._filled_in, task, key)

    def together(self, *tasks: FormTask, shows: Shown | None = None) -> tuple[Any, ...]:
        """Form tasks side by side; goes on when all are answered, in whatever order they were."""
        keys = [self._open_task(task, shows) for task in tasks]
        if any(key not in self._attempt.journal.outcomes for key in keys):
            raise Parked
        return tuple(self._filled_in(task, key) for task, key in zip(tasks, keys, strict=True))

    def collect(
        self,
        papers: Papers,
        *,
        from_: Contact | Approver,
        shows: Shown | None = None,
        until: datetime | None = None,
        remind_at: Sequence[datetime] = (),
    ) -> Collected:
        """Ask `from_` for documents by mail, remind, and go on when every required kind is here or time ran out.

        `from_` is somebody outside, or of the staff by an approver's word; who is outside sees what `shows` holds.
        `until` and `remind_at` are instants (aware) besides the durations that the papers declare.
        """
        attempt = self._attempt
        key, shown = attempt.key(papers.rule, papers.name), (shows or Shown()).to_json()
        term = asking.Term(until, tuple(remind_at))
        ask = partial(collecting.ask_papers, attempt, papers, key, from_, shown, term)
        self._open(key, papers, shown, ask, who=from_)
        outcome = self._wait_for(key)
        files = tuple(CollectedPaper(**paper) for paper in outcome.get("papers", ()))
        return Collected(files, lapsed=outcome["decision"] == "lapsed")

    def wait(
        self, rule: str, name: str, *, title: str = "", until: datetime | None = None, for_: Duration | None = None
    ) -> None:
        """Wait for an instant (aware) or for a duration in working time; readers see `title`, else the name."""
        attempt = self._attempt
        key = attempt.key(rule, name)

        def start() -> None:
            at = until or for_
            if at is None:
                raise AuthorMistake(f"case {self.code} waits at {rule} for nothing; give `until` or `for_`")
            asking.open_timer(attempt, key, rule, name, title or name.replace("_", " "), at)

        self._ask(key, None, f"{rule} ask: {name.replace('_', ' ')}", {}, start)
        self._wait_for(key)

    def tell(self, rule: str, name: str, announcement: "sending.Announce") -> None:
        """Send an announcement to staff, once in each round."""
        sending.announce(self._attempt, rule, name, announcement)

    def write(self, rule: str, name: str, words: "sending.Words", *, to: Contact) -> None:
        """Send a letter to somebody outside, once in each round."""
        sending.write_to(self._attempt, rule, name, to, words)

    def start_clock(
        self, clock: Clock, *, hours: int, since: datetime | None = None, to: Contact | None = None
    ) -> None:
        """Let a time limit towards somebody outside run, in clock hours since an instant (aware; else from now).

        It takes the place of the same clock that runs already. `to` gets the holding letter.
        """
        clocks.start(self._attempt, clock, hours, since, to)

    def stop_clock(self, clock: Clock) -> None:
        """The limit is kept, or broken, here; nothing where it does not run."""
        clocks.stop(self._attempt, clock)

    def open_later(self, process: str, input_: Json, *, rule: str, relation: str, on: datetime | None = None) -> None:
        """Book another case, linked to this one, opened `on` that instant or as soon as this stretch is committed."""
        sending.book(self._attempt, process, input_, rule=rule, relation=relation, on=on)

    def reopen(self, process: str, code: str, *, back_to: str, because: str, rule: str) -> None:
        """Open a closed case again, in its next round from `back_to` on, as soon as this stretch is committed."""
        wanted = {"case": code, "rule": back_to, "because": because}
        sending.book(self._attempt, process, wanted, rule=rule, relation=REOPENS, on=None)

    def back_to(self, rule: str, *, because: str, only: Sequence[str] = (), rounds: int | str = 3) -> NoReturn:
        """Go back to a rule: all from there is superseded and done again; `only` names the papers to ask for again.

        `rounds` says how often at most, as a number or a policy key; then the case needs attention.
        """
        self._attempt.begins_new()
        rounds = rounds if isinstance(rounds, int) else self.policy.number(rounds)
        earlier = self.times_back_to(rule)
        if earlier >= rounds:
            raise RoundsUsedUp(
                f"case {self.code} has gone back to {rule} {earlier} times, which is the limit; "
                "talk to those involved, then cancel the case or decide it"
            )
        value = {"because": because, "only": list(only), "by": "procedure"}
        go_back(self._attempt.row, self._attempt.journal, self._attempt.ledger, rule, value, self._attempt.now)
        raise SentBack

    def approve(self, reason: str = "", *, notify: Sequence[Contact] = ()) -> Outcome:
        """End the case as approved."""
        return Outcome("approved", reason, notify=tuple(notify))

    def reject(self, reason: str = "", *, comment: str = "", notify: Sequence[Contact] = ()) -> Outcome:
        """End the case as rejected; `reason` is ours and bilingual, `comment` a person's."""
        return Outcome("rejected", reason, comment, tuple(notify))

    def close(self, outcome: str, reason: str = "", *, notify: Sequence[Contact] = ()) -> Outcome:
        """End the case with another outcome: lapsed, withdrawn, resolved or done."""
        return Outcome(outcome, reason, notify=tuple(notify))

    def _own_backs(self, rule: str) -> list[JournalEntry]:
        return [entry for entry in self._attempt.journal.backs if entry.rule == rule and not entry.value.get("gate")]

    def _open_task(
        self,
        task: FormTask,
        shows: Shown | None,
        draft: Form | Mapping[str, Any] | None = None,
        against: Mapping[str, str] | None = None,
        term: asking.Term = NO_TERM,
        who: Contact | Approver | None = None,
    ) -> str:
        attempt = self._attempt
        key = attempt.key(task.rule, task.name)
        filled = draft.model_dump(mode="json") if isinstance(draft, Form) else dict(draft or {})
        shown = (shows or Shown()).to_json() | ({"against": dict(against)} if against else {})
        ask = partial(form_asking.open_task, attempt, task, key, shown, filled, term, who)
        self._open(key, task, shown, ask, who=who)
        return key

    def _filled_in(self, task: FormTask, key: str, against: Mapping[str, str] | None = None) -> Any:
        outcome = self._wait_for(key)
        # With the same facts as when it was submitted: what was valid beside them need not be without. `taken`, since
        # a form that asks for more now must not refuse what it has taken.
        context = {**(against or {}), "taken": "yes"}
        form = as_listed(task.form, self.policy)
        return form.model_validate(outcome["answer"], context=context) if "answer" in outcome else None

    def _open(
        self, key: str, element: Element, shows: Json, ask: Callable[[], None], who: Contact | Approver | None = None
    ) -> None:
        self._ask(key, element, f"{element.rule} ask: {in_language(element.title, 'en').lower()}", shows, ask, who)

    def _ask(
        self,
        key: str,
        element: Element | None,
        label: str,
        shows: Json,
        ask: Callable[[], None],
        who: Contact | Approver | None = None,
    ) -> None:
        attempt = self._attempt
        if attempt.is_to_ask(key, element, shows, who):
            attempt.carry_out(label, ask)
            attempt.performed.append(label)

    def _wait_for(self, key: str) -> Json:
        try:
            return self._attempt.journal.outcomes[key]
        except KeyError:
            raise Parked from None
