"""The three stores, each with its tables and no rows; the tests stand in rooms of the same names as the adapters."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.schema import migrate
from crm_workflows.engine.ports import Store
from crm_workflows.testing import MemoryStore
from tests.postgres import empty_postgres_url, postgres, postgres_url

__all__ = ["empty_postgres_url", "postgres", "postgres_url"]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("template") / "crm.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A file of its own with our tables and no rows; who finds it locked waits for as long as a slow disk may take."""
    shutil.copy(sqlite_template, tmp_path / "crm.db")
    return f"sqlite:///{tmp_path}/crm.db?timeout=30"


@pytest.fixture(params=["sqlite", "postgres"])
def sql_url(request: pytest.FixtureRequest) -> str:
    """Each database in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def open_again(request: pytest.FixtureRequest) -> Callable[[], Store]:
    """Opens one more store on the same rows, as another process would; the memory store is its own twin."""
    if request.param == "memory":
        only = MemoryStore()
        return lambda: only
    url = str(request.getfixturevalue(f"{request.param}_url"))
    return lambda: open_store(url)


@pytest.fixture
def store(open_again: Callable[[], Store]) -> Iterator[Store]:
    """Each of the three stores in turn."""
    with closing(open_again()) as opened:
        yield opened
