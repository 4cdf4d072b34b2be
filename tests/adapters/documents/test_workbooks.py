"""Workbooks that go out are safe to open, and what comes back is read within limits."""

import io
import random
import sys
import zipfile
from collections import Counter
from datetime import datetime

import pytest
from openpyxl import Workbook, load_workbook
from xlsxwriter import Workbook as Written

from crm_workflows.adapters.documents.workbook_reading import LAST_ROW, MOST_UNPACKED
from crm_workflows.adapters.documents.workbooks import XlsxWorkbooks
from crm_workflows.domain.cells import Formula
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.sheets import Sheet, SheetColumn, letters

BOOKS = XlsxWorkbooks()
SHEET = Sheet(
    "审批: [全部]? / Decisions: [all]?",
    (
        SheetColumn("事项 / What"),
        SheetColumn("答复 / Answer", is_answer=True, choices=("同意 / approve", "驳回 / reject")),
    ),
    (("=HYPERLINK(\"http://x\")", ""), ("+1", "")),
)  # fmt: skip


def saved(book: Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("language", "name", "offered"), [("zh", "审批 全部", "同意,驳回"), ("en", "Decisions all", "approve,reject")]
)
def test_what_is_written_is_text_with_the_choices_offered(language: str, name: str, offered: str) -> None:
    book = load_workbook(io.BytesIO(BOOKS.written([SHEET], language)))
    (sheet,) = book.worksheets
    assert sheet.title == name
    assert (sheet["A2"].value, sheet["A2"].data_type) == ('=HYPERLINK("http://x")', "s"), "never calculated"
    (rule,) = sheet.data_validations.dataValidation
    assert (rule.formula1, str(rule.sqref), rule.showErrorMessage) == (f'"{offered}"', "B2:B3", False)


def test_what_was_written_is_read_back_with_rows_as_shown_and_formulas_as_such() -> None:
    book = load_workbook(io.BytesIO(BOOKS.written([SHEET], "zh")))
    sheet = book.worksheets[0]
    sheet["B2"], sheet["B3"], sheet["C5"] = "=1+1", 5, datetime(2026, 3, 9)  # noqa: DTZ001 - as a cell holds it
    sheet.merge_cells("A5:B5")
    book.create_sheet("我的")["A1"] = "x"
    first, second = BOOKS.read(saved(book), "a.xlsx")
    assert [number for number, _ in first.rows] == [1, 2, 3, 5]
    assert first.rows[1][1][1] == Formula("=1+1")
    assert first.rows[2][1][1] == 5
    assert (5, 1) in first.merged
    assert second.name == "我的"


def test_strokes_notes_and_text_boxes_are_found() -> None:
    """As Excel writes them: text with looks is shared, notes and boxes are parts of their own."""
    target = io.BytesIO()
    with Written(target) as made:
        struck, plain = made.add_format({"font_strikeout": True}), made.add_format({"bold": True})
        first, second = made.add_worksheet("甲"), made.add_worksheet("乙")
        first.write_string("B2", "同意", struck)
        first.write_rich_string("C3", "同", struck, "意", plain, "。")
        first.write_blank("D4", None, struck)
        first.write_rich_string("D5", "同", plain, "意")
        second.write_comment("E2", "先等法务")
        second.insert_textbox("A9", "全部暂缓")
    one, two = BOOKS.read(target.getvalue(), "a.xlsx")
    assert (one.struck, one.notes) == (frozenset({(2, 1), (3, 2)}), ())
    assert two.struck == frozenset()
    assert {(note.row, note.column, note.text) for note in two.notes} == {(2, 4, "先等法务"), (0, 0, "全部暂缓")}


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (MOST_UNPACKED + 1))
    return target.getvalue()


def endless() -> bytes:
    book = Workbook()
    book.worksheets[0].cell(LAST_ROW + 1, 1, "x")
    return saved(book)


def many_sheets() -> bytes:
    book = Workbook()
    for _ in range(8):
        book.create_sheet()
    return saved(book)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (bomb(), "far larger"), (endless(), "far larger"), (many_sheets(), "far larger"),
        (b"PK\x03\x04nothing", "no .xlsx"), (b"a,b\n1,2\n", "no .xlsx"), (b"\xd0\xcf\x11\xe0old", "no .xlsx"),
        (b"", "no .xlsx"),
    ],
)  # fmt: skip
def test_what_is_beyond_the_limits_or_no_workbook_is_refused_by_name(content: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        BOOKS.read(content, "回复.xlsx")
    assert "回复.xlsx" in refused.value.message


def mutated(chance: random.Random, content: bytes) -> bytes:
    """Some bytes changed, in the file or in one of its parts, or the file cut."""
    if chance.random() < 0.3:
        return _spoilt(chance, content)[: chance.randrange(len(content)) if chance.random() < 0.5 else None]
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        wrong = chance.choice(old.namelist())
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, _spoilt(chance, part) if name == wrong else part)
    return target.getvalue()


def _spoilt(chance: random.Random, content: bytes) -> bytes:
    spoilt = bytearray(content)
    for _ in range(chance.choice((1, 1, 3, 20))):
        at = chance.randrange(len(spoilt))
        spoilt[at : at + chance.choice((1, 1, 2, 9))] = chance.choice((b"", b"<", b"9" * 9, b"\xff", b"A1", b'r="0"'))
    return bytes(spoilt)


@pytest.mark.parametrize("many", [60, pytest.param(3000, marks=pytest.mark.soak)])
def test_a_workbook_that_is_damaged_is_read_or_refused_and_nothing_else(
    many: int, request: pytest.FixtureRequest
) -> None:
    seed = request.config.getoption("--seed") or random.randrange(2**32)
    sys.stderr.write(f"--seed={seed}\n")
    chance = random.Random(seed)
    whole = BOOKS.written([SHEET], "zh")
    came_to = Counter[str]()
    for _ in range(many):
        try:
            BOOKS.read(mutated(chance, whole), "a.xlsx")
            came_to["read"] += 1
        except InvalidInput:
            came_to["refused"] += 1
    assert min(came_to["read"], came_to["refused"]) > many / 10, came_to


def test_a_last_row_that_only_has_a_format_is_no_row() -> None:
    """As LibreOffice writes it."""
    book = Workbook()
    book.worksheets[0]["A1"] = "x"
    book.worksheets[0].row_dimensions[1_048_576].height = 20
    (sheet,) = BOOKS.read(saved(book), "a.xlsx")
    assert [number for number, _ in sheet.rows] == [1]


def test_columns_are_named_as_spreadsheets_name_them() -> None:
    assert [letters(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
