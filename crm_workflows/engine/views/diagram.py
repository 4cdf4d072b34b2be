"""Reads a procedure as a diagram: its steps, tasks, collections and gates in the order of the source, with the places
where a case may end early or go back.

It works on the source of the function, so that the diagram cannot differ from what runs; it never calls the function,
and does not draw it (see `interfaces`).
"""

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from crm_workflows.domain.approvers import Approver
from crm_workflows.domain.elements import FormTask, Gate, Papers
from crm_workflows.domain.panels import Decider
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.procedure import Procedure, latest, registered
from crm_workflows.engine.steps import StepFunction
from crm_workflows.engine.views.source import Scope, source_of

Kind = Literal["step", "task", "papers", "gate", "wait", "tell", "later", "end"]
ENDS = {"approve": "approved", "reject": "rejected"}
SENDS = {"tell": "announcement", "write": "letter"}
"""Verb -> the kind of mail that it sends."""


@dataclass(frozen=True)
class Exit:
    """A place where the case may end early; `reason` is bilingual and may be empty."""

    outcome: str
    reason: str = ""


@dataclass(frozen=True)
class Node:
    """One thing the procedure does. `key` begins its journal keys; `back_to` lists the rules it may return to."""

    key: str
    kind: Kind
    rule: str
    title: str
    is_conditional: bool = False
    is_beside: bool = False
    """Runs at the same time as the node before it."""
    exits: tuple[Exit, ...] = ()
    back_to: tuple[str, ...] = ()
    approvers: tuple[Decider, ...] = ()
    """Who does it: the first always, the others after them, if need be; nobody of the company for papers."""
    sends: str = ""
    """The kind of mail that it sends by itself: an announcement, a letter."""
    hearers: tuple[Approver, ...] = ()
    """Whom that, or a collection of papers, is for, as far as the source says so."""


@dataclass(frozen=True)
class Diagram:
    """A procedure from top to bottom; the last node is the end it is meant to reach."""

    title: str
    nodes: tuple[Node, ...]


@cache
def diagram_of(procedure: Procedure) -> Diagram:
    """The diagram of a procedure's body."""
    reader = _Reader()
    reader.function(procedure.body, (), conditional=False)
    return Diagram(procedure.title, tuple(reader.nodes))


def of_people(diagram: Diagram) -> Diagram:
    """The way in short: what people do and what follows, each thing once, where it comes last."""
    last = {node.key: n for n, node in enumerate(diagram.nodes)}
    kept = (node for n, node in enumerate(diagram.nodes) if last[node.key] == n and node.kind not in ("step", "tell"))
    return replace(diagram, nodes=tuple(kept))


class _Reader:
    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def function(
        self, body: Any, arguments: Sequence[bool], *, conditional: bool, given: Mapping[str, Any] | None = None
    ) -> None:
        """Read a function; `arguments` says which positional ones are the case (the first, for a procedure), `given`
        what others stand for where that is known: an element that is handed over."""
        plain, tree = inspect.unwrap(body), source_of(body)
        if tree is None:
            return
        case = {a.arg for a, is_case in zip(tree.args.args, arguments or (True,), strict=False) if is_case}
        closure = inspect.getclosurevars(plain)
        names = {**closure.builtins, **plain.__globals__, **closure.nonlocals, **(given or {})}
        self.block(tree.body, Scope(names, case), conditional=conditional)

    def block(self, statements: Sequence[ast.stmt], scope: Scope, *, conditional: bool) -> None:
        for statement in statements:
            if isinstance(statement, ast.If):
                self._if(statement, scope, conditional=conditional)
            elif isinstance(statement, ast.For | ast.While):
                head = statement.iter if isinstance(statement, ast.For) else statement.test
                self.expression(head, scope, conditional=conditional)
                self.block([*statement.body, *statement.orelse], scope, conditional=conditional)
            elif isinstance(statement, ast.With | ast.Try):
                self.block(statement.body, scope, conditional=conditional)
            elif isinstance(statement, ast.Return) and statement.value is not None and not conditional:
                self._end(statement.value, scope)
            else:
                if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                    scope.assigned[statement.targets[0].id] = statement.value
                for part in ast.iter_child_nodes(statement):
                    if isinstance(part, ast.expr):
                        self.expression(part, scope, conditional=conditional)

    def _if(self, statement: ast.If, scope: Scope, *, conditional: bool) -> None:
        self.expression(statement.test, scope, conditional=conditional)
        for branch in (statement.body, statement.orelse):
            *before, last = branch or [ast.Pass()]
            found = _exit(last, scope)
            self.block(before if found else branch, scope, conditional=True)
            if found and self.nodes:
                node = self.nodes[-1]
                exits = (found,) if isinstance(found, Exit) else ()
                back = (found,) if isinstance(found, str) else ()
                self.nodes[-1] = replace(node, exits=node.exits + exits, back_to=node.back_to + back)

    def _end(self, value: ast.expr, scope: Scope) -> None:
        found = _outcome(value, scope)
        if found is None:
            self.expression(value, scope, conditional=False)
            return
        self.nodes.append(Node(f"end:{found.outcome}", "end", "", found.reason, exits=(found,)))

    def expression(self, expression: ast.expr, scope: Scope, *, conditional: bool) -> None:
        """Every call in it, in the order in which Python evaluates them."""
        for call, is_conditional in _calls(expression, conditional):
            self._call(call, scope, conditional=is_conditional)

    def _call(self, call: ast.Call, scope: Scope, *, conditional: bool) -> None:
        verb = call.func
        if isinstance(verb, ast.Attribute) and isinstance(verb.value, ast.Name) and verb.value.id in scope.case:
            self._verb(verb.attr, call, scope, conditional=conditional)
            return
        called = scope.value(call.func)
        step = getattr(called, "crm_step", called)
        if isinstance(step, StepFunction):
            title = step.title or _plain_title(step.name)
            node = Node(f"{step.rule}:{step.name}", "step", step.rule, title, conditional, sends=step.sends)
            self.nodes.append(node)
        elif inspect.isfunction(called):
            is_case = [isinstance(a, ast.Name) and a.id in scope.case for a in call.args]
            if any(is_case):
                names = inspect.signature(called).parameters
                given = {name: scope.value(a) for name, a in zip(names, call.args, strict=False)}
                self.function(called, is_case, conditional=conditional, given=given)

    def _verb(self, verb: str, call: ast.Call, scope: Scope, *, conditional: bool) -> None:
        if verb in ("approval", "task", "open_task", "collect", "together"):
            for n, argument in enumerate(call.args):
                element = _element(argument, scope)
                if element is not None:
                    from_ = [word for k in call.keywords if k.arg == "from_" for word in scope.words(k.value)]
                    node = _element_node(element, conditional=conditional, beside=n > 0)
                    self.nodes.append(replace(node, hearers=tuple(from_)))
        elif verb in ("wait", *SENDS) and len(call.args) > 1:
            rule, name = scope.text(call.args[0]), scope.text(call.args[1])
            said = [scope.assigned.get(a.id, a) if isinstance(a, ast.Name) else a for a in call.args[2:]]
            own = [k.value for k in call.keywords if k.arg == "title"]
            title = next((t for t in (*map(scope.text, [*own, *_inner(said)]), *map(scope.titled, said)) if t), "")
            to = [word for one in said if isinstance(one, ast.Call) and one.args for word in scope.words(one.args[0])]
            kind: Kind = "tell" if verb in SENDS else "wait"
            made = Node(f"{rule}:{name}", kind, rule, title or _plain_title(name), conditional)
            self.nodes.append(replace(made, sends=SENDS.get(verb, ""), hearers=tuple(to)))
        elif verb == "open_later" and call.args:
            rule = next((scope.text(k.value) for k in call.keywords if k.arg == "rule"), "")
            process = scope.text(call.args[0])
            booked = latest(registered()).get(process)
            title = booked.title if booked else _plain_title(process)
            self.nodes.append(Node(f"{rule}:book {process}", "later", rule, title, conditional))


