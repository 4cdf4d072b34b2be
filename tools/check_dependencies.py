"""Keeps what the product imports and what pyproject.toml declares the same: no package by accident of another's needs.

With `--unused` it lists the other direction: declared packages that no module imports. It must not import the product.
"""

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.check_flows import imports
from tools.findings import ROOT, each_file, python_files, report

OWN = frozenset({"crm_workflows", "flows"})
FOLDERS = ("crm_workflows", "flows")
# Needed without an import of ours: a driver named in a URL, files of a zone, what pydantic and FastAPI load when asked.
UNIMPORTED = frozenset({"psycopg", "tzdata", "email-validator", "python-multipart"})
# Packages whose owner documents them as part of its own interface and pins them itself.
COMPANIONS = {"fastapi": {"starlette"}, "jinja2": {"markupsafe"}, "pydantic": {"pydantic-core"}}


def declared(root: Path = ROOT) -> set[str]:
    """Names of the product's own dependencies and of what its extras bring, without the ones for developing."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    texts = [*project["dependencies"], *(text for name, some in extras.items() if name != "dev" for text in some)]
    return {canonicalize_name(Requirement(text).name) for text in texts}


def distributions_of(module: str, known: Mapping[str, list[str]]) -> set[str]:
    """The installed packages that bring the top-level `module`; its own name where none does."""
    top = module.partition(".")[0]
    return {canonicalize_name(name) for name in known.get(top, [top])}


def findings_in(source: str, name: str, allowed: Iterable[str], known: Mapping[str, list[str]]) -> Iterator[str]:
    """One line per import of a package that is not in `allowed`."""
    permitted = set(allowed)
    for line, module in imports(ast.parse(source)):
        top = module.partition(".")[0]
        if top in OWN or top in sys.stdlib_module_names:
            continue
        if not distributions_of(module, known) & permitted:
            yield f"{name}:{line}: imports {module}, which pyproject.toml does not declare"


def findings(root: Path = ROOT) -> Iterator[str]:
    """The findings of the whole checkout."""
    own = declared(root)
    allowed = own.union(*(COMPANIONS.get(name, set()) for name in own))
    rule = partial(findings_in, allowed=allowed, known=packages_distributions())
    return each_file(rule, *FOLDERS, root=root)


def unused(root: Path = ROOT) -> Iterator[str]:
    """Declared packages that no module of the product imports."""
    known, seen = packages_distributions(), set[str]()
    for path in python_files(*FOLDERS, root=root):
        for _, module in imports(ast.parse(path.read_text("utf-8"))):
            seen |= distributions_of(module, known)
    idle = sorted(declared(root) - seen - UNIMPORTED)
    yield from (f"pyproject.toml: {name} is declared and never imported" for name in idle)


if __name__ == "__main__":
    sys.exit(report("dependencies", unused() if "--unused" in sys.argv[1:] else findings()))
