"""The calls that our cases make to the store, made again to another one: what no engine on this store can beat.

Between the statements alone and the product: rows are encoded and read back, nothing else is done. What lies between
this and an aim is all that running the steps, asking, writing mails and the audit chain may take.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final

from benchmarks.alternating import milliseconds
from benchmarks.ceiling import by_hand
from benchmarks.databases import NewDatabase
from benchmarks.figures import CEILING, Effort, Figure
from benchmarks.ours import Ours
from benchmarks.statements import READY, WHOLE, Kind, figure_of
from crm_workflows.engine.ports import Store

KINDS: Final = (replace(WHOLE, bench="store_alone"), replace(READY, bench="ready_store_alone"))
WRITE: Final = "write"
SAVEPOINT: Final = "savepoint"
END: Final = "end"
"""Of the last of the two that is open."""


Call = tuple[str, tuple[Any, ...], dict[str, Any]]
"""One call to a transaction: its name, its arguments by place and by name."""


class Heard:
    """A transaction, and every call to it."""

    def __init__(self, tx: Any, calls: list[Call]) -> None:
        self._tx = tx
        self._calls = calls

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def called(*places: Any, **names: Any) -> Any:
            self._calls.append((name, places, names))
            return getattr(self._tx, name)(*places, **names)

        return called

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """As the transaction's."""
        self._calls.append((SAVEPOINT, (), {}))
        with self._tx.savepoint():
            yield
        self._calls.append((END, (), {}))


def store_alone(name: str, new: NewDatabase, effort: Effort) -> Iterator[Figure]:
    """Cases per second of the store alone, beside the ceiling: of whole cases one by one, of twenty ready ones."""
    for kind in KINDS:
        yield _figure(kind, name, new, effort.recorded)


def _figure(kind: Kind, name: str, new: NewDatabase, times: int) -> Figure:
    pieces = iter(recorded(kind, new(), times + times // 10))
    with ExitStack() as parts:
        store = parts.enter_context(kind.at_work(new())).engine.store
        ceiling = kind.by_hand(parts.enter_context(by_hand(new())))

        def prepared() -> Callable[[], object]:
            before, timed = next(pieces)
            again(store, before)
            return lambda: again(store, timed)

        found = milliseconds({"again": prepared, CEILING: lambda: ceiling}, times)
    return figure_of(kind, name, found, {})


def recorded(kind: Kind, url: str, times: int) -> list[tuple[list[Call], list[Call]]]:
    """What the store was called for, before the time counts and while it does, from the first case on."""
    calls: list[Call] = []
    with kind.at_work(url) as ours:
        store: Any = ours.engine.store
        plainly: Callable[[], AbstractContextManager[Any]] = store.write

        @contextmanager
        def write() -> Iterator[Heard]:
            calls.append((WRITE, (), {}))
            with plainly() as tx:
                yield Heard(tx, calls)
            calls.append((END, (), {}))

        store.write = write

        def heard(work: Callable[[Ours], object]) -> list[Call]:
            work(ours)
            copy = list(calls)
            calls.clear()
            return copy

        return [(heard(kind.before), heard(kind.timed)) for _ in range(times)]


def again(store: Store, calls: list[Call]) -> None:
    """Make the calls once more."""
    blocks: list[AbstractContextManager[Any]] = []
    tx: Any = None
    for name, places, names in calls:
        if name == END:
            blocks.pop().__exit__(None, None, None)
        elif name == WRITE:
            blocks.append(store.write())
            tx = blocks[-1].__enter__()
        elif name == SAVEPOINT:
            blocks.append(tx.savepoint())
            blocks[-1].__enter__()
        else:
            getattr(tx, name)(*places, **names)
