"""Reads tables from xlsx and csv row by row, and writes xlsx; values are values, never formulas. It knows no columns.

A workbook is read without its formulas being calculated, and without loading it; of several sheets the first counts.
"""

import csv
import io
import re
import zipfile
import zlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from datetime import date, datetime, time
from itertools import count
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any, Final

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from xlsxwriter import Workbook

from crm_workflows.adapters.files import must_be_file
from crm_workflows.domain.cells import Formula, Raw
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual

MOST_UNPACKED: Final = 2 * 1024**3
"""Bytes of a workbook when unpacked; 200 000 rows of ten columns are some 150 MB."""
MOST_BY_BYTE: Final = 200
"""Bytes that a byte of a large part may unpack to; people's tables come to 20 to 50, a flood to 1 000."""
LARGE: Final = 16 * 1024**2
PIECE: Final = 1 << 20
MERGED: Final = re.compile(rb'<mergeCell ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')
ROW: Final = re.compile(rb"""<row\s[^<>]{0,200}?\br=["']([0-9]{1,18})["']""")
LONGEST_TAG: Final = 256
"""Bytes that such an element may be cut in two by the end of a piece."""
MOST_ROWS: Final = 1 << 20
MOST_COLUMNS: Final = 200
SEPARATORS: Final = (",", ";", "\t", "，")
RISKY: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula when it opens a csv."""
LONGEST_CELL: Final = 32_767
BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, SyntaxError, LookupError, OSError, EOFError, ValueError,
    TypeError, AttributeError, RuntimeError,
)  # fmt: skip
"""What a file raises that is cut, locked by a password or no workbook inside; bad XML is a SyntaxError."""
Source = Path | bytes
WriteRow = Callable[[Sequence[object]], None]


def opened(source: Source, name: str) -> "XlsxTable | CsvTable":
    """The table in a file, by its content, whatever its name says; InvalidInput where it is neither xlsx nor csv."""
    start = source[:4] if isinstance(source, bytes) else _beginning(source)
    if start == b"PK\x03\x04":
        return XlsxTable(source, name)
    if not start:
        raise InvalidInput(bilingual(f"{name} 是空的，请换一个文件", f"{name} is empty; choose another file"))
    if start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        zh, en = f"{name} 是 PDF 或图片，不是表格", f"{name} is a PDF or a picture and no table"
        raise InvalidInput(bilingual(f"{zh}；请用 .xlsx 或 .csv", f"{en}; hand in .xlsx or .csv"))
    if start == b"\xd0\xcf\x11\xe0":
        raise InvalidInput(
            bilingual(
                f"{name} 是旧格式 .xls 或加密文件，请另存为 .xlsx",
                f"{name} is an old .xls or encrypted; save it as .xlsx",
            )
        )
    return CsvTable(source, name)


class XlsxTable:
    """One sheet of a workbook, the first unless told otherwise."""

    def __init__(self, source: Source, name: str, sheet: int = 0) -> None:
        self._source, self._name, self._sheet = source, name, sheet
        try:
            with zipfile.ZipFile(_archive(source)) as archive:
                if _is_too_large(archive.infolist()):
                    raise InvalidInput(bilingual(f"{name} 太大，请拆分", f"{name} is too large; split it"))
            with closing(self._book()) as book:
                path = getattr(book.worksheets[sheet], "_worksheet_path", "").lstrip("/")
            self._hidden = _merged(source, path, name)
        except BROKEN as error:
            raise unreadable(name) from error

    def rows(self) -> Iterator[tuple[int, Sequence[Raw]]]:
        """Row numbers and cells."""
        try:
            with closing(self._book()) as book:
                sheet = book.worksheets[self._sheet]
                sheet.reset_dimensions()  # else rows beyond those that the sheet says it has would be passed over
                for number, cells in enumerate(sheet.iter_rows(), 1):
                    if number > MOST_ROWS:
                        raise _misnumbered(self._name, number)
                    yield number, [_cell(cell) for cell in cells]
        except BROKEN as error:
            raise unreadable(self._name) from error

    def is_merged(self, row: int, column: int) -> bool:
        """Whether the cell is hidden behind another one; columns count from 0."""
        ranges = self._hidden.get(column + 1, [])
        at = bisect_right(ranges, (row, MOST_ROWS, 0)) - 1  # the last that begins in this row or above: none overlap
        if at < 0:
            return False
        top, bottom, left = ranges[at]
        return row <= bottom and (row, column + 1) != (top, left)

    def _book(self) -> Any:
        return load_workbook(_archive(self._source), read_only=True, data_only=False, keep_links=False)


class CsvTable:
    """Comma, semicolon or tab between the values; UTF-8, with or without a mark, UTF-16, or GB 18030 (GBK)."""

    def __init__(self, source: Source, name: str) -> None:
        self._source, self._name = source, name
        self._encoding = self._told()
        with self._text() as text:
            first = text.readline(100_000)
        self._separator = max(SEPARATORS, key=first.count)

    def rows(self) -> Iterator[tuple[int, Sequence[Raw]]]:
        """Row numbers, which are lines unless a value goes over several, and cells."""
        with self._text() as text:
            reader = csv.reader(text, delimiter=self._separator, strict=True)
            number = 0
            try:
                for number, cells in enumerate(reader, 1):
                    yield number, [_formula(cell) for cell in cells]
            except csv.Error as error:
                zh = f"{self._name} 第 {reader.line_num} 行读不通（{error}），请检查引号，或另存为 .xlsx"
                en = f"{self._name}, line {reader.line_num}: {error}; check its quotes, or save it as .xlsx"
                raise InvalidInput(bilingual(zh, en)) from error

    def is_merged(self, row: int, column: int) -> bool:  # noqa: ARG002 - as of a workbook
        """Nothing is merged in a csv."""
        return False

    def _told(self) -> str:
        start = self._source[:4] if isinstance(self._source, bytes) else _beginning(self._source)
        is_utf16 = start[:2] in (b"\xff\xfe", b"\xfe\xff")
        for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "gb18030"):
            self._encoding = encoding
            try:
                with self._text() as text:
                    while text.read(PIECE):
                        pass
            except UnicodeDecodeError:
                continue
            return encoding
        raise InvalidInput(
            bilingual(
                f"{self._name} 不是工作簿，也不是 UTF-8 或 GBK 编码的表格；请另存为 .xlsx，或换一个文件",
                f"{self._name} is no workbook, nor a table in UTF-8 or GBK; save it as .xlsx, or use another file",
            )
        )

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(_stream(self._source), encoding=self._encoding, newline="")


@contextmanager
def new_xlsx(target: Path | IO[bytes], headings: Sequence[str]) -> Iterator[WriteRow]:
    """A sheet with a fixed heading, written as its rows come; a text that begins with = stays a text.

    A file of its own gets it whole at the end, so that a full disk is told as such.
    """
    if isinstance(target, Path):
        with TemporaryFile() as whole:
            with new_xlsx(whole, headings) as write_row:
                yield write_row
            whole.seek(0)
            with target.open("wb") as file:
                copyfileobj(whole, file)
        return
    plain = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
    options = {"constant_memory": True, **dict.fromkeys(plain, False)}
    book = Workbook(target, options)
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(headings) - 1, 22)
    numbers = count()

    def write(row: Sequence[object]) -> None:
        number = next(numbers)
        for at, value in enumerate(row):
            if isinstance(value, int) and not isinstance(value, bool):
                sheet.write_number(number, at, value)
            elif value not in (None, ""):
                sheet.write_string(number, at, str(value)[:LONGEST_CELL], None if number else bold)

    write(headings)
    try:
        yield write
    finally:
        book.close()


@contextmanager
def new_csv(target: Path | IO[str], headings: Sequence[str]) -> Iterator[WriteRow]:
    """The same as csv, in UTF-8; what a spreadsheet would calculate is kept from it by a '. A file of its own has the
    mark that Excel wants."""
    own = target.open("w", encoding="utf-8-sig", newline="") if isinstance(target, Path) else nullcontext(target)
    with own as file:
        writer = csv.writer(file)

        def write(row: Sequence[object]) -> None:
            texts = ["" if value is None else str(value) for value in row]
            writer.writerow([f"'{text}" if text.startswith(RISKY) else text for text in texts])

        write(headings)
        yield write


def _cell(cell: Any) -> Raw:
    value = cell.value
    if cell.data_type == "f":
        return Formula(str(value))
    if cell.data_type == "e":
        return Formula(f"{value}")
    return value if isinstance(value, str | int | float | bool | date | datetime) or value is None else _other(value)


def _other(value: object) -> str:
    return value.isoformat() if isinstance(value, time) else str(value)


def _formula(cell: str) -> Raw:
    """In a csv a formula is a text; ="0012" is how some programs keep a zero in front."""
    kept = re.fullmatch(r'="([^"]*)"', cell)
    if kept:
        return kept[1]
    return Formula(cell) if cell.startswith("=") else cell


def _merged(source: Source, path: str, name: str) -> dict[int, list[tuple[int, int, int]]]:
    """By column the merged ranges as (top, bottom, left), from the top; they stand behind all rows of the sheet and
    are found without taking it apart. InvalidInput where the rows on the way are not numbered as rows are."""
    found: set[bytes] = set()
    last = 0
    with zipfile.ZipFile(_archive(source)) as archive, archive.open(path) as sheet:
        before = b""
        while piece := sheet.read(PIECE):
            found.update(MERGED.findall(before + piece))
            for row in ROW.finditer(before + piece):
                if row.end() > len(before):
                    last = _next_row(int(row[1]), last, name)
            before = piece[-LONGEST_TAG:]
    columns: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for one in found:
        left, top, right, bottom = (bound or 0 for bound in range_boundaries(one.decode()))
        for column in range(left, min(right, MOST_COLUMNS) + 1):
            columns[column].append((top, bottom, left))
    return {column: sorted(ranges) for column, ranges in columns.items()}


def _next_row(number: int, last: int, name: str) -> int:
    """`number`; one that does not follow `last` or is beyond the last row of any sheet would be passed over."""
    if not last < number <= MOST_ROWS:
        raise _misnumbered(name, number)
    return number


def _misnumbered(name: str, number: int) -> InvalidInput:
    zh = f"{name} 里有一行的行号 {number} 重复、乱序或超过 {MOST_ROWS}，请在表格软件中打开后重新另存为 .xlsx"
    en = f"{name} has a row numbered {number}, which is out of order or beyond {MOST_ROWS}; open it and save it again"
    return InvalidInput(bilingual(zh, en))


def _is_too_large(parts: Sequence[zipfile.ZipInfo]) -> bool:
    swamps = any(part.file_size > max(LARGE, part.compress_size * MOST_BY_BYTE) for part in parts)
    return swamps or sum(part.file_size for part in parts) > MOST_UNPACKED


def _archive(source: Source) -> Path | IO[bytes]:
    """As those who unpack want it: what they open themselves they also close."""
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _stream(source: Source) -> IO[bytes]:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _beginning(path: Path) -> bytes:
    must_be_file(path)
    with path.open("rb") as file:
        return file.read(4)


def unreadable(name: str) -> InvalidInput:
    """For a file that is no workbook inside."""
    zh = f"{name} 不是能读取的 .xlsx 文件，请重新另存为 .xlsx 或 .csv"
    return InvalidInput(bilingual(zh, f"{name} is no .xlsx that can be read; save it as .xlsx or .csv again"))
