"""The queries that run all the time find their rows by an index, on both databases: waiting cases cost nothing."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from crm_workflows.adapters.database.opening import driver_connection, open_store
from crm_workflows.adapters.database.queries import Queries
from crm_workflows.domain.records import (
    Assignee,
    AuditEntry,
    Booking,
    CaseRow,
    Decision,
    Document,
    InboundMail,
    JournalEntry,
    Message,
    Request,
)
from crm_workflows.engine.ports import CaseFilter
from tests.adapters.rows import MINUTE, NOON
from tests.postgres import PostgresServer

PLAIN: dict[str, Any] = {"order": (), "descending": False, "limit": None}
QUESTIONS: dict[str, Any] = {
    "pk_cases": lambda q: q.get(CaseRow, ("SV-1",), lock=True),
    "ix_cases_ready_at": lambda q: q.claim_ready(NOON, 20),
    "ix_cases_opened_at": lambda q: q.search_cases(CaseFilter(limit=20)),
    "ix_cases_owner_opened_at": lambda q: q.search_cases(CaseFilter(owner="li", limit=20)),
    "ix_cases_owner_process_status": lambda q: q.count(
        CaseRow, {"process": "toy", "owner": "li", "status": ["ready", "waiting"]}
    ),
    "ix_cases_few_by_status": lambda q: q.search_cases(CaseFilter(status="needs_attention", limit=20)),
    "uq_cases_idempotency_key": lambda q: q.find(CaseRow, {"idempotency_key": "k"}, **PLAIN),
    "pk_journal": lambda q: q.find(JournalEntry, {"case": "SV-1"}, **PLAIN),
    "pk_audit": lambda q: q.find(AuditEntry, {"case": "SV-1"}, **PLAIN),
    "ix_requests_case": lambda q: q.find(Request, {"case": "SV-1", "status": "open"}, **PLAIN),
    "ix_requests_remind_at": lambda q: q.due(Request, "remind_at", NOON, 100, {"status": "open"}),
    "ix_requests_escalate_at": lambda q: q.due(Request, "escalate_at", NOON, 100, {"status": "open"}),
    "ix_requests_lapse_at": lambda q: q.due(Request, "lapse_at", NOON, 100, {"status": "open"}),
    "ix_requests_open_due_at": lambda q: q.search_cases(CaseFilter(overdue_at=NOON, limit=20)),
    "pk_assignees": lambda q: q.find(Assignee, {"request": "R"}, **PLAIN),
    "ix_assignees_inbox": lambda q: q.find(Assignee, {"person": "li", "is_active": True}, **PLAIN),
    "uq_assignees_token_hash": lambda q: q.find(Assignee, {"token_hash": "x"}, **PLAIN),
    "ix_decisions_case": lambda q: q.find(Decision, {"case": "SV-1"}, **PLAIN),
    "ix_decisions_by_at": lambda q: q.find(
        Decision, {"by": "li", "effective": True}, order=("at",), descending=True, limit=200
    ),
    "pk_decisions": lambda q: q.find(Decision, {"request": "R"}, **PLAIN),
    "ix_documents_case": lambda q: q.find(Document, {"case": "SV-1"}, **PLAIN),
    "ix_messages_case": lambda q: q.find(Message, {"case": "SV-1"}, **PLAIN),
    "ix_messages_next_at": lambda q: q.claim_mail(NOON, NOON + MINUTE, 20),
    "ix_messages_status_queued_at": lambda q: q.find(
        Message, {"status": "failed"}, **(PLAIN | {"order": ("queued_at",)})
    ),
    "ix_inbound_mails_status_received_at": lambda q: q.find(InboundMail, {"status": "new"}, **PLAIN),
    "ix_bookings_due": lambda q: q.due(Booking, "due_at", NOON, 100, {"is_open": True}),
}
OF_ONE_INSTANT = ["ix_cases_ready_at", "ix_requests_remind_at", "ix_requests_escalate_at", "ix_requests_lapse_at"]
EARLIEST = {"ix_messages_next_at": (Message, "next_at"), "ix_cases_ready_at": (CaseRow, "ready_at")}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def sql_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A new database: what others have left in its statistics would lead to other plans."""
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("plans") / "crm.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    name = postgres.database()
    yield postgres.address(name)
    postgres.drop(name)


def plan(url: str, queries: Queries, question: Any) -> str:
    text, values = question(queries)
    with driver_connection(url) as connection:
        if queries.mapper.is_sqlite:
            found = connection.execute(f"EXPLAIN QUERY PLAN {text}", values).fetchall()
            return "\n".join(row[3] for row in found)
        connection.execute("SET enable_seqscan = off")
        connection.execute("SET enable_bitmapscan = off")
        asked = psycopg.RawCursor(connection).execute(f"EXPLAIN {text}", values)
        return "\n".join(row[0] for row in asked.fetchall())


def uses(url: str, index: str, question: Any) -> None:
    with closing(open_store(url)) as store:
        found = plan(url, store._queries, question)
    if url.startswith("sqlite"):
        # Its primary and unique keys have names of its own; a key that is searched is never scanned.
        assert index in found or (index[:2] in ("pk", "uq") and "sqlite_autoindex" in found), found
        rows = [row for row in found.split("\n") if "VIRTUAL TABLE" not in row]  # a list of values is walked
        assert not [row for row in rows if "SCAN" in row and row != "SCAN cases USING INDEX ix_cases_opened_at"], found
    else:
        assert index in found, found
        assert "Seq Scan" not in found, found


@pytest.mark.parametrize("index", QUESTIONS)
def test_finds_rows_by_an_index(sql_url: str, index: str) -> None:
    uses(sql_url, index, QUESTIONS[index])


@pytest.mark.parametrize("index", OF_ONE_INSTANT)
def test_thousands_that_are_due_at_one_instant_are_not_sorted_for_each_batch(sql_url: str, index: str) -> None:
    with closing(open_store(sql_url)) as store:
        found = plan(sql_url, store._queries, QUESTIONS[index])
    assert "TEMP B-TREE" not in found, found
    assert "Sort" not in found, found


@pytest.mark.parametrize("index", EARLIEST)
def test_knows_the_earliest_instant_by_an_index(sql_url: str, index: str) -> None:
    record, column = EARLIEST[index]
    uses(sql_url, index, lambda queries: queries.earliest(record, column, {}))
