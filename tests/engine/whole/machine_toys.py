"""A procedure with every kind of wait, whose steps fail while they are told to, and what people may hand in and say."""

from crm_workflows.domain.approvers import manager, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate, Stage, reject_after
from crm_workflows.domain.errors import OutsideFailure
from crm_workflows.engine.case import Case
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.steps import Books
from tests.engine.toys import NOTE, OTHER_NOTE, PAPERS, SUPPLIER, Matter, Note, step, toy

LATE_NOTE = FormTask(
    "late_note", "后续记录 / Late note", rule="T-6", form=Note, by=role("finance"),
    due=working_days(1), remind=working_days(1), escalate_to=manager,
)  # fmt: skip
DOUBLE = Gate(
    "double", "两级审批 / Two stages", rule="T-5", approver=role("head_of_marketing"),
    then=(Stage("boss", role("general_manager")),), due=working_days(2), remind=working_days(1), escalate_to=manager,
    on_silence=reject_after(working_days(6)), send_back=("T-1", "T-2", "T-3"), rounds=3,
)  # fmt: skip
broken: set[str] = set()


@step("T-1")
def look() -> int:
    return 1


@step("T-3", after_send_back="once")
def code_for_life(*, books: Books) -> int:
    if "books" in broken:
        raise ValueError("books 坏了")
    given = books.tx.next_number("life")
    books.write("life", given)
    return given


@step("T-4", outside=True)
def ring(*, idempotency_key: str) -> str:
    if "outside" in broken:
        raise OutsideFailure("outside 打不通 / no answer")
    return idempotency_key


@step("T-6")
def enter(said: str, *, books: Books) -> None:
    books.write("said", said)


def everything(case: Case[Matter]) -> Outcome:
    """Papers, two forms, a call, a gate of two stages, a rest, a form."""
    look()
    if case.collect(PAPERS, from_=Contact("陈先生", SUPPLIER)).lapsed:
        return case.close("lapsed", notify=[Contact("陈先生", SUPPLIER)])
    first, _ = case.together(NOTE, OTHER_NOTE)
    if first.text == "退回":
        case.back_to("T-2", because="再来", only=["licence"])
    code_for_life()
    said = ring()
    if case.approval(DOUBLE).rejected:
        return case.reject()
    case.wait("T-6", "rest", for_=working_days(1))
    enter(said)
    case.task(LATE_NOTE)
    return case.approve(notify=[Contact("陈先生", SUPPLIER)])


MADE = toy(everything, PAPERS, NOTE, OTHER_NOTE, DOUBLE, LATE_NOTE)
FILES = [
    File("执照.pdf", "application/pdf", b"%PDF-1"),
    File("概况.pdf", "application/pdf", b"%PDF-2"),
    File("概况.exe", "application/pdf", b"MZ"),
    File("执照.pdf", "application/pdf", b""),
]
WORDS = ["同意", "驳回 太贵", "退回 T-3 改", "退回 T-9 改", "嗯", "", "撤销"]
FAULTS = ("books 坏了", "no answer", "which is the limit")