def _element(argument: ast.expr, scope: Scope) -> Gate | FormTask | Papers | None:
    """What is asked, also where the story names it anew for the case: `wanted = named_for(kind, PAPERS)`."""
    given = scope.assigned.get(argument.id, argument) if isinstance(argument, ast.Name) else argument
    parts = given.args if isinstance(given, ast.Call) else [given]
    found = (scope.value(part) for part in parts)
    return next((one for one in found if isinstance(one, Gate | FormTask | Papers)), None)


def _element_node(element: Gate | FormTask | Papers, *, conditional: bool, beside: bool) -> Node:
    kind: Kind = "gate" if isinstance(element, Gate) else "task" if isinstance(element, FormTask) else "papers"
    back: tuple[str, ...] = ()
    who: tuple[Decider, ...] = ()
    if isinstance(element, Gate):
        back, who = element.send_back, tuple(stage.approver for stage in element.stages())
    elif isinstance(element, FormTask):
        who = (element.by,) if element.by else ()
    return Node(f"{element.rule}:{element.name}", kind, element.rule, element.title, conditional, beside, (), back, who)


def _calls(expression: ast.expr, conditional: bool) -> Iterator[tuple[ast.Call, bool]]:
    """Calls innermost first; what stands behind `and`, `or` or in a choice may not happen."""
    if isinstance(expression, ast.Lambda):
        return
    if isinstance(expression, ast.BoolOp):
        first, *others = expression.values
        yield from _calls(first, conditional)
        for other in others:
            yield from _calls(other, True)
        return
    if isinstance(expression, ast.IfExp):
        yield from _calls(expression.test, conditional)
        yield from [*_calls(expression.body, True), *_calls(expression.orelse, True)]
        return
    for part in ast.iter_child_nodes(expression):
        inner = part.value if isinstance(part, ast.keyword) else part
        if isinstance(inner, ast.expr):
            yield from _calls(inner, conditional)
    if isinstance(expression, ast.Call):
        yield expression, conditional


def _exit(statement: ast.stmt, scope: Scope) -> Exit | str | None:
    """What a branch ends with: an early end, the rule it goes back to, or None when the story simply goes on."""
    if isinstance(statement, ast.Return) and statement.value is not None:
        return _outcome(statement.value, scope)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and call.func.attr == "back_to" and call.args:
            return scope.text(call.args[0]) or None
    return None


def _outcome(value: ast.expr, scope: Scope) -> Exit | None:
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return None
    verb, texts = value.func.attr, [scope.text(argument) for argument in value.args]
    reasons = [scope.text(k.value) for k in value.keywords if k.arg == "reason"]
    if verb in ENDS:
        return Exit(ENDS[verb], next((t for t in [*texts, *reasons] if t), ""))
    if verb == "close" and texts:
        return Exit(texts[0], next((t for t in [*texts[1:], *reasons] if t), ""))
    return None


def _inner(arguments: Sequence[ast.expr]) -> Iterator[ast.expr]:
    """The arguments of the announcement that a `tell` sends."""
    for argument in arguments:
        if isinstance(argument, ast.Call):
            yield from [*argument.args, *(k.value for k in argument.keywords if k.arg == "title")]


def _plain_title(name: str) -> str:
    words = name.replace("_", " ").replace("-", " ")
    return bilingual(words, words)
