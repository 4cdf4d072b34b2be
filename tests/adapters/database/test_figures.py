"""Key figures: what the views of the databases give equals what plain Python counts, on rows made by chance."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import astuple
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.database import figure_views
from crm_workflows.adapters.database.figure_sources import SOURCES
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.schema import VERSIONS
from crm_workflows.domain.records import CaseClock
from crm_workflows.engine.figure_ports import Narrowed, Observed
from crm_workflows.engine.ports import Store
from crm_workflows.testing import MemoryStore
from crm_workflows.testing.memory_figures import FIGURES
from tests.adapters.database.invented import Invented
from tests.adapters.rows import NOON, case

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")
WEEK = timedelta(days=7)
Both = tuple[MemoryStore, Store]


@pytest.fixture(params=range(3))
def both(sql_url: str, request: pytest.FixtureRequest) -> Iterator[Both]:
    """The same rows in memory and in a database."""
    with closing(open_store(sql_url)) as database:
        memory = MemoryStore()
        for store in (memory, database):
            with store.write() as tx:
                tx.insert(*Invented(request.param).rows())
        yield memory, database


def test_every_figure_has_a_view_and_a_twin() -> None:
    assert set(SOURCES) == set(FIGURES)


def test_views_count_what_plain_python_counts(both: Both) -> None:
    memory, database = both
    with memory.read() as plain, database.read() as reader:
        for kpi in SOURCES:
            expected = _sorted(plain.observed(kpi))
            assert _sorted(reader.observed(kpi)) == expected, kpi
            assert expected, f"{kpi} was compared on nothing"


def test_a_limit_missed_before_its_hours_began_anew_stays_missed(sql_url: str) -> None:
    """Another severity counts from the same instant: then the new clock tells, and the miss is not counted twice."""
    day = timedelta(days=1)
    late: dict[str, Any] = {"status": "superseded", "stopped_at": NOON + 2 * day}
    clocks = [
        CaseClock("1", "CP-1", "solution_clock", "CP-3", 1, NOON, 24, NOON + day, **late),
        CaseClock("2", "CP-1", "solution_clock", "CP-3", 2, NOON + 2 * day, 24, NOON + 3 * day),
        CaseClock("3", "CP-2", "solution_clock", "CP-3", 1, NOON, 24, NOON + day, **late),
        CaseClock("4", "CP-2", "solution_clock", "CP-3", 1, NOON, 12, NOON + day / 2),
        CaseClock("5", "CP-3", "solution_clock", "CP-3", 1, NOON, 96, NOON + 4 * day, **late),
    ]
    with closing(open_store(sql_url)) as database:
        for store in (MemoryStore(), database):
            with store.write() as tx:
                tx.insert(*(case(code, process="complaint-resolution") for code in ("CP-1", "CP-2", "CP-3")), *clocks)
                found = [(one.what, one.at, one.hit) for one in tx.observed("cp_solved_in_time")]
                assert not tx.observed("cp_paused")
            first, second, third = NOON + day / 2, NOON + day, NOON + 3 * day
            assert found == [("CP-2", first, 0), ("CP-1", second, 0), ("CP-1", third, 0)]


def test_a_report_that_takes_its_time_between_two_reads_is_not_cut_off(postgres_url: str) -> None:
    """Only this one: whoever else asks nothing for ten seconds hangs, and cases wait for it."""
    with closing(open_store(postgres_url)) as database:
        for kpi, allowed in (("opened", "10min"), (None, "10s")):
            with database.read() as reader:
                if kpi:
                    reader.observed(kpi)
                shown = reader._run("SHOW idle_in_transaction_session_timeout", ()).fetchall()  # type: ignore[attr-defined]
                assert [tuple(row) for row in shown] == [(allowed,)]


def test_a_period_begins_with_its_first_instant_and_ends_before_its_last(both: Both) -> None:
    memory, database = both
    with memory.read() as plain, database.read() as reader:
        whole = [one.at for one in reader.observed("opened")]
        begin, end = sorted(at for at in whole if at)[3], sorted(at for at in whole if at)[9]
        for kpi in SOURCES:
            found = reader.observed(kpi, since=begin, before=end, process="supplier-vetting")
            assert _sorted(found) == _sorted(plain.observed(kpi, since=begin, before=end, process="supplier-vetting"))
            assert all(one.at and begin <= one.at < end for one in found)
        inside = reader.observed("opened", since=begin, before=end)
    instants = {one.at for one in inside}
    assert {begin} < instants
    assert end not in instants


@pytest.mark.parametrize("within", [None, timedelta(days=2)])
@pytest.mark.parametrize("process", [None, "complaint-resolution"])
def test_alike_ones_of_a_span_are_told_as_one_by_the_database_as_by_hand(
    both: Both, within: timedelta | None, process: str | None
) -> None:
    memory, database = both
    with memory.read() as plain, database.read() as reader:
        instants = sorted(one.at for one in plain.observed("opened") if one.at)
        edges = [*instants[1::9], instants[-1], instants[-1]]
        for kpi in SOURCES:
            found = reader.tallied(kpi, edges, within=within, process=process)
            assert _sorted(found) == _sorted(plain.tallied(kpi, edges, within=within, process=process)), kpi
            rows = reader.observed(kpi, since=edges[0], before=edges[-1], process=process)
            assert sum(one.many for one in found) == len(rows), kpi
            assert [one.at for one in found] == sorted(one.at for one in found if one.at), kpi


def test_what_lasted_a_microsecond_more_is_not_within(sql_url: str) -> None:
    limit, least = timedelta(days=1, seconds=1), timedelta(microseconds=1)
    lasted = (limit - least, limit, limit + least)
    with closing(open_store(sql_url)) as database:
        for store in (MemoryStore(), database):
            with store.write() as tx:
                tx.insert(
                    *(
                        case(f"CP-{n}", status="closed", opened_at=NOON - one, closed_at=NOON)
                        for n, one in enumerate(lasted)
                    )
                )
                found = tx.tallied("lead_time", [NOON, NOON + WEEK], within=limit)
            assert sorted((one.hit, one.many) for one in found) == [(0, 1), (1, 2)]


def test_a_list_is_narrowed_by_the_database_as_by_hand(both: Both) -> None:
    memory, database = both
    with memory.read() as plain, database.read() as reader:
        for kpi in ("cb_coverage", "load", "open_steps"):
            some = reader.observed(kpi)[1]
            for wanted in (
                Narrowed(part=some.part), Narrowed(person=some.person), Narrowed(began_before=some.began_at),
                Narrowed(some.part, some.person, NOON, 3), Narrowed(limit=2), Narrowed(limit=0),
            ):  # fmt: skip
                found = reader.observed(kpi, process=some.process, narrowed=wanted)
                assert found == plain.observed(kpi, process=some.process, narrowed=wanted), (kpi, wanted)
            assert len(reader.observed(kpi, narrowed=Narrowed(limit=2))) == 2


def test_ages_are_counted_by_the_database_as_by_hand(both: Both) -> None:
    memory, database = both
    cuts = [NOON - WEEK, NOON - 4 * WEEK, NOON - 8 * WEEK]
    with memory.read() as plain, database.read() as reader:
        for kpi in ("open_steps", "load", "cb_coverage", "cb_waiting"):
            for by in ("part", "person"):
                found = reader.aged(kpi, by, cuts, now=NOON)
                assert found == plain.aged(kpi, by, cuts, now=NOON), (kpi, by)
        one = reader.aged("load", "person", cuts, now=NOON, process="supplier-vetting")
        assert one == plain.aged("load", "person", cuts, now=NOON, process="supplier-vetting")
        assert sum(sum(aged.counts) for aged in reader.aged("cb_coverage", "part", cuts, now=NOON)) == len(
            reader.observed("cb_coverage")
        )


def test_a_definition_that_changes_comes_with_a_revision() -> None:
    """Else databases that are up to date would keep the old view for ever."""
    modules = [
        import_module(f"crm_workflows.adapters.database.migrations.versions.{path.stem}") for path in _revisions()
    ]
    held = [module.VIEWS for module in modules if hasattr(module, "VIEWS")]
    texts = "".join(text for dialect in figure_views.TYPES for _, text in figure_views.definitions(dialect))
    digest = hashlib.sha256(texts.encode()).hexdigest()[:16]
    assert held[-1] == digest, f"the views have changed: add a revision with VIEWS = {digest!r}"


def _revisions() -> list[Path]:
    return sorted((VERSIONS / "versions").glob("0*.py"))


def _sorted(found: list[Observed]) -> list[str]:
    return sorted(str(astuple(one)) for one in found)
