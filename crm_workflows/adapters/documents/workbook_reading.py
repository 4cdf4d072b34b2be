"""Reads the workbook that came back with a digest. It judges no answer.

It may be anything that calls itself a workbook: it is read within limits far below those of an import, and never
calculated.
"""

import io
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Final

from openpyxl import load_workbook

from crm_workflows.adapters.documents import workbook_marks
from crm_workflows.adapters.documents.spreadsheets import BROKEN, XlsxTable, unreadable
from crm_workflows.domain.cells import Raw
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.sheets import FilledSheet
from crm_workflows.domain.text import bilingual

MOST_BYTES: Final = 1_000_000
MOST_UNPACKED: Final = 12_000_000
"""Bytes; a digest of forty items comes to some 100 000."""
MOST_PARTS: Final = 60
MOST_SHEETS: Final = 6
LAST_ROW: Final = 1_000


def read(content: bytes, name: str) -> list[FilledSheet]:
    """Its sheets; InvalidInput, naming the file, beyond the limits and for what is no workbook."""
    _check_size(content, name)
    try:
        with closing(load_workbook(io.BytesIO(content), read_only=True, keep_links=False)) as book:
            names = [sheet.title for sheet in book.worksheets]
    except BROKEN as error:
        raise unreadable(name) from error
    if len(names) > MOST_SHEETS:
        raise _too_large(name)
    filled = [_filled(XlsxTable(content, name, at), title, name) for at, title in enumerate(names)]
    try:
        return [replace(sheet, **marks) for sheet, marks in zip(filled, workbook_marks.read(content), strict=True)]
    except BROKEN as error:
        raise unreadable(name) from error


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
