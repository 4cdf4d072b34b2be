"""Compares what a case shows with what its record says: decisions, outcome, files and mails (G-7). It only reads.

The chain alone would hold although somebody had changed the rows that people look at.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.records import AuditEntry, Blob, CaseRow, Decision, InboundMail
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.files import sha256_of
from crm_workflows.engine.ports import Reader

Made = tuple[Any, ...]
"""(request, decision, by, channel, on behalf of, evidence, hash of what was said)"""


def first_disagreement(reader: Reader, row: CaseRow, entries: Sequence[AuditEntry]) -> str | None:
    """One sentence naming the first thing that is not as the record says, None when all is."""
    return next(_disagreements(reader, row, entries), None)


def _disagreements(reader: Reader, row: CaseRow, entries: Sequence[AuditEntry]) -> Iterator[str]:
    recorded = sorted(_decided(entry) for entry in entries if entry.event == "decided")
    rows = reader.find(Decision, case=row.code, effective=True)
    shown = sorted(_shown(decision) for decision in rows if decision.channel != "silence")
    if shown != recorded:
        other = next((made[0] for made in (*shown, *recorded) if made not in recorded or made not in shown), row.code)
        zh = f"案件 {row.code} 的事项 {other} 上显示的决定与审计记录不符，已被改动"
        yield bilingual(
            zh, f"the decision shown for request {other} of case {row.code} is not the one on record; it was altered"
        )
    ends = [entry.data["outcome"] if entry.event == "closed" else "withdrawn" for entry in entries if _ends(entry)]
    if row.outcome != (ends[-1] if ends else None):
        yield bilingual(
            f"案件 {row.code} 显示的结果与审计记录不符，已被改动",
            f"the outcome shown for case {row.code} is not the one on record; it was altered",
        )
    yield from _files(reader, row.code, entries)


def _decided(entry: AuditEntry) -> Made:
    data = entry.data
    names = ("channel", "on_behalf_of", "evidence", "said")
    return (data["request"], data["decision"], entry.actor, *(data.get(name) or "" for name in names))


def _shown(d: Decision) -> Made:
    said = said_hash(d.comment, d.answer)
    return (d.request, d.decision, d.by, d.channel, d.on_behalf_of or "", d.evidence or "", said)


def _ends(entry: AuditEntry) -> bool:
    return entry.event in ("closed", "cancelled")


def _files(reader: Reader, code: str, entries: Sequence[AuditEntry]) -> Iterator[str]:
    """Documents handed in and the mails by which people decided are what they were."""
    handed = [file[1] for entry in entries if entry.event == "documents" for file in entry.data["files"]]
    told = {entry.data["evidence"] for entry in entries if entry.event == "decided"} - {None}
    mails = [mail.sha256 for mail in reader.find(InboundMail, case=code) if mail.id in told]
    for sha256 in dict.fromkeys([*handed, *mails]):
        blob = reader.get(Blob, sha256)
        if blob is None or sha256_of(blob.content) != sha256:
            zh = f"案件 {code} 的文件或邮件 {sha256[:12]} 已缺失或被改动"
            yield bilingual(zh, f"file or mail {sha256[:12]} of case {code} is missing or was altered")
