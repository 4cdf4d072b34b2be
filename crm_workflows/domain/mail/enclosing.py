"""What people write above an attached workbook: words that only point at it, or a note that may take something back.

A closed list, as everywhere: what it does not know holds approvals back. It must not read the workbook.
"""

import re
from collections.abc import Collection
from typing import Final

from crm_workflows.domain.mail import digest, words
from crm_workflows.domain.mail.doubt import is_blank
from crm_workflows.domain.mail.signature import without_signature
from crm_workflows.domain.mail.visible_text import split_reply

POINTS_AT_IT: Final = re.compile(
    r"(?:请(?:您)?|详)?(?:见|看|查收|查阅|查看|参见|参阅|审阅|处理)(?:一下)?(?:附件)?(?:中的|里的)?(?:表格|工作簿|答复)?|"
    r"(?:附件|表格|工作簿|答复|回访记录)?(?:已|已经|都|都已)?(?:在附件(?:中|里)?)?"
    r"(?:填好|填写|填写完毕|填写好|填完|完成|附上|见附件)(?:了)?|"
    r"(?:附上|随附)(?:已)?(?:填好的|填写好的)?(?:附件|表格|工作簿|回访记录)?|"
    r"(?:please )?(?:see|find|check)(?: the| my)?(?: answers?)?(?: in)?(?: the)?"
    r"(?: (?:attached|enclosed|attachment))?(?: (?:file|sheet|workbook|answers?))?|"
    r"(?:the )?(?:attached|enclosed)(?: is)?(?: the| my)?(?: filled[- ]in| completed)?"
    r"(?: (?:file|sheet|workbook|answers?))?|"
    r"(?:the |my )?(?:file|sheet|workbook|answers?)(?: (?:is|are))? (?:attached|enclosed|filled in|completed)|"
    r"(?:all )?(?:filled in|completed|done)|as attached",
    re.IGNORECASE,
)


def note_beside(text: str, signed: Collection[str] = ()) -> str:
    """The first line of the writer's own that is neither courtesy, answer to a digest nor words that point at the file;
    empty where there is none. `text` is the whole decoded body; `signed` are names by which the writer may sign."""
    written = [line.strip() for line in split_reply(text).own.split("\n")]
    lines = [line for line in without_signature(written, signed) if not is_blank(line)]
    return next((line for line in lines if not _is_harmless(line)), "")


def _is_harmless(line: str) -> bool:
    if len(line) > words.LONGEST_LINE:
        return False
    cleaned = words.clean_line(line)
    if digest.is_greeting(cleaned) or digest.is_answer(cleaned):
        return True
    clauses = (clause.strip() for clause in re.split(r"[,.;!:。]", cleaned))
    return all(digest.is_greeting(clause) or bool(POINTS_AT_IT.fullmatch(clause)) for clause in clauses)
