"""`make bench` runs and writes what contract.md says. No figure is looked at: a benchmark never fails by a time."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from benchmarks import store_alone
from benchmarks.__main__ import main
from benchmarks.crowd import crowd, tables_left_out
from benchmarks.databases import DATABASES, NewDatabase
from benchmarks.figures import Effort
from benchmarks.ours import at_work
from benchmarks.register import customers
from benchmarks.statements import Kind
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.domain.audit import first_fault
from crm_workflows.domain.records import Assignee, AuditEntry, BusinessRow, CaseRow, Message, Request
from crm_workflows.engine.ports import Store

TINY = Effort(rounds=1, seconds=0.01, decisions=3, waiting=20, starts=0, workers=2, customers=50, recorded=2)
NAMES = [
    "cases_per_second", "ready_cases_per_second", "decision_latency_p95", "decision_latency_waiting",
    "memory_per_waiting_case", "round_rows_per_second", "statements_alone", "ready_statements_alone",
    "store_alone", "ready_store_alone",
]  # fmt: skip
OF_WORKERS = ["cases_per_second_workers", "decisions_per_second_workers", "ready_cases_per_second_workers"]


@pytest.mark.breaks_invariants("a crowd is copies of one case, with its chain of records")
def test_writes_each_figure_of_both_databases_with_its_ceiling(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--quick", "--json", str(tmp_path / "figures.json")], quick=TINY)
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    wanted = [*((n, "sqlite") for n in NAMES), *((n, "postgresql") for n in (*NAMES, *OF_WORKERS))]
    assert [(f["bench"], f["database"]) for f in figures] == wanted
    assert all(set(f) == {"bench", "database", "ours", "ceiling", "ratio", "unit", "detail"} for f in figures)
    assert all(f["ours"] > 0 and f["ceiling"] > 0 and f["ratio"] > 0 for f in figures if f["unit"] != "bytes")
    assert figures[0]["detail"].keys() >= {"singly", "grouped"}
    rounds = [f["detail"] for f in figures if f["bench"] == "round_rows_per_second"]
    assert [f["due"] for f in rounds] == [f["customers"] for f in rounds], "a round that calls nobody is no figure"
    printed = capsys.readouterr().out
    assert "fsync" in printed
    assert "SQLite 3." in printed
    assert "PostgreSQL" in printed


@pytest.mark.breaks_invariants("a crowd is copies of one case, with its chain of records")
def test_decisions_alone_are_measured_beside_as_many_waiting_cases_as_told(tmp_path: Path) -> None:
    main(["--quick", "--waiting", "7", "--database", "sqlite", "--json", str(tmp_path / "figures.json")], quick=TINY)
    figures = {f["bench"]: f for f in json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))}
    assert set(figures) == {"decision_latency_p95", "decision_latency_waiting", "memory_per_waiting_case"}
    assert figures["decision_latency_waiting"]["detail"]["waiting"] == 7


@pytest.fixture(params=DATABASES, scope="module")
def new(request: pytest.FixtureRequest) -> Iterator[NewDatabase]:
    """Makes new databases of each kind."""
    with DATABASES[request.param](Path(tempfile.gettempdir())) as make:
        yield make


def test_a_measured_case_is_a_whole_case(new: NewDatabase) -> None:
    with at_work(new()) as ours:
        assert ours.singly() == 1
        assert ours.grouped() == 20
        with ours.engine.store.read() as reader:
            rows = reader.find(CaseRow)
            chain = reader.find(AuditEntry, case=rows[0].code, order="n")
            assert {(row.status, row.outcome) for row in rows} == {("closed", "approved")}
            assert reader.count(BusinessRow) == 4 * len(rows)
            assert reader.count(Message, template="approval_request") == len(rows)
            assert first_fault(rows[0].code, chain, rows[0].audit_length, rows[0].audit_head) is None


@pytest.mark.parametrize("kind", store_alone.KINDS, ids=lambda kind: str(kind.bench))
def test_the_store_alone_leaves_what_the_product_left(kind: Kind, new: NewDatabase) -> None:
    url, other_url = new(), new()
    pieces = store_alone.recorded(kind, url, 2)
    with kind.at_work(other_url) as other:
        for before, timed in pieces:
            store_alone.again(other.engine.store, before)
            store_alone.again(other.engine.store, timed)
    with closing(open_store(url)) as store, closing(open_store(other_url)) as other_store:
        left, left_again = whole_of(store), whole_of(other_store)
    assert left == left_again
    assert sum(one.startswith("CaseRow(") for one in left) == 2 * kind.cases


def whole_of(store: Store) -> list[str]:
    """What the cases of this database left, as text and in order, once their chains hold."""
    with store.read() as reader:
        for row in reader.find(CaseRow):
            chain = reader.find(AuditEntry, case=row.code, order="n")
            assert first_fault(row.code, chain, row.audit_length, row.audit_head) is None
        kept = (CaseRow, Request, Assignee, Message, BusinessRow, AuditEntry)
        return sorted(repr(one) for record in kept for one in reader.find(record))


@pytest.mark.breaks_invariants("a crowd is copies of one case, with its chain of records")
def test_a_crowd_waits_as_real_cases_do_and_leaves_no_table_out(new: NewDatabase) -> None:
    url = new()
    with at_work(url) as ours:
        code = ours.until_decision()
        crowd(url, code, 30)
        assert ours.decide(f"{code}-7").effective
        ours.pass_over()
        with ours.engine.store.read() as reader:
            assert reader.count(CaseRow, status="waiting") == 30
            assert reader.count(Request, status="open") == 30
            (row,) = reader.find(CaseRow, code=f"{code}-7")
            assert row.outcome == "approved"
    assert tables_left_out() == set()


def test_a_seed_gives_the_same_register_on_every_machine() -> None:
    at = datetime(2026, 3, 2, 1, tzinfo=UTC)
    first, again, other = (list(customers(20, at, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    drawn = [(one.tier, one.status, one.owner, one.region) for one, _ in islice(customers(2, at), 2)]
    song = "song.jia@yongchang.example"
    assert drawn == [("A", "active", song, "江苏"), ("B", "blocked", song, "辽宁")]
