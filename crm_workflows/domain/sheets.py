"""A workbook that people fill in and send back: the sheets that we write and those that we read. No files here."""

from collections.abc import Sequence
from dataclasses import dataclass

from crm_workflows.domain.cells import Raw


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column to be written; labels: `heading`, `choices`. `is_answer` where people write, `width` in characters."""

    heading: str
    width: int = 16
    is_answer: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet to be written; `title` is a label, the rows hold what is shown as it is and blanks to be filled in."""

    title: str
    columns: tuple[SheetColumn, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote beside the cells: a note to one, columns from 0, or a text box, whose `row` is 0."""

    row: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class FilledSheet:
    """A sheet that came back; rows by the number that spreadsheets show, `merged` are hidden cells (row, column from
    0), `struck` those with text that is struck through, if only in part."""

    name: str
    rows: tuple[tuple[int, Sequence[Raw]], ...]
    merged: frozenset[tuple[int, int]] = frozenset()
    struck: frozenset[tuple[int, int]] = frozenset()
    notes: tuple[Note, ...] = ()


def letters(column: int) -> str:
    """The name of a column that counts from 0: A, Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
