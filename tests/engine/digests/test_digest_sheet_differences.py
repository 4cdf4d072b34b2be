"""What stands in a workbook of a digest beside its answers and is not ours decides nothing, and is named (G-10)."""

from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font

from tests.engine.digests.mornings import outcomes, three
from tests.engine.digests.test_digest_sheets import ANSWER, REASON, desk, request_of, told
from tests.engine.filled import fill, morning, sent_back, workbook_of
from tests.engine.toys import HEAD
from tests.office import Office

__all__ = ["desk"]
NOT_THERE = "was not there when we sent it"


def test_rows_that_were_sorted_without_their_ids_decide_nothing(desk: Office) -> None:
    """Else what stands beside the first case would decide the last."""
    codes = three(desk)
    mail = morning(desk, HEAD)
    book = workbook_of(desk, mail)
    sheet = book.worksheets[0]
    rows = [[cell.value for cell in row[:-1]] for row in sheet.iter_rows(min_row=2)]
    for row, values in enumerate(reversed(rows), start=2):
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column, value)
    sheet["E4"], sheet["E3"], sheet["E2"], sheet["F2"] = "同意", "同意", "驳回", "无执照"
    answer = sent_back(desk, mail, book)
    assert outcomes(desk, codes) == [None, "approved", None], "the row in the middle is where it was"
    places = {place[1:3] for place in told(answer)}
    assert {(2, "A"), (2, "B"), (4, "A"), (4, "B")} <= places
    assert {row for row, _ in places} == {2, 4}
    assert {what for *_, what in told(answer)} == {"is not what we sent beside this request id"}


def test_rows_sorted_with_their_ids_count(desk: Office) -> None:
    codes = three(desk)
    mail = morning(desk, HEAD)
    book = workbook_of(desk, mail)
    sheet = book.worksheets[0]
    rows: list[list[Any]] = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    for row, values in enumerate(reversed(rows), start=2):
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column, int(value) if column == 1 else value)
    answer = sent_back(desk, mail, fill(book, {request_of(desk, codes[0]): {ANSWER: "同意"}}))
    assert (answer["cells"], outcomes(desk, codes)) == ([], ["approved", None, None])


def _typed(place: str, value: Any) -> Callable[[Workbook], None]:
    return lambda book: book.worksheets[0].__setitem__(place, value)


def _noted(book: Workbook) -> None:
    book.worksheets[0]["E2"].comment = Comment("暂不同意，先等法务", "me")


def _struck(book: Workbook) -> None:
    book.worksheets[0]["E2"].font = Font(strike=True)


def _struck_in_part(book: Workbook) -> None:
    book.worksheets[0]["E2"] = CellRichText("同意", TextBlock(InlineFont(strike=True), "。"))


BESIDE = [
    (_typed("H2", "不同意，价格要再谈"), "H", NOT_THERE),
    (_typed("A2", "1?"), "A", "is not what we sent beside this request id"),
    (_typed("D2", "都是别的"), "D", "is not what we sent beside this request id"),
    (_noted, "E", "carries a note"),
    (_struck, "E", "is struck through"),
    (_struck_in_part, "E", "is struck through"),
]


@pytest.mark.parametrize(("change", "column", "what"), BESIDE)
def test_what_stands_beside_an_answer_holds_its_row_back(
    desk: Office, change: Callable[[Workbook], None], column: str, what: str
) -> None:
    codes = three(desk)
    mail = morning(desk, HEAD)
    ids = [request_of(desk, code) for code in codes]
    book = fill(workbook_of(desk, mail), {ids[0]: {ANSWER: "同意"}, ids[1]: {ANSWER: "驳回", REASON: "太贵"}})
    change(book)
    answer = sent_back(desk, mail, book)
    assert told(answer) == [("审批", 2, column, what)]
    assert outcomes(desk, codes) == [None, "rejected", None]


def _second_column(book: Workbook) -> None:
    sheet = book.worksheets[0]
    sheet["H1"], sheet["H2"] = "答复", "驳回"


def _other_sheet(book: Workbook) -> None:
    book.create_sheet("说明")["B3"] = "以上全部暂缓，先不要执行"


def _note_on_heading(book: Workbook) -> None:
    book.worksheets[0]["E1"].comment = Comment("全部暂缓", "me")


def _without_cases(book: Workbook) -> None:
    book.worksheets[0].delete_cols(2)


OF_ALL = [
    (_second_column, ("审批", 1, "H", NOT_THERE)),
    (_other_sheet, ("说明", 3, "B", NOT_THERE)),
    (_note_on_heading, ("审批", 1, "E", "carries a note")),
    (_typed("A7", "以上全部暂缓"), ("审批", 7, "A", NOT_THERE)),
    (_typed("I1", "全部暂缓"), ("审批", 1, "I", NOT_THERE)),
    (_without_cases, ("审批", 1, "", "this column is missing")),
]


@pytest.mark.parametrize(("change", "named"), OF_ALL)
def test_what_stands_beside_no_row_holds_the_whole_workbook_back(
    desk: Office, change: Callable[[Workbook], None], named: tuple[str, int, str, str]
) -> None:
    codes = three(desk)
    mail = morning(desk, HEAD)
    ids = [request_of(desk, code) for code in codes]
    book = fill(workbook_of(desk, mail), {ids[0]: {ANSWER: "同意"}, ids[1]: {ANSWER: "驳回", REASON: "太贵"}})
    change(book)
    answer = sent_back(desk, mail, book)
    assert named in told(answer)
    assert outcomes(desk, codes) == [None] * 3


def test_what_the_mail_says_of_a_doubtful_row_is_asked_back(desk: Office) -> None:
    codes = three(desk)
    mail = morning(desk, HEAD)
    book = fill(workbook_of(desk, mail), {request_of(desk, codes[0]): {ANSWER: "同意"}})
    _noted(book)
    answer = sent_back(desk, mail, book, "1-2 同意")
    assert [(r["number"], r["is_unclear"]) for r in answer["results"]] == [(1, True), (2, False)]
    assert outcomes(desk, codes) == [None, "approved", None]
