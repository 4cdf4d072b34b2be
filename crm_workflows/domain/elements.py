"""The parts a procedure is built of: gates, form tasks, document collections. They must not know how they are run.

Each element declares the rule it carries out (`rule="SV-7"`) and remembers the file and line where it was declared, so
that the coverage of the rule book can be listed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Literal

from crm_workflows.domain.approvers import Approver
from crm_workflows.domain.declared import check_kinds, declared_at
from crm_workflows.domain.durations import Duration
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.form_cells import columns_of
from crm_workflows.domain.forms import Form
from crm_workflows.domain.panels import Condition, Decider, Exceeds, FieldIs


@dataclass(frozen=True)
class Silence:
    """What happens when nobody answers (G-3): keep waiting, or a declared result after a time."""

    result: str
    after: Duration | None = None


keep_waiting: Final = Silence("keep_waiting")


def reject_after(time: Duration) -> Silence:
    """Silence counts as a rejection after `time`."""
    return Silence("reject", time)


def approve_after(time: Duration) -> Silence:
    """Silence counts as an approval after `time`; shown everywhere as "passed on silence"."""
    return Silence("approve", time)


@dataclass(frozen=True)
class Stage:
    """One decider of a gate, asked after the stages before have approved; `when` says whether it is needed at all."""

    name: str
    approver: Decider
    when: Condition | None = None

    def __post_init__(self) -> None:
        check_kinds(self)


def above(limit: str, *deciders: Decider) -> tuple[Stage, ...]:
    """Further stages, in order, for amounts above the policy amount `limit`."""
    return tuple(Stage(f"{limit}_{n}", decider, Exceeds(limit)) for n, decider in enumerate(deciders, start=1))


def when(condition: FieldIs, *deciders: Decider) -> tuple[Stage, ...]:
    """Further stages, in order, where a field of the subject says so."""
    return tuple(Stage(f"{condition.field}_{n}", decider, condition) for n, decider in enumerate(deciders, start=1))


@dataclass(frozen=True)
class Lower:
    """A value that a gate may lower while it approves: its name, and its title (a label)."""

    name: str
    title: str


def lower(name: str, title: str) -> Lower:
    """In `may_change` of a gate: an amount or a whole number that may be approved lower than it was asked for."""
    return Lower(name, title)


@dataclass(frozen=True)
class Gate:
    """An approval (G-2, G-3): who decides, by when, what silence means and where it may send back to."""

    name: str
    title: str
    rule: str
    approver: Decider
    then: tuple[Stage, ...] = ()
    """Who decides after the approver has approved: `above(…)`, `when(…)`."""
    due: Duration | None = None
    remind: Duration | None = None
    """How long after it was asked whoever has not answered is reminded."""
    escalate_to: Approver | None = None
    """Who hears once it is overdue; they decide nothing by it."""
    on_silence: Silence = keep_waiting
    send_back: tuple[str, ...] = ()
    """The rules to which whoever decides may send back."""
    rounds: int | str = 3
    """How often it can be sent back, as a number or a policy key."""
    on_yes: str = ""
    """What follows, a label; where it is not said, it is read from the procedure (`engine.what_follows`)."""
    on_no: str = ""
    other_than: tuple[str, ...] = ()
    """Names of earlier tasks and gates: whoever did one, in any round, is neither asked nor entitled here."""
    by_different_people: bool = False
    """Nobody approves two stages: who approved one is neither asked nor entitled in a later one."""
    material: tuple[str, ...] = ()
    """Fields of the subject: once they are amended, whoever has approved is asked again (G-6); () for all it shows."""
    may_change: tuple[Lower, ...] = ()
    """What may be approved lower 改批; the approval is given the values, the one of an amount may be its `amount`."""
    copy: tuple[Approver, ...] = ()
    """Who hears how it is decided without being asked 抄送; no right to decide comes with it."""
    requester_decides: bool = False
    """True only for a confirmation by the very person in whose name a case was started; never for an approval (G-2)."""
    where: str = field(default_factory=declared_at, compare=False)

    def __post_init__(self) -> None:
        check_kinds(self)
        names = [self.name, *(stage.name for stage in self.then)]
        again = next((name for name in names if names.count(name) > 1), None)
        if again is not None:
            raise AuthorMistake(f"{self.where}: gate {self.name} has two stages called {again}; give each its own name")

    def stages(self) -> tuple[Stage, ...]:
        """All deciders in the order in which they are asked."""
        return self._stages

    @cached_property
    def _stages(self) -> tuple[Stage, ...]:
        """Made and checked once, since every stretch asks for them."""
        return (Stage("", self.approver), *self.then)

    def stage_of(self, key: str) -> Stage:
        """The stage that is asked under this key of the journal."""
        name = key.partition(":")[2].partition("#")[0]
        return next((stage for stage in self._stages if stage.name == name), self._stages[0])


@dataclass(frozen=True)
class FormTask:
    """Work done by a person who fills in a form; the answer is the validated form."""

    name: str
    title: str
    rule: str
    form: type[Form]
    by: Approver | None
    """Who of the staff; None for a form that somebody outside fills in, whom the procedure names (`from_`)."""
    due: Duration | None = None
    remind: Duration | None = None
    escalate_to: Approver | None = None
    other_than: str | tuple[str, ...] = ()
    """Names of earlier tasks, or one: whoever filled one in, in any round, is neither asked nor entitled here."""
    anew: tuple[str, ...] = ()
    """Fields that are left empty when the form comes again after a send-back; all others are filled in as before."""
    on_yes: str = ""
    """As of a gate."""
    in_sheets: bool = False
    """Whether the workbook of a digest takes it too, a row for each: for flat forms that come many at a time."""
    lapse: Duration | None = None
    """After which asking ends without an answer; the procedure then goes on with None."""
    stops_clocks: bool = False
    """The clocks of the case stand from when its mail has left until somebody outside writes (CP-14)."""
    where: str = field(default_factory=declared_at, compare=False)

    @property
    def others(self) -> tuple[str, ...]:
        """The names in `other_than`."""
        return (self.other_than,) if isinstance(self.other_than, str) else self.other_than

    def by_reply(self, shows: Mapping[str, Any]) -> str:
        """How the words of a reply answer a request that `shows` this, a label; empty where they do not: those of a
        row would drop what a draft holds."""
        return "" if self.in_sheets and shows.get("draft") else self.form.BY_REPLY

    def __post_init__(self) -> None:
        check_kinds(self)
        if self.in_sheets:
            _check_for_sheets(self)
        unknown = [name for name in self.anew if name not in self.form.model_fields]
        if unknown:
            raise AuthorMistake(
                f"{self.where}: task {self.name} has no field {unknown[0]} to ask anew; correct its name"
            )


def _check_for_sheets(task: FormTask) -> None:
    try:
        columns_of(task.form)
    except AuthorMistake as error:
        raise AuthorMistake(f"{task.where}: task {task.name}: {error}") from error


@dataclass(frozen=True)
class Paper:
    """One kind of document; `names` are words that file names of this kind contain, in any language."""

    kind: str
    title: str
    names: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True)
class Papers:
    """A collection of documents asked from somebody outside (SV-3): reminders, and a lapse at which asking ends.

    Asked of the staff it is `due` some time, when `escalate_to` hears of it (G-1).
    """

    name: str
    title: str
    rule: str
    kinds: tuple[Paper, ...]
    remind: tuple[Duration, ...] = ()
    due: Duration | None = None
    escalate_to: Approver | None = None
    lapse: Duration | None = None
    on_lapse: str = ""
    """What follows if nothing arrives, a label; the end of the case where it is not said."""
    after_send_back: Literal["again", "keep"] = "again"
    """Whether a send-back asks for all of it again, or keeps what came until the procedure names papers to ask for."""
    where: str = field(default_factory=declared_at, compare=False)

    def __post_init__(self) -> None:
        check_kinds(self)
        if len({paper.kind for paper in self.kinds}) != len(self.kinds):
            raise AuthorMistake(f"{self.where}: papers {self.name} list a kind twice; name each kind once")

    def paper(self, kind: str) -> Paper | None:
        """The declared kind of that name, None if unknown."""
        return next((paper for paper in self.kinds if paper.kind == kind), None)

    def asked(self, shows: Mapping[str, Any]) -> tuple[Paper, ...]:
        """The kinds that a request asks for, by what it `shows`; those named one by one are all required."""
        chosen = (paper for paper in self.kinds if paper.kind in shows["asked"])
        return tuple(replace(paper, required=True) if shows.get("each") else paper for paper in chosen)

    def required(self) -> tuple[str, ...]:
        """The kinds without which the collection is not complete."""
        return tuple(paper.kind for paper in self.kinds if paper.required)


Element = Gate | FormTask | Papers


@dataclass(frozen=True)
class Clock:
    """A time limit towards somebody outside, in clock hours; it stands while a question to them is out (CP-14).

    When 80 % of it are over, the holding letter goes out (labels; none where they are empty) and `warned` hear of it;
    `late` hear once it is over.
    """

    name: str
    title: str
    rule: str
    warned: tuple[Approver, ...]
    late: tuple[Approver, ...]
    letter_title: str = ""
    letter_text: str = ""
    where: str = field(default_factory=declared_at, compare=False)


@dataclass(frozen=True)
class PolicyRead:
    """A policy value that a procedure reads itself; `kind` as in the policy file: whole number, amount, or "" for any.

    Declared so that a policy without it is refused before a case finds out.
    """

    key: str
    kind: str = ""
