"""Reads a workbook that came back with a digest: what each row says, and what is wrong with which cell (G-10).

The words are those of a reply. A row with anything wrong says nothing at all. It must not decide or write.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from crm_workflows.domain import cells
from crm_workflows.domain.cells import CellProblem, Formula, Raw, half_width
from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.form_cells import columns_of, lines
from crm_workflows.domain.form_errors import sentence_of
from crm_workflows.domain.mail import grammar, words
from crm_workflows.domain.mail.reading import DigestItem, ReadingKind
from crm_workflows.domain.messages import CellFinding
from crm_workflows.domain.sheets import FilledSheet, letters
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language
from crm_workflows.engine.digests.digest_answers import Listed
from crm_workflows.engine.digests.digest_sheet import ANSWER, REASON, REQUEST

LOOKED_FOR_HEADINGS: Final = 10
"""Rows at the top of a sheet in which the headings may stand."""
DECIDES: Final[tuple[ReadingKind, ...]] = ("approve", "reject", "send_back")
SHOWN: Final = 80
"""Characters of a cell that we repeat."""
NOT_OURS: Final = bilingual(
    "附件不是这封每日待办所附的工作簿；请在原附件中填写后发回",
    "the attached file is not the workbook of this mail; fill in the one that came with it and send it back",
)
NO_ID: Final = (
    "没有事项编号 / has no request id",
    "请勿增加行，只填原有的行 / add no rows; fill in those that are there",
)
OTHER_MAIL: Final = (
    "不是这封每日待办里的事项 / is not in this digest",
    "请在同一封邮件所附的工作簿中填写 / fill in the workbook that came with the same mail",
)
TWICE: Final = ("同一事项有两行 / stands in two rows", "只留一行 / leave one of them")
MERGED: Final = ("在合并单元格内 / lies in merged cells", "取消合并后再填 / unmerge them, then fill it in")
NO_ANSWER: Final = ("没有填写答复 / is empty", "填“同意”或“驳回” / write approve or reject")
OTHER_WORD: Final = (
    "不是工作簿中可用的答复 / is no answer that the workbook takes",
    "填“同意”“驳回”或“退回”；其他答复请打开事项页面 / write approve, reject or send back; for others open its page",
)
NO_COLUMN: Final = ("缺少这一列 / this column is missing", "请在原附件中填写 / fill in the workbook as it came")
CORRECT: Final = "请改正后重填 / correct it and fill it in again"


@dataclass
class SheetReading:
    """What a workbook says: decisions and filled-in forms by the numbers of the digest, and every cell to be mended."""

    decisions: dict[int, DigestItem] = field(default_factory=dict)
    forms: dict[int, dict[str, Any]] = field(default_factory=dict)
    findings: list[CellFinding] = field(default_factory=list)
    places: dict[int, tuple["_Page", int]] = field(default_factory=dict)
    is_ours: bool = False

    def of_form(self, number: int, errors: Mapping[str, str]) -> list[CellFinding]:
        """Where the fields stand that a form does not take; `errors` are sentences by field, in both languages."""
        page, row = self.places[number]
        return [page.finding(row, name.partition(".")[0], (said, CORRECT)) for name, said in errors.items()]


@dataclass
class _Page:
    """A sheet with its headings: the column of each name, its label and the value in a row."""

    sheet: FilledSheet
    head: int
    at: dict[str, int]
    labels: dict[str, str]
    cells: dict[int, Sequence[Raw]]

    def value(self, row: int, name: str) -> Raw:
        at, found = self.at.get(name), self.cells.get(row, ())
        return found[at] if at is not None and at < len(found) else None

    def finding(self, row: int, name: str, problem: tuple[str, str]) -> CellFinding:
        at, raw = self.at.get(name), self.value(row, name)
        shown = raw.text if isinstance(raw, Formula) else str(raw) if raw is not None else ""
        return CellFinding(
            sheet=self.sheet.name, row=row, column=letters(at) if at is not None else "",
            heading=self.labels.get(name, ""), value=" ".join(shown.split())[:SHOWN], what=problem[0],
            remedy=problem[1],
        )  # fmt: skip

    def is_hidden(self, row: int, name: str) -> bool:
        at = self.at.get(name)
        return at is not None and (row, at) in self.sheet.merged


def read_sheets(
    sheets: Iterable[FilledSheet], items: Mapping[int, Listed], form_of: Callable[[Listed], FormTask | None]
) -> SheetReading:
    """What the sheets say of the items of a digest; `form_of` gives the task whose form a row may fill in."""
    reading, by_id = SheetReading(), {item.request.id: item for item in items.values()}
    said: dict[int, list[tuple[_Page, int]]] = {}
    for sheet in sheets:
        page = _page(sheet)
        if page is None:
            continue
        reading.is_ours = True
        _name_forms(page, by_id.values(), form_of)
        for row in page.cells:
            number = _number_of(page, row, by_id, form_of, reading)
            if number is not None:
                said.setdefault(number, []).append((page, row))
    for number, places in said.items():
        if len(places) > 1:
            reading.findings += [page.finding(row, "request", TWICE) for page, row in places]
            continue
        reading.places[number] = places[0]
        _read_row(*places[0], items[number], form_of(items[number]), reading)
    return reading


def _page(sheet: FilledSheet) -> _Page | None:
    """None for a sheet without our headings, such as one of the writer's own."""
    for row, found in sheet.rows[:LOOKED_FOR_HEADINGS]:
        headings = {_plain(cell): at for at, cell in reversed(list(enumerate(found))) if isinstance(cell, str)}
        at = _place(headings, REQUEST)
        if at is not None:
            cells_ = {number: values for number, values in sheet.rows if number > row}
            page = _Page(sheet, row, {"request": at}, {"request": REQUEST}, cells_)
            for name, label in (("answer", ANSWER), ("reason", REASON)):
                _learn(page, headings, name, label)
            page.at |= {heading: place for heading, place in headings.items() if heading not in page.at}
            return page
    return None


