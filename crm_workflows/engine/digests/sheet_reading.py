"""Reads a workbook that came back with a digest: what each row says, and what is wrong with which cell (G-10).

The words are those of a reply. A row with anything wrong says nothing at all. It must not decide or write.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from crm_workflows.domain.cells import CellProblem
from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.form_cells import columns_of, lines
from crm_workflows.domain.form_errors import sentence_of
from crm_workflows.domain.forms import examined
from crm_workflows.domain.mail import grammar, words
from crm_workflows.domain.mail.reading import DigestItem, ReadingKind
from crm_workflows.domain.messages import CellFinding
from crm_workflows.domain.sheets import FilledSheet
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.digests import sheet_differences
from crm_workflows.engine.digests.digest_answers import Listed
from crm_workflows.engine.digests.sheet_differences import NO_COLUMN
from crm_workflows.engine.digests.sheet_page import Page, TaskOf, name_forms, page_of

DECIDES: Final[tuple[ReadingKind, ...]] = ("approve", "reject", "send_back")
NOT_OURS: Final = bilingual(
    "附件不是这封每日待办所附的工作簿；请在原附件中填写后发回",
    "the attached file is not the workbook of this mail; fill in the one that came with it and send it back",
)
TWICE: Final = ("同一事项有两行 / stands in two rows", "只留一行 / leave one of them")
MERGED: Final = ("在合并单元格内 / lies in merged cells", "取消合并后再填 / unmerge them, then fill it in")
NO_ANSWER: Final = ("没有填写答复 / is empty", "填“同意”或“驳回” / write approve or reject")
OTHER_WORD: Final = (
    "不是工作簿中可用的答复 / is no answer that the workbook takes",
    "填“同意”“驳回”或“退回”；其他答复请打开事项页面 / write approve, reject or send back; for others open its page",
)
CORRECT: Final = "请改正后重填 / correct it and fill it in again"


@dataclass
class SheetReading:
    """What a workbook says: decisions and filled-in forms by the numbers of the digest, and every cell to be mended."""

    decisions: dict[int, DigestItem] = field(default_factory=dict)
    forms: dict[int, dict[str, Any]] = field(default_factory=dict)
    findings: list[CellFinding] = field(default_factory=list)
    places: dict[int, tuple[Page, int]] = field(default_factory=dict)
    doubtful: set[int] = field(default_factory=set)
    """Numbers beside which something stands that nobody can tell the meaning of; nothing of them counts."""
    is_ours: bool = False

    def leave_out(self, numbers: Iterable[int]) -> None:
        """Nothing is decided of these."""
        self.doubtful |= set(numbers)
        for number in self.doubtful:
            self.decisions.pop(number, None)
            self.forms.pop(number, None)

    def of_form(self, number: int, errors: Mapping[str, str]) -> list[CellFinding]:
        """Where the fields stand that a form does not take; `errors` are sentences by field, in both languages."""
        page, row = self.places[number]
        return [page.finding(row, name.partition(".")[0], (said, CORRECT)) for name, said in errors.items()]


def read_sheets(
    sheets: Iterable[FilledSheet], sent: Iterable[FilledSheet], items: Mapping[int, Listed], form_of: TaskOf
) -> SheetReading:
    """What the sheets say of the items of a digest, beside those that were `sent` with it."""
    reading, by_id = SheetReading(), {item.request.id: item for item in items.values()}
    ours = [page for page in map(page_of, sent) if page is not None]
    said: dict[int, list[tuple[Page, int]]] = {}
    whole: list[CellFinding] = []
    for sheet in sheets:
        page = page_of(sheet)
        if page is None or not ours:
            whole += sheet_differences.of_other(sheet)
            continue
        reading.is_ours = True
        name_forms(page, by_id.values(), form_of)
        differing = sheet_differences.of_page(page, ours, by_id)
        whole += differing.whole
        for row, item in ((row, by_id[page.request(row)]) for row in page.cells if page.request(row) in by_id):
            if differing.rows[row]:
                reading.findings += differing.rows[row]
                reading.doubtful.add(item.number)
            if _says_anything(page, row, form_of(item)):
                said.setdefault(item.number, []).append((page, row))
    for number, places in said.items():
        if len(places) > 1:
            reading.findings += [page.finding(row, "request", TWICE) for page, row in places]
            reading.doubtful.add(number)
            continue
        reading.places[number] = places[0]
        _read_row(*places[0], items[number], form_of(items[number]), reading)
    reading.findings += whole
    reading.leave_out(items if whole else reading.doubtful)
    return reading


def _says_anything(page: Page, row: int, task: FormTask | None) -> bool:
    asked = [column.name for column in columns_of(task.form)] if task else ["answer", "reason"]
    return not all(page.is_blank(row, name) for name in asked)


def _read_row(page: Page, row: int, item: Listed, task: FormTask | None, reading: SheetReading) -> None:
    if task is not None:
        _read_form(page, row, item, task, reading)
    else:
        _read_decision(page, row, item, reading)


def _read_decision(page: Page, row: int, item: Listed, reading: SheetReading) -> None:
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


def _read_form(page: Page, row: int, item: Listed, task: FormTask, reading: SheetReading) -> None:
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
        wrong = [
            page.finding(row, str(e["loc"][0]) if e["loc"] else "", (sentence_of(e), CORRECT))
            for e in examined(task.form, values, item.request.shows.get("against"))[1]
        ]
    if wrong:
        reading.findings += wrong
    else:
        reading.forms[item.number] = values
