"""Writes and reads the workbooks that go out with a digest and come back filled in, as xlsx. It judges no answer.

What comes back may be anything that calls itself a workbook: it is read within limits far below those of an import, and
never calculated.
"""

import io
import zipfile
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Final

from openpyxl import load_workbook
from xlsxwriter import Workbook

from crm_workflows.adapters.spreadsheets import BROKEN, LONGEST_CELL, XlsxTable, unreadable
from crm_workflows.domain.cells import Raw
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.sheets import FilledSheet, Sheet
from crm_workflows.domain.text import bilingual, in_language

MOST_BYTES: Final = 1_000_000
MOST_UNPACKED: Final = 12_000_000
"""Bytes; a digest of forty items comes to some 100 000."""
MOST_PARTS: Final = 60
MOST_SHEETS: Final = 6
LAST_ROW: Final = 1_000
_LONGEST_LIST: Final = 250
"""Characters of a list of choices that Excel takes; a longer one goes without."""
_NOT_IN_NAMES: Final = str.maketrans("", "", "[]:*?/\\'")


class XlsxWorkbooks:
    """Implements the port `Workbooks`."""

    def written(self, sheets: Sequence[Sheet], language: str) -> bytes:
        """See the port; what looks like a formula stays a text."""
        target = io.BytesIO()
        plain = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
        with Workbook(target, {"in_memory": True, **dict.fromkeys(plain, False)}) as book:
            looks = _Looks(book)
            for number, sheet in enumerate(sheets, start=1):
                name = in_language(sheet.title, language).translate(_NOT_IN_NAMES)[:28] or f"{number}"
                _write(book.add_worksheet(name), looks, sheet, language)
        return target.getvalue()

    def read(self, content: bytes, name: str) -> list[FilledSheet]:
        """See the port."""
        _check_size(content, name)
        try:
            with closing(load_workbook(io.BytesIO(content), read_only=True, keep_links=False)) as book:
                names = [sheet.title for sheet in book.worksheets]
        except BROKEN as error:
            raise unreadable(name) from error
        if len(names) > MOST_SHEETS:
            raise _too_large(name)
        return [_filled(XlsxTable(content, name, at), title, name) for at, title in enumerate(names)]


class _Looks:
    """The formats of a workbook."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self.asked = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#FFE8A3"}
        )
        self.shown = book.add_format({"text_wrap": True, "valign": "top", "font_color": "#475569"})
        self.answer = book.add_format(
            {"text_wrap": True, "valign": "top", "bg_color": "#FFF8E1", "border": 1, "border_color": "#D9C58A"}
        )


def _write(sheet: Any, looks: _Looks, what: Sheet, language: str) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    for at, column in enumerate(what.columns):
        sheet.set_column(at, at, column.width)
        heading = in_language(column.heading, language)
        sheet.write_string(0, at, heading, looks.asked if column.is_answer else looks.head)
        choices = [in_language(choice, language) for choice in column.choices]
        if choices and what.rows and len(",".join(choices)) <= _LONGEST_LIST:
            # Offered, not forced: a reason may stand behind the word, and what does not fit is answered by us.
            sheet.data_validation(
                1, at, len(what.rows), at, {"validate": "list", "source": choices, "show_error": False}
            )
    for number, row in enumerate(what.rows, start=1):
        for at, column in enumerate(what.columns):
            look = looks.answer if column.is_answer else looks.shown
            sheet.write_string(number, at, row[at][:LONGEST_CELL], look) if row[at] else sheet.write_blank(
                number, at, None, look
            )


def _check_size(content: bytes, name: str) -> None:
    """Before anything is unpacked, by what the archive says of itself, which unpacking then holds it to."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except BROKEN as error:
        raise unreadable(name) from error
    swells = sum(part.file_size for part in parts) > MOST_UNPACKED
    if len(content) > MOST_BYTES or swells or len(parts) > MOST_PARTS:
        raise _too_large(name)


def _filled(table: XlsxTable, title: str, name: str) -> FilledSheet:
    rows: list[tuple[int, Sequence[Raw]]] = []
    hidden: set[tuple[int, int]] = set()
    for number, cells in table.rows():
        if number > LAST_ROW:
            if any(cell not in (None, "") for cell in cells):
                raise _too_large(name)
            continue
        if any(cell not in (None, "") for cell in cells):
            rows.append((number, cells))
        hidden |= {(number, at) for at in range(len(cells)) if table.is_merged(number, at)}
    return FilledSheet(title, tuple(rows), frozenset(hidden))


def _too_large(name: str) -> InvalidInput:
    zh = f"{name} 比我们发出的工作簿大得多，没有读取；请在原附件中填写后发回"
    return InvalidInput(
        bilingual(zh, f"{name} is far larger than the workbook that we sent and was not read; fill in that one")
    )
