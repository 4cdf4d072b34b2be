"""Cases with a gate and the times of its policy, for tests of what time brings."""

from typing import Any

from crm_workflows.domain.approvers import manager, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate, Papers, reject_after
from crm_workflows.engine.case import Case
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.results import Outcome
from tests.engine.toys import SUPPLIER, Matter, Note, toy

SUPPLIER_CONTACT = Contact("陈先生", SUPPLIER)
TIMED = Gate(
    "timed", "限时审批 / Approval in time", rule="T-2", approver=role("head_of_marketing"), due=working_days(2),
    remind=working_days(1), escalate_to=manager, on_silence=reject_after(working_days(4)), send_back=("T-1",),
)  # fmt: skip
HURRIED = FormTask("hurried", "催 / Hurried", rule="T-2", form=Note, by=role("head_of_materials"),
                   due=working_days(2), remind=working_days(1), escalate_to=manager)  # fmt: skip


def asks(*elements: Any) -> Any:
    """A procedure that asks for these, one after the other."""

    def body(case: Case[Matter]) -> Outcome:
        for element in elements:
            if isinstance(element, Papers):
                if case.collect(element, from_=SUPPLIER_CONTACT).lapsed:
                    return case.close("lapsed", notify=[SUPPLIER_CONTACT])
            elif isinstance(element, FormTask):
                case.task(element)
            elif case.approval(element).rejected:
                return case.reject()
        return case.approve()

    return toy(body, *elements)
