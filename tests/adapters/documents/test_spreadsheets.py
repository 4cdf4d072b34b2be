"""Workbooks whose rows are not numbered as rows are: named, never passed over."""

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from crm_workflows.adapters.documents import spreadsheets
from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.domain.errors import InvalidInput


def workbook(change: Callable[[str], str] = str, rows: int = 3) -> bytes:
    """A sheet of as many rows, whose XML is changed."""
    book, plain, made = Workbook(), io.BytesIO(), io.BytesIO()
    for n in range(1, rows + 1):
        book.worksheets[0].append([f"row {n}", n])
    book.save(plain)
    with zipfile.ZipFile(plain) as whole, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as changed:
        for part in whole.namelist():
            text = whole.read(part)
            is_sheet = part.endswith("sheet1.xml")
            changed.writestr(part, change(text.decode()).encode() if is_sheet else text)
    return made.getvalue()


def renumbered(last: str) -> Callable[[str], str]:
    return lambda xml: re.sub(r'(r="[AB]?)3"', rf'\g<1>{last}"', xml)


@pytest.mark.parametrize("number", ["999999999", "1048577", "2", "1"])
def test_a_row_that_would_be_passed_over_is_named(number: str) -> None:
    with pytest.raises(InvalidInput, match=f"a row numbered {number}, which is out of order"):
        opened(workbook(renumbered(number)), "x.xlsx")


def test_rows_beyond_those_that_the_sheet_says_it_has_are_read() -> None:
    table = opened(workbook(lambda xml: xml.replace("A1:B3", "A1:B2")), "x.xlsx")
    assert [(number, cells[0]) for number, cells in table.rows()] == [(1, "row 1"), (2, "row 2"), (3, "row 3")]


def test_rows_left_out_count_as_empty() -> None:
    read = dict(opened(workbook(renumbered("7")), "x.xlsx").rows())
    assert (list(read), list(read[7])) == ([1, 2, 3, 4, 5, 6, 7], ["row 3", 3])


def test_a_number_that_the_scan_does_not_see_ends_the_reading_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 50)
    table = opened(workbook(lambda xml: renumbered("999")(xml).replace("<row r=", "<row dy='>' r=")), "x.xlsx")
    with pytest.raises(InvalidInput, match="beyond 50"):
        list(table.rows())


def test_rows_over_several_pieces_are_each_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "PIECE", 700)
    assert len(list(opened(workbook(rows=200), "x.xlsx").rows())) == 200
