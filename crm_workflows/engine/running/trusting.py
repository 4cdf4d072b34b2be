"""Does some work in one transaction, without waiting for what is hardly ever refused. It must not know the work."""

from collections.abc import Callable
from typing import TypeVar

from crm_workflows.engine.ports import Store, Transaction

R = TypeVar("R")


class Unheard(Exception):
    """What a savepoint should have undone was heard only after its end: nothing was kept."""


def kept(store: Store, work: Callable[[Transaction], R]) -> R:
    """What the work returns, once it is committed: where the database is far away, with its last writes.

    Should a write be refused that a savepoint was to undo, nothing of the work was kept: it is done once more, waiting
    for each savepoint. Nothing but the transaction may change by the work.
    """
    try:
        with store.write() as tx:
            tx.trust()
            return work(tx)
    except Unheard:
        with store.write() as tx:
            return work(tx)
