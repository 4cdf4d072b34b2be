"""Whatever kind of table: encodings, dates, formulas, merged cells, rows twice, and a file that stops half-way."""

import io
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import imports
from crm_workflows.business.imports import KINDS, Mode, Result, running
from crm_workflows.business.imports.leaving import leaving
from crm_workflows.business.imports.table import Kind, Problem
from crm_workflows.domain import cells
from crm_workflows.domain.text import in_language
from crm_workflows.interfaces.problem_report import problem_report
from crm_workflows.testing import MemoryStore
from tests.business.tables import as_csv, as_xlsx
from tests.flows.customers import enter
from tests.office import Office, credit_code

VARIED: Final[dict[str, dict[str, list[Any]]]] = {
    "customers": {"credit_code": [credit_code(n) for n in (1, 2, 3)], "name": ["甲工贸公司", "乙电子厂", "丙水泵厂"]},
    "contacts": {"name": ["郑一", "王二", "李三"]},
    "contracts": {"number": ["HT-1", "HT-2", "HT-3"]},
    "orders": {"number": ["PO-1", "PO-2", "PO-3"]},
    "payments": {"number": ["FP-1", "FP-2", "FP-3"]},
    "contacts-made": {"summary": ["满意", "询价", "催货"]},
    "complaints": {"what": ["有划痕", "漏水", "迟到"]},
    "suppliers": {"credit_code": [credit_code(n) for n in (1, 2, 3)], "name": ["甲工贸公司", "乙电子厂", "丙水泵厂"]},
    "receipts": {"number": ["SH-1", "SH-2", "SH-3"]},
}
"""By what three rows of a kind differ; all else is as in its empty table."""
WRITTEN: Final = ("{0}年{1}月{2}日", "{0}/{1}/{2}", "{0}．{1}．{2}")


def table(kind: Kind, many: int = 1, changes: dict[str, Any] | None = None) -> list[list[Any]]:
    """Headings, and the example of the empty table so many times."""
    varied = VARIED[kind.name]
    rows = [
        [(changes or {}).get(c.name, varied[c.name][n] if c.name in varied else c.example) for c in kind.columns]
        for n in range(many)
    ]
    return [[in_language(column.label, "zh") for column in kind.columns], *rows]


class Importing:
    """An office with one customer, and what an import has said."""

    def __init__(self, kind: Kind) -> None:
        self.kind, self.office = kind, Office(MemoryStore())
        self.office.clock.move_to(datetime(2026, 4, 1, tzinfo=UTC))
        if kind.name != "customers":
            enter(self.office, "C-MA-0001", credit_code="91330200MAX0AA110H", name="苏州澄岚水泵有限公司")
        self.said: list[Problem] = []
        self.progress: list[tuple[int, int]] = []

    def cases_of(self, rows: int) -> int:
        """How many cases begin with so many rows of that kind."""
        return rows if self.kind.name == "complaints" else 0

    def __call__(self, content: bytes, mode: Mode = "all", dies_at: int = 0) -> Result:
        self.said.clear()
        self.progress.clear()

        def heard(done: int, total: int) -> None:
            self.progress.append((done, total))
            if done == dies_at:
                raise KeyboardInterrupt

        source = opened(content, "表")
        return imports.run(self.office.engine, self.kind, source, "表", mode, self.said.append, heard)


@pytest.fixture(params=KINDS)
def importing(request: pytest.FixtureRequest) -> Importing:
    return Importing(KINDS[request.param])


def test_every_kind_is_tried() -> None:
    assert set(VARIED) == set(KINDS)


def test_its_example_comes_in_from_gbk_and_the_same_file_changes_nothing(importing: Importing) -> None:
    rows = table(importing.kind, 3)
    assert importing(as_csv(rows, "gbk")) == Result(rows=3, added=3, is_written=True, cases=importing.cases_of(3)), (
        importing.said
    )
    assert importing(as_csv(rows, "gbk")) == Result(rows=3, unchanged=3, is_written=True)
    assert importing(as_xlsx(rows)).unchanged == 3


def test_what_goes_out_comes_in_unchanged(importing: Importing) -> None:
    importing(as_csv(table(importing.kind, 3)))
    with importing.office.engine.store.read() as reader:
        rows = list(leaving(reader, importing.kind, importing.office.staff.calendar().zone))
    done = importing(as_csv([[column.label for column in importing.kind.columns], *rows]))
    assert done == Result(rows=len(rows), unchanged=len(rows), is_written=True), importing.said
    assert bool(rows) is (importing.kind.name != "complaints"), "which go out as cases"


def test_a_day_is_the_same_however_people_write_it(importing: Importing) -> None:
    days = [column for column in importing.kind.columns if column.read is cells.day and column.example]
    importing(as_xlsx(table(importing.kind)))
    for column in days:
        for way in WRITTEN:
            said = way.format(*column.example.split("-"))
            assert importing(as_xlsx(table(importing.kind, changes={column.name: said}))).unchanged == 1, said
        importing(as_xlsx(table(importing.kind, changes={column.name: "3/4/26"})), "preview")
        assert [one.column for one in importing.said] == [column.label]


def test_a_formula_is_refused_where_it_stands(importing: Importing) -> None:
    for column in importing.kind.columns:
        if column.required:
            done = importing(as_xlsx(table(importing.kind, changes={column.name: "=1+1"})))
            assert (done.bad, done.is_written) == (1, False)
            assert [(one.row, one.column, one.what) for one in importing.said] == [
                (2, column.label, cells.CALCULATED[0])
            ]


def test_a_row_under_merged_cells_is_refused_and_no_empty_one(importing: Importing) -> None:
    importing(as_xlsx(table(importing.kind, 2), lambda sheet: sheet.merge_cells("A2:A3")))
    assert [(one.row, one.column) for one in importing.said] == [(3, importing.kind.columns[0].label)]
    assert "取消合并" in importing.said[0].remedy


def test_a_row_that_stands_twice_is_named_in_the_report_with_what_to_do(importing: Importing) -> None:
    rows, report = table(importing.kind, 2), io.BytesIO()
    assert importing(as_csv([*rows, rows[1]])).is_written is False
    with problem_report(report, "zh") as told:
        for problem in importing.said:
            told(problem)
    (_, told_row) = [list(line) for _, line in opened(report.getvalue(), "x").rows()]
    first = in_language(importing.kind.columns[0].label, "zh")
    assert (told_row[:2], told_row[3:]) == ([4, first], ["在文件中出现两次", "与第 2 行重复，只保留一行"])
    assert importing(as_csv([*rows, rows[1]]), "good").added == 2


def test_a_file_that_stopped_half_way_goes_on_where_it_stood_and_tells_how_far_it_is(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 1)
    file = as_csv(table(importing.kind, 3))
    with pytest.raises(KeyboardInterrupt):
        importing(file, "good", dies_at=2)
    assert importing.progress == [(1, 1), (2, 2)]
    assert importing(file) == Result(rows=3, added=1, unchanged=2, is_written=True, cases=importing.cases_of(1))
    assert importing.progress[3:] == [(1, 3), (2, 3), (3, 3)], "the whole is known once it was looked through"
