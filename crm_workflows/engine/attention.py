"""Marks a case that cannot go on as *needs attention* and tells the admins; it must not repair anything."""

from datetime import datetime

from crm_workflows.domain.errors import AuthorMistake, CrmError, InvalidInput
from crm_workflows.domain.messages import NeedsAttention
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.records import CaseRow
from crm_workflows.domain.text import bilingual
from crm_workflows.engine import mails
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ledger import Ledger
from crm_workflows.engine.ports import Transaction

REMEDY = bilingual(
    "排除原因后执行 crmw retry {code}，案件将从中断处继续",
    "remove the cause, then run crmw retry {code}; the case goes on from where it stands",
)


def needed(engine: Engine, tx: Transaction, row: CaseRow, error: Exception, at: datetime) -> CaseRow:
    """Set the state, put the sentence on record and queue a mail to every admin."""
    sentence = str(error) if isinstance(error, CrmError) else f"{type(error).__name__}: {error}"
    ledger = Ledger(row)
    ledger.set(status="needs_attention", attention=sentence, ready_at=None, failures=row.failures + 1)
    ledger.audit("needs_attention", "engine", at, error=type(error).__name__)
    known = row.process in engine.procedures
    for admin in [p for p in engine.staff.directory().with_role("admin") if p.active] if known else []:
        context = NeedsAttention(
            case=mails.case_part(row, engine.procedures[row.process]), to_name=admin.shown_name(admin.language),
            problem=_problem(error), since=at, detail=sentence, remedy=REMEDY.replace("{code}", row.code),
        )  # fmt: skip
        ledger.add(
            mails.mail(
                row, "needs_attention", admin.email, admin.language, context, at,
                mail_domain=engine.mail_domain, key=f"attention/{row.audit_length}",
            )
        )  # fmt: skip
    return ledger.flush(tx, row)


def retry(engine: Engine, code: str, by: str) -> None:
    """Let a case that needed attention go on; raises InvalidInput when it does not need any."""
    now = engine.clock.now()
    with engine.store.write() as tx:
        row = tx.lock_case(code)
        if row is None or row.status != "needs_attention":
            raise InvalidInput(
                bilingual(f"案件 {code} 不需要处理", f"case {code} does not need attention; nothing to retry")
            )
        ledger = Ledger(row)
        ledger.set(status="running", attention=None, failures=0, ready_at=now)
        ledger.audit("retried", by, now)
        ledger.flush(tx, row)
    engine.store.wake()


def _problem(error: Exception) -> str:
    if isinstance(error, NobodyToAsk):
        return bilingual("没有可以征询的人", "there is nobody to ask")
    if isinstance(error, AuthorMistake):
        return bilingual("流程或配置有误", "the procedure or the configuration is wrong")
    return bilingual("某一步骤执行失败", "a step failed")
