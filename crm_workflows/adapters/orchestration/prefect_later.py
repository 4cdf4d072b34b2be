"""Lets procedures be imported without Prefect, which takes two seconds: their decorators become genuine when it comes.

Whoever has Prefect already gets genuine flows and tasks at once. It must not import prefect by itself, and must not
change what a procedure does (docs/decisions/0007).
"""

import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from crm_workflows.engine.steps import StepFunction

NAME: Final = "prefect"
_ASKS: Final = re.compile(r"^\s*(?:from|import)\s+prefect(?! import flow$).*$", re.MULTILINE)
"""What a stand-in cannot give: any import of Prefect but `from prefect import flow`."""


class Later:
    """What a decorator has made while Prefect was not there; whatever is asked of it makes it genuine."""

    def __init__(self, fn: Callable[..., Any], make: Callable[[], Any]) -> None:
        self.fn = fn
        self.__name__ = str(getattr(fn, "__name__", "later"))
        self.__doc__ = fn.__doc__
        self._make = make
        self._lock = threading.Lock()
        self._made: Any = None

    def genuine(self) -> Any:
        """The flow or task itself, made once; imports Prefect."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.genuine()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_", "crm_")):
            raise AttributeError(name)
        return getattr(self.genuine(), name)


class StepLater(Later):
    """A step; as a genuine task would, it hands a plain call to its journaled function."""

    def __init__(self, step: StepFunction, make: Callable[[], Any]) -> None:
        super().__init__(step, make)
        self.crm_step = step

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Carry the step out, or take its result from the journal."""
        if kwargs.keys() & {"return_state", "wait_for"}:
            return super().__call__(*args, **kwargs)
        return self.crm_step(*args, **kwargs)


def flow(fn: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Prefect's decorator, before that is here and for code that it shall not come to know."""

    def later(function: Callable[..., Any]) -> Later:
        def make() -> Any:
            from prefect import flow as genuine

            return genuine(**options)(function) if options else genuine(function)

        return Later(function, make)

    return later if fn is None else later(fn)


class _StandIn(ModuleType):
    """`prefect`, as far as a procedure asks for it."""

    flow = staticmethod(flow)


def is_here() -> bool:
    """Whether Prefect itself has been imported."""
    return NAME in sys.modules and not isinstance(sys.modules[NAME], _StandIn)


@contextmanager
def without_prefect(folders: Iterable[str]) -> Iterator[None]:
    """While it lasts, `from prefect import flow` imports nothing; no other thread may import Prefect meanwhile.

    Nothing happens when Prefect is here, or when a procedure in `folders` asks for more of it.
    """
    if is_here() or any(_ASKS.search(file.read_text("utf-8")) for f in folders for file in Path(f).rglob("*.py")):
        yield
        return
    sys.modules[NAME] = _StandIn(NAME)
    try:
        yield
    finally:
        if not is_here():
            sys.modules.pop(NAME, None)


def bring_in(module: ModuleType) -> None:
    """Make everything in a module genuine, in its place; runs under way notice nothing."""
    for name, value in list(vars(module).items()):
        if isinstance(value, Later):
            setattr(module, name, value.genuine())
