"""One world a test, on SQLite."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_workflows.adapters.database.schema import migrate
from tests.interfaces.web.world import World, world_at


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tables and no rows, to copy."""
    path = tmp_path_factory.mktemp("web") / "crm.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def signing_in(migrated: Path, tmp_path: Path) -> Iterator[World]:
    """The same where people sign in."""
    shutil.copy(migrated, tmp_path / "crm.db")
    with world_at(f"sqlite:///{tmp_path}/crm.db?timeout=10", tmp_path, sign_in=True) as made:
        yield made


@pytest.fixture
def world(migrated: Path, tmp_path: Path) -> Iterator[World]:
    """The shipped company with its pages on a Monday morning."""
    shutil.copy(migrated, tmp_path / "crm.db")
    with world_at(f"sqlite:///{tmp_path}/crm.db?timeout=10", tmp_path) as made:
        yield made
