"""Keeps `flows/` readable as a handbook: prefect, pydantic, the standard library and our front door, no other import.

import-linter can forbid named modules; this is the other way round, a list of what is allowed.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.findings import ROOT, each_file, report

ALLOWED = frozenset({"prefect", "pydantic", "flows"}) | sys.stdlib_module_names
FRONT_DOOR = "crm_workflows"
# In the standard library, but not for a procedure: it sees only its journal (no clock, chance, environment, network).
UNREPEATABLE = frozenset({"os", "random", "secrets", "socket", "sqlite3", "subprocess", "threading", "time", "urllib"})


def why_not(module: str) -> str | None:
    """The reason why a flow may not import `module`, or None where it may."""
    top = module.partition(".")[0]
    if top == FRONT_DOOR:
        return None if module == FRONT_DOOR else "reach it through the front door: from crm_workflows import …"
    if top in UNREPEATABLE:
        return "a procedure is replayed: facts from outside come from steps"
    return None if top in ALLOWED else "flows import only prefect, pydantic and crm_workflows"


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of every module that is imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""


def findings_in(source: str, name: str) -> Iterator[str]:
    """One line per import that does not belong in a flow."""
    for line, module in imports(ast.parse(source, feature_version=(3, 11))):
        reason = why_not(module)
        if reason:
            yield f"{name}:{line}: imports {module}: {reason}"


def findings(root: Path = ROOT) -> Iterator[str]:
    """The findings of the whole checkout."""
    return each_file(findings_in, "flows", root=root)


if __name__ == "__main__":
    sys.exit(report("flow imports", findings()))
