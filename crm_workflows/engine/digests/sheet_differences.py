"""What a workbook that came back holds outside its answer columns that we did not send in it (G-10).

Cells that stand beside another id than they did, text of one's own, notes, strokes: nobody can tell what is meant by
them, so their row decides nothing, or, where they stand beside no row, the whole workbook. It must not read answers.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from crm_workflows.domain.cells import CALCULATED, Formula, Raw
from crm_workflows.domain.messages import CellFinding
from crm_workflows.domain.sheets import FilledSheet
from crm_workflows.domain.spellings import half_width
from crm_workflows.domain.text import LANGUAGES, in_language
from crm_workflows.engine.digests.digest_sheet import CASE, NUMBER
from crm_workflows.engine.digests.sheet_page import Page, at_place, finding, plain, written

NO_ID: Final = (
    "没有事项编号 / has no request id",
    "请勿增加行，只填原有的行 / add no rows; fill in those that are there",
)
OTHER_MAIL: Final = (
    "不是这封每日待办里的事项 / is not in this digest",
    "请在同一封邮件所附的工作簿中填写 / fill in the workbook that came with the same mail",
)
NOT_HERE: Final = (
    "此表中原本没有该事项 / had no row in this sheet",
    "请单独办理该事项，并删除此行 / answer it singly, and delete this row",
)
NO_COLUMN: Final = ("缺少这一列 / this column is missing", "请在原附件中填写 / fill in the workbook as it came")
CHANGED: Final = (
    "与该事项编号寄出时的内容不一致 / is not what we sent beside this request id",
    "请在原附件中重填，排序时选中所有列 / fill in the workbook as it came; sort all columns together",
)
ADDED: Final = (
    "不是我们寄出的内容 / was not there when we sent it",
    "删除后再发；意见请写在答复旁的列里 / delete it; write comments in the column beside the answer",
)
NOTE: Final = (
    "带有批注 / carries a note",
    "删除批注后再发；意见请写在答复旁的列里 / delete the note; write comments in the column beside the answer",
)
STRUCK: Final = ("有删除线 / is struck through", "清空该单元格，或去掉删除线 / clear the cell, or take the stroke away")


@dataclass
class Differences:
    """By row of a sheet, and of the whole workbook."""

    rows: dict[int, list[CellFinding]] = field(default_factory=lambda: defaultdict(list))
    whole: list[CellFinding] = field(default_factory=list)


def of_page(page: Page, sent: Sequence[Page], ids: Iterable[str]) -> Differences:
    """What differs from the sheet that we sent; `ids` are the requests of the digest."""
    was = max(sent, key=lambda one: len({plain(h) for h in one.headings} & {plain(h) for h in page.headings}))
    found, known = Differences(), {was.request(row): was.cells[row] for row in was.cells}
    columns = _columns(page, was)
    found.whole += _headings(page, was, columns)
    for row in page.cells:
        cells = known.get(page.request(row))
        if cells is None:
            found.whole += _of_no_item(page, row, set(ids))
        else:
            found.rows[row] += _row(page, row, columns, cells)
    for row, one in _marks(page.sheet):
        is_beside = row in page.cells and page.request(row) in known
        (found.rows[row] if is_beside else found.whole).append(one)
    return found


def of_other(sheet: FilledSheet) -> list[CellFinding]:
    """Everything that stands in a sheet of the writer's own."""
    texts = [finding(sheet, row, at, ADDED, raw) for row, cells in sheet.rows for at, raw in _texts(cells)]
    return texts + [one for _, one in _marks(sheet)]


def _texts(cells: Sequence[Raw]) -> list[tuple[int, Raw]]:
    return [(at, raw) for at, raw in enumerate(cells) if written(raw)]


def _columns(page: Page, was: Page) -> dict[int, int]:
    """Which of our columns each column is: headings that we wrote twice are told apart by their order."""
    left: dict[str, list[int]] = defaultdict(list)
    for at, heading in enumerate(was.headings):
        left[plain(heading)].append(at)
    return {
        at: left[plain(heading)].pop(0)
        for at, heading in enumerate(page.headings)
        if plain(heading) and left.get(plain(heading))
    }


def _headings(page: Page, was: Page, columns: dict[int, int]) -> Iterator[CellFinding]:
    """Columns of the writer's own, ours that came twice, those that tell rows apart and are gone, and text above."""
    for row, cells in page.sheet.rows:
        if row <= page.head:
            added = [(at, raw) for at, raw in _texts(cells) if row < page.head or at not in columns]
            yield from (finding(page.sheet, row, at, ADDED, raw) for at, raw in added)
    names = {plain(was.headings[at]) for at in columns.values()}
    for label in (NUMBER, CASE):
        if not names & {plain(in_language(label, language)) for language in LANGUAGES}:
            yield finding(page.sheet, page.head, None, NO_COLUMN, None, label)


def _row(page: Page, row: int, columns: dict[int, int], sent: Sequence[Raw]) -> Iterator[CellFinding]:
    cells, answers = page.cells[row], {page.at[name] for name in page.labels}
    for at in range(max([len(cells), *(at + 1 for at in columns)])):
        raw, ours = at_place(cells, at), at_place(sent, columns[at]) if at in columns else None
        if at not in answers and half_width(written(raw)) != half_width(written(ours)):
            heading = at_place(page.headings, at)
            yield finding(page.sheet, row, at, CHANGED if at in columns else ADDED, raw, written(heading))


def _of_no_item(page: Page, row: int, ids: set[str]) -> list[CellFinding]:
    """A row that we did not send: a note below the others is about none of them, or about all."""
    identity, answers = page.request(row), [name for name in page.labels if name != "request"]
    if isinstance(page.value(row, "request"), Formula):
        return [page.finding(row, "request", CALCULATED)]
    if identity:
        return [page.finding(row, "request", NOT_HERE if identity in ids else OTHER_MAIL)]
    if any(not page.is_blank(row, name) for name in answers):
        return [page.finding(row, "request", NO_ID)]
    return [finding(page.sheet, row, at, ADDED, raw) for at, raw in _texts(page.cells[row])]


def _marks(sheet: FilledSheet) -> Iterator[tuple[int, CellFinding]]:
    """Notes, text that floats above the cells, and strokes, by row; 0 where they belong to none."""
    values = dict(sheet.rows)
    for row, at in sorted(sheet.struck):
        yield row, finding(sheet, row, at, STRUCK, at_place(values.get(row, ()), at))
    for note in sheet.notes:
        place = note.column if note.row else None
        yield note.row, finding(sheet, note.row or 1, place, NOTE if note.row else ADDED, note.text)
