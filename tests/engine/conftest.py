"""An office on each of the three stores; whatever a story does, the invariants hold at its end."""

from collections.abc import Callable, Iterator

import pytest

from crm_workflows.engine.ports import Store
from crm_workflows.engine.procedure import Procedure
from crm_workflows.testing import MemoryStore
from tests.adapters.conftest import (
    empty_postgres_url,
    open_again,
    postgres,
    postgres_url,
    sqlite_template,
    sqlite_url,
    store,
)
from tests.engine.toys import office_of
from tests.office import Office

__all__ = ["empty_postgres_url", "open_again", "postgres", "postgres_url", "sqlite_template", "sqlite_url", "store"]

Install = Callable[..., Office]
"""Procedures -> an office that has them installed, on the test's store."""


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    """The shipped company at work on a Monday morning."""
    opened = Office(store)
    yield opened
    opened.check_invariants()


@pytest.fixture
def install(store: Store) -> Iterator[Install]:
    """Opens offices with toy procedures, on each of the three stores."""
    yield from _installing(store)


@pytest.fixture
def install_in_memory() -> Iterator[Install]:
    """The same for what does not depend on the store."""
    yield from _installing(MemoryStore())


def _installing(store: Store) -> Iterator[Install]:
    opened: list[Office] = []

    def install(*procedures: Procedure) -> Office:
        office = office_of(store, *procedures)
        if opened:
            office.clock.move_to(opened[-1].clock.now())
        opened.append(office)
        return office

    yield install
    for office in opened[-1:]:
        office.check_invariants()
