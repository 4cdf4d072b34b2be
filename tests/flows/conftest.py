"""An office on each of the three stores; whatever a story does, the invariants hold at its end."""

from collections.abc import Iterator

import pytest

from crm_workflows.engine.ports import Store
from tests.adapters.conftest import (
    empty_postgres_url,
    open_again,
    postgres,
    postgres_url,
    sqlite_template,
    sqlite_url,
    store,
)
from tests.office import Office

__all__ = ["empty_postgres_url", "open_again", "postgres", "postgres_url", "sqlite_template", "sqlite_url", "store"]


@pytest.fixture
def office(store: Store) -> Iterator[Office]:
    """The shipped company at work on a Monday morning."""
    opened = Office(store)
    yield opened
    opened.check_invariants()
