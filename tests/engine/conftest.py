"""An office on each of the three stores."""

from collections.abc import Callable

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
def office(store: Store) -> Office:
    """The shipped company at work on a Monday morning."""
    return Office(store)


@pytest.fixture
def install(store: Store) -> Install:
    """Opens offices with toy procedures, on each of the three stores."""
    return _installing(store)


@pytest.fixture
def install_in_memory() -> Install:
    """The same for what does not depend on the store."""
    return _installing(MemoryStore())


def _installing(store: Store) -> Install:
    opened: list[Office] = []

    def install(*procedures: Procedure) -> Office:
        office = office_of(store, *procedures)
        if opened:
            office.clock.move_to(opened[-1].clock.now())
        opened.append(office)
        return office

    return install
