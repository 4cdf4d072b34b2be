"""An office on each of the three stores."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

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
from tests.engine.databases import Databases, OnPostgres, OnSqlite
from tests.engine.toys import office_of
from tests.office import Office
from tests.postgres import PostgresServer

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


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """An empty database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "crm.db")
        yield OnSqlite(tmp_path / "crm.db")
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    made = OnPostgres(postgres, postgres.database())
    yield made
    made.drop()
