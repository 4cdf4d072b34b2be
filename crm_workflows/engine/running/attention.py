"""Marks a case that cannot go on as *needs attention* and tells the admins; it must not repair anything."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from crm_workflows.domain.declared import raised_at
from crm_workflows.domain.errors import AuthorMistake, CrmError, InvalidInput, Refused, StoreBusy
from crm_workflows.domain.messages import CasePart, NeedsAttention
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.records import AuditEntry, CaseRow, Message
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.locking import no_case

log = logging.getLogger(__name__)
REMEDY: Final = bilingual(
    "排除原因后执行 crmw retry {code}，案件将从中断处继续",
    "remove the cause, then run crmw retry {code}; the case goes on from where it stands",
)
TEMPLATE: Final = "needs_attention"
LONGEST_DETAIL: Final = 2000
PUT_OFF: Final = timedelta(hours=1)
"""For how long what could not be done is put off: a person may have put it right by then."""
Said = Callable[[str], str]
"""A text for people, by the language of the reader."""


def needed(engine: Engine, tx: Transaction, row: CaseRow, error: Exception, at: datetime) -> CaseRow:
    """Set the state, put the sentence on record and queue a mail to every admin."""
    detail = detail_of(error)
    ledger = Ledger(row)
    ledger.set(
        status="needs_attention", attention=detail, ready_at=None, failures=row.failures + 1,
        leased_until=None, leased_by=None, fence=row.fence + 1,
    )  # fmt: skip
    ledger.audit("needs_attention", "engine", at, error=type(error).__name__)
    key = f"attention/{row.audit_length}"
    row = ledger.flush(tx, row)
    remedy = REMEDY.replace("{code}", row.code)
    tell_admins(engine, tx, row, _problem(error), partial(said_in, error), remedy, at, key)
    return row


def tell_admins(
    engine: Engine, tx: Transaction, row: CaseRow, problem: str, detail: Said, remedy: str, at: datetime, key: str
) -> None:
    """As `tell_admins_of`, about a case."""
    tell_admins_of(engine, tx, mails.titled_part(row, engine.title_of(row)), problem, detail, remedy, at, key)


def tell_admins_of(
    engine: Engine, tx: Transaction, part: CasePart, problem: str, detail: Said, remedy: str, at: datetime, key: str
) -> None:
    """Queue a mail to every admin, once for each `key`; `problem` and `remedy` are labels.

    `detail` gives what went wrong to a reader of a language.

    Whatever stands in the way of a mail is logged, not raised: it must not undo what the mail would tell of.
    """
    try:
        with tx.savepoint():
            for admin in [p for p in engine.staff.directory().with_role("admin") if p.active]:
                context = NeedsAttention(
                    case=part, to_name=admin.shown_name(admin.language), problem=problem, since=at,
                    detail=detail(admin.language), remedy=remedy,
                )  # fmt: skip
                tx.insert_new(
                    mails.mail_of(
                        part.case, admin.email, admin.language, context, at,
                        mail_domain=engine.mail_domain, key=key,
                    )
                )  # fmt: skip
    except StoreBusy:
        raise
    except Exception as error:
        log.exception("no admin could be told", extra={"case": part.case, "error": type(error).__name__})


def told_of(reader: Reader, row: CaseRow) -> list[Message]:
    """The mails to admins that said why the case stands still now; empty where it does not, or there was no admin."""
    if row.status != "needs_attention":
        return []
    stops = reader.find(AuditEntry, case=row.code, event="needs_attention", order="n", descending=True, limit=1)
    return [
        mail for stop in stops for mail in reader.find(Message, case=row.code, template=TEMPLATE, queued_at=stop.at)
    ]


def stands_still(engine: Engine, code: str, error: AuthorMistake) -> Refused:
    """Mark a case whose procedure cannot take answers now; returns the polite refusal for whoever answered."""
    with engine.store.write() as tx:
        row = tx.lock_case(code)
        if row is not None and row.status in ("running", "waiting"):
            needed(engine, tx, row, error, engine.clock.now())
    zh = f"案件 {code} 暂停办理，管理员已得到通知；您的答复没有生效，请在恢复后再次答复"
    en = f"case {code} stands still, the admins have been told; your answer has no effect, please repeat it later"
    return Refused(bilingual(zh, en))


def retry(engine: Engine, code: str, by: str) -> None:
    """Let a case that needed attention go on; raises InvalidInput when it does not need any."""
    now = engine.clock.now()
    with engine.store.write() as tx:
        row = tx.lock_case(code)
        if row is None:
            raise no_case(code)
        if row.status != "needs_attention":
            raise InvalidInput(
                bilingual(f"案件 {code} 不需要处理", f"case {code} does not need attention; nothing to retry")
            )
        ledger = Ledger(row)
        ledger.set(status="running", attention=None, failures=0, ready_at=now)
        ledger.audit("retried", by, now)
        ledger.flush(tx, row)
    engine.store.wake()


def detail_of(error: Exception) -> str:
    """What went wrong, for an admin; without characters that a database cannot keep, and not endless."""
    place = raised_at(error)
    where = f" ({place})" if place else ""
    said = str(error) if isinstance(error, CrmError) else f"{type(error).__name__}: {error}{where}"
    return "".join(c for c in said[:LONGEST_DETAIL] if c == "\n" or c.isprintable())


def said_in(error: Exception, language: str) -> str:
    """The same for a reader of one language; what has only one, such as a message for authors, stays as it is."""
    said = detail_of(error)
    # An English sentence may quote a title in both languages; a label of ours begins in Chinese.
    return in_language(said, language) if isinstance(error, CrmError) and not said[:1].isascii() else said


def _problem(error: Exception) -> str:
    if isinstance(error, NobodyToAsk):
        return bilingual("没有可以征询的人", "there is nobody to ask")
    if isinstance(error, AuthorMistake):
        return bilingual("流程或配置有误", "the procedure or the configuration is wrong")
    return bilingual("某一步骤执行失败", "a step failed")
