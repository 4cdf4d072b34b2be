"""Walks every path of a procedure: at each wait all ways out are taken, each from the same moment.

The procedure itself runs, over the store in memory; states that differ in nothing the procedure could know are one. It
must not change anything outside of the trial. What is not walked is counted and told, see `Walked.bounded`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.errors import InvalidInput, Refused, RoundsUsedUp
from crm_workflows.domain.examples import Example
from crm_workflows.domain.listed import as_listed
from crm_workflows.domain.records import ENDING, AuditEntry, BusinessRow, CaseRow, JournalEntry, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.journal import VisibleJournal, visible
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.needs import policy_read
from crm_workflows.engine.requests.request_order import place_of
from crm_workflows.engine.running import opening
from crm_workflows.engine.views import views
from crm_workflows.testing.trial.form_answers import Limits, Tried, answers
from crm_workflows.testing.trial.graph import Edge, End, Node, Stuck
from crm_workflows.testing.trial.office import Moment, TrialOffice
from crm_workflows.testing.trial.ways import Waiting, Way, asked_now

MOST_ANSWERS: Final = 120
"""On one path: whoever asks more often than that asks without end."""
NOBODY_IS_ASKED: Final = bilingual("案件在等待，却没有任何待办事项", "the case waits, and nobody is asked anything")
NO_ANSWER_FITS: Final = bilingual("所试的答复都不被接受", "none of the answers tried is accepted")
FORGOTTEN: Final = bilingual(
    "无期限、无提醒、无上报：无人答复时永远等下去", "no due date, reminder or escalation: unanswered it waits for ever"
)
Trace = tuple[object, ...]
NONE: Final = "— / —"
OPENED: Final = "立案 / opened"
ENDLESS: Final = bilingual("一再询问，没有尽头", "it asks again and again without end")


@dataclass
class Walked:
    """All that was walked."""

    roots: list[Node] = field(default_factory=list)
    nodes: int = 0
    stuck: list[Stuck] = field(default_factory=list)
    reached: dict[str, Request] = field(default_factory=dict)
    """Element -> the first request of it."""
    alike: int = 0
    """Answers to forms that lead where another leads, and were not followed further."""


@dataclass(frozen=True)
class _State:
    """Where a walk stands: what to go back to, and which answers of what kind led there."""

    node: Node
    moment: Moment
    code: str
    trace: Trace
    """What follows when all goes straight on."""
    repeats: tuple[str, str] | None = None
    """The return (element, answer) that is only repeated from here on, everything else being answered straight on."""


class Walk:
    """A walk over the paths of one procedure.

    After so many `returns` to an earlier rule a path no longer branches: it goes straight on, and at the place from
    which it last went back both goes on and goes back once more, until the limit of its rounds.
    """

    def __init__(
        self, office: TrialOffice, made: Procedure, returns: int = 0, most_answers: int = MOST_ANSWERS
    ) -> None:
        self.office, self.made, self.returns, self._most = office, made, returns, most_answers
        self.found = Walked()
        keys = tuple(policy_read({(made.name, made.version): made}))
        self._limits = Limits.of(office.staff.policy(), keys)
        self._tried: dict[str, list[Tried]] = {}
        self._nodes: dict[Any, Node] = {}
        self._ahead_of: dict[Any, Node] = {}
        self._further: Mapping[str, Sequence[Mapping[str, Any]]] = {}

    def from_examples(self, examples: Sequence[Example]) -> Walked:
        """Walk from each application; raises InvalidInput where one does not fit its form."""
        before = self.office.moment()
        for example in examples:
            self.office.go_back_to(before)
            self._walk(example)
        self.found.nodes = len(self._nodes)
        return self.found

    def _walk(self, example: Example) -> None:
        self._further = example.answers
        with self.office.store.write() as tx:
            tx.insert(*example.rows)
        started = opening.start(self.office.engine, self.made.name, dict(example.subject), requester=None, origin="cli")
        root = Node(0, example.title)  # the others belong to every example that leads to them
        self.found.roots.append(root)
        end = self._settled(started.code)
        if end is not None:
            if end.kind == "stuck":
                self.found.stuck.append(Stuck("", "", self.made.title, end.why, root))
            root.edges.append(Edge("", "", "", OPENED, 0.0, False, "", end))
            return
        moment = self.office.moment()
        ahead = [_State(root, moment, started.code, self._trace(started.code))]
        while ahead:
            ahead += self._step(ahead.pop())

    def _step(self, state: _State) -> list[_State]:
        self.office.go_back_to(state.moment)
        request = self._open(state.code)[0]
        element = self._element(request)
        waiting = Waiting(self.office, request)
        self.found.reached.setdefault(request.name, request)
        if waiting.is_forgotten:
            self._dead_end(state.node, request, FORGOTTEN)
        if state.node.depth >= self._most:
            self._nowhere(state.node, request, ENDLESS)
            return []
        tried = self._worth_trying(state, waiting, request, element) if isinstance(element, FormTask) else []
        taken = []
        for way in self._followed(state, waiting, element, tried):
            self.office.go_back_to(state.moment)
            taken.append(self._take(state, request, way, waiting.default(element).label))
        if not any(taken):
            self._nowhere(state.node, request, NO_ANSWER_FITS)
        return [one for one in taken if isinstance(one, _State)]

    def _followed(self, state: _State, waiting: Waiting, element: object, tried: Sequence[Tried]) -> Iterator[Way]:
        ways = waiting.ways(element, tried)
        if state.repeats is None:
            yield from ways
            return
        yield waiting.default(element)
        if waiting.request.name == state.repeats[0]:
            yield from (way for way in ways if way.label == state.repeats[1])

    def _take(self, state: _State, request: Request, way: Way, default: str) -> _State | bool | None:
        """The state that an answer leads to, None where it is refused, True where it leads nowhere new."""
        seconds = self._wait_for(way)
        refusal = _refusal(way)
        if isinstance(refusal, InvalidInput):
            return None
        end = self._settled(state.code, refusal)
        if end is not None:
            self._note_stuck(end, state.node, request)
            self._edge(state, request, way, seconds, end)
            return True
        leads, moment = asked_now(self._open(state.code)), self.office.moment()
        key, repeats, trace = self._reached(state, request, way, way.label == default)
        known = self._known(key)
        node = known or self._new_node(key, state.node.depth + 1)
        self._edge(state, request, way, seconds, node, leads)
        return True if known else _State(node, moment, state.code, trace, repeats)

    def _reached(
        self, state: _State, request: Request, way: Way, is_default: bool
    ) -> tuple[tuple[object, object], tuple[str, str] | None, Trace]:
        """By what the state is known among all, what is only repeated from it on, and what follows it straight on.

        What was answered tells states apart only by what follows: the journal's keys so far, and those to come.
        """
        journal = self._journal(state.code)
        repeats = state.repeats
        if repeats is None and len(journal.backs) > self.returns and request.key not in journal.outcomes:
            repeats = (request.name, way.label)
        trace: Trace = ()
        if repeats is None:
            trace = state.trace[1:] if is_default else self._trace(state.code)
        shows = [one.shows.get("panel", {}).get("votes", ()) for one in self._open(state.code)]
        votes = str([[vote["seat"] for vote in one] for one in shows])
        stack = tuple((entry.kind, entry.key) for entry in journal.stack)
        returns = tuple(sorted(_returns(journal).items()))
        return (stack, (returns, votes, repeats, trace)), repeats, trace

    def _known(self, key: tuple[object, object]) -> Node | None:
        """The node of a state that was met before; after the first example one with the same ahead of it will do."""
        return self._nodes.get(key) or (self._ahead_of.get(key[1]) if len(self.found.roots) > 1 else None)

    def _new_node(self, key: tuple[object, object], depth: int) -> Node:
        node = self._nodes[key] = Node(depth)
        if len(self.found.roots) == 1:
            self._ahead_of.setdefault(key[1], node)
        return node

    def _worth_trying(self, state: _State, waiting: Waiting, request: Request, task: FormTask) -> list[Tried]:
        """Of all answers to a form those that lead to different ways, found where the form is first met."""
        if task.name not in self._tried:
            example = views.task_view(self.office.engine, request.id)["example"]
            against = request.shows.get("against") or {}
            apart: dict[Trace, Tried] = {}
            form = as_listed(task.form, self.office.staff.policy())
            candidates = answers(form, example, against, self._limits, self._further.get(task.name, ()))
            for tried in candidates:
                self.office.go_back_to(state.moment)
                before = len(self._journal(state.code).backs)
                if self._goes(waiting.form(tried)):
                    backs = tuple(back.rule for back in self._journal(state.code).backs[before:])
                    apart.setdefault((*backs, *(self._keys(state.code) if backs else self._trace(state.code))), tried)
            self.found.alike += len(candidates) - len(apart)
            self._tried[task.name] = list(apart.values())
            self.office.go_back_to(state.moment)
        return self._tried[task.name]

    def _trace(self, code: str) -> Trace:
        """The keys that follow when all goes straight on, and the end; a return stands for all that is behind it."""
        returns = len(self._journal(code).backs)
        trace: list[object] = []
        while len(trace) < self._most:
            end = self._settled(code)
            if end is not None:
                return (*trace, end)
            backs = self._journal(code).backs
            if len(backs) > returns:
                return (*trace, backs[-1].rule)
            request = self._open(code)[0]
            trace.append(request.key)
            if not self._goes(Waiting(self.office, request).default(self._element(request))):
                return (*trace, "refused")
        return tuple(trace)

    def _goes(self, way: Way) -> bool:
        self._wait_for(way)
        return not isinstance(_refusal(way), InvalidInput)

    def _wait_for(self, way: Way) -> float:
        """Let the clock go on to the last moment for an answer; the office time that passed, in seconds."""
        before = self.office.clock.now()
        self.office.move_to(way.at)
        hours = self.office.staff.calendar()
        return hours.working_time_between(before, self.office.clock.now()).total_seconds()

    def _settled(self, code: str, refusal: Refused | None = None) -> End | None:
        """Where the case has come to; None where it waits for somebody."""
        with self.office.store.read() as reader:
            (row,) = reader.find(CaseRow, code=code)
            if row.status == "closed":
                ending = reader.find(BusinessRow, case=code, name=ENDING)
                return End("closed", row.outcome or "", str(ending[-1].value["reason"]) if ending else "")
            if row.status == "needs_attention":
                (*_, last) = reader.find(AuditEntry, case=code, event="needs_attention", order="n")
                is_declared = last.data["error"] == RoundsUsedUp.__name__
                return End("person" if is_declared else "stuck", "needs_attention", row.attention or "")
        if refusal is not None:
            return End("stuck", "refused", refusal.message)
        return None if self._open(code) else End("stuck", row.status, NOBODY_IS_ASKED)

    def _edge(self, state: _State, request: Request, way: Way, seconds: float, to: Node | End, leads: str = "") -> None:
        told = (request.name, request.rule, request.title, way.label, seconds, way.at is None, leads)
        state.node.edges.append(Edge(*told, to))

    def _note_stuck(self, end: End, node: Node, request: Request) -> None:
        if end.kind == "stuck":
            self._dead_end(node, request, end.why)

    def _nowhere(self, node: Node, request: Request, why: str) -> None:
        self._dead_end(node, request, why)
        node.edges.append(Edge(request.name, request.rule, request.title, NONE, 0.0, True, "", End("stuck", "", why)))

    def _dead_end(self, node: Node, request: Request, why: str) -> None:
        stuck = Stuck(request.name, request.rule, request.title, why, node)
        if stuck not in self.found.stuck:
            self.found.stuck.append(stuck)

    def _element(self, request: Request) -> object:
        return None if request.kind == "timer" else self.made.element(request.name)

    def _open(self, code: str) -> list[Request]:
        with self.office.store.read() as reader:
            return sorted(reader.find(Request, case=code, status="open"), key=lambda one: place_of(one.id))

    def _keys(self, code: str) -> list[str]:
        return [request.key for request in self._open(code)]

    def _journal(self, code: str) -> VisibleJournal:
        with self.office.store.read() as reader:
            return visible(reader.find(JournalEntry, case=code, order="n"))


def _refusal(way: Way) -> Refused | None:
    """Take a way; how it was refused, if it was."""
    try:
        way.take()
    except Refused as refusal:
        return refusal
    return None


def _returns(journal: VisibleJournal) -> Counter[str]:
    """How often the case has gone back, by where to and at whose wish."""
    return Counter(f"{back.rule} {back.value.get('gate') or ''}".strip() for back in journal.backs)
