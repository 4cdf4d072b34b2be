"""Bodies of toy procedures that several tests tell the same story with."""

from crm_workflows.engine.case import Case
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.results import Outcome
from tests.engine.toys import GATE, NOTE, PAPERS, SUPPLIER, Matter, step


@step("T-1")
def before() -> int:
    return 1


def gated(case: Case[Matter]) -> Outcome:
    """A gate, then a form."""
    before()
    if case.approval(GATE).rejected:
        return case.reject()
    case.task(NOTE)
    return case.approve()


def collected(case: Case[Matter]) -> Outcome:
    """Papers, then a form."""
    case.collect(PAPERS, from_=Contact("陈先生", SUPPLIER))
    case.task(NOTE)
    return case.approve()
