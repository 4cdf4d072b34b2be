"""What a figure counts is listed exactly: as many lines as it says, of every part and person too (RP-2)."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import product

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.business.figures import behind, reporting
from crm_workflows.business.figures.behind import OPEN_NOW, Behind, Slice
from crm_workflows.business.figures.kpi import Kind
from crm_workflows.business.figures.kpis import MEASURED
from crm_workflows.business.figures.measuring import Value
from crm_workflows.business.figures.months import Year
from crm_workflows.domain.errors import InvalidInput, NotFound
from tests.adapters.database.invented import Invented
from tests.adapters.rows import NOON
from tests.office import Office

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")
YEARS = (Year(2026, 1), Year(2027, 1))
LATER = NOON + timedelta(days=400)
"""When the last orders have become a year old."""
MANY = 10_000


@pytest.fixture
def company(sqlite_url: str) -> Iterator[Office]:
    """A company with rows of every kind, made by chance."""
    with closing(open_store(sqlite_url)) as store:
        office = Office(store)
        with store.write() as tx:
            tx.insert(*Invented(1).rows())
        yield office


def slices(measured: reporting.Measured) -> Iterator[tuple[Slice, Value]]:
    """The whole, and one of each kind that a report tells apart."""
    yield Slice(), measured.whole
    yield from ((Slice(part=key), value) for key, value in measured.parts[-1:])
    yield from ((Slice(person=key), value) for key, value in measured.people[:1])
    yield from ((Slice(department=key), value) for key, value in measured.departments[:1])


def expected(found: Behind) -> tuple[int, int | None]:
    """Lines, and how many of them are counted in."""
    kind, value = found.measured.kpi.kind, found.value
    hits = value.hits or 0
    if kind is Kind.COVERED_NOW:
        return value.count - hits, None
    if kind in (Kind.CHURN, Kind.PART_NOW):
        return hits, None
    if kind in (Kind.AMISS, Kind.OVERDUE_NOW):
        return value.count, value.count - hits
    return value.count, hits if kind in (Kind.SHARE, Kind.SHARE_NOW) else None


def test_every_figure_lists_what_it_counts(company: Office) -> None:
    company.clock.move_to(LATER)
    listed: dict[str, int] = {}
    for year, process in product(YEARS, MEASURED):
        (report,) = reporting.reports(company.engine, year, process)
        for measured, of, value in ((one, *each) for one in report.figures for each in slices(one)):
            name = measured.kpi.name
            found = behind.behind(company.engine, process, name, year, of, MANY)
            assert found.value == value, (name, of)
            lines, hits = expected(found)
            counted = [line.counts for line in found.lines if line.counts is not None]
            told = len(found.lines), counted.count(True) if counted else None
            assert told == (lines, hits if lines else None), (name, of, year)
            listed[name] = listed.get(name, 0) + lines
    assert [name for name, many in listed.items() if not many] in ([], ["on_limits_granted"]), "compared on nothing"


def test_what_is_open_now_is_listed_by_step_and_by_person(company: Office) -> None:
    company.clock.move_to(LATER)
    for kpi in OPEN_NOW:
        whole = behind.behind(company.engine, "supplier-vetting", kpi.name, YEARS[0], Slice(), MANY)
        assert whole.lines
        assert {line.of for line in whole.lines} <= {"case", ""}
        for of, value in slices(whole.measured):
            found = behind.behind(company.engine, "supplier-vetting", kpi.name, YEARS[0], of, MANY)
            assert len(found.lines) == value.count == found.value.count


def test_of_the_whole_register_only_who_was_silent_too_long_is_listed(company: Office) -> None:
    company.clock.move_to(NOON + timedelta(days=60))
    whole = behind.behind(company.engine, "periodic-callbacks", "cb_coverage", YEARS[0], Slice(), MANY)
    assert 0 < len(whole.lines) < whole.value.count
    assert len(whole.lines) == whole.value.count - (whole.value.hits or 0)
    since = [line.at for line in whole.lines if line.at]
    assert since == sorted(since), "the longest first"


def test_what_is_amiss_comes_first_and_a_longer_list_says_so(company: Office) -> None:
    company.clock.move_to(LATER)
    name = "sv_purchases_unrecognised"
    found = behind.behind(company.engine, "supplier-vetting", name, YEARS[0], Slice(), 3)
    assert (len(found.lines), found.is_cut) == (3, True)
    assert all(line.counts and line.is_bad and line.part for line in found.lines)
    assert [line.at for line in found.lines] == sorted((line.at for line in found.lines), reverse=True)  # type: ignore[type-var]
    assert all(line.said for line in found.lines), "each with its amount"
    whole = behind.behind(company.engine, "supplier-vetting", name, YEARS[0], Slice(), MANY)
    assert not whole.is_cut
    assert {line.of for line in whole.lines} == {"supplier", ""}, "whoever is in no register leads nowhere"


def test_what_there_is_not_is_refused_in_one_sentence(company: Office) -> None:
    for process, name in (("nothing", "lead_time"), ("supplier-vetting", "cp_kinds"), ("supplier-vetting", "load_")):
        with pytest.raises(NotFound):
            behind.behind(company.engine, process, name, YEARS[0], Slice(), MANY)
    assert behind.process_of("cp_kinds") == "complaint-resolution"
    with pytest.raises(InvalidInput, match="say by --process which one"):
        behind.process_of("lead_time")
    with pytest.raises(NotFound, match=r"docs/figures\.md"):
        behind.process_of("lead")
