"""How a round of callbacks goes through the register: by index, and on SQLite without a copy of what it has found."""

from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from crm_workflows.adapters.database.opening import driver_connection, open_store
from crm_workflows.adapters.database.queries_reading import Query
from crm_workflows.adapters.database.round_queries import RoundQueries
from crm_workflows.domain.records import Customer
from crm_workflows.engine.round_ports import Calls, Piece
from tests.adapters.rows import NOON
from tests.postgres import PostgresServer

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")
LAST_YEAR = NOON - timedelta(days=365)
TIERS = {"A": LAST_YEAR, "B": LAST_YEAR}
WANTED = Calls("R-0001", "2026-03-02", "round", TIERS, NOON, agreed_by=NOON, closer=TIERS, at=NOON)
PIECE = Piece("C-0100", "C-0150")
OF_LESS_SILENCE = "ix_customers_less_silence"


def usual_and_sooner(store: Any) -> list[Query]:
    return RoundQueries(store._queries).make_due(WANTED, PIECE, NOON)


def test_sqlite_copies_what_is_found_for_those_of_less_silence_alone(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url)) as store:
        usual, sooner = usual_and_sooner(store)
    with driver_connection(sqlite_url) as connection:
        works = [[row[1] for row in connection.execute(f"EXPLAIN {text}", given)] for text, given in (usual, sooner)]
        plan = "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sooner[0]}", sooner[1]))
    copies = ["OpenEphemeral" in done[done.index("EndCoroutine") :] for done in works]
    assert copies == [False, True], "before that it is a list of three statuses"
    assert f"SEARCH customers USING INDEX {OF_LESS_SILENCE}" in plan


def test_postgresql_reads_no_table_whole_that_a_piece_of_the_round_fills(postgres: PostgresServer) -> None:
    """As long as nobody is due it would: for each customer all that it has written before, a square of their number."""
    codes = [f"C-{n:04d}" for n in range(1_000)]
    name = postgres.database()
    with closing(open_store(postgres.address(name))) as store:
        with store.write() as tx:
            tx.insert(*[Customer(code, "客户", code, "active", "A", "li", LAST_YEAR) for code in codes])
        with postgres.connect(name) as connection:
            connection.execute("VACUUM ANALYZE")
        with store.write() as tx:
            assert tx.make_due(WANTED, PIECE, NOON) == 50
            writing: Any = tx
            plans = [
                "\n".join(row[0] for row in writing._cursor.execute(f"EXPLAIN {text}", given).fetchall())
                for text, given in usual_and_sooner(store)
            ]
    postgres.drop(name)
    assert len(plans) == 4
    for plan in plans:
        assert "Seq Scan on due_callbacks" not in plan
        assert "Seq Scan on customers" not in plan
    assert [OF_LESS_SILENCE in plan for plan in plans] == [False, False, True, True]
