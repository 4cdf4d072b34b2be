"""Many changes alike go to PostgreSQL by one statement, and by the index whenever its plan was made."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.postgres_transaction import WORTH_HANDING_OVER, PostgresTransaction
from crm_workflows.adapters.database.postgres_wire import WireCursor
from crm_workflows.domain.records import Number
from crm_workflows.engine.ports import Store
from tests.patience import eventually

MANY = [Number(f"n{n}", 1) for n in range(WORTH_HANDING_OVER)]


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    with closing(open_store(postgres_url)) as opened:
        yield opened


def change_all(store: Store) -> None:
    with store.write() as tx:
        tx.update_each(Number, [({"series": row.series}, {"last": 2}) for row in MANY])


def test_many_changes_alike_go_by_one_statement(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    later = WireCursor.later

    def heard(self: WireCursor, text: str, values: object = ()) -> None:
        said.append(text.partition(" ")[0])
        later(self, text, values)  # type: ignore[arg-type]

    with store.write() as tx:
        tx.insert(*MANY)
    monkeypatch.setattr(WireCursor, "later", heard)
    change_all(store)
    assert said == ["BEGIN", "SET", "UPDATE", "RESET", "COMMIT"]


def test_what_comes_after_them_is_planned_as_ever(store: Store) -> None:
    with store.write() as tx:
        assert isinstance(tx, PostgresTransaction)
        tx.insert(*MANY)
        tx.update_each(Number, [({"series": row.series}, {"last": 2}) for row in MANY])
        assert tx._run("SELECT current_setting('enable_seqscan')", ()).fetchone() == ("on",)


def test_a_plan_that_was_made_for_a_small_table_goes_by_the_index(store: Store, postgres_url: str) -> None:
    """It is kept until somebody looks at the table anew, which may be long after it has grown."""
    with psycopg.connect(postgres_url, autocommit=True) as other:
        with store.write() as tx:
            tx.insert(*MANY)
        for _ in range(10):
            change_all(store)
        other.execute("INSERT INTO numbers SELECT 'more' || n, 1 FROM generate_series(1, 2000) n")
        change_all(store)
        with store.write() as tx:  # Its connection tells what it has done.
            assert isinstance(tx, PostgresTransaction)
            tx._run("SELECT pg_stat_force_next_flush()", ())
        by_index = "SELECT pg_stat_get_numscans('pk_numbers'::regclass)"
        eventually(lambda: (other.execute(by_index).fetchone() or (0,))[0] >= 11 * len(MANY))
        (read_through,) = other.execute("SELECT pg_stat_get_tuples_returned('numbers'::regclass)").fetchone() or (0,)
        assert read_through < 2000, "what emptied the table before this test may have read a few rows"
