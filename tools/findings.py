"""What the checks of the workshop share: the root of the checkout, its Python files, and how a check reports.

It must not know any rule.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

Rule = Callable[[str, str], Iterable[str]]
"""Takes the source of a module and its name, and gives one line per finding."""


def python_files(*folders: str, root: Path = ROOT) -> Iterator[Path]:
    """Every module below `folders` (relative to `root`), sorted; Alembic's revisions are generated and left out."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def each_file(rule: Rule, *folders: str, root: Path = ROOT) -> Iterator[str]:
    """What `rule` finds in the modules below `folders`; one that does not parse is itself a finding."""
    for path in python_files(*folders, root=root):
        name = path.relative_to(root).as_posix()
        try:
            yield from rule(path.read_text("utf-8"), name)
        except SyntaxError as error:
            yield f"{name}:{error.lineno}: does not parse with the oldest Python we support: {error.msg}"


def report(check: str, findings: Iterable[str]) -> int:
    """Prints the findings, one a line, and answers the exit status: 0 when there are none."""
    lines = list(findings)
    for line in lines:
        print(line, file=sys.stderr)
    print(f"{check}: {'ok' if not lines else f'{len(lines)} findings'}")
    return 1 if lines else 0
