"""Loads a procedure from its kept source, beside whatever the files say now (docs/decisions/0017).

Its modules get a name of their own and see one another instead of the flows that are installed; Prefect never comes to
know them. It must not run a source whose seal or hash is wrong.
"""

import ast
import hmac
import linecache
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Final

from crm_workflows.domain.errors import ProcedureChanged
from crm_workflows.domain.records import CaseRow, ProcedureSource
from crm_workflows.engine.ports import Secrets, Store
from crm_workflows.engine.procedure import Procedure, loading
from crm_workflows.engine.record.keeping import seal
from crm_workflows.engine.record.sources import FLOWS, Source, hash_of

WITHOUT_PREFECT: Final = "crm_workflows.adapters.orchestration.prefect_later"
ROOT: Final = "crm_kept_"
_LOADING = threading.RLock()
_LOADED: Final[dict[str, list[Procedure]]] = {}
"""By their root, as modules are: once in a process."""


class StoredCode:
    """Implements the port `KeptCode` from the database; safe between threads."""

    def __init__(self, store: Store, secrets: Secrets) -> None:
        self._store, self._secrets = store, secrets
        self._lock = threading.Lock()
        self._known: dict[str, list[Procedure]] = {}

    def procedure(self, case: CaseRow) -> Procedure | None:
        """See the port. A source is kept before a case begins on it, so that one not found never will be."""
        with self._lock:
            if case.source_hash not in self._known:
                self._known[case.source_hash] = self._load(case)
            loaded = self._known[case.source_hash]
        return next((made for made in loaded if (made.name, made.version) == (case.process, case.version)), None)

    def _load(self, case: CaseRow) -> list[Procedure]:
        with self._store.read() as reader:
            row = reader.get(ProcedureSource, case.source_hash)
        if row is None:
            return []
        if hash_of(row.files) != row.source_hash or not hmac.compare_digest(row.seal, seal(self._secrets, row.files)):
            raise ProcedureChanged(
                f"the kept code of case {case.code} is not as it was kept, and is not run; restore the database from a "
                "backup, or move the case deliberately"
            )
        try:
            return load(row.files)
        except Exception as error:
            raise ProcedureChanged(
                f"the kept code of case {case.code} does not load with this release ({type(error).__name__}: {error}); "
                "install the release that has it, or move the case deliberately"
            ) from error


def load(source: Source) -> list[Procedure]:
    """The procedures that a source declares, under names of their own, loaded once; raises what its modules raise."""
    root = ROOT + hash_of(source)
    with _LOADING:
        if root not in _LOADED:
            _LOADED[root] = _loaded(root, source)
        return _LOADED[root]


def _loaded(root: str, source: Source) -> list[Procedure]:
    finder = _Finder(root, source)
    sys.meta_path.insert(0, finder)
    try:
        with loading(source) as loaded:
            for name in finder.modules:
                import_module(name)
    except BaseException:
        for name in [one for one in sys.modules if one == root or one.startswith(f"{root}.")]:
            del sys.modules[name]
        sys.meta_path.remove(finder)
        raise
    return loaded.found


class _Finder(MetaPathFinder, Loader):
    """Finds the modules of one source; it stays, for imports that a function makes when it runs."""

    def __init__(self, root: str, source: Source) -> None:
        self._root, self._source = root, source
        self._paths = {self._name_of(path): path for path in source}
        self.modules = sorted(self._paths)

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """The module of that name; a folder without `__init__.py`, as the root has none, is an empty package."""
        is_folder = name == self._root or any(one.startswith(f"{name}.") for one in self._paths)
        if name not in self._paths and not is_folder:
            return None
        return ModuleSpec(name, self, origin=self._file(name), is_package=is_folder)

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the text, its imports from the flows turned to this source."""
        path = self._paths.get(module.__name__)
        if path is not None:
            exec(self._code(module.__name__, self._source[path]), vars(module))  # noqa: S102 - sealed: see StoredCode

    def _code(self, name: str, text: str) -> CodeType:
        file = self._file(name)
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        tree = _Turned(self._root).visit(ast.parse(text, file))
        return compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True)

    def _file(self, name: str) -> str:
        """What tracebacks and `where` of an element call it: no file of the disk, which has changed."""
        return f"{FLOWS}/{self._paths.get(name, '')}@{self._root.removeprefix(ROOT)}"

    def _name_of(self, path: str) -> str:
        return ".".join([self._root, *path.removesuffix(".py").removesuffix("/__init__").split("/")])


class _Turned(ast.NodeTransformer):
    """Imports from the flows lead to the kept ones, and Prefect's decorator to one that waits for ever."""

    def __init__(self, root: str) -> None:
        self._root = root

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        """`from flows.x import y`, `from prefect import flow`."""
        node.module = self._turned(node.module or "")
        return node

    def visit_Import(self, node: ast.Import) -> ast.Import:
        """`import flows.x as y`."""
        for alias in node.names:
            alias.name = self._turned(alias.name)
        return node

    def _turned(self, module: str) -> str:
        if module == "prefect":
            return WITHOUT_PREFECT
        return self._root + module.removeprefix(FLOWS) if module.split(".")[0] == FLOWS else module
