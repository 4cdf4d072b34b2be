"""The workbook that goes with a digest (G-10): a sheet of what a word decides, and one for each form that comes often.

Every row carries the id of its request, so that rows may be sorted or left out, and a workbook of another day tells so.
It must not read what comes back (see `sheet_reading`).
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.form_cells import columns_of
from crm_workflows.domain.messages import DigestPart
from crm_workflows.domain.records import Blob
from crm_workflows.domain.sheets import Sheet, SheetColumn
from crm_workflows.domain.shown import Attachment, Shown
from crm_workflows.domain.text import in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.digests.digest_items import Waiting
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests.files import sha256_of

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DECISIONS: Final = "审批 / Decisions"
REQUEST: Final = "事项编号（勿改） / Request (leave as it is)"
NUMBER: Final = "编号 / No."
CASE: Final = "案件 / Case"
WHAT: Final = "事项 / What"
FACTS: Final = "要点 / Main points"
ANSWER: Final = "答复 / Answer"
REASON: Final = "原因或意见 / Reason or comment"
WORDS: Final = ("同意 / approve", "驳回 / reject", "退回 / send back")
NAMES: Final = {"zh": "待办-{day}.xlsx", "en": "waiting-{day}.xlsx"}
MOST_FACTS: Final = 9
"""Columns of facts beside a form: as many as a callback has with what happened and the questions (CB-3)."""


def attached(
    engine: Engine, tx: Transaction, day: str, waiting: Sequence[Waiting], parts: Sequence[DigestPart], language: str
) -> list[Attachment]:
    """The workbook, kept with the digest; none where no row could be answered in it."""
    sheets = sheets_of(waiting, parts, language)
    content = engine.workbooks.written(sheets, language) if sheets else b""
    if not content:
        return []
    file = Attachment(NAMES.get(language, NAMES["en"]).format(day=day), MEDIA_TYPE, sha256_of(content))
    tx.insert_new(Blob(file.sha256, content))
    return [file]


def sheets_of(waiting: Sequence[Waiting], parts: Sequence[DigestPart], language: str) -> list[Sheet]:
    """First what a word decides, then a sheet for each form, in the order of the digest."""
    decided = [part for one, part in zip(waiting, parts, strict=True) if not one.held]
    forms: dict[str, list[tuple[Waiting, DigestPart, FormTask]]] = defaultdict(list)
    for one, part in zip(waiting, parts, strict=True):
        if one.form is not None:
            forms[f"{one.row.process}/{one.row.version}/{one.form.name}"].append((one, part, one.form))
    return [
        *([_decisions(decided, language)] if decided else []),
        *(_form_sheet(rows, language) for rows in forms.values()),
    ]


def _decisions(parts: Sequence[DigestPart], language: str) -> Sheet:
    columns = (
        SheetColumn(NUMBER, 6), SheetColumn(CASE, 30), SheetColumn(WHAT, 22), SheetColumn(FACTS, 60),
        SheetColumn(ANSWER, 14, is_answer=True, choices=WORDS), SheetColumn(REASON, 36, is_answer=True),
        SheetColumn(REQUEST, 22),
    )  # fmt: skip
    colon = "：" if language == "zh" else ": "
    rows = tuple(
        (
            str(part.number), f"{part.case} {part.case_title}", in_language(part.title, language),
            "\n".join(f"{in_language(f.label, language)}{colon}{f.said(language)}" for f in part.facts), "", "",
            part.request,
        )
        for part in parts
    )  # fmt: skip
    return Sheet(DECISIONS, columns, rows)


def _form_sheet(rows: Sequence[tuple[Waiting, DigestPart, FormTask]], language: str) -> Sheet:
    task = rows[0][2]
    shown = [{fact.label: fact.said(language) for fact in Shown.from_json(one.request.shows).facts} for one, *_ in rows]
    labels = list(dict.fromkeys(label for facts in shown for label in facts))[:MOST_FACTS]
    asked = columns_of(task.form)
    columns = (
        SheetColumn(NUMBER, 6), SheetColumn(CASE, 30), *(SheetColumn(label, 20) for label in labels),
        *(
            SheetColumn(c.label, 34 if c.is_long else 14, is_answer=True, choices=tuple(c.choices.values()))
            for c in asked
        ),
        SheetColumn(REQUEST, 22),
    )  # fmt: skip
    written = tuple(
        (
            str(part.number), f"{part.case} {part.case_title}", *(facts.get(label, "") for label in labels),
            *("" for _ in asked), part.request,
        )
        for (_, part, _), facts in zip(rows, shown, strict=True)
    )  # fmt: skip
    return Sheet(task.title, columns, written)
