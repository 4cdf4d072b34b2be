"""Checks the record: the chain of every case, and the checkpoints that seal them (G-7). It must not repair anything."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from crm_workflows.domain import audit, checkpoints
from crm_workflows.domain.records import AuditEntry, CaseRow, Checkpoint, Meta
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import CaseFilter, Reader
from crm_workflows.engine.record import agreement

PAGE = 500
RESTORED: Final = "restored"
"""The key in `meta` under which every restore of this database stands: a list of when it was backed up and restored."""
Seals = dict[str, list[tuple[int, int, str]]]
"""By case: (checkpoint, length, head)."""


@carries_out("G-7")
def verify(engine: Engine, progress: Callable[[int], None] = lambda _: None) -> list[str]:
    """One sentence for each thing that does not hold; empty when all does. `progress` hears of cases checked."""
    fault, seals = _sealed(engine)
    faults = [] if fault is None else [fault]
    for row in _all_cases(engine):
        sealed = seals.pop(row.code, [])
        with engine.store.read() as reader:
            fresh = reader.get(CaseRow, row.code) or row
            entries = reader.find(AuditEntry, case=row.code, order="n")
            found = audit.first_fault(row.code, entries, fresh.audit_length, fresh.audit_head)
            found = found or _broken_seal(row.code, entries, sealed)
            found = found or agreement.first_disagreement(reader, fresh, entries)
        if found is not None:
            faults.append(found)
        progress(1)
    return faults + [_gone(code, sealed[0][0]) for code, sealed in seals.items()]


def compare(engine: Engine, kept: Sequence[tuple[int, str]]) -> list[str]:
    """One sentence for each checkpoint (number, hash) that an outsider has kept and that is not the one here."""
    with engine.store.read() as reader:
        here = {n: reader.get(Checkpoint, n) for n, _ in kept}
        zh, en = _unless_restored(reader)
    return [
        bilingual(
            f"检查点 {n} 与留存的不同，记录已被整体改写{zh}",
            f"checkpoint {n} is not the one that was kept; the record was rewritten as a whole{en}",
        )
        for n, hash_ in kept
        if (found := here[n]) is None or found.hash != hash_
    ]


def _unless_restored(reader: Reader) -> tuple[str, str]:
    """What else may be the reason where this database was restored, in both languages; empty where it was not."""
    found = reader.get(Meta, RESTORED)
    if found is None:
        return "", ""
    last = json.loads(found.value)[-1]
    made_at, restored_at = last["made_at"], last["restored_at"]
    return (
        f"，或该检查点晚于 {made_at} 的备份（本库于 {restored_at} 由其恢复）",
        f", or it was made after the backup of {made_at} from which this database was restored at {restored_at}",
    )


def count_cases(engine: Engine) -> int:
    """How many cases there are, for a progress bar."""
    with engine.store.read() as reader:
        return reader.count(CaseRow)


def _sealed(engine: Engine) -> tuple[str | None, Seals]:
    """The first fault of the checkpoints, and what they seal: read before the chains, which only grow."""
    with engine.store.read() as reader:
        found = reader.find(Checkpoint, order="n")
    seals: Seals = defaultdict(list)
    for checkpoint in found:
        for case, length, head in checkpoint.heads:
            seals[case].append((checkpoint.n, length, head))
    return checkpoints.first_fault(found, engine.secrets.public_key(), engine.secrets.is_seal), dict(seals)


def _broken_seal(code: str, entries: list[AuditEntry], sealed: list[tuple[int, int, str]]) -> str | None:
    for n, length, head in sealed:
        if length > len(entries) or entries[length - 1].hash != head:
            zh = f"案件 {code} 的审计链与检查点 {n} 不符，检查点之前的记录已被改写"
            return bilingual(
                zh, f"the audit chain of case {code} does not agree with checkpoint {n}; it was rewritten since"
            )
    return None


def _gone(code: str, checkpoint: int) -> str:
    zh = f"检查点 {checkpoint} 中的案件 {code} 已不存在，记录被删除"
    return bilingual(zh, f"case {code}, which checkpoint {checkpoint} has sealed, is gone; its record was deleted")


def _all_cases(engine: Engine) -> Iterator[CaseRow]:
    offset = 0
    while True:
        with engine.store.read() as reader:
            page = reader.search_cases(CaseFilter(limit=PAGE, offset=offset))
        yield from page
        offset += len(page)
        if len(page) < PAGE:
            return
