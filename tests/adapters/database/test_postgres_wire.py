"""What travels together to PostgreSQL: in order, once, and with the error of the first that failed."""

import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest

from crm_workflows.adapters.database import postgres_wire
from crm_workflows.adapters.database.postgres_wire import WireCursor
from tests.patience import eventually


@pytest.fixture
def connection(empty_postgres_url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    with psycopg.connect(empty_postgres_url, autocommit=True, options="-c timezone=UTC") as opened:
        yield opened


VALUES = [
    ("text", '宏达 "五金" \\ {a,b} \' 😀'),
    ("text", ""),
    ("bigint", -(2**63)),
    ("boolean", True),
    ("boolean", False),
    ("bytea", bytes(range(256))),
    ("bytea", b""),
    ("timestamptz", datetime(2026, 3, 2, 4, 0, 0, 1, tzinfo=UTC)),
    ("timestamptz", datetime(2026, 3, 2, 4, 0, tzinfo=timezone(timedelta(hours=8)))),
    ("json", '{"b": 1e+23, "a": "\\u0000"}'),
    ("text", None),
]


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_gives_back_what_was_sent(connection: "psycopg.Connection[object]", kind: str, value: object) -> None:
    cursor = WireCursor(connection, {})
    for _ in range(2):  # parsed, then prepared
        assert cursor.execute(f"SELECT $1::{kind}, 1::bigint", [value]).fetchall() == [(value, 1)]


def test_any_of_a_list_holds_each_as_it_is(connection: "psycopg.Connection[object]") -> None:
    odd = ['a"b', "a\\b", "a,b", "{}", "NULL", "", " x "]
    cursor = WireCursor(connection, {})
    assert [row[0] for row in cursor.execute("SELECT unnest($1::text[])", [odd]).fetchall()] == odd


def test_the_first_error_stops_what_comes_behind_it_and_the_connection_goes_on(
    connection: "psycopg.Connection[object]",
) -> None:
    prepared: dict[str, bytes] = {}
    cursor = WireCursor(connection, prepared)
    cursor.execute("CREATE TEMPORARY TABLE t (n bigint PRIMARY KEY)")
    for n in (1, 1, 2):
        cursor.later("INSERT INTO t VALUES ($1)", [n])
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        cursor.execute("SELECT count(*) FROM t")
    assert caught.value.diag.constraint_name == "t_pkey"
    assert cursor.execute("SELECT count(*) FROM t").fetchone() == (0,), "one journey outside a transaction is one"
    assert cursor.execute("INSERT INTO t VALUES ($1), (8)", [7]).rowcount == 2
    with pytest.raises(psycopg.errors.SyntaxError):
        cursor.execute("SELEC 1")
    assert "SELEC 1" not in prepared
    assert cursor.execute("SELECT $1::text", ["well"]).fetchone() == ("well",)


def test_what_was_handed_over_is_worked_on_and_heard_of_with_the_next_journey(
    connection: "psycopg.Connection[object]",
) -> None:
    cursor = WireCursor(connection, {})
    cursor.execute("CREATE TEMPORARY TABLE t (n bigint PRIMARY KEY)")
    cursor.later("INSERT INTO t VALUES ($1)", [1])
    cursor.later("SELECT pg_advisory_lock($1)", [9])
    cursor.hand_over()
    held = "SELECT count(*) FROM pg_locks WHERE objid = 9 AND granted"
    with psycopg.connect(connection.info.dsn, autocommit=True) as other:
        eventually(lambda: other.execute(held).fetchone() == (1,))
    cursor.later("INSERT INTO t VALUES ($1)", [2])
    cursor.hand_over()
    assert cursor.execute("SELECT count(*) FROM t").fetchone() == (2,)
    assert len(cursor.results) == 4


def test_of_what_was_handed_over_the_first_error_is_told_and_the_connection_goes_on(
    connection: "psycopg.Connection[object]",
) -> None:
    cursor = WireCursor(connection, {})
    cursor.execute("CREATE TEMPORARY TABLE t (n bigint PRIMARY KEY)")
    for n in (3, 3, 4):
        cursor.later("BEGIN" if not cursor._under_way else "SELECT 1")
        cursor.later("INSERT INTO t VALUES ($1)", [n])
        cursor.hand_over()
    with pytest.raises(psycopg.errors.UniqueViolation):
        cursor.execute("COMMIT")
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert cursor.execute("SELECT count(*) FROM t").fetchone() == (0,)
    assert cursor.execute("INSERT INTO t VALUES ($1)", [5]).rowcount == 1


def test_a_statement_that_could_not_be_prepared_leaves_its_name_to_no_other(
    connection: "psycopg.Connection[object]",
) -> None:
    cursor = WireCursor(connection, {})
    cursor.later("BEGIN")
    cursor.later("INSERT INTO nowhere VALUES (1)")
    cursor.hand_over()
    with pytest.raises(psycopg.errors.UndefinedTable):
        cursor.execute("ROLLBACK")
    for n in range(5):
        assert cursor.execute(f"SELECT {n}::bigint").fetchone() == (n,)


def test_with_nothing_to_hand_over_the_connection_is_as_before(connection: "psycopg.Connection[object]") -> None:
    WireCursor(connection, {}).hand_over()
    assert connection.pgconn.pipeline_status == psycopg.pq.PipelineStatus.OFF


def test_more_than_the_network_takes_can_be_handed_over(connection: "psycopg.Connection[object]") -> None:
    cursor, much = WireCursor(connection, {}), "x" * 4_000_000
    for _ in range(4):
        cursor.later("SELECT $1::text || $1::text", [much])
        cursor.hand_over()
    cursor.send()
    assert [len(cursor.rows_of(result)[0][0]) for result in cursor.results] == [2 * len(much)] * 4


def test_keeps_no_more_statements_than_it_may(
    connection: "psycopg.Connection[object]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_wire, "MOST_PREPARED", 3)
    cursor = WireCursor(connection, {})
    for n in range(10):
        assert cursor.execute(f"SELECT $1::bigint + {n}", [1]).fetchone() == (1 + n,)
    held = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
    assert held == (3,)


def test_much_in_both_directions_is_no_deadlock(connection: "psycopg.Connection[object]") -> None:
    cursor, much = WireCursor(connection, {}), "x" * 4_000_000
    for _ in range(4):
        cursor.later("SELECT $1::text || $1::text", [much])
    assert cursor.execute("SELECT length($1::text)", [much]).fetchone() == (len(much),)
    assert [len(cursor.rows_of(result)[0][0]) for result in cursor.results[:4]] == [2 * len(much)] * 4


def test_a_text_that_libpq_would_cut_short_is_refused(connection: "psycopg.Connection[object]") -> None:
    with pytest.raises(psycopg.DataError):
        WireCursor(connection, {}).execute("SELECT $1::text", ["a\0b"])


def test_other_threads_go_on_while_one_waits_for_a_lock(connection: "psycopg.Connection[object]") -> None:
    connection.execute("SELECT pg_advisory_lock(7)")
    with psycopg.connect(connection.info.dsn, autocommit=True) as other:
        waiting = threading.Thread(target=lambda: WireCursor(other, {}).execute("SELECT pg_advisory_lock(7)"))
        waiting.start()
        connection.execute("SELECT pg_advisory_unlock(7)")  # which takes the interpreter's lock
        waiting.join(5)
        assert not waiting.is_alive()


def test_a_connection_whose_answers_nobody_heard_is_not_used_again(connection: "psycopg.Connection[object]") -> None:
    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            WireCursor(connection, {}).execute("SELECT pg_sleep(10)")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert connection.closed
