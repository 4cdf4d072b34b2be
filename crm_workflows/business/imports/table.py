"""What an import is made of: columns, rows read from a table, what is wrong with them, what is to be written."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from crm_workflows.domain.cells import CellProblem, Raw
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.spellings import half_width
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language
from crm_workflows.engine.ports import Reader

MISSING: Final = ("没有填写 / is empty", "请填写 / fill it in")
MERGED: Final = (
    "在合并单元格内，只有第一行有内容 / lies in merged cells, of which only the first has the value",
    "取消合并并在每一行填写 / unmerge them and fill in every row",
)
TWICE: Final = "在文件中出现两次 / stands twice in the file"
SHOWN: Final = 80
"""Characters of a value that a report repeats."""


class Table(Protocol):
    """A file that can be read more than once; rows count from 1, as spreadsheets show them."""

    def rows(self) -> Iterator[tuple[int, Sequence[Raw]]]: ...

    def is_merged(self, row: int, column: int) -> bool:
        """Whether the cell is hidden behind another one."""
        ...


@dataclass(frozen=True)
class Column:
    """One column; its label stands at its head, in either language or both."""

    name: str
    label: str
    read: Callable[[Raw], Any]
    required: bool = False
    also: tuple[str, ...] = ()
    """Other headings by which it is known."""
    example: str = ""

    @property
    def headings(self) -> set[str]:
        return {
            plain(word)
            for word in (self.name, self.label, *self.also, *(in_language(self.label, t) for t in LANGUAGES))
        }


@dataclass(frozen=True)
class Problem:
    """Why a row is not taken: where, what stands there, what is wrong, what to do; labels, but for the value."""

    row: int
    column: str
    value: str
    what: str
    remedy: str


@dataclass(frozen=True)
class Entry:
    """A row whose cells could all be read: values by column; None or empty where the cell was."""

    row: int
    values: Mapping[str, Any]
    raw: Mapping[str, str]

    def problem(self, column: Column, what: str, remedy: str) -> Problem:
        return Problem(self.row, column.label, self.raw.get(column.name, ""), what, remedy)


@dataclass(frozen=True)
class Opening:
    """A case that a row asks for; without an owner in its input, whoever is in charge when it is opened."""

    entry: Entry
    process: str
    key: str
    input: dict[str, Any]


@dataclass
class Plan:
    """What a chunk of entries comes to; `changes` are (record, where, values)."""

    new: list[Any] = field(default_factory=list)
    changes: list[tuple[type, dict[str, object], dict[str, object]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    opens: list[Opening] = field(default_factory=list)
    added: int = 0
    """Rows that add something, that change something, and that are there already."""
    changed: int = 0
    unchanged: int = 0
    not_compared: int = 0
    """New companies whose names were not compared with those of the register, because that has too many."""


@dataclass(frozen=True)
class FileRead:
    """A file on one way through it."""

    name: str
    kept: dict[str, Any]
    """What a kind has looked up for the whole import, by a word of its own: looking keeps it for writing."""
    seen: dict[tuple[object, ...], int] = field(default_factory=dict)
    """The keys of its rows so far, with the first row of each."""

    def once(self, column: "Column", entry: "Entry", key: tuple[object, ...]) -> "Problem | None":
        """None, unless an earlier row has this key."""
        first = self.seen.setdefault(key, entry.row)
        if first == entry.row:
            return None
        remedy = bilingual(f"与第 {first} 行重复，只保留一行", f"the same as row {first}; keep one of them")
        return entry.problem(column, TWICE, remedy)


@dataclass(frozen=True)
class Surroundings:
    """What a plan is made with; `number` gives the next number of a series, or a stand-in while nothing is written."""

    reader: Reader
    directory: Directory
    policy: Policy
    now: datetime
    zone: str
    file: "FileRead"
    number: Callable[[str], int]


@dataclass(frozen=True)
class Kind:
    """A kind of table that can be imported; `key` tells rows of one file apart."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: Callable[[Mapping[str, Any]], tuple[object, ...]]
    plan: Callable[[list[Entry], Surroundings], Plan]
    prepare: Callable[[list[Entry], Surroundings], None] = lambda _entries, _around: None
    """Looks up what lasts and is kept, before a chunk is written."""

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def plain(heading: object) -> str:
    """A heading without what people add to it: width, blanks, stars, brackets' words."""
    written = half_width(str(heading or "")).casefold()
    return "".join(written.split("(")[0].replace("*", "").split())


def read_row(
    kind: Kind, places: Mapping[str, int], table: Table, row: int, cells: Sequence[Raw]
) -> Entry | list[Problem]:
    """The entry of a row, or everything that is wrong with its cells."""
    values: dict[str, Any] = {}
    raw: dict[str, str] = {}
    problems: list[Problem] = []
    for column in kind.columns:
        at = places.get(column.name)
        given = cells[at] if at is not None and at < len(cells) else None
        raw[column.name] = str(getattr(given, "text", given) if given is not None else "")[:SHOWN]
        try:
            if given is None and at is not None and table.is_merged(row, at):
                raise CellProblem(*MERGED)
            values[column.name] = column.read(given)
            if column.required and values[column.name] in (None, ""):
                raise CellProblem(*MISSING)
        except CellProblem as problem:
            problems.append(Problem(row, column.label, raw[column.name], problem.what, problem.remedy))
    return problems or Entry(row, values, raw)


def is_empty(cells: Iterable[Raw]) -> bool:
    """Whether nothing stands in a row; such rows are passed over."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)
