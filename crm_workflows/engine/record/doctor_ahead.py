"""Whom the gates and tasks that lie ahead of a case would ask, if they opened now. It must not open any.

Cases that look alike are worked out once: by version, owner, requester and the people their subject names. What only
the way shows, such as an amount or a condition, is not guessed: every rung and stage is looked at.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from crm_workflows.domain.approvers import Approver, ByField, every_word
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.errors import ProcedureChanged
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import Decider, Exceeds, FieldIs, Ladder, Panel, Rung, approvers_in
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.context import Engine
from crm_workflows.engine.procedure import CONFIRM_START, Procedure
from crm_workflows.engine.requests import asking
from crm_workflows.engine.requests.asking import Asked
from crm_workflows.engine.requests.desk import AnswerDesk
from crm_workflows.engine.requests.seating import seated
from crm_workflows.engine.running.ledger import Ledger

Element = Gate | FormTask
Stuck = tuple[Element, NobodyToAsk, bool]
"""What would ask nobody, why, and whether that is only so above a limit."""
Cause = tuple[NobodyToAsk, bool]
"""The last two of those."""
NO_CURRENCY: Final = "XXX"
"""ISO 4217; an amount in a currency other than that of a limit is beyond it, so that this is beyond all of them."""


@dataclass
class Opened:
    """What a case has asked so far: the latest status by journal key, people by open request, who has answered what.

    Whoever has is known by the name of the task or gate, in whatever round: see `asking.who_did`.
    """

    statuses: dict[str, str] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    did: dict[str, set[str]] = field(default_factory=dict)

    def is_asked(self, rule: str, name: str) -> bool:
        """Whether a gate's stage or a task is open or answered, so that it lies ahead no more."""
        return self.statuses.get(f"{rule}:{name}") in ("open", "decided")

    def who_did(self, names: Sequence[str]) -> list[str]:
        """Everybody who has answered one of these, in order."""
        return sorted(set().union(*(self.did.get(name, ()) for name in names)))


