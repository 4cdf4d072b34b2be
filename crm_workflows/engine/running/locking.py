"""Locks the case of a request and reads what an answer to it needs, in one journey. It must not judge the answer."""

from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.records import Assignee, CaseRow, Decision, JournalEntry, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.ports import Reader, Transaction


def no_case(code: str) -> NotFound:
    """The refusal for an unknown case code."""
    zh = f"没有案件 {code}，请核对编号，或在案件列表中查找"
    return NotFound(bilingual(zh, f"there is no case {code}; check the code, or look for it in the list of cases"))


def case_of(request_id: str) -> str:
    """The code of the case that a request belongs to."""
    return request_id.rpartition("-R")[0]


def locked(tx: Transaction, request_id: str) -> tuple[CaseRow, Request]:
    """The case, locked, and its request as it is under that lock; raises NotFound."""
    code = case_of(request_id)

    def ahead(reader: Reader) -> None:
        reader.get(Request, request_id)
        reader.find(Assignee, request=request_id)
        reader.count(Decision, request=request_id)
        reader.find(JournalEntry, case=code, order="n")

    row = tx.lock_case(code, ahead)
    request = tx.get(Request, request_id)
    if row is None or request is None:
        zh = f"没有编号为 {request_id} 的事项，请核对编号"
        raise NotFound(bilingual(zh, f"there is no request {request_id}; check the id in the mail"))
    return row, request
