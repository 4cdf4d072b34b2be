"""Makes mutants of a module: its functions, each with one thing changed. It must not run or write anything.

Left alone are docstrings, texts with blanks (sentences for people), annotations, defaults, lines for the log and what
stands outside of functions.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, Final

Function = ast.FunctionDef | ast.AsyncFunctionDef
COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
COUNTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.BitOr: ast.BitAnd,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """Another code for one function; `first_line` tells it from others of its name."""

    file: Path
    function: str
    first_line: int
    line: int
    what: str
    code: CodeType

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line} in {self.function}: {self.what}"


def mutants_of(file: Path) -> Iterator[Mutant]:
    """Every mutant of a module, from its first line to its last."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for place, (owner, function) in enumerate(_functions(tree)):
        name = f"{owner}{function.name}"
        for nth in range(len(list(_changes(function)))):
            other = copy.deepcopy(tree)
            line, what, apply = list(_changes([f for _, f in _functions(other)][place]))[nth]
            apply()
            code = _code(compile(ast.fix_missing_locations(other), str(file), "exec"), name, function)
            yield Mutant(file, name, code.co_firstlineno, line, what, code)


def _functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Outermost functions and methods, with the name of their class and a dot."""
    for node in tree.body:
        if isinstance(node, Function):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.", member) for member in node.body if isinstance(member, Function))


def _code(module: CodeType, name: str, function: Function) -> CodeType:
    lines = {function.lineno, *(decorator.lineno for decorator in function.decorator_list)}
    for constant in module.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == name and constant.co_firstlineno in lines:
                return constant
            if name.startswith(f"{constant.co_qualname}."):
                return _code(constant, name, function)
    raise LookupError(f"no code for {name}")


Apply = Callable[[], object]
Change = tuple[int, str, Apply]
"""(line, what is changed, how it is made in the tree)"""


def _changes(function: Function) -> Iterator[Change]:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    nodes = [node for statement in body for node in ast.walk(statement)]
    told = {id(n) for node in nodes if isinstance(node, ast.AnnAssign) for n in ast.walk(node.annotation)}
    told |= {id(n) for node in nodes if _is_logging(node) for n in ast.walk(node)}
    for node in nodes:
        if id(node) not in told:
            for kind, change in CHANGES:
                if isinstance(node, kind):
                    yield from ((getattr(node, "lineno", function.lineno), *made) for made in change(node))
    yield from _left_out(function, first=len(function.body) - len(body))


def _is_logging(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.")


def _compared(node: ast.Compare) -> Iterator[tuple[str, Apply]]:
    for place, was in enumerate(node.ops):
        other = COMPARED[type(was)]

        def apply(place: int = place, other: type[ast.cmpop] = other) -> None:
            node.ops[place] = other()

        yield f"{type(was).__name__} became {other.__name__} in `{ast.unparse(node)}`", apply


def _joined(node: ast.BoolOp) -> Iterator[tuple[str, Apply]]:
    other = ast.Or if isinstance(node.op, ast.And) else ast.And
    yield f"{other.__name__} in `{ast.unparse(node)}`", lambda: setattr(node, "op", other())


def _counted(node: ast.BinOp) -> Iterator[tuple[str, Apply]]:
    if other := COUNTED.get(type(node.op)):
        yield f"{other.__name__} in `{ast.unparse(node)}`", lambda: setattr(node, "op", other())


def _tested(node: ast.If | ast.IfExp | ast.While) -> Iterator[tuple[str, Apply]]:
    turned = ast.UnaryOp(ast.Not(), node.test)
    yield f"turned `{ast.unparse(node.test)}`", lambda: setattr(node, "test", turned)


def _filtered(node: ast.comprehension) -> Iterator[tuple[str, Apply]]:
    for place, was in enumerate(node.ifs):
        turned = partial(node.ifs.__setitem__, place, ast.UnaryOp(ast.Not(), was))
        yield f"turned `if {ast.unparse(was)}`", turned


def _returned(node: ast.Return) -> Iterator[tuple[str, Apply]]:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        nothing = ast.Constant(None)
        yield f"returned None for `{ast.unparse(node.value)[:60]}`", lambda: setattr(node, "value", nothing)


def _constant(node: ast.Constant) -> Iterator[tuple[str, Apply]]:
    was: Any = node.value
    other: Any = None
    if isinstance(was, bool):
        other = not was
    elif isinstance(was, int):
        other = was + 1
    elif isinstance(was, str) and was and was.isascii() and " " not in was:
        other = f"{was}X"
    if other is not None:
        yield f"{was!r} became {other!r}", lambda: setattr(node, "value", other)


def _left_out(function: Function, first: int) -> Iterator[Change]:
    """Statements that are carried out for what they do."""
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            statements: Any = getattr(node, name, None)
            for place, one in enumerate(statements if isinstance(statements, list) else ()):
                is_doing = isinstance(one, ast.Raise | ast.AugAssign) or (
                    isinstance(one, ast.Expr) and isinstance(one.value, ast.Call) and not _is_logging(one.value)
                )
                if is_doing and (node is not function or place >= first):
                    apply = partial(statements.__setitem__, place, ast.copy_location(ast.Pass(), one))
                    yield one.lineno, f"left out `{ast.unparse(one)[:60]}`", apply


CHANGES: Final[tuple[tuple[Any, Callable[[Any], Iterator[tuple[str, Apply]]]], ...]] = (
    (ast.Compare, _compared),
    (ast.BoolOp, _joined),
    (ast.BinOp, _counted),
    (ast.If | ast.IfExp | ast.While, _tested),
    (ast.comprehension, _filtered),
    (ast.Return, _returned),
    (ast.Constant, _constant),
)
"""By kind of node: what can be changed in it."""
