"""Small procedures for tests of the engine, on the shipped company. Each test writes its own body below it.

A toy's elements are given by hand: found by module, those of all tests would be taken together.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import Field

from crm_workflows.domain.approvers import owner, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate, Paper, Papers
from crm_workflows.domain.forms import Form, Subject
from crm_workflows.domain.records import CaseRow, JournalEntry, Request
from crm_workflows.engine.ports import Store
from crm_workflows.engine.procedure import CONFIRM_START, Procedure, procedure
from crm_workflows.engine.steps import StepFunction
from tests.office import Office

OWNER = "wang.fang@yongchang.example"
HEAD = "zheng.xiaodong@yongchang.example"
MATERIALS = "li.weimin@yongchang.example"
BOSS = "chen.guodong@yongchang.example"
FINANCE = ("qian.zhiyuan@yongchang.example", "he.jing@yongchang.example")
ADMIN = "liu.yang@yongchang.example"
STRANGER = "feng.xue@yongchang.example"
SUPPLIER = "chen@supplier.example"


class Matter(Subject):
    """What a toy case is about."""

    what: str = "螺丝"
    owner: str = OWNER

    @property
    def case_title(self) -> str:
        return self.what


class Note(Form):
    """The smallest form."""

    text: str = Field(title="文字 / Text", min_length=1, examples=["好"])


def step(rule: str, **how: Any) -> Callable[[Callable[..., Any]], StepFunction]:
    """A step without Prefect."""
    return lambda function: StepFunction(function, rule, how.pop("title", ""), **how)


GATE = Gate(
    "gate", "审批 / Approval", rule="T-5", approver=role("head_of_marketing"), send_back=("T-1", "T-3"),
    due=working_days(2), remind=working_days(1),
)  # fmt: skip
NOTE = FormTask("note", "记录 / Note", rule="T-3", form=Note, by=role("head_of_materials"))
OTHER_NOTE = FormTask("other_note", "另一记录 / Other note", rule="T-4", form=Note, by=owner)
PAPERS = Papers(
    "papers", "资料 / Papers", rule="T-2",
    kinds=(Paper("licence", "执照 / Licence"), Paper("profile", "概况 / Profile")),
    remind=(working_days(1), working_days(2)), lapse=working_days(5),
)  # fmt: skip


def toy(body: Callable[..., Any], *elements: Any, version: int = 1, name: str = "toy", code: str = "TY") -> Procedure:
    """A procedure from its body and elements (those above unless given)."""
    marked = procedure(code=code, version=version, title="玩具 / Toy", name=name)(body)
    made: Procedure = marked.crm_procedure
    made._elements = {e.name: e for e in (*(elements or (GATE, NOTE, OTHER_NOTE, PAPERS)), CONFIRM_START)}
    return made


def office_of(store: Store, *procedures: Procedure) -> Office:
    """An office that has just these procedures installed."""
    return Office(store, versions={(p.name, p.version): p for p in procedures})


def start(office: Office, *, process: str = "toy", work: bool = True, **subject: Any) -> str:
    """Open a toy case; and work until it waits, unless told not to."""
    from crm_workflows.engine.running import opening

    input_ = {"owner": OWNER} | subject
    code = opening.start(office.engine, process, input_, requester=None, origin="cli").code
    if work:
        office.work()
    return code


def row(office: Office, code: str) -> CaseRow:
    """The case row."""
    with office.engine.store.read() as reader:
        found = reader.get(CaseRow, code)
    assert found is not None
    return found


def journal(office: Office, code: str) -> list[tuple[int, str, str]]:
    """What the journal of a case holds: (round, kind, key) in order."""
    with office.engine.store.read() as reader:
        return [(e.round, e.kind, e.key) for e in reader.find(JournalEntry, case=code, order="n")]


def requests(office: Office, code: str) -> dict[str, str]:
    """Status by request id."""
    with office.engine.store.read() as reader:
        return {r.id: r.status for r in reader.find(Request, case=code)}


@contextmanager
def attention_told(office: Office, code: str, *, saying: str) -> Iterator[None]:
    """Inside, the case comes to need attention, and the admin is told by one mail."""
    before = len(office.mails("needs_attention", to=ADMIN))
    yield
    found = row(office, code)
    assert found.status == "needs_attention", f"{code} is {found.status}"
    assert saying in str(found.attention)
    told = office.mails("needs_attention", to=ADMIN)
    assert len(told) == before + 1
    assert told[-1].context["detail"] in str(found.attention), "the same, in the admin's language"
