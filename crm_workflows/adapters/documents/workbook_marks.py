"""Finds what people put beside the values of a workbook: notes, text boxes and strokes. It judges none of it."""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string
from openpyxl.utils.exceptions import CellCoordinatesException
from openpyxl.xml.functions import fromstring, iterparse

from crm_workflows.domain.sheets import Note

NOTES: Final = ("/comments", "/threadedComment")
DRAWING: Final = "/drawing"


def read(content: bytes) -> list[dict[str, Any]]:
    """By sheet, in their order, the fields `struck` and `notes` of a FilledSheet; raises what a broken file raises.

    A conversation stands in the file once more as a note to the same cell.
    """
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        closing(load_workbook(io.BytesIO(content), read_only=True, rich_text=True, keep_links=False)) as book,
    ):
        return [
            {
                "struck": frozenset([*_struck(sheet), *_struck_inside(archive, _path(sheet))]),
                "notes": tuple({(n.row, n.column): n for n in _notes(archive, _path(sheet))}.values()),
            }
            for sheet in book.worksheets
        ]


def _path(sheet: Any) -> str:
    return str(sheet._worksheet_path).lstrip("/")


def _struck(sheet: Any) -> Iterator[tuple[int, int]]:
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(), 1):
        for at, cell in enumerate(cells):
            if cell.value not in (None, "") and (cell.font.strike or _is_struck_in_part(cell.value)):
                yield number, at


def _is_struck_in_part(value: object) -> bool:
    return isinstance(value, CellRichText) and any(isinstance(run, TextBlock) and run.font.strike for run in value)


def _struck_inside(archive: zipfile.ZipFile, sheet: str) -> Iterator[tuple[int, int]]:
    """Texts that stand in the sheet itself, whose looks openpyxl passes over; one without a place is of the top."""
    with archive.open(sheet) as part:
        for _, element in iterparse(part):
            if str(element.tag).endswith("}c"):
                if any(str(e.tag).endswith("}strike") and e.get("val") not in ("0", "false") for e in element.iter()):
                    yield _place(element.get("r") or "A1")
                element.clear()


def _notes(archive: zipfile.ZipFile, sheet: str) -> Iterator[Note]:
    folder, name = posixpath.split(sheet)
    links, parts = f"{folder}/_rels/{name}.rels", set(archive.namelist())
    for link in fromstring(archive.read(links)) if links in parts else ():
        kind, target = str(link.get("Type")), str(link.get("Target"))
        path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        if path not in parts:
            continue
        if kind.endswith(NOTES):
            yield from map(_note, (e for e in fromstring(archive.read(path)).iter() if e.get("ref")))
        elif kind.endswith(DRAWING):
            text = _text(fromstring(archive.read(path)))
            yield from [Note(0, 0, text)] if text else []


def _note(element: Any) -> Note:
    return Note(*_place(element.get("ref")), _text(element))


def _place(reference: str) -> tuple[int, int]:
    try:
        column, row = coordinate_from_string(reference)
    except CellCoordinatesException as error:
        raise ValueError(reference) from error
    return row, column_index_from_string(column) - 1


def _text(element: Any) -> str:
    """What is written in it, in elements called t or, in a note of a conversation, text."""
    names = ("}t", "}text")
    return " ".join(
        str(e.text).strip() for e in element.iter() if str(e.tag).endswith(names) and e.text and e.text.strip()
    )
