"""A compact procedure that uses every verb, and the one that it books. It must not know that it is simulated."""

from collections.abc import Callable
from typing import Any

from pydantic import Field

from crm_workflows.domain.approvers import any_of, manager, owner, role
from crm_workflows.domain.durations import clock_hours, working_days
from crm_workflows.domain.elements import (
    FormTask,
    Gate,
    Paper,
    Papers,
    Stage,
    approve_after,
    keep_waiting,
    reject_after,
)
from crm_workflows.domain.forms import Form, Subject
from crm_workflows.domain.panels import at_least, everybody, in_turn
from crm_workflows.domain.records import CaseRow, Request
from crm_workflows.engine.case import Case
from crm_workflows.engine.procedure import CONFIRM_START, Procedure, procedure
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running.sending import Announce
from crm_workflows.engine.steps import Books, StepFunction

OUTSIDE: list[Callable[[str], str]] = []
"""Who answers a call to the outside: set by the world while it runs."""
GATES = ("keep", "rejects", "approves", "everybody", "two", "in_turn")
PARTS = ("papers", "forms", "call", "rest", "linked")


class Note(Form):
    """The smallest form; a note that says "again" goes back."""

    text: str = Field(title="文字 / Text", min_length=1, examples=["好"])


class Matter(Subject):
    """What a case is about: its parts, and which gate decides it."""

    what: str
    owner: str
    gate: str
    parts: list[str]
    contact: str

    @property
    def case_title(self) -> str:
        return self.what


class After(Subject):
    """What a booked case is about."""

    of: str
    owner: str

    @property
    def case_title(self) -> str:
        return self.of


PAPERS = Papers(
    "papers", "资料 / Papers", rule="T-2",
    kinds=(Paper("licence", "执照 / Licence"), Paper("profile", "概况 / Profile")),
    remind=(working_days(1), working_days(2)), lapse=working_days(5),
)  # fmt: skip
NOTE = FormTask(
    "note", "记录 / Note", rule="T-3", form=Note, by=role("head_of_materials"), due=working_days(2),
    remind=working_days(1), escalate_to=manager,
)  # fmt: skip
OTHER = FormTask(
    "other", "另一记录 / Other note", rule="T-3", form=Note, by=any_of(role("head_of_technique"), owner),
)  # fmt: skip
CHECK = FormTask("check", "复核 / Check", rule="T-6", form=Note, by=role("finance"), other_than="note")
FOLLOW_UP = FormTask("follow_up", "跟进 / Follow-up", rule="T-1", form=Note, by=owner, due=clock_hours(8))


def _gate(name: str, silence: Any, approver: Any = role("head_of_marketing")) -> Gate:  # noqa: B008 - a word
    return Gate(
        name, f"审批 {name} / Approval {name}", rule="T-5", approver=approver,
        then=(Stage("finance", role("finance")), Stage("boss", role("general_manager"))) if name == "keep" else (),
        due=working_days(2), remind=working_days(1), escalate_to=manager, on_silence=silence,
        send_back=("T-2", "T-3", "T-4"), rounds=2,
    )  # fmt: skip


GATE_OF = {
    "keep": _gate("keep", keep_waiting),
    "rejects": _gate("rejects", reject_after(working_days(4))),
    "approves": _gate("approves", approve_after(working_days(3))),
    "everybody": _gate("everybody", keep_waiting, everybody(role("finance"), role("head_of_marketing"))),
    "two": _gate("two", reject_after(working_days(6)), at_least(2, role("finance"), role("general_manager"))),
    "in_turn": _gate("in_turn", keep_waiting, in_turn(role("head_of_quality"), role("head_of_marketing"))),
}


def _step(rule: str, **how: Any) -> Callable[[Callable[..., Any]], StepFunction]:
    return lambda function: StepFunction(function, rule, how.pop("title", ""), **how)


@_step("T-2")
def look(case: str, *, books: Books) -> str:
    books.write("looked", case)
    return case


@_step("T-3", after_send_back="once")
def number(*, books: Books) -> int:
    given = books.tx.next_number("simulated")
    books.write("number", given)
    return given


@_step("T-4", outside=True)
def call(*, idempotency_key: str) -> str:
    return OUTSIDE[-1](idempotency_key)


@_step("T-4")
def enter(said: str, *, books: Books) -> None:
    books.write("said", said)


def matter(case: Case[Matter]) -> Outcome:
    """Papers, forms, a number, a call, a gate, a rest, news, a check and a booked case; each case has its share."""
    parts, contact = case.subject.parts, Contact("陈先生", case.subject.contact)
    look(case.subject.what)
    if "papers" in parts and case.collect(PAPERS, from_=contact).lapsed:
        return case.close("lapsed", notify=[contact])
    if "forms" in parts:
        first, _ = case.together(NOTE, OTHER)
        if first.text == "again":
            case.back_to("T-2", because="再来", rounds=2)
        number()
    if "call" in parts:
        enter(call())
    if case.approval(GATE_OF[case.subject.gate]).rejected:
        return case.reject(notify=[contact])
    if "rest" in parts:
        case.wait("T-6", "rest", for_=working_days(1))
        case.tell("T-6", "news", Announce((role("process_owner"),), "已批准 / Approved"))
    if "forms" in parts:
        case.task(CHECK)
    if "linked" in parts:
        follow_up = {"of": case.subject.what, "owner": case.subject.owner}
        case.open_later("sim-after", follow_up, rule="T-7", relation="next")
    return case.approve(notify=[contact])


def after(case: Case[After]) -> Outcome:
    """One form."""
    case.task(FOLLOW_UP)
    return case.close("done")


def _made(body: Callable[..., Any], name: str, code: str, *elements: Any) -> Procedure:
    made: Procedure = procedure(code=code, version=1, title="模拟 / Simulated", name=name)(body).crm_procedure
    made._elements = {element.name: element for element in (*elements, CONFIRM_START)}
    return made


MATTER = _made(matter, "sim-matter", "SM", PAPERS, NOTE, OTHER, CHECK, *GATE_OF.values())
AFTER = _made(after, "sim-after", "SA", FOLLOW_UP)


def places_back(engine: Any, request: Request) -> tuple[str, ...]:
    """The rules to which a gate may send back."""
    with engine.store.read() as reader:
        row = reader.get(CaseRow, request.case)
    return tuple(getattr(engine.procedure_of(row).element(request.name), "send_back", ()))
