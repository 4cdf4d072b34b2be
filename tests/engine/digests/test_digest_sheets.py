"""The workbook of a digest, filled in and sent back: what counts, and what is answered cell by cell (G-10)."""

from datetime import date
from typing import Any, Literal

import pytest
from openpyxl import Workbook
from pydantic import Field

from crm_workflows.domain.approvers import role
from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.forms import Form, choices
from crm_workflows.domain.records import Decision
from crm_workflows.engine.case import Case
from crm_workflows.engine.digests import digest_sheet
from crm_workflows.engine.mail_in import intake, intake_digest
from crm_workflows.engine.record import auditing
from crm_workflows.engine.results import Outcome
from tests.engine.conftest import Install
from tests.engine.digests.mornings import GATE, deciding, outcomes, three
from tests.engine.filled import fill, morning, sent_back, with_workbooks, workbook_of
from tests.engine.toys import HEAD, Matter, start, toy
from tests.office import Office

ANSWER, REASON = "答复", "原因或意见"


class Visit(Form):
    """A flat form of every kind of cell."""

    result: Literal["met", "away"] = Field(
        title="结果 / Result",
        examples=["met"],
        json_schema_extra=choices({"met": "见到了 / Met", "away": "不在 / Away"}),
    )
    grade: int | None = Field(default=None, ge=1, le=5, title="满意度 / Satisfaction")
    on: date | None = Field(default=None, title="日期 / Date")
    words: str = Field(default="", max_length=2000, title="摘要 / Summary")
    again: bool = Field(default=False, title="再访 / Again")


VISIT = FormTask("visit", "拜访 / Visit", rule="T-3", form=Visit, by=role("head_of_marketing"), in_sheets=True)


def visiting(case: Case[Matter]) -> Outcome:
    """A form for the same person as the gate."""
    case.task(VISIT)
    return case.approve()


@pytest.fixture
def desk(install_in_memory: Install) -> Office:
    """Gates and visits for HEAD, in memory."""
    made = (toy(deciding, GATE), toy(visiting, VISIT, name="visiting", code="VI"))
    return with_workbooks(install_in_memory(*made))


def visits(office: Office, many: int) -> list[str]:
    return [start(office, process="visiting", what=f"客户{n}") for n in range(many)]


def request_of(office: Office, code: str) -> str:
    return str(office.waiting(code)["id"])


def told(context: dict[str, Any]) -> list[tuple[str, int, str, str]]:
    return [(c["sheet"], c["row"], c["column"], c["what"].partition(" / ")[2]) for c in context["cells"]]


def test_decisions_and_forms_are_answered_by_one_workbook(install: Install) -> None:
    office = with_workbooks(install(toy(deciding, GATE), toy(visiting, VISIT, name="visiting", code="VI")))
    codes, called = three(office), visits(office, 2)
    mail = morning(office, HEAD)
    book = workbook_of(office, mail)
    assert book.sheetnames == ["审批", "拜访"]
    fill(
        book,
        {
            request_of(office, codes[0]): {ANSWER: "同意"},
            request_of(office, codes[1]): {ANSWER: "不同意", REASON: "价格太高"},
            request_of(office, called[0]): {
                "结果": "见到了", "满意度": 4, "日期": date(2026, 3, 9), "摘要": "都好\n下月再来", "再访": "是",
            },
        },
    )  # fmt: skip
    answer = sent_back(office, mail, book, "见附件，谢谢")
    assert [(r["number"], r["is_applied"]) for r in answer["results"]] == [(1, True), (2, True), (4, True)]
    assert (answer["cells"], answer["left"]) == ([], [3])
    assert outcomes(office, codes + called) == ["approved", "rejected", None, "approved", None]
    with office.engine.store.read() as reader:
        (made,) = reader.find(Decision, case=called[0])
    wanted = {"result": "met", "grade": 4, "on": "2026-03-09", "words": "都好\n下月再来", "again": True}
    assert (made.answer, made.channel, made.by) == (wanted, "reply", HEAD)
    assert office.view(codes[1])["decisions"][0]["digest"] == f"{mail.case}/2"
    assert auditing.verify(office.engine) == []


