"""What a requester says by answering the mail that told them of their case: remind, recall. It must not judge it."""

from typing import Final

from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.mail.reply import read_reply
from crm_workflows.domain.records import Assignee, CaseRow
from crm_workflows.domain.text import bilingual
from crm_workflows.domain.verbs import VERBS
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.requesting import door_request, is_door, spoken_to
from crm_workflows.engine.mail_in.intake_writer import Asked
from crm_workflows.engine.ports import Reader

WORDS: Final = tuple(verb.word for verb in VERBS.values() if verb.by == "requester")
SAY_WHICH: Final = bilingual(
    "请在第一行写“催办”，或“撤回 原因”", "please write “remind”, or “recall reason”, on the first line"
)


def asked_at_door(reader: Reader, assignee: Assignee) -> Asked | None:
    """The requester's own door in place of a request; None where this secret is none."""
    row = reader.get(CaseRow, assignee.case) if is_door(assignee.request) else None
    return Asked(row, door_request(row), assignee) if row is not None else None


def said(engine: Engine, asked: Asked, mail: IncomingMail, evidence: str) -> tuple[str, Answer]:
    """To which request, and what; raises NotEntitled for another sender and InvalidInput where nothing can be done."""
    identity = engine.staff.directory().identity(mail.sender or "")
    if identity != engine.staff.directory().identity(asked.row.requester):
        zh = f"只有案件 {asked.row.code} 的申请人可以这样答复"
        raise NotEntitled(bilingual(zh, f"only the requester of case {asked.row.code} can answer this mail"))
    reading = engine.apart(read_reply, mail.text)
    if reading.kind not in WORDS:
        raise InvalidInput(SAY_WHICH)
    with engine.store.read() as reader:
        request = spoken_to(reader, asked.row.code)
    return request.id, Answer(reading.kind, identity, "reply", comment=reading.comment, evidence=evidence)
