"""Who was signed in when a backup was made is not signed in to what is restored from it."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from crm_workflows.adapters.backups.backup import backup, restore
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.domain.records import Pass
from crm_workflows.engine.record.auditing import RESTORED
from tests.adapters.rows import NOON


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.soak)])
def test_a_token_that_was_taken_back_does_not_come_back(
    sqlite_url: str, database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    held = Pass("P-1", "a@x.example", "token", "h1", "ERP", NOON, NOON, NOON)
    over = Pass("P-2", "a@x.example", "token", "h2", "ERP", NOON, NOON, NOON, ended_at=NOON, ended_by="a@x.example")
    with closing(open_store(sqlite_url)) as store, store.write() as tx:
        tx.insert(held, over)
    backup(sqlite_url, tmp_path / "b.zip", made_at=NOON)
    is_sqlite = database == "sqlite"
    url = f"sqlite:///{tmp_path}/new.db" if is_sqlite else str(request.getfixturevalue("empty_postgres_url"))
    later = NOON + timedelta(hours=5)
    restore(url, tmp_path / "b.zip", restored_at=later)
    with closing(open_store(url)) as store, store.read() as reader:
        ends = [(row.ended_at, row.ended_by) for row in reader.find(Pass)]
    assert ends == [(later, RESTORED), (NOON, "a@x.example")]