def test_every_wrong_cell_is_named_and_its_row_says_nothing(desk: Office) -> None:
    codes, called = three(desk), visits(desk, 3)
    mail = morning(desk, HEAD)
    book = fill(
        workbook_of(desk, mail),
        {
            request_of(desk, codes[0]): {ANSWER: "好的"},
            request_of(desk, codes[1]): {ANSWER: "驳回"},
            request_of(desk, codes[2]): {ANSWER: "同意", REASON: "但价格要再谈"},
            request_of(desk, called[0]): {"结果": "也许", "满意度": "六"},
            request_of(desk, called[1]): {"结果": "=1+1", "满意度": 9},
            request_of(desk, called[2]): {"结果": "met", "满意度": 9},
        },
    )
    answer = sent_back(desk, mail, book)
    assert [place[:3] for place in told(answer)] == [
        ("审批", 2, "E"), ("审批", 3, "F"), ("审批", 4, "F"),
        ("拜访", 2, "C"), ("拜访", 2, "D"), ("拜访", 3, "C"), ("拜访", 4, "D"),
    ]  # fmt: skip
    said = [what for *_, what in told(answer)]
    assert said[5] == "is a formula, not a value"
    assert said[6] == "must be at most 5"
    assert (answer["cells"][3]["value"], answer["cells"][3]["heading"]) == ("也许", "结果 / Result")
    assert all(cell["remedy"] for cell in answer["cells"])
    assert answer["results"] == []
    assert outcomes(desk, codes + called) == [None] * 6


def test_a_corrected_workbook_comes_with_its_good_rows_once_more(desk: Office) -> None:
    called = visits(desk, 2)
    mail = morning(desk, HEAD)
    book = workbook_of(desk, mail)
    ids = [request_of(desk, code) for code in called]
    first = sent_back(desk, mail, fill(book, {ids[0]: {"结果": "met"}, ids[1]: {"结果": "away", "满意度": "x"}}))
    assert [r["number"] for r in first["results"]] == [1]
    second = sent_back(desk, mail, fill(book, {ids[1]: {"满意度": 3}}), n=2)
    assert [(r["number"], r["is_applied"]) for r in second["results"]] == [(2, True)]
    assert second["cells"] == []
    with desk.engine.store.read() as reader:
        assert reader.count(Decision, request=ids[0]) == 1, "what stands is not answered again"
    third = sent_back(desk, mail, book, n=3)
    assert (third["results"], third["cells"], third["reason"]) == ([], [], "")


@pytest.mark.parametrize(
    ("text", "approves"),
    [
        ("", True),
        ("见附件", True),
        ("您好，\n附件已填好，请查收。\n谢谢", True),
        ("Hi, please find attached. Thanks", True),
        ("先等等", False),
        ("这批泵有异味", False),
        ("除了第二项", False),
        ("see attached, but wait until Friday", False),
    ],
)
def test_a_note_beside_the_workbook_holds_its_approvals_back(desk: Office, text: str, approves: bool) -> None:
    codes = three(desk)
    mail = morning(desk, HEAD)
    ids = [request_of(desk, code) for code in codes]
    book = fill(workbook_of(desk, mail), {ids[0]: {ANSWER: "同意"}, ids[1]: {ANSWER: "驳回", REASON: "太贵"}})
    answer = sent_back(desk, mail, book, text)
    assert [r["is_unclear"] for r in answer["results"]] == [not approves, False]
    assert outcomes(desk, codes) == ["approved" if approves else None, "rejected", None]


def test_mail_and_workbook_must_not_differ(desk: Office) -> None:
    codes = three(desk)
    mail = morning(desk, HEAD)
    ids = [request_of(desk, code) for code in codes]
    book = fill(workbook_of(desk, mail), {ids[0]: {ANSWER: "驳回", REASON: "太贵"}, ids[1]: {ANSWER: "同意"}})
    answer = sent_back(desk, mail, book, "1-2 同意\n3 驳回 没有预算")
    assert [(r["number"], r["is_unclear"]) for r in answer["results"]] == [(1, True), (2, False), (3, False)]
    assert outcomes(desk, codes) == [None, "approved", "rejected"]


