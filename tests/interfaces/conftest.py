"""Offices as a process of the product opens them, on SQLite, with settings of the test's own."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.bootstrap import Office, open_office
from crm_workflows.settings import Settings

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
Opened = Callable[..., Office]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Opens offices on SQLite with settings of the test's own."""
    monkeypatch.chdir(tmp_path)
    offices: list[Office] = []

    def make(**settings: Any) -> Office:
        offices.append(open_office(Settings(home=tmp_path / "home", **settings)))
        return offices[-1]

    yield make
    for office in offices:
        office.close()


def rows(office: Office, record: type) -> list[Any]:
    with office.store.read() as reader:
        return reader.find(record)
