"""Keeps modules within 300 lines and bodies of functions within 30; sizes hold only where a check enforces them.

It must not judge anything but length. A docstring is not part of a body: explaining costs nothing. Of tests only the
modules are measured: a story may be told at length.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.findings import ROOT, each_file, report

MODULE_LINES = 300
BODY_LINES = 30
PROCEDURE_LINES = 90
"""A function marked @procedure is the rule book: one story read from top to bottom, which cutting up would hide."""
FOLDERS = ("crm_workflows", "flows", "tools", "tests")
TESTS = "tests/"


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Physical lines from the first statement after the docstring to the last, nested functions included."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    first, last = body[0], body[-1]
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    start = min([first.lineno, *(decorator.lineno for decorator in decorators)])
    return (last.end_lineno or last.lineno) - start + 1


def is_procedure(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the function is marked `@procedure(...)`."""
    calls = (d.func for d in function.decorator_list if isinstance(d, ast.Call))
    return any(isinstance(called, ast.Name) and called.id == "procedure" for called in calls)


def findings_in(source: str, name: str) -> Iterator[str]:
    """One line per module or function that is too long, with file, line and by how much."""
    lines = len(source.splitlines())
    if lines > MODULE_LINES:
        yield f"{name}:1: the module has {lines} lines; more than {MODULE_LINES} is two modules"
    if name.startswith(TESTS):
        return
    for node in ast.walk(ast.parse(source, feature_version=(3, 11))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length, limit = body_length(node), PROCEDURE_LINES if is_procedure(node) else BODY_LINES
            if length > limit:
                yield f"{name}:{node.lineno}: the body of {node.name} has {length} lines; {limit} is the limit"


def findings(root: Path = ROOT) -> Iterator[str]:
    """The findings of the whole checkout."""
    return each_file(findings_in, *FOLDERS, root=root)


if __name__ == "__main__":
    sys.exit(report("sizes", findings()))
