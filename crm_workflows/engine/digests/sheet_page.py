"""A sheet of a digest's workbook by its headings: which column is which, and where a finding stands (G-10).

It must not judge what the cells say (see `sheet_reading` and `sheet_differences`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crm_workflows.domain.cells import Formula, Raw
from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.form_cells import columns_of
from crm_workflows.domain.messages import CellFinding
from crm_workflows.domain.sheets import FilledSheet, letters
from crm_workflows.domain.spellings import half_width
from crm_workflows.domain.text import LANGUAGES, in_language
from crm_workflows.engine.digests.digest_answers import Listed
from crm_workflows.engine.digests.digest_sheet import ANSWER, REASON, REQUEST

LOOKED_FOR_HEADINGS: Final = 10
"""Rows at the top of a sheet in which the headings may stand."""
SHOWN: Final = 80
"""Characters of a cell that we repeat."""
TaskOf = Callable[[Listed], FormTask | None]
"""The task whose form a row may fill in."""


@dataclass
class Page:
    """A sheet with its headings: the column of each name, its label and the value in a row."""

    sheet: FilledSheet
    head: int
    headings: Sequence[Raw]
    at: dict[str, int]
    labels: dict[str, str]
    cells: dict[int, Sequence[Raw]]

    def value(self, row: int, name: str) -> Raw:
        """What stands in the column of that name; None where there is no such column."""
        at = self.at.get(name)
        return None if at is None else at_place(self.cells.get(row, ()), at)

    def request(self, row: int) -> str:
        """The id of the request that a row names; empty where it names none."""
        raw = self.value(row, "request")
        return "" if isinstance(raw, Formula) or raw is None else half_width(str(raw)).upper()

    def finding(self, row: int, name: str, problem: tuple[str, str]) -> CellFinding:
        """What is wrong with the cell of that name."""
        return finding(self.sheet, row, self.at.get(name), problem, self.value(row, name), self.labels.get(name, ""))

    def is_hidden(self, row: int, name: str) -> bool:
        """Whether the cell lies behind another one."""
        at = self.at.get(name)
        return at is not None and (row, at) in self.sheet.merged

    def is_blank(self, row: int, name: str) -> bool:
        """Whether nobody can have written there."""
        return not written(self.value(row, name)) and not self.is_hidden(row, name)


def finding(
    sheet: FilledSheet, row: int, at: int | None, problem: tuple[str, str], raw: Raw, heading: str = ""
) -> CellFinding:
    """What is wrong with a cell, columns from 0; None where the row as a whole is meant."""
    return CellFinding(
        sheet=sheet.name, row=row, column="" if at is None else letters(at), heading=heading,
        value=written(raw)[:SHOWN], what=problem[0], remedy=problem[1],
    )  # fmt: skip


def at_place(cells: Sequence[Raw], at: int) -> Raw:
    """The cell in that column; None beyond the last."""
    return cells[at] if at < len(cells) else None


def written(raw: Raw) -> str:
    """A cell as text in one line; a formula as it is typed."""
    if raw is None:
        return ""
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    return " ".join((raw.text if isinstance(raw, Formula) else str(raw)).split())


def page_of(sheet: FilledSheet) -> Page | None:
    """None for a sheet without our headings, such as one of the writer's own."""
    for row, found in sheet.rows[:LOOKED_FOR_HEADINGS]:
        headings = {plain(cell): at for at, cell in reversed(list(enumerate(found))) if isinstance(cell, str)}
        at = _place(headings, REQUEST)
        if at is not None:
            cells = {number: values for number, values in sheet.rows if number > row}
            page = Page(sheet, row, found, {"request": at}, {"request": REQUEST}, cells)
            for name, label in (("answer", ANSWER), ("reason", REASON)):
                _learn(page, headings, name, label)
            page.at |= {heading: place for heading, place in headings.items() if heading not in page.at}
            return page
    return None


def name_forms(page: Page, items: Iterable[Listed], form_of: TaskOf) -> None:
    """The columns of the form whose rows stand on this page, by the names of its fields."""
    known = {page.request(row) for row in page.cells}
    tasks = [form_of(item) for item in items if item.request.id in known]
    headings = dict(page.at)
    for task in tasks:
        for column in columns_of(task.form) if task else ():
            _learn(page, headings, column.name, column.label)


def _learn(page: Page, headings: Mapping[str, int], name: str, label: str) -> None:
    at = _place(headings, label)
    if at is not None:
        page.at[name], page.labels[name] = at, label


def _place(headings: Mapping[str, int], label: str) -> int | None:
    wanted = (plain(in_language(label, language)) for language in LANGUAGES)
    return next((headings[word] for word in wanted if word in headings), None)


def plain(heading: object) -> str:
    """A heading without width, case and blanks."""
    return "" if heading is None else "".join(half_width(str(heading)).casefold().split())