def test_a_workbook_of_another_day_and_rows_of_ones_own_decide_nothing(desk: Office) -> None:
    old = start(desk, what="昨天")
    mail = morning(desk, HEAD)
    before = fill(workbook_of(desk, mail), {request_of(desk, old): {ANSWER: "同意"}})
    desk.answer(old, "reject", comment="x")
    new = start(desk, what="今天")
    desk.move_to(desk.clock.now().replace(day=desk.clock.now().day + 1))
    today = morning(desk, HEAD)
    answer = sent_back(desk, today, before)
    assert told(answer) == [("审批", 2, "G", "is not in this digest")]
    book = workbook_of(desk, today)
    sheet = book.worksheets[0]
    sheet.append([None, None, None, None, "同意", None, None])
    sheet.append([cell.value for cell in sheet[2]])
    sheet["E4"] = "同意"
    fill(book, {})
    sheet.cell(2, 5, "驳回")
    sheet.cell(2, 6, "太贵")
    answer = sent_back(desk, today, book, n=2)
    assert [what for *_, what in told(answer)] == ["stands in two rows", "has no request id", "stands in two rows"]
    assert outcomes(desk, [new]) == [None]


def test_what_is_no_workbook_of_ours_is_said_so_and_decides_nothing(desk: Office) -> None:
    (code, *_) = three(desk)
    mail = morning(desk, HEAD)
    own = Workbook()
    own.worksheets[0].append(["答复", "同意"])
    assert "not the workbook of this mail" in sent_back(desk, mail, own)["reason"]
    beside = sent_back(desk, mail, own, "2 驳回 太贵", n=3)
    assert [(r["number"], r["is_applied"]) for r in beside["results"]] == [(2, True)], "words count beside a price list"
    empty = workbook_of(desk, mail)
    assert "nothing is filled in" in sent_back(desk, mail, empty, n=2)["reason"]
    assert outcomes(desk, [code]) == [None]


def test_a_process_that_dies_over_a_workbook_ends_it_once(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    codes, called = three(desk), visits(desk, 2)
    mail = morning(desk, HEAD)
    ids = [request_of(desk, code) for code in called]
    cells: dict[str, Any] = {one: {"结果": "met"} for one in ids} | {request_of(desk, codes[0]): {ANSWER: "同意"}}
    with monkeypatch.context() as dying:
        dying.setattr(intake_digest, "_close", lambda *_: (_ for _ in ()).throw(StoreBusy("x / x")))
        with pytest.raises(StoreBusy):
            sent_back(desk, mail, fill(workbook_of(desk, mail), cells))
    assert intake.process_new(desk.engine) == 1
    (answer,) = desk.mails("digest_answer")
    assert [(r["number"], r["is_applied"]) for r in answer.context["results"]] == [(1, True), (4, True), (5, True)]
    with desk.engine.store.read() as reader:
        assert reader.count(Decision, effective=True) == reader.count(Decision) == 3
    assert outcomes(desk, codes[:1] + called) == ["approved"] * 3


def test_a_workbook_in_english_is_read_as_well(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    code, called = start(desk, what="甲"), visits(desk, 1)[0]
    with monkeypatch.context() as patched:
        attached = digest_sheet.attached
        patched.setattr(
            digest_sheet, "attached", lambda e, tx, day, waiting, parts, _: attached(e, tx, day, waiting, parts, "en")
        )
        mail = morning(desk, HEAD)
    book = workbook_of(desk, mail)
    assert book.sheetnames == ["Decisions", "Visit"]
    fill(
        book,
        {
            request_of(desk, code): {"Answer": "reject", "Reason or comment": "too expensive"},
            request_of(desk, called): {"Result": "Met", "Satisfaction": 5, "Date": "2026-03-09", "Again": "no"},
        },
    )
    answer = sent_back(desk, mail, book, "Please find attached")
    assert (answer["cells"], [r["is_applied"] for r in answer["results"]]) == ([], [True, True])
    assert outcomes(desk, [code, called]) == ["rejected", "approved"]


def test_merged_cells_are_named(desk: Office) -> None:
    called = visits(desk, 2)
    mail = morning(desk, HEAD)
    book = fill(workbook_of(desk, mail), {request_of(desk, called[0]): {"结果": "met"}})
    book.worksheets[0].merge_cells("C2:C3")
    answer = sent_back(desk, mail, book)
    assert told(answer) == [("拜访", 3, "C", "lies in merged cells")]
    assert outcomes(desk, called) == ["approved", None]


def test_digests_of_an_office_without_workbooks_carry_none(install_in_memory: Install) -> None:
    office = install_in_memory(toy(deciding, GATE))
    three(office)
    assert morning(office, HEAD).attachments == []