def _name_forms(page: _Page, items: Iterable[Listed], form_of: Callable[[Listed], FormTask | None]) -> None:
    """The columns of the form whose rows stand on this page, by the names of its fields."""
    known = {str(page.value(row, "request") or "").strip() for row in page.cells}
    tasks = [form_of(item) for item in items if item.request.id in known]
    headings = dict(page.at)
    for task in tasks:
        for column in columns_of(task.form) if task else ():
            _learn(page, headings, column.name, column.label)


def _learn(page: _Page, headings: Mapping[str, int], name: str, label: str) -> None:
    at = _place(headings, label)
    if at is not None:
        page.at[name], page.labels[name] = at, label


def _place(headings: Mapping[str, int], label: str) -> int | None:
    wanted = (_plain(in_language(label, language)) for language in LANGUAGES)
    return next((headings[word] for word in wanted if word in headings), None)


def _plain(heading: object) -> str:
    """A heading without width, case and blanks."""
    return "".join(half_width(str(heading)).casefold().split())


def _number_of(
    page: _Page, row: int, by_id: Mapping[str, Listed], form_of: Callable[[Listed], FormTask | None],
    reading: SheetReading,
) -> int | None:  # fmt: skip
    """The number of the item that a row is about; None where the row says nothing, or is of no item of this digest."""
    raw = page.value(row, "request")
    identity = "" if isinstance(raw, Formula) or raw is None else half_width(str(raw)).upper()
    item = by_id.get(identity)
    task = form_of(item) if item else None
    asked = [column.name for column in columns_of(task.form)] if task else ["answer", "reason"]
    if all(_is_blank(page, row, name) for name in asked):
        return None
    if item is None:
        problem = cells.CALCULATED if isinstance(raw, Formula) else OTHER_MAIL if identity else NO_ID
        reading.findings.append(page.finding(row, "request", problem))
        return None
    return item.number


def _is_blank(page: _Page, row: int, name: str) -> bool:
    raw = page.value(row, name)
    return (raw is None or (isinstance(raw, str) and not raw.strip())) and not page.is_hidden(row, name)


def _read_row(page: _Page, row: int, item: Listed, task: FormTask | None, reading: SheetReading) -> None:
    if task is not None:
        _read_form(page, row, item, task, reading)
    else:
        _read_decision(page, row, item, reading)


def _read_decision(page: _Page, row: int, item: Listed, reading: SheetReading) -> None:
    """The two cells of a decision, read as a reply would be: the word, its reason, and doubt in either."""
    if "answer" not in page.at:
        reading.findings.append(page.finding(page.head, "answer", NO_COLUMN))
        return
    written: dict[str, str] = {}
    for name in ("answer", "reason"):
        try:
            if page.is_hidden(row, name):
                raise CellProblem(*MERGED)
            written[name] = lines(page.value(row, name))
        except CellProblem as problem:
            reading.findings.append(page.finding(row, name, (problem.what, problem.remedy)))
    if len(written) < 2:
        return
    answer, *more = [words.clean_line(line) for line in written["answer"].split("\n")]
    reason = [line for line in (*more, *written["reason"].split("\n")) if line]
    if not answer:
        reading.findings.append(page.finding(row, "answer", NO_ANSWER))
        return
    found = grammar.read_line(answer, reason)
    if found.kind == "unclear":
        is_known = grammar.approves(words.without_lead(answer)) or found.why == grammar.NEEDS_REASON
        name = "reason" if is_known else "answer"
        reading.findings.append(page.finding(row, name, (found.why, CORRECT)))
    elif found.kind not in DECIDES:
        reading.findings.append(page.finding(row, "answer", OTHER_WORD))
    else:
        reading.decisions[item.number] = DigestItem((item.number,), found.kind, found.target, found.comment)


def _read_form(page: _Page, row: int, item: Listed, task: FormTask, reading: SheetReading) -> None:
    """The cells of a form, then the form as a whole; every cell that is wrong is named at once."""
    values: dict[str, Any] = {}
    wrong: list[CellFinding] = []
    for column in columns_of(task.form):
        try:
            if page.is_hidden(row, column.name):
                raise CellProblem(*MERGED)
            value = column.read(page.value(row, column.name))
        except CellProblem as problem:
            wrong.append(page.finding(row, column.name, (problem.what, problem.remedy)))
            continue
        if value not in (None, ""):
            values[column.name] = value
    if not wrong:
        try:
            task.form.model_validate(values, context=dict(item.request.shows.get("against") or {}))
        except ValidationError as error:
            wrong = [
                page.finding(row, str(e["loc"][0]) if e["loc"] else "", (sentence_of(e), CORRECT))
                for e in error.errors()
            ]
    if wrong:
        reading.findings += wrong
    else:
        reading.forms[item.number] = values
