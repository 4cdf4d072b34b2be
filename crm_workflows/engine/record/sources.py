"""The source of a procedure: its package and whatever else of the flows that imports. A changed file is another source.

By its hash a case is pinned to it (G-8), and from it the procedure is loaded again once the files have changed
(docs/decisions/0017). It must not load anything.
"""

import hashlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from crm_workflows.domain.records import CaseRow

if TYPE_CHECKING:
    from crm_workflows.engine.procedure import Procedure

FLOWS: Final = "flows"
NOT_RUN: Final = "examples.py"
"""What a procedure is tried out with is no part of it."""
IMPORTS: Final = re.compile(rf"^\s*(?:from|import)\s+{FLOWS}\.(\w+)", re.MULTILINE)

Source = Mapping[str, str]
"""Path below the folder of the flows -> text."""


class KeptCode(Protocol):
    """The procedures of cases that began on files which have changed since."""

    def procedure(self, case: CaseRow) -> "Procedure | None":
        """The procedure of that very source, loaded once; None where it was not kept.

        Raises ProcedureChanged for one that does not load here, or that is not as it was kept.
        """
        ...


def source_of(body: Callable[..., Any]) -> Source:
    """The files of a procedure; of one that is not in a package of the flows nothing."""
    package = Path(inspect.getfile(body)).parent
    if package.name == FLOWS or package.parent.name != FLOWS:
        return {}
    folders = installed()
    return dict(sorted(_files(folders if package.parent in folders else (package.parent,), {package.name})))


def installed() -> tuple[Path, ...]:
    """The folders in which Python looks for procedures, in its order: a company's own before ours."""
    flows = sys.modules.get(FLOWS)
    return tuple(map(Path, flows.__path__)) if flows else ()


def draft_of(package: Path, folders: Sequence[Path]) -> Source:
    """The files of a package that is not installed, in the place of the one of that name; the rest as in `folders`."""
    own = dict(_files((package.parent,), {package.name}, only=True))
    others = set(IMPORTS.findall("\n".join(own.values()))) - {package.name}
    rest = {path: text for path, text in _files(folders, others) if not path.startswith(f"{package.name}/")}
    return dict(sorted({**rest, **own}.items()))


def hash_of(source: Source, body: Callable[..., Any] | None = None) -> str:
    """By what a source is known; a body outside of the flows by its own file."""
    files = source or ({Path(inspect.getfile(body)).name: _text(Path(inspect.getfile(body)))} if body else {})
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        digest.update(name.encode() + b"\0" + text.encode() + b"\0")
    return digest.hexdigest()[:16]


def _files(folders: Sequence[Path], wanted: set[str], *, only: bool = False) -> Iterator[tuple[str, str]]:
    """All files of the packages and modules named and, but for `only`, of those that they import."""
    seen: set[str] = set()
    while wanted - seen:
        name = min(wanted - seen)
        seen.add(name)
        for path, file in _files_of(folders, name):
            if file.name != NOT_RUN:
                text = _text(file)
                wanted |= set() if only else set(IMPORTS.findall(text))
                yield path, text


def _files_of(folders: Sequence[Path], name: str) -> list[tuple[str, Path]]:
    """The files of a package or module by their path there, from the first folder that has it."""
    for folder in folders:
        module = folder / f"{name}.py"
        files = [module] if module.is_file() else sorted((folder / name).glob("*.py"))
        if files:
            return [(file.relative_to(folder).as_posix(), file) for file in files]
    return []


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
