"""What must hold of any store at any moment, whatever happened: `broken` names everything that does not.

It reads rows only, so that it can be asked of a company that was killed. It must not use the code that wrote them, but
for the check of the record itself, which is the one that auditors run.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from crm_workflows.adapters.database.store_postgres import PostgresStore
from crm_workflows.engine.ports import Store
from tests.invariants import cases, decisions, effects, mails, record, times
from tests.invariants.people import People, applied
from tests.invariants.rows import Rows

__all__ = ["INVARIANTS", "People", "broken", "innermost"]

INVARIANTS: Final[dict[str, Callable[[Rows], Iterator[str]]]] = {
    "no case lost": cases.not_lost,
    "no decision lost": decisions.not_lost,
    "one decision a person": decisions.one_a_person,
    "nobody decides who may not": decisions.by_the_entitled,
    "effects once": effects.once,
    "every mail arrives or somebody hears": mails.arrive_or_are_told,
    "times once and never early": times.once_and_never_early,
    "the record verifies": record.verifies,
}


def innermost(store: Any) -> Any:
    """The store itself, where others stand before it that pass everything on."""
    while hasattr(store, "inner"):
        store = store.inner
    return store


def broken(store: Store, *people: People) -> list[str]:
    """One sentence for each thing that does not hold, led by the name of the invariant; empty when all hold.

    `people` are those of an office that has them in memory; what was applied to the store is found there. Where neither
    is known, nothing is said of who may decide.
    """
    with store.read() as reader:
        rows = Rows.of(reader)
        rows.may_skip_numbers = isinstance(innermost(store), PostgresStore)
        rows.people = (*people, *applied(reader))
        return [f"{name}: {what}" for name, holds in INVARIANTS.items() for what in holds(rows)]
