"""Imports every procedure there is: those that came with the product, and a company's own beside them.

A company's own stand in the folder `flows` beside its people, policy and calendar, and are imported as `flows.<name>`
like ours; one that has the name of ours takes its place. It must not check what they declare (see `gate_check`).
"""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import flows
from crm_workflows.adapters.orchestration.prefect_later import without_prefect
from crm_workflows.domain.declared import raised_at
from crm_workflows.domain.errors import ConfigurationError, CrmError
from crm_workflows.domain.forms import Form
from crm_workflows.domain.text import LANGUAGES, SEPARATOR, bilingual, in_language
from crm_workflows.engine.procedure import Procedure, registered


def add_own_flows(folder: Path) -> None:
    """From now on the procedures of this folder are imported too; safe to call twice, and without such a folder."""
    path = str(folder.resolve())
    if folder.is_dir() and path not in flows.__path__:
        flows.__path__.insert(0, path)


def import_flows() -> dict[tuple[str, int], Procedure]:
    """Every procedure by name and version; Prefect itself is imported only if one of them asks for it.

    ConfigurationError, with file, line and remedy, for files that cannot be imported or declare nothing.
    """
    with without_prefect(flows.__path__):
        modules = [_imported(found.name) for found in pkgutil.iter_modules(flows.__path__, "flows.")]
    found = {key: made for key, made in registered().items() if made.module.startswith("flows.")}
    idle = [*_without_init(map(Path, flows.__path__)), *_without_procedure(modules, found.values())]
    if idle:
        raise ConfigurationError(idle)
    _make_forms_ready()
    return found


def import_flow(process: str, version: int) -> Procedure | None:
    """One procedure, where a package has its name; None where it must be looked for among all. Raises as they do."""
    name = process.replace("-", "_")
    package = f"flows.{name}"
    if not name.isidentifier() or find_spec(package) is None:
        return None
    with without_prefect(flows.__path__):
        _imported(package)
    _make_forms_ready()
    return registered().get((process, version))


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise ConfigurationError([_placed(_where(error), error)]) from error


def _make_forms_ready() -> None:
    """Raise for a form of a company's own that nothing can be read into: its first use would be too late to say so."""
    for form in _own_forms():
        try:
            form.model_rebuild()
        except Exception as error:
            where = f"{inspect.getsourcefile(form)}:{inspect.getsourcelines(form)[1]}"
            raise ConfigurationError([_placed(where, error)]) from error


def _own_forms() -> Iterator[type[Form]]:
    own = tuple(flows.__path__[:-1])  # what came with the product stands last, and its tests read every form of it
    for name, module in sorted(sys.modules.items()) if own else ():
        if name.startswith("flows.") and (getattr(module, "__file__", None) or "").startswith(own):
            for made in list(vars(module).values()):
                if isinstance(made, type) and issubclass(made, Form) and made.__module__ == name:
                    yield made


def _placed(where: str | None, error: Exception) -> str:
    said = _said(error)
    zh, en = (in_language(said, language) for language in LANGUAGES)
    return bilingual(f"{where}：{zh}", f"{where}: {en}") if where and where not in said else said


def _said(error: Exception) -> str:
    if isinstance(error, CrmError):
        return error.message
    message = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    said = f"{type(error).__name__}: {message}".replace(SEPARATOR, "/")
    return bilingual(f"{said}，请改正", f"{said}; correct it")


def _where(error: Exception) -> str | None:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    return raised_at(error)


def _without_init(folders: Iterable[Path]) -> list[str]:
    """Folders with procedures in them that Python would pass over in silence."""
    found = (file.parent for folder in folders for file in sorted(folder.glob("*/*.py")))
    return [
        bilingual(
            f"没有 {package / '__init__.py'}，请写上，并在其中导入流程",
            f"{package / '__init__.py'} is missing; write it, and import the procedure in it",
        )
        for package in dict.fromkeys(found)
        if not (package / "__init__.py").is_file()
    ]


def _without_procedure(modules: Iterable[ModuleType], made: Iterable[Procedure]) -> list[str]:
    """Packages whose `__init__.py` does not import a procedure, so that nobody would ever start one."""
    known = {".".join(one.module.split(".")[:2]) for one in made}
    return [
        bilingual(
            f"{module.__file__}:1：{module.__name__} 中没有流程，请在此导入带 @procedure 的函数",
            f"{module.__file__}:1: {module.__name__} declares no procedure; import the function marked @procedure here",
        )
        for module in modules
        if hasattr(module, "__path__") and module.__name__ not in known
    ]
