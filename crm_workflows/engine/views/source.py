"""What names in the source of a procedure stand for, as far as the source says so.

It must not run anything of a procedure.
"""

import ast
import inspect
import textwrap
from dataclasses import dataclass, field
from typing import Any

from crm_workflows.domain import approvers
from crm_workflows.domain.approvers import Approver


def source_of(function: Any) -> ast.FunctionDef | None:
    """The definition of a function, undecorated; None for what is no function."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function)))).body[0]
    return tree if isinstance(tree, ast.FunctionDef) else None


@dataclass
class Scope:
    """A function that is being read: how names resolve, and under which names it knows the case."""

    names: dict[str, Any]
    case: set[str] = field(default_factory=set)
    assigned: dict[str, ast.expr] = field(default_factory=dict)
    """What its own names were last given."""

    def value(self, expression: ast.expr) -> Any:
        """What a name, dotted name or constant stands for; None for everything that only exists at run time."""
        if isinstance(expression, ast.Constant):
            return expression.value
        if isinstance(expression, ast.Name):
            return self.names.get(expression.id)
        if isinstance(expression, ast.Attribute):
            return getattr(self.value(expression.value), expression.attr, None)
        return None

    def text(self, expression: ast.expr | None) -> str:
        """A constant text, else nothing."""
        value = self.value(expression) if expression is not None else None
        return value if isinstance(value, str) else ""

    def titled(self, expression: ast.expr) -> str:
        """The title of what a name stands for, such as the words of a letter, or of what is made from it."""
        if isinstance(expression, ast.Call):
            of_parts = next(filter(None, map(self.titled, expression.args)), "")
            return of_parts or _title_of_result(self.value(expression.func))
        return self.own_title(expression)

    def own_title(self, expression: ast.expr) -> str:
        """The title of what a name stands for; empty where it has none."""
        title = getattr(self.value(expression), "title", "")
        return title if isinstance(title, str) else ""

    def words(self, expression: ast.expr) -> list[Approver]:
        """The approvers that an expression names, as far as the source says so."""
        if isinstance(expression, ast.Tuple | ast.List):
            return [word for one in expression.elts for word in self.words(one)]
        if isinstance(expression, ast.Starred):
            return self.words(expression.value)
        if isinstance(expression, ast.Call):
            named = self.value(expression.func)
            given = [self.value(one) or next(iter(self.words(one)), None) for one in expression.args]
            is_word = getattr(named, "__module__", "") == approvers.__name__
            return [named(*given)] if is_word and None not in given else []
        if isinstance(expression, ast.Name) and expression.id in self.assigned:
            return self.words(self.assigned[expression.id])
        value = self.value(expression)
        found = value if isinstance(value, tuple | list) else [value]
        return [one for one in found if isinstance(one, Approver)]


def _title_of_result(called: Any) -> str:
    """The title of what a function or a step makes its usual, its last, result from, such as the words of a letter."""
    plain = inspect.unwrap(getattr(called, "crm_step", called))
    tree = source_of(plain) if inspect.isfunction(plain) else None
    made = next((one.value for one in reversed(tree.body) if isinstance(one, ast.Return)), None) if tree else None
    if not isinstance(made, ast.Call):
        return ""
    return next(filter(None, map(Scope(plain.__globals__).own_title, made.args)), "")
