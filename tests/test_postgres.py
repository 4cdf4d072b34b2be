"""A database that one test hands back serves the next one as if it were new, or not at all."""

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.tables import TABLES
from tests.adapters.rows import audit, case, entry
from tests.postgres import PostgresServer, postgres

__all__ = ["postgres"]


@pytest.mark.breaks_invariants("by the time it is asked its database is another test's")
def test_what_a_test_leaves_behind_is_gone_for_the_next_one_even_from_the_record(postgres: PostgresServer) -> None:
    with postgres.lent() as first:
        store = open_store(postgres.address(first))
        with store.write() as tx:
            tx.insert(case(), entry(0), audit(0))
        still_at_it = postgres.connect(first)
        still_at_it.execute("BEGIN; SELECT * FROM cases FOR UPDATE")
    with postgres.lent() as second, postgres.connect(second) as connection:
        assert second == first
        for table in TABLES.values():
            assert connection.execute(f'SELECT count(*) FROM "{table.name}"').fetchone() == (0,), table.name
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    still_at_it.close()
    store.close()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE extra (x int)",
        "ALTER TABLE meta ADD COLUMN extra int",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP INDEX ix_cases_ready_at",
        "ALTER TABLE cases ADD CHECK (code <> 'x')",
    ],
)
def test_a_rebuilt_database_serves_nobody_else(postgres: PostgresServer, change: str) -> None:
    with postgres.lent() as first, postgres.connect(first) as connection:
        connection.execute(change)
    with postgres.lent() as second:
        assert second != first
