"""Compares what a case shows with its record: subject, decisions, outcome, files and mails (G-7). It only reads.

The chain alone would hold although somebody had changed the rows that people look at.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, Final

from crm_workflows.domain.audit import gone, person_id, said_hash, said_now, subject_hash, vouched
from crm_workflows.domain.records import AuditEntry, Blob, CaseRow, Decision, InboundMail
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests.files import mail_identity, sha256_of

ENDS: Final[dict[str, str | None]] = {"cancelled": "withdrawn", "undone": None, "reopened": None}
OF_NO_GATE: Final = ("rang", "lapsed")
"""How the time of a timer and of a collection is over."""
Made = tuple[Any, ...]
"""(request, decision, by, at, channel, on behalf of, evidence, hash of what was said)"""


def first_disagreement(reader: Reader, row: CaseRow, entries: Sequence[AuditEntry]) -> str | None:
    """One sentence naming the first thing that is not as the record says, None when all is."""
    return next(_disagreements(reader, row, entries), None)


def _disagreements(reader: Reader, row: CaseRow, entries: Sequence[AuditEntry]) -> Iterator[str]:
    now = said_now(entries)
    recorded = sorted(_decided(entry, now) for entry in entries if entry.event == "decided")
    rows = reader.find(Decision, case=row.code, effective=True)
    actors = {entry.actor for entry in entries if entry.event == "decided"}
    shown = sorted(_shown(decision, actors) for decision in rows if decision.channel != "silence")
    if shown != recorded:
        other = next((made[0] for made in (*shown, *recorded) if made not in recorded or made not in shown), row.code)
        zh = f"案件 {row.code} 的事项 {other} 上显示的决定与审计记录不符，已被改动"
        yield bilingual(
            zh, f"the decision shown for request {other} of case {row.code} is not the one on record; it was altered"
        )
    yield from _silences(row.code, rows, entries)
    subjects = [entry.data["subject"] for entry in entries if entry.event in ("opened_case", "amended")]
    if subjects and now.get(subjects[-1], subjects[-1]) != subject_hash(row.subject):
        zh, en = "内容与审计记录不符，已被改动", "is about is not what is on record; it was altered"
        yield bilingual(f"案件 {row.code} 的{zh}", f"what case {row.code} {en}")
    ends = [_ended_as(entry) for entry in entries if entry.event in ("closed", *ENDS)]
    if row.outcome != (ends[-1] if ends else None):
        yield bilingual(
            f"案件 {row.code} 显示的结果与审计记录不符，已被改动",
            f"the outcome shown for case {row.code} is not the one on record; it was altered",
        )
    yield from _files(reader, row.code, entries)


def _silences(code: str, rows: Sequence[Decision], entries: Sequence[AuditEntry]) -> Iterator[str]:
    """What is shown as decided by silence is what a gate's time ran out with."""
    lapsed = [entry for entry in entries if entry.event == "lapsed" and entry.data["decision"] not in OF_NO_GATE]
    recorded = {(entry.data["request"], entry.data["decision"], entry.at) for entry in lapsed}
    shown = {(d.request, d.decision, d.at) for d in rows if d.channel == "silence"}
    for request, *_ in sorted(recorded ^ shown):
        zh = f"案件 {code} 的事项 {request} 上显示的逾期结果与审计记录不符，已被改动"
        yield bilingual(zh, f"what silence did to request {request} of case {code} is not what is on record")


def _decided(entry: AuditEntry, now: Mapping[str, str]) -> Made:
    data, said = entry.data, entry.data.get("said") or ""
    told = (data.get(name) or "" for name in ("channel", "on_behalf_of", "evidence"))
    return (data["request"], data["decision"], entry.actor, entry.at, *told, now.get(said, said))


def _shown(d: Decision, actors: Set[str]) -> Made:
    """As the record would have it; people outside stand there by their hash."""
    by = d.by if d.by in actors else person_id(d.by)
    said = said_hash(d.comment, d.answer)
    return (d.request, d.decision, by, d.at, d.channel, d.on_behalf_of or "", d.evidence or "", said)


def _ended_as(entry: AuditEntry) -> str | None:
    """The outcome that the case had from then on: none again where the decision that closed it was undone."""
    return str(entry.data["outcome"]) if entry.event == "closed" else ENDS[entry.event]


def _files(reader: Reader, code: str, entries: Sequence[AuditEntry]) -> Iterator[str]:
    """Documents handed in, and the mails by which people decided or handed in, are what they were."""
    emptied = gone(entries, "files")
    handed_in = dict.fromkeys(f[1] for entry in entries if entry.event == "documents" for f in entry.data["files"])
    for sha256 in (one for one in handed_in if one not in emptied):
        if not _is_whole(reader, sha256):
            yield _changed(code, sha256[:12])
    told = {entry.data.get("evidence") for entry in entries if entry.event in ("decided", "documents")}
    by_mail = {entry.data.get("evidence") for entry in entries if entry.data.get("channel") == "reply"}
    here = {mail.id: mail for mail in reader.find(InboundMail, id=sorted((told | by_mail) - {None}))}
    erased = gone(entries, "mails")
    for mail in here.values():
        blob = reader.get(Blob, mail.sha256)
        if mail.id in erased:
            continue
        if blob is None or mail_identity(mail.message_id, mail.sender, blob.content) != mail.id:
            yield _changed(code, mail.id)
    yield from (_changed(code, gone) for gone in sorted(by_mail - here.keys() - {None}))
    yield from _senders(code, here, entries)


def _senders(code: str, here: Mapping[str, InboundMail], entries: Sequence[AuditEntry]) -> Iterator[str]:
    """What was known of the senders of deciding mails is what it was."""
    known = {str(e.data["evidence"]): e.data["authentication"] for e in entries if "authentication" in e.data}
    for mail in (here[identity] for identity in known if identity in here):
        if not mail.authentication or vouched(mail.authentication) != known[mail.id]:
            zh = f"案件 {code} 的邮件 {mail.id} 的发件人验证结果与审计记录不符，已被改动"
            en = f"what was known of the sender of mail {mail.id} of case {code} is not what is on record"
            yield bilingual(zh, en)


def _is_whole(reader: Reader, sha256: str) -> bool:
    blob = reader.get(Blob, sha256)
    return blob is not None and sha256_of(blob.content) == sha256


def _changed(code: str, what: str) -> str:
    return bilingual(
        f"案件 {code} 的文件或邮件 {what} 已缺失或被改动",
        f"file or mail {what} of case {code} is missing or was altered",
    )
