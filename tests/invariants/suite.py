"""Asks for the invariants of every store that a test has written to: when it is closed, or at the end of the test.

The classes of stores tell, so that a test need do nothing. What breaks invariants on purpose gives its reason, and may
name those it breaks: `@pytest.mark.breaks_invariants("rows by hand", "effects once")`. It must not know any of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import wraps
from typing import Any, Final, Protocol

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.store import SqlStore
from crm_workflows.adapters.database.store_postgres import PostgresStore
from crm_workflows.adapters.database.store_sqlite import SqliteStore
from crm_workflows.testing import MemoryStore
from tests.invariants import INVARIANTS, People, broken, innermost

MARKER: Final = "breaks_invariants"


class HasMarkers(Protocol):
    """What is needed of a test."""

    def get_closest_marker(self, name: str) -> pytest.Mark | None: ...


class Suite:
    """What the running test has written to, and what was found broken there."""

    def __init__(self) -> None:
        self.written: dict[int, Any] = {}
        self.faults: list[str] = []
        self.people: defaultdict[object, list[Callable[[], People]]] = defaultdict(list)
        self.is_asking = True
        self.is_in_test = False

    def wrote(self, store: Any) -> None:
        """Remember that something was written, or may have been."""
        if self.is_asking:
            self.written[id(store)] = store

    def ask(self, store: Any) -> None:
        """Ask once more only after another writing."""
        if self.written.pop(id(store), None) is not None:
            self.faults += broken(store, *(history() for history in self.people[_database(store)]))

    def begin(self, *, is_asking: bool) -> None:
        """Another test begins; what was opened for many tests stays known."""
        self.is_asking, self.is_in_test = is_asking, True

    def end(self) -> list[str]:
        """What was found in this test, with the stores that are still open."""
        for store in list(self.written.values()):
            self.ask(store)
        faults, self.faults = self.faults, []
        self.people.clear()
        self.is_asking, self.is_in_test = True, False
        return faults


SUITE: Final = Suite()


def people_of(store: Any, history: Callable[[], People]) -> None:
    """An office tells who works there on which store."""
    SUITE.people[_database(store)].append(history)


def ask_database(url: str) -> None:
    """Ask of a database that other processes have written to, while none of them runs.

    Where it served several tests and none is running, AssertionError at once.
    """
    with closing(open_store(url)) as store:
        SUITE.wrote(store)
    if not SUITE.is_in_test:
        assert SUITE.end() == []


def watch() -> None:
    """Make every class of stores tell of its writing and closing; once a process."""
    for kind in (SqliteStore, PostgresStore, MemoryStore):
        _before(kind, "write", SUITE.wrote)
        _before(kind, "close", SUITE.ask)


def asked(test: HasMarkers) -> Iterator[None]:
    """Around a test: fails it with every invariant that it broke and does not say it breaks."""
    marker = test.get_closest_marker(MARKER)
    breaks = _named(marker) if marker is not None else ()
    SUITE.begin(is_asking=breaks != tuple(INVARIANTS))
    yield
    faults = [fault for fault in SUITE.end() if fault.partition(": ")[0] not in breaks]
    if faults:
        pytest.fail("\n".join(["the store does not hold what must always hold:", *faults]), pytrace=False)


def _named(marker: pytest.Mark) -> tuple[str, ...]:
    """The invariants that a marker excuses, all where it names none; it must give its reason first."""
    reason, *names = (*marker.args, "")[: max(1, len(marker.args))]
    if not reason.strip() or set(names) - set(INVARIANTS):
        pytest.fail(f"@pytest.mark.{MARKER} takes the reason, then any of: {', '.join(INVARIANTS)}", pytrace=False)
    return tuple(names) or tuple(INVARIANTS)


def _before(owner: type, name: str, tell: Callable[[Any], None]) -> None:
    original = getattr(owner, name)

    @wraps(original)
    def telling(self: Any, *arguments: Any, **named: Any) -> Any:
        tell(self)
        return original(self, *arguments, **named)

    setattr(owner, name, telling)


def _database(store: Any) -> object:
    """The same for every store on one database; of a store that passes everything on, that of the one inside."""
    store = innermost(store)
    return str(store._engine.url) if isinstance(store, SqlStore) else id(store)
