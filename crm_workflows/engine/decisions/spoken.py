"""What somebody says to a request, with all that is at hand to take it. It takes nothing itself.

The answer to whoever speaks beside a decision is put together here, in one way for every such verb.
"""

from dataclasses import dataclass
from typing import NamedTuple

from crm_workflows.domain.records import AuditEntry, CaseRow, Json, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.answered import Answer, Answered, names_of
from crm_workflows.engine.mail_out import notices
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests.desk import AnswerDesk
from crm_workflows.engine.requests.entitlement import Standing
from crm_workflows.engine.running.waiting import Ran


class Done(NamedTuple):
    """What came of it: the stretch that it released, if any, and the answer to whoever spoke."""

    ran: Ran | None
    answered: Answered


@dataclass(frozen=True)
class Spoken:
    """One saying under the lock of its case."""

    desk: AnswerDesk
    tx: Transaction
    request: Request
    given: Answer
    standing: Standing

    @property
    def engine(self) -> Engine:
        return self.desk.engine

    @property
    def comment(self) -> str:
        """The words, without blanks around them."""
        return self.given.comment.strip()

    def audit(self, event: str, **data: Json) -> None:
        """Put it on record by whom, through which channel, on what evidence."""
        channel, evidence = self.given.channel, self.given.evidence
        more = {"request": self.request.id, "channel": channel, "evidence": evidence} | data
        self.desk.ledger.audit(event, self.standing.person, self.desk.now, **more)

    def flushed(self, *, to: str | None = None) -> Done:
        """Write it, and answer."""
        row = self.desk.ledger.flush(self.tx, self.desk.row)
        return Done(None, self.answered(row, to=to))

    def answered(self, row: CaseRow, *, to: str | None = None) -> Answered:
        """The answer: what was recorded, of whom it speaks, and what comes next."""
        zh, en = names_of(self.engine, self.standing.person)
        zh_to, en_to = names_of(self.engine, to) if to else ("", "")
        zh, en = (f"{zh} → {zh_to}", f"{en} → {en_to}") if to else (zh, en)
        zh_did, en_did = DID[self.given.decision]
        return Answered(
            row.code, self.request.id, self.request.rule, self.request.title, self.given.decision, True,
            bilingual(f"{zh_did}：{zh}", f"{en_did}: {en}"), notices.follows(self.engine, self.tx, row),
            self.desk.now, self.standing.person, self.standing.on_behalf_of, passed_to=to,
        )  # fmt: skip


DID = {
    "delegate": ("已转交", "passed on"),
    "add_approver": ("已加签", "added"),
    "ask": ("已询问，答复前暂停计时", "asked, and the clock is stopped until the answer"),
    "remind": ("已催办", "reminded"),
    "copy": ("已抄送", "copied"),
    "undo": ("已撤销，重新征询", "undone, and asked anew"),
    "recall": ("已撤回", "recalled"),
}


def again(spoken: Spoken, entry: AuditEntry) -> Answered:
    """The answer to a call that has been made before."""
    to = entry.data.get("to")
    return spoken.answered(spoken.desk.row, to=str(to) if to else None)