class Ahead:
    """Remembers what it has worked out."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self._engine, self._now = engine, now
        self._known: dict[tuple[Any, ...], Cause | None] = {}
        self._policies: dict[str, Policy] = {}
        self._fields: dict[Procedure, tuple[str, ...]] = {}
        self._procedures: dict[tuple[str, int, str], Procedure | None] = {}

    def procedure_of(self, row: CaseRow) -> Procedure | None:
        """The code on which a case runs; None where it is not here."""
        key = (row.process, row.version, row.source_hash)
        if key not in self._procedures:
            try:
                self._procedures[key] = self._engine.procedure_of(row)
            except ProcedureChanged:
                self._procedures[key] = None
        return self._procedures[key]

    def stuck(self, made: Procedure, row: CaseRow, opened: Opened) -> Iterator[Stuck]:
        """Each gate or task of the version that is not asked yet and would find nobody."""
        for element in made.elements().values():
            if isinstance(element, FormTask) and element.by and not opened.is_asked(element.rule, element.name):
                did = opened.who_did(element.others)
                work = partial(self._task, made, row, element, did)
                cause = self._remembered(made, row, (element.name, "", *did), work)
                if cause is not None:
                    yield element, *cause
            elif isinstance(element, Gate) and (element.name != CONFIRM_START.name or row.origin == "prefect"):
                yield from self._gate(made, row, element, opened)

    def _gate(self, made: Procedure, row: CaseRow, gate: Gate, opened: Opened) -> Iterator[Stuck]:
        for stage in gate.stages():
            never_asked = isinstance(stage.when, FieldIs) and not _may_hold(stage.when, row)
            if never_asked or opened.is_asked(gate.rule, stage.name or gate.name):
                continue
            did = opened.who_did(gate.other_than)
            work = partial(self._stage, made, row, gate, stage.approver, did)
            cause = self._remembered(made, row, (gate.name, stage.name, *did), work)
            if cause is not None:
                error, is_above = cause
                yield gate, error, is_above or isinstance(stage.when, Exceeds) or isinstance(stage.approver, Ladder)

    def _remembered(
        self, made: Procedure, row: CaseRow, what: tuple[str, ...], work: Callable[[], Cause | None]
    ) -> Cause | None:
        """Why nobody would be asked; `what` are the gate or task, its stage, and who is kept apart from it."""
        if made not in self._fields:
            words = (word for one in made.elements().values() for word in _words(one))
            self._fields[made] = tuple(sorted({word.field for word in words if isinstance(word, ByField)}))
        named = tuple(str(row.subject.get(name)) for name in self._fields[made])
        key = (made, what, row.owner, row.requester, row.policy, named)
        if key not in self._known:
            self._known[key] = work()
        return self._known[key]

    def _task(self, made: Procedure, row: CaseRow, task: FormTask, did: list[str]) -> Cause | None:
        desk = AnswerDesk(self._engine, made, row, Ledger(row), self._now)
        never = self._only_one(desk, made, task.others) + did
        try:
            if task.by:
                asking.staff_asked(desk, task.by, never=never)
        except NobodyToAsk as error:
            return error, False
        return None

    def _stage(self, made: Procedure, row: CaseRow, gate: Gate, decider: Decider, did: list[str]) -> Cause | None:
        desk = AnswerDesk(self._engine, made, row, Ledger(row), self._now)
        never = self._only_one(desk, made, gate.other_than) + did
        never += [] if gate.requester_decides else [row.requester]
        policy = self._policies.setdefault(row.policy, Policy.from_text(row.policy))
        for rung in decider.rungs if isinstance(decider, Ladder) else (Rung(None, decider),):
            most = policy.amount(rung.limit) if rung.limit else Money.of(1, NO_CURRENCY)
            error = _refused(desk, rung.decider, never, policy, most)
            if error is not None:
                least = (Money.of(0, currency) for currency in self._currencies())
                return error, any(_refused(desk, rung.decider, never, policy, one) is None for one in least)
        return None

    def _currencies(self) -> set[str]:
        """Of the personal limits."""
        return {one.approval_limit.currency for one in self._engine.staff.directory() if one.approval_limit}

    def _only_one(self, desk: AnswerDesk, made: Procedure, names: Sequence[str]) -> list[str]:
        """Who is certain to have done one of these before, because only they can."""
        found: list[str] = []
        for name in names:
            element = made.elements().get(name)
            if isinstance(element, FormTask) and element.by:
                asked = self._resolved(desk, element.by, ())
                found += [asked[0].email] if len(asked) == 1 else []
        return found

    def _resolved(self, desk: AnswerDesk, word: Approver, never: Sequence[str]) -> list[Asked]:
        try:
            return asking.staff_asked(desk, word, never=never)
        except NobodyToAsk:
            return []


def _refused(
    desk: AnswerDesk, decider: Approver | Panel, never: Sequence[str], policy: Policy, amount: Money
) -> NobodyToAsk | None:
    """Why nobody would be asked for that amount."""
    try:
        seated(decider, partial(asking.staff_asked, desk, never=never, amount=amount), policy)
    except NobodyToAsk as error:
        return error
    return None


def _words(element: object) -> Iterator[Any]:
    if isinstance(element, FormTask):
        yield from every_word(element.by) if element.by else ()
    elif isinstance(element, Gate):
        for stage in element.stages():
            for found in approvers_in(stage.approver):
                yield from every_word(found)


def _may_hold(condition: FieldIs, row: CaseRow) -> bool:
    """Whether the subject fits a condition; the field as it is kept, in JSON."""
    return condition.holds(_Kept(row.subject))


class _Kept:
    """A kept subject read by attribute, as conditions do."""

    def __init__(self, plain: dict[str, Any]) -> None:
        self._plain = plain

    def __getattr__(self, name: str) -> Any:
        return self._plain.get(name)
