"""Many changes alike go to PostgreSQL by one statement, and by the index whenever its plan was made."""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from operator import attrgetter
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.postgres_transaction import (
    ROWS_AT_ONCE,
    WORTH_HANDING_OVER,
    PostgresTransaction,
)
from crm_workflows.adapters.database.postgres_wire import WireCursor
from crm_workflows.domain.records import KEYS, UNIQUE, AuditEntry, Checkpoint, Number
from crm_workflows.engine.ports import Store, Transaction
from tests.adapters.rows import Undo, anything
from tests.patience import eventually

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")

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


@pytest.mark.parametrize("many", [WORTH_HANDING_OVER, ROWS_AT_ONCE])
@pytest.mark.parametrize("few", [0, 1, WORTH_HANDING_OVER])
def test_a_plan_that_was_made_for_few_rows_reads_none_of_those_that_have_come(
    store: Store, postgres_url: str, few: int, many: int
) -> None:
    """It is kept until somebody looks at the table anew, which may be long after it has grown."""

    def change() -> None:
        with store.write() as tx:  # Its connection tells what it has done.
            assert isinstance(tx, PostgresTransaction)
            tx.update_each(Number, [({"series": f"n{n}"}, {"last": 2}) for n in range(many)])
            tx._run("SELECT pg_stat_force_next_flush()", ())

    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(f"INSERT INTO numbers SELECT 'n' || n, 1 FROM generate_series(1, {few}) n")
        other.execute("VACUUM ANALYZE numbers")
        for _ in range(10):
            change()
        other.execute(f"INSERT INTO numbers SELECT 'n' || n, 1 FROM generate_series({few} + 1, 5000) n")
        before = has_read(other)
        change()
        eventually(lambda: has_read(other) > before)
        assert has_read(other) == before + many - 1, "one of them is not there"


def has_read(other: "psycopg.Connection[Any]") -> int:
    """How many rows of the table all have read, by its index or without."""
    numbers = "SELECT sum(pg_stat_get_tuples_returned(one)) FROM unnest('{numbers,pk_numbers}'::regclass[]) one"
    return int((other.execute(numbers).fetchone() or (0,))[0])


@settings(max_examples=2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize("record", [one for one in KEYS if one not in (AuditEntry, Checkpoint)])
def test_many_changes_of_any_column_come_to_the_same_as_one_after_the_other(
    store: Store, record: type, data: st.DataObject
) -> None:
    own = [attrgetter(*columns) for columns in (KEYS[record], *UNIQUE.get(record, ()))]
    count = WORTH_HANDING_OVER
    rows = data.draw(st.lists(anything(record), min_size=count, max_size=count, unique_by=tuple(own)))
    new = data.draw(st.lists(anything(record), min_size=count, max_size=count))
    fixed = {*KEYS[record], *(name for columns in UNIQUE.get(record, ()) for name in columns)}
    names = [name for name in record.__dataclass_fields__ if name not in fixed]  # type: ignore[attr-defined]
    changes = [
        ({name: getattr(row, name) for name in KEYS[record]}, {name: getattr(other, name) for name in names})
        for row, other in zip(rows, new, strict=True)
    ]

    def after(change: Callable[[Transaction], object]) -> list[object]:
        found: list[object] = []
        with suppress(Undo), store.write() as tx:
            tx.insert(*rows)
            change(tx)
            found += tx.find(record)
            raise Undo
        return found

    one_by_one = after(lambda tx: [tx.update_where(record, where, **values) for where, values in changes if names])
    assert after(lambda tx: tx.update_each(record, changes if names else [])) == one_by_one
